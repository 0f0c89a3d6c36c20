"""How near a result is to the exact one: share of correctly rounded outputs, largest error in ULP and before rounding.

A ULP here is that of bfloat16 at the expected value, counted as distance between neighbouring bfloat16 numbers. Where
terms cancel, the result is small beside them and its relative error says nothing about the arithmetic: those elements
(`cancelled`) have no ULP, but they too count for the share and for the error before rounding.

`tests/arithmetic/accuracy.hpp` judges by the same definitions in C++.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import reference


def error_bound(width: int) -> float:
    """The largest error before the rounding to bfloat16 that fp32 allows, as a share of an element's terms.

    A lane adds W / 32 elements; of equal ones the rounding errors reach half of W / 32 times 2^-24 of their sum. Nine
    more additions join the lanes. It is as much for the squares, of which 1 / sqrt takes half, plus the few roundings
    behind the sums.
    """
    return (9 + width / 64) * 2.0**-24


def cancellation(width: int) -> float:
    """|y| below this share of its terms counts as cancelled.

    Above it the error before rounding is less than half a ULP, which is 2^-9 of |y| at least, so y is off by one ULP at
    most. As the error bound, it grows with the width.
    """
    return error_bound(width) * 2.0**9


@dataclass(frozen=True)
class Accuracy:
    """elements and the share count all elements; largest_ulp is of those that do not cancel.

    largest_error: before the rounding to bfloat16, as a share of the terms, at most `error_bound`; 0 without terms.
    """

    elements: int
    cancelled: int
    share_correctly_rounded: float
    largest_ulp: int
    largest_error: float
    largest_absolute_error: float

    def __str__(self) -> str:
        return (
            f"{self.share_correctly_rounded * 100:.4f} % of {self.elements} correctly rounded, "
            f"largest error {self.largest_ulp} ULP, {self.cancelled} cancelled, "
            f"before rounding {self.largest_error * 2**24:.2f} x 2^-24 of the terms"
        )


def compare(y: np.ndarray, expected: np.ndarray, terms: np.ndarray | None = None) -> Accuracy:
    """Compare bfloat16 results with exact values.

    Args:
        y: float32 array of bfloat16 values, as read back from the device.
        expected: float64 array of the same shape, from `reference.layer_norm`.
        terms: what each element is added up from, by `affine_terms`; None takes no element for cancelled.

    Raises:
        ValueError: shapes differ, or `y` holds values that are no bfloat16.
    """
    y = np.ascontiguousarray(y, dtype=np.float32)
    if y.shape != expected.shape:
        raise ValueError(f"layernorm_fused_rm: y has shape {y.shape}, but the expected values {expected.shape}")
    if (y.view(np.uint32) & 0xFFFF).any() and not np.isnan(y).any():
        raise ValueError("layernorm_fused_rm: y holds values that are no bfloat16; pass the device's output unchanged")
    cancelled = np.zeros(y.shape, bool) if terms is None else is_cancelled(expected, terms)
    distance = ulp_distance(y, reference.round_to_bfloat16(expected))
    with np.errstate(invalid="ignore"):
        absolute = np.abs(y.astype(np.float64) - expected)
    return Accuracy(
        elements=y.size,
        cancelled=int(cancelled.sum()),
        share_correctly_rounded=float((distance == 0).mean()) if distance.size else 1.0,
        largest_ulp=int(distance[~cancelled].max(initial=0)),
        largest_error=0.0 if terms is None else _largest_error(absolute, expected, terms),
        largest_absolute_error=float(np.nanmax(absolute)) if absolute.size else 0.0,
    )


def affine_terms(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float) -> np.ndarray:
    """What is added and subtracted on the way to y, however little is left of it, for `compare`.

        |gamma| / sqrt(variance + epsilon) * mean(|x|) + |gamma * xhat| + |beta|

    The first term is there for the roundings of the row's sum. A row whose sum fp32 holds exactly goes without it.

    Returns:
        float64 array of x's shape.
    """
    wide, scale = np.asarray(x, np.float64), np.abs(np.asarray(gamma, np.float64).reshape(-1))
    with np.errstate(invalid="ignore", over="ignore"):
        magnitude = np.abs(wide).mean(axis=-1, keepdims=True)
        offset = np.where(_has_exact_sum(wide), 0.0, magnitude / np.sqrt(wide.var(axis=-1, keepdims=True) + epsilon))
        scaled = reference.layer_norm(x, scale, np.zeros_like(scale), epsilon)
        return scale * offset + np.abs(scaled) + np.abs(np.asarray(beta, np.float64).reshape(-1))


def is_cancelled(expected: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Whether |y| is below the share `cancellation` of its terms; both arrays [..., W]."""
    return np.abs(expected) < cancellation(expected.shape[-1]) * terms


def ulp_distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Number of bfloat16 numbers from a to b. Two NaNs are 0 apart, a NaN and a number 2^16."""
    apart = np.abs(_ordinal(a) - _ordinal(b))
    both, one = np.isnan(a) & np.isnan(b), np.isnan(a) ^ np.isnan(b)
    return np.where(both, 0, np.where(one, 1 << 16, apart))


def _ordinal(values: np.ndarray) -> np.ndarray:
    """Position of a bfloat16 value on the number line, +0 and -0 both 0."""
    bits = (np.ascontiguousarray(values, np.float32).view(np.uint32) >> 16).astype(np.int64)
    return np.where(bits & 0x8000, 0x8000 - bits, bits)


def _largest_error(absolute: np.ndarray, expected: np.ndarray, terms: np.ndarray) -> float:
    """What is left of the errors without half a ULP for the rounding to bfloat16, as the largest share of the terms."""
    half_ulp = np.where(expected == 0, 0.0, np.ldexp(1.0, np.frexp(expected)[1] - 9))
    excess = np.maximum(absolute - half_ulp, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(excess == 0, 0.0, excess / terms)
    return float(np.fmax.reduce(shares, axis=None, initial=0.0))


def _has_exact_sum(x: np.ndarray) -> np.ndarray:
    """Whether fp32 rounds no partial sum of a row in any order; bool, [..., 1].

    All elements are multiples of the last place of the smallest one, and fp32 holds all multiples up to 2^24 times it.
    """
    exponents = np.where(x == 0, np.iinfo(np.int32).max // 2, np.frexp(x)[1])
    last_place = np.ldexp(1.0, np.minimum(exponents.min(axis=-1, keepdims=True, initial=1024), 1024) - 8)
    return np.abs(x).sum(axis=-1, keepdims=True) <= last_place * 2.0**24
