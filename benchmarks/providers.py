# SPDX-License-Identifier: Apache-2.0
"""Who is measured. A provider puts a case's tensors on the device and gives a call; its output is checked before cycles count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device
from layernorm_fused_rm.draws import Rows, draw_rows

from .cases import Case

EPSILON = 1e-5


@dataclass(frozen=True, kw_only=True)
class Arrays(Rows):
    """Rows of a case, numbers of its dtype."""

    case: Case

    def exact(self) -> np.ndarray:
        return reference.layer_norm(self.x, self.gamma, self.beta, EPSILON)


def draw(case: Case) -> Arrays:
    rows = draw_rows((case.rows, case.width), seed=case.elements, dtypes=case.dtype)
    return Arrays(**vars(rows), case=case)


def put(arrays: Arrays, device, layout=ttnn.ROW_MAJOR_LAYOUT):
    """x, in the case's memory, gamma and beta, [W] or in tiles [1, W]."""
    dtype = getattr(ttnn, arrays.case.dtype)
    x = to_device(arrays.x, device, dtype=dtype, memory=arrays.case.memory)
    shape = (1, -1) if layout == ttnn.TILE_LAYOUT else -1
    vectors = (arrays.gamma.reshape(shape), arrays.beta.reshape(shape))
    return x, *(to_device(vector, device, dtype=dtype, layout=layout) for vector in vectors)


@dataclass(frozen=True)
class Provider:
    """`prepare(arrays, device)` gives the call; `allowed_error` is of |y - exact(arrays)|, as a share of the largest
    |exact|.
    """

    name: str
    prepare: Callable
    allowed_error: float
    exact: Callable = Arrays.exact


def _ours(arrays: Arrays, device):
    x, gamma, beta = put(arrays, device)
    return lambda: layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, epsilon=EPSILON)


def _ttnn(arrays: Arrays, device):
    """Row-major input, gamma and beta in tiles, the only form it takes."""
    x, gamma, beta = put(arrays, device, ttnn.TILE_LAYOUT)
    return lambda: ttnn.layer_norm(x, weight=gamma, bias=beta, epsilon=EPSILON)


def _composite(arrays: Arrays, device):
    """What users write today: to tiles, normalise, back."""
    x, gamma, beta = put(arrays, device, ttnn.TILE_LAYOUT)

    def call():
        tiles = ttnn.layer_norm(ttnn.to_layout(x, ttnn.TILE_LAYOUT), weight=gamma, bias=beta, epsilon=EPSILON)
        return ttnn.to_layout(tiles, ttnn.ROW_MAJOR_LAYOUT)

    return call


def _clone(arrays: Arrays, device):
    """The price of a copy; its output is the input."""
    x = to_device(arrays.x, device, dtype=getattr(ttnn, arrays.case.dtype), memory=arrays.case.memory)
    return lambda: ttnn.clone(x)


# ttnn's own tests allow 0.02 to 0.05 of bfloat16 outputs of size 1 to 3; ours is one bfloat16 rounding, 2^-8, or 2^-20.
OURS, TTNN, COMPOSITE, CLONE = "ours", "ttnn", "composite", "clone"
PROVIDERS = (
    Provider(OURS, _ours, 2.0**-8),
    Provider(TTNN, _ttnn, 0.05),
    Provider(COMPOSITE, _composite, 0.05),
    Provider(CLONE, _clone, 0.0),
)


def check(provider: Provider, arrays: Arrays, y: np.ndarray) -> None:
    """Raises unless the output is what it should be."""
    exact = arrays.x if provider.name == CLONE else provider.exact(arrays)
    allowed = provider.allowed_error
    if provider.name == OURS and arrays.case.dtype == "float32":
        allowed = 2.0**-20
    error = float(np.max(np.abs(y - exact)) / np.max(np.abs(exact)))
    if not error <= allowed:
        raise ValueError(
            f"{provider.name} is wrong at {arrays.case}: error {error:.3g} of the largest output, {allowed:.3g} allowed"
        )
