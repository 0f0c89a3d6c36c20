# SPDX-License-Identifier: Apache-2.0
"""How near results are to the exact ones: share of correctly rounded outputs, largest error in ULP and before rounding.

The one judge in Python; tests/arithmetic/accuracy.hpp is the one in C++, and tests/accuracy_vectors.csv holds both.
Results are numbers of a dtype, "bfloat16" or "float32". Correctly rounded is the one nearest to the exact value, ties
to even, where what is below 2^-126 counts as zero, as on the device; ULP are counted from it, in numbers of the dtype.

A result that is small beside its terms, what it is added up from, has cancelled: its ULP say nothing about the
arithmetic and are left out, but it too counts for the share and for the error before rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import reference
from .draws import Rows

LEAST_NORMAL = 2.0**-126  # what is below counts as zero on the device


def error_bound(width: int) -> float:
    """The largest error before rounding that fp32 allows, as a share of an element's terms.

    A lane adds 32 elements of a piece of 1,024 at most; of equal ones the rounding errors reach half of their number
    times 2^-24 of their sum. Pieces are joined in a tree, which is no worse than one behind the other; nine more
    additions join the lanes. It is as much for the squares, of which 1 / sqrt takes half, plus the few roundings behind
    the sums.
    """
    return (9 + min(width / 64, 16 + ((width - 1) // 1024).bit_length())) * 2.0**-24


def cancellation(width: int) -> float:
    """|y| below this share of its terms counts as cancelled.

    Above it the error before rounding is less than half a bfloat16 ULP, which is 2^-9 of |y| at least, so y is off by
    one such ULP at most.
    """
    return error_bound(width) * 2.0**9


@dataclass(frozen=True)
class Verdicts:
    """Of each element; arrays of one shape."""

    ulp: np.ndarray  # from the correctly rounded number, which has 0; a NaN and a number are as far apart as can be
    cancels: np.ndarray
    error: np.ndarray  # before rounding: what half a ULP does not explain, as a share of the terms
    distance: np.ndarray  # |y - exact|


@dataclass(frozen=True)
class Accuracy:
    elements: int
    cancelled: int
    correctly_rounded: int
    largest_ulp: int  # of elements that do not cancel
    largest_error: float  # before rounding, as a share of the terms: at most `error_bound`
    largest_error_of_row: float  # as a share of the row's largest |y|
    largest_absolute_error: float

    @property
    def share_correctly_rounded(self) -> float:
        return self.correctly_rounded / self.elements if self.elements else 1.0

    def __str__(self) -> str:
        return (
            f"{self.share_correctly_rounded * 100:.4f} % of {self.elements} correctly rounded, "
            f"largest error {self.largest_ulp} ULP, {self.cancelled} cancelled, "
            f"before rounding {self.largest_error * 2**24:.2f} x 2^-24 of the terms"
        )


def judge(
    y: np.ndarray, rows: Rows, epsilon=1e-5, *, norm=reference.layer_norm, dtype="bfloat16", is_shifted=False
) -> Accuracy:
    """`compare` results with what `norm`, a function of `reference`, makes of the rows."""
    operands = rows.joined, rows.gamma, rows.beta, epsilon
    return compare(y, norm(*operands), terms(*operands, norm=norm, is_shifted=is_shifted), dtype)


def compare(y: np.ndarray, exact: np.ndarray, terms: np.ndarray, dtype: str = "bfloat16") -> Accuracy:
    """Compare results with exact values.

    Args:
        y: float32 array `[..., W]` of numbers of `dtype`, as read back from the device.
        exact: float64 array of its shape, from `reference`.
        terms: likewise, from the function of that name.

    Raises:
        ValueError: shapes differ, or `y` holds values that are no numbers of `dtype`.
    """
    if y.shape != exact.shape:
        raise ValueError(f"layernorm_fused_rm: y has shape {y.shape}, but the expected values {exact.shape}")
    verdicts = judge_elements(y, exact, terms, exact.shape[-1], dtype)
    return Accuracy(
        elements=y.size,
        cancelled=int(verdicts.cancels.sum()),
        correctly_rounded=int((verdicts.ulp == 0).sum()),
        largest_ulp=int(verdicts.ulp[~verdicts.cancels].max(initial=0)),
        largest_error=float(verdicts.error.max(initial=0.0)),
        largest_error_of_row=float(_share(verdicts.distance, row_maximum(exact)).max(initial=0.0)),
        largest_absolute_error=float(verdicts.distance.max(initial=0.0)),
    )


def judge_elements(y: np.ndarray, exact: np.ndarray, terms: np.ndarray, width: int, dtype: str) -> Verdicts:
    """The verdict on each element of rows of `width` elements; arguments as `compare`'s."""
    y = np.ascontiguousarray(y, np.float32)
    if dtype == "bfloat16" and (y.view(np.uint32)[~np.isnan(y)] & 0xFFFF).any():
        raise ValueError("layernorm_fused_rm: y holds values that are no bfloat16; pass the device's output unchanged")
    with np.errstate(over="ignore", invalid="ignore"):
        ulp = _ulp_between(y, reference.round_to(exact, dtype), dtype)
        cancels = np.abs(exact) < cancellation(width) * terms
        distance = np.abs(np.where(np.abs(y) < LEAST_NORMAL, 0.0, y.astype(np.float64)) - exact)
        is_between_numbers = np.isfinite(y) & ~np.isnan(distance)
        distance = np.where(is_between_numbers, distance, np.where(ulp == 0, 0.0, np.inf))
        error = np.where(ulp == 0, 0.0, np.maximum(distance - half_ulp(exact, dtype), 0.0))
    return Verdicts(ulp, cancels, _share(error, terms), distance)


def terms(
    x: np.ndarray, gamma, beta, epsilon, *, norm=reference.layer_norm, is_shifted=False, zero_centered_gamma=False
) -> np.ndarray:
    """What is added and subtracted on the way to y, however little is left of it, for `compare`.

        |gamma| / deviation * (mean(|x - K|) + |x - K|) + |gamma * xhat| + |beta|

    K, a shifted row's first element, is 0 in rows that are not shifted, where |x - K| is no term of its own; RMSNorm
    has neither. mean(|x - K|) is there for the roundings of the row's sum: a row whose sum fp32 holds exactly goes
    without it.

    Args:
        x, gamma, beta, epsilon, zero_centered_gamma: as of `reference.layer_norm`; x with its residual.
        is_shifted: of rows of float32 and rows with a residual.

    Returns:
        float64 array of x's shape.
    """
    x = np.asarray(x, np.float64)
    options = {"zero_centered_gamma": zero_centered_gamma}
    scaled, mean, rstd = norm(x, gamma, None, epsilon, return_statistics=True, **options)
    with np.errstate(invalid="ignore", over="ignore"):
        summed = np.zeros_like(x)
        if mean is not None:
            shifted = np.abs(x - x[..., :1] if is_shifted else x)
            summed = shifted.mean(axis=-1, keepdims=True)
            summed = summed + shifted if is_shifted else np.where(_has_exact_sum(x), 0.0, summed)
        summed = reference.affine(rstd * summed, gamma, None, **options)
    magnitude = 0.0 if beta is None else np.abs(np.asarray(beta, np.float64).reshape(-1))
    return np.abs(summed) + np.abs(scaled) + magnitude


def row_maximum(values: np.ndarray) -> np.ndarray:
    """The largest magnitude of each row, `[..., 1]`; NaN does not count."""
    return np.fmax.reduce(np.abs(values), axis=-1, keepdims=True, initial=0.0)


def half_ulp(exact: np.ndarray, dtype: str) -> np.ndarray:
    """Half the distance of the dtype's numbers around exact values; 0 at 0."""
    exponents = np.frexp(exact)[1] - (9 if dtype == "bfloat16" else 25)
    return np.where((exact != 0) & np.isfinite(exact), np.ldexp(1.0, exponents), 0.0)


def _ulp_between(a: np.ndarray, b: np.ndarray, dtype: str) -> np.ndarray:
    both, one = np.isnan(a) & np.isnan(b), np.isnan(a) ^ np.isnan(b)
    apart = np.abs(_ordinal(a, dtype) - _ordinal(b, dtype))
    return np.where(both, 0, np.where(one, 1 << (16 if dtype == "bfloat16" else 32), apart))


def _ordinal(values: np.ndarray, dtype: str) -> np.ndarray:
    """Position on the number line of the dtype: 0 of all that counts as zero, 1 of the least normal number."""
    behind = 16 if dtype == "bfloat16" else 0
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32).astype(np.int64)
    position = np.maximum(((bits & 0x7FFFFFFF) >> behind) - (0x7FFFFF >> behind), 0)
    return np.where(bits >> 31, -position, position)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(part == 0, 0.0, part / whole)
    return np.where(np.isnan(share), np.inf, share)


def _has_exact_sum(x: np.ndarray) -> np.ndarray:
    """Whether fp32 rounds no partial sum of a row of bfloat16 elements in any order; bool, `[..., 1]`.

    All elements are multiples of the last place of the smallest one, and fp32 holds all multiples up to 2^24 times it.
    """
    exponents = np.where(x == 0, np.iinfo(np.int32).max // 2, np.frexp(x)[1])
    last_place = np.ldexp(1.0, np.minimum(exponents.min(axis=-1, keepdims=True, initial=1024), 1024) - 8)
    return np.abs(x).sum(axis=-1, keepdims=True) <= last_place * 2.0**24
