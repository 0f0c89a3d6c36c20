# SPDX-License-Identifier: Apache-2.0
"""Rows to try the operation on: drawn from a seed, rounded to their tensors' dtypes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .reference import round_to


@dataclass(frozen=True)
class Rows:
    """What a call normalises: float32 arrays of numbers of their tensors' dtypes, None where it has no such tensor.

    x, residual: `[..., W]`; gamma, beta: `[W]`.
    """

    x: np.ndarray
    gamma: np.ndarray | None = None
    beta: np.ndarray | None = None
    residual: np.ndarray | None = None

    @property
    def joined(self) -> np.ndarray:
        """input + residual in fp32."""
        return self.x if self.residual is None else self.x + self.residual


def draw_rows(shape, mean=0.5, sigma=2.0, *, seed=0, dtypes="bfloat16", zero_centered_gamma=False, draw_x=None) -> Rows:
    """x ~ N(mean, sigma), gamma ~ N(1, 0.2), or N(0, 0.2) if zero-centered, beta ~ N(0, 0.5), residual ~ N(0, sigma).

    Args:
        shape: of x, `[..., W]`.
        dtypes: "bfloat16" or "float32", of x, gamma and beta; or a dict by name of the tensors that there are.
        draw_x: function of a numpy Generator and the shape that draws x instead.

    Example:
        >>> rows = draw_rows((32, 1024), dtypes={"x": "bfloat16", "residual": "float32"})
    """
    random = np.random.default_rng(seed)
    if isinstance(dtypes, str):
        dtypes = dict.fromkeys(("x", "gamma", "beta"), dtypes)
    draw_x = draw_x or (lambda random, shape: random.normal(mean, sigma, shape))

    def draw(name: str, centre: float, spread: float, size):
        return round_to(random.normal(centre, spread, size), dtypes[name]) if dtypes.get(name) else None

    return Rows(
        round_to(draw_x(random, shape), dtypes["x"]),
        draw("gamma", 0 if zero_centered_gamma else 1, 0.2, shape[-1]),
        draw("beta", 0, 0.5, shape[-1]),
        draw("residual", 0, sigma, shape),
    )
