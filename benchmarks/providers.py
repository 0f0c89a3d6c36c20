"""Who is measured. A provider puts a case's tensors on the device and gives a call; its output is checked before cycles count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import reference

from .cases import Case

DTYPES = {"bfloat16": ttnn.bfloat16, "float32": ttnn.float32}
MEMORIES = {"dram": ttnn.DRAM_MEMORY_CONFIG, "l1": ttnn.L1_MEMORY_CONFIG}
EPSILON = 1e-5


@dataclass(frozen=True)
class Arrays:
    """x [rows, width], gamma and beta [width]: numbers of the case's dtype in float32 arrays."""

    case: Case
    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray

    def exact(self) -> np.ndarray:
        return reference.layer_norm(self.x, self.gamma, self.beta, EPSILON)


def draw(case: Case) -> Arrays:
    """x ~ N(0.5, 2), gamma ~ N(1, 0.2), beta ~ N(0, 0.5)."""
    random = np.random.default_rng(case.elements)
    rounded = reference.round_to_bfloat16 if case.dtype == "bfloat16" else np.float32
    return Arrays(
        case,
        rounded(random.normal(0.5, 2, (case.rows, case.width))),
        rounded(random.normal(1, 0.2, case.width)),
        rounded(random.normal(0, 0.5, case.width)),
    )


def to_device(values: np.ndarray, case: Case, device, *, memory="dram", layout=ttnn.ROW_MAJOR_LAYOUT):
    host = ttnn.Tensor(np.ascontiguousarray(values, np.float32), DTYPES[case.dtype], layout=layout)
    return ttnn.to_device(host, device, memory_config=MEMORIES[memory])


def to_numpy(tensor) -> np.ndarray:
    host = ttnn.from_device(tensor)
    if tensor.dtype != ttnn.float32:
        host = ttnn.to_dtype(host, ttnn.float32)
    return np.asarray(host.to_numpy(), np.float32).reshape(list(tensor.shape))


@dataclass(frozen=True)
class Provider:
    """`prepare(arrays, device)` gives the call; `allowed_error` is of |y - exact|, as a share of the largest |exact|."""

    name: str
    prepare: Callable
    allowed_error: float


def _ours(arrays: Arrays, device):
    case = arrays.case
    x = to_device(arrays.x, case, device, memory=case.memory)
    gamma, beta = (to_device(values, case, device) for values in (arrays.gamma, arrays.beta))
    return lambda: layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, epsilon=EPSILON)


def _tiled_vectors(arrays: Arrays, device):
    vectors = (arrays.gamma, arrays.beta)
    return [to_device(values[np.newaxis], arrays.case, device, layout=ttnn.TILE_LAYOUT) for values in vectors]


def _ttnn(arrays: Arrays, device):
    """Row-major input, gamma and beta in tiles, the only form it takes."""
    x = to_device(arrays.x, arrays.case, device, memory=arrays.case.memory)
    gamma, beta = _tiled_vectors(arrays, device)
    return lambda: ttnn.layer_norm(x, weight=gamma, bias=beta, epsilon=EPSILON)


def _composite(arrays: Arrays, device):
    """What users write today: to tiles, normalise, back."""
    x = to_device(arrays.x, arrays.case, device, memory=arrays.case.memory)
    gamma, beta = _tiled_vectors(arrays, device)

    def call():
        tiles = ttnn.layer_norm(ttnn.to_layout(x, ttnn.TILE_LAYOUT), weight=gamma, bias=beta, epsilon=EPSILON)
        return ttnn.to_layout(tiles, ttnn.ROW_MAJOR_LAYOUT)

    return call


def _clone(arrays: Arrays, device):
    """The price of a copy; its output is the input."""
    x = to_device(arrays.x, arrays.case, device, memory=arrays.case.memory)
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
    exact = arrays.x if provider.name == CLONE else arrays.exact()
    allowed = provider.allowed_error
    if provider.name == OURS and arrays.case.dtype == "float32":
        allowed = 2.0**-20
    error = float(np.max(np.abs(y - exact)) / np.max(np.abs(exact)))
    if not error <= allowed:
        raise ValueError(
            f"{provider.name} is wrong at {arrays.case}: error {error:.3g} of the largest output, {allowed:.3g} allowed"
        )
