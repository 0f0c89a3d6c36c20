"""How near a result is to the exact one: share of correctly rounded outputs, largest error in ULP.

A ULP here is that of bfloat16 at the expected value, counted as distance between neighbouring bfloat16 numbers. Where
gamma * xhat and beta cancel, the result is small beside its terms and its relative error says nothing about the
arithmetic: those elements are judged by an absolute bound instead (`cancelled`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import reference

# |y| below this share of |gamma * xhat| + |beta| counts as cancellation: fp32 arithmetic leaves errors of a few 2^-24 of
# the terms, that is more than a quarter of a bfloat16 ULP (2^-10 of y) once y is below 2^-12 of them.
CANCELLATION = 2.0**-12


@dataclass(frozen=True)
class Accuracy:
    """Shares are of the elements that do not cancel; errors are in bfloat16 ULP or absolute."""

    elements: int
    cancelled: int
    share_correctly_rounded: float
    largest_ulp: int
    largest_absolute_error: float

    def __str__(self) -> str:
        return (
            f"{self.share_correctly_rounded * 100:.4f} % of {self.elements} correctly rounded, "
            f"largest error {self.largest_ulp} ULP, {self.cancelled} cancelled"
        )


def compare(y: np.ndarray, expected: np.ndarray, terms: np.ndarray | None = None) -> Accuracy:
    """Compare bfloat16 results with exact values.

    Args:
        y: float32 array of bfloat16 values, as read back from the device.
        expected: float64 array of the same shape, from `reference.layer_norm`.
        terms: |gamma * xhat| + |beta| of each element, to find cancellation; None counts every element.

    Raises:
        ValueError: shapes differ, or `y` holds values that are no bfloat16.
    """
    y = np.ascontiguousarray(y, dtype=np.float32)
    if y.shape != expected.shape:
        raise ValueError(f"layernorm_fused_rm: y has shape {y.shape}, but the expected values {expected.shape}")
    if (y.view(np.uint32) & 0xFFFF).any() and not np.isnan(y).any():
        raise ValueError("layernorm_fused_rm: y holds values that are no bfloat16; pass the device's output unchanged")
    rounded = reference.round_to_bfloat16(expected)
    cancelled = np.zeros(y.shape, bool) if terms is None else np.abs(expected) < CANCELLATION * terms
    kept = ~cancelled
    distance = ulp_distance(y, rounded)[kept]
    with np.errstate(invalid="ignore"):
        absolute = np.abs(y.astype(np.float64) - expected)
    return Accuracy(
        elements=int(kept.sum()),
        cancelled=int(cancelled.sum()),
        share_correctly_rounded=float((distance == 0).mean()) if distance.size else 1.0,
        largest_ulp=int(distance.max(initial=0)),
        largest_absolute_error=float(np.nanmax(absolute)) if absolute.size else 0.0,
    )


def affine_terms(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float) -> np.ndarray:
    """|gamma * xhat| + |beta| of each element, float64, for `compare`."""
    scaled = reference.layer_norm(x, gamma, np.zeros_like(np.asarray(beta, np.float64)), epsilon)
    return np.abs(scaled) + np.abs(np.asarray(beta, np.float64).reshape(-1))


def ulp_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Number of bfloat16 numbers from a to b. Two NaNs are 0 apart, a NaN and a number 2^16."""
    apart = np.abs(_ordinal(a) - _ordinal(b))
    both, one = np.isnan(a) & np.isnan(b), np.isnan(a) ^ np.isnan(b)
    return np.where(both, 0, np.where(one, 1 << 16, apart))


def _ordinal(values: np.ndarray) -> np.ndarray:
    """Position of a bfloat16 value on the number line, +0 and -0 both 0."""
    bits = (np.ascontiguousarray(values, np.float32).view(np.uint32) >> 16).astype(np.int64)
    return np.where(bits & 0x8000, 0x8000 - bits, bits)
