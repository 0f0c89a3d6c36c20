# SPDX-License-Identifier: Apache-2.0
"""The reference: LayerNorm and RMSNorm over rows in numpy float64, the one place where expected values come from.

LayerNorm   y[r, c] = (x[r, c] - mean[r]) / sqrt(variance[r] + epsilon) * gamma[c] + beta[c]        variance biased
RMSNorm     y[r, c] = x[r, c] / sqrt(mean of squares[r] + epsilon) * gamma[c] + beta[c]
"""

from __future__ import annotations

import math

import numpy as np


def round_to_bfloat16(values: np.ndarray) -> np.ndarray:
    """`values` rounded to the nearest bfloat16, ties to even, returned as float32. NaN stays NaN, Inf stays Inf.

    float64 input is rounded once, from its own 53 bits: first to odd at float32, which keeps the second rounding exact
    (Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", 2008).
    """
    single = _round_to_odd_float32(np.asarray(values))
    bits = single.view(np.uint32).astype(np.uint64)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    result = rounded.astype(np.uint32).view(np.float32)
    return np.where(np.isnan(single), np.float32(np.nan), result)


def round_to(values: np.ndarray, dtype: str) -> np.ndarray:
    """`values` rounded to "bfloat16" or "float32" as `round_to_bfloat16` does, returned as float32."""
    return round_to_bfloat16(values) if dtype == "bfloat16" else np.asarray(values, np.float32)


def join(x: np.ndarray, residual: np.ndarray | None) -> np.ndarray:
    """x + residual in float64; x where there is no residual."""
    wide = np.asarray(x, dtype=np.float64)
    return wide if residual is None else wide + np.asarray(residual, dtype=np.float64)


def part_stats(x, *, centres=True) -> np.ndarray:
    """What a chip tells the others of its part of each row, `[..., 4]` in float64: the part's first element K, mean - K,
    variance and elements; of RMSNorm (not `centres`) 0, 0, mean square and elements.
    """
    wide = np.asarray(x, dtype=np.float64)
    first = wide[..., :1] if centres else np.zeros_like(wide[..., :1])
    mean = wide.mean(axis=-1, keepdims=True) if centres else first
    variance = np.square(wide - mean).mean(axis=-1, keepdims=True)
    return np.concatenate([first, mean - first, variance, np.full_like(first, wide.shape[-1])], axis=-1)


def merge_stats(stats) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance `[..., 1]` of whole rows by the stats of all parts, `[..., 4 * chips]`, all as long.

    Source: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
    """
    wide = np.asarray(stats, dtype=np.float64)
    first, mean, variance, _ = np.moveaxis(wide.reshape(*wide.shape[:-1], -1, 4), -1, 0)
    whole = (first + mean).mean(axis=-1, keepdims=True)
    return whole, (np.square(first + mean - whole) + variance).mean(axis=-1, keepdims=True)


def norm_by_stats(stats, *, centres=True):
    """The norm of one chip's part of rows by the stats of all parts: a function as `layer_norm`, or as `rms_norm`."""
    mean, variance = merge_stats(stats)

    def norm(
        x, gamma=None, beta=None, epsilon=1e-5, *, zero_centered_gamma=False, activation=None, return_statistics=False
    ):
        with np.errstate(invalid="ignore", over="ignore"):
            rstd = 1 / np.sqrt(variance + epsilon)
            scaled = (np.asarray(x, dtype=np.float64) - mean) * rstd
            y = activate(affine(scaled, gamma, beta, zero_centered_gamma), activation)
        return (y, mean if centres else None, rstd) if return_statistics else y

    return norm


def layer_norm(
    x, gamma=None, beta=None, epsilon=1e-5, *, zero_centered_gamma=False, activation=None, return_statistics=False
):
    """LayerNorm over the last dimension in float64.

    Args:
        x: `[..., W]`, any float dtype; what the device was given, so already rounded to the tensor's dtype.
        gamma, beta: W elements each, any shape; None for ones and zeros.
        epsilon: added to the biased variance.
        zero_centered_gamma: gamma + 1 is the factor.
        activation: None, or the name of what y is put through, as of `activate`.
        return_statistics: return `(y, mean, rstd)`, the last two `[..., 1]`.

    Returns:
        float64 array of x's shape.

    Source: Ba, Kiros, Hinton, "Layer Normalization", 2016; two passes.
    """
    wide = np.asarray(x, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        mean = wide.mean(axis=-1, keepdims=True)
        centred = wide - mean
        rstd = 1 / np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + epsilon)
        y = activate(affine(centred * rstd, gamma, beta, zero_centered_gamma), activation)
    return (y, mean, rstd) if return_statistics else y


def rms_norm(
    x, gamma=None, beta=None, epsilon=1e-5, *, zero_centered_gamma=False, activation=None, return_statistics=False
):
    """RMSNorm over the last dimension in float64; arguments as `layer_norm`, whose mean is None here.

    Source: Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019.
    """
    wide = np.asarray(x, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        rstd = 1 / np.sqrt(np.square(wide).mean(axis=-1, keepdims=True) + epsilon)
        y = activate(affine(wide * rstd, gamma, beta, zero_centered_gamma), activation)
    return (y, None, rstd) if return_statistics else y


def affine(scaled: np.ndarray, gamma, beta, zero_centered_gamma: bool) -> np.ndarray:
    """`scaled * gamma + beta` in float64; arguments as of `layer_norm`."""
    if gamma is not None:
        scaled = scaled * (np.asarray(gamma, np.float64).reshape(-1) + (1 if zero_centered_gamma else 0))
    return scaled if beta is None else scaled + np.asarray(beta, np.float64).reshape(-1)


def activate(y: np.ndarray, activation: str | None) -> np.ndarray:
    """An activation of y in float64.

    Args:
        activation: None, "relu", "silu" (y / (1 + exp(-y))), "gelu" (y Phi(y), Phi of the normal distribution) or
            "gelu_approx" (y / 2 (1 + tanh(sqrt(2 / pi) (y + 0.044715 y^3)))).

    Source: Hendrycks, Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        match activation:
            case None:
                return y
            case "relu":
                return np.where(np.isnan(y), y, np.maximum(y, 0))
            case "silu":
                return y / (1 + np.exp(-y))
            case "gelu":
                return y * _complementary_error(-y / math.sqrt(2)) / 2
            case "gelu_approx":
                return y / (1 + np.exp(-2 * math.sqrt(2 / math.pi) * (y + 0.044715 * y**3)))
    raise ValueError(f"there is no activation {activation!r}")


_complementary_error = np.vectorize(math.erfc, otypes=[np.float64])


def _round_to_odd_float32(values: np.ndarray) -> np.ndarray:
    """float32 nearest to `values`, except that an inexact result gets its last bit set on the side towards zero."""
    with np.errstate(over="ignore", invalid="ignore"):
        nearest = values.astype(np.float32)
    if values.dtype == np.float32:
        return nearest
    too_large = np.abs(nearest.astype(np.float64)) > np.abs(values)
    inexact = (nearest.astype(np.float64) != values) & np.isfinite(values) & np.isfinite(nearest)
    towards_zero = np.where(too_large & inexact, np.nextafter(nearest, np.float32(0)), nearest)
    bits = towards_zero.view(np.uint32)
    return np.where(inexact, bits | np.uint32(1), bits).astype(np.uint32).view(np.float32)
