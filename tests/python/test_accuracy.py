"""The judge judges: what fp32 with one rounding gives passes, what is a little worse does not."""

from __future__ import annotations

import numpy as np
import pytest

from layernorm_fused_rm import accuracy, reference

EPSILON = 1e-5
SINGLE = np.float32


def draw(mean: float, sigma: float, width: int, rows: int = 64):
    random = np.random.default_rng(width)
    centre_spread_size = (mean, sigma, (rows, width)), (1, 0.2, width), (0, 0.5, width)
    return [reference.round_to_bfloat16(random.normal(*each)) for each in centre_spread_size]


def judge(x, gamma, beta, y) -> accuracy.Accuracy:
    operands = (x, gamma, beta, EPSILON)
    return accuracy.compare(y, reference.layer_norm(*operands), accuracy.affine_terms(*operands))


def sum_by_lanes(values: np.ndarray) -> np.ndarray:
    """fp32 sums of rows as the device makes them: 32 lanes one element after the other, then the lanes."""
    lanes = values.reshape(len(values), -1, 32)
    return np.cumsum(np.cumsum(lanes, axis=1, dtype=SINGLE)[:, -1], axis=1, dtype=SINGLE)[:, -1:]


def single_precision(x, gamma, beta, mean=None) -> np.ndarray:
    """LayerNorm in fp32, rounded to bfloat16 once; `mean` [rows, 1] float64 or the exact one."""
    mean = x.mean(axis=1, keepdims=True, dtype=np.float64) if mean is None else mean
    centred = (x - mean).astype(SINGLE)
    variance = sum_by_lanes(centred * centred) / SINGLE(x.shape[1])
    y = centred * (SINGLE(1) / np.sqrt(variance + SINGLE(EPSILON))) * gamma + beta
    return reference.round_to_bfloat16(y)


def is_accepted(result: accuracy.Accuracy, width: int) -> bool:
    is_near = result.largest_ulp <= 1 and result.largest_error <= accuracy.error_bound(width)
    return is_near and result.share_correctly_rounded >= 0.999


@pytest.mark.parametrize("width", [64, 384, 1024, 8192])
@pytest.mark.parametrize("mean, sigma", [(0.5, 2), (100, 1), (0, 1e4)])
def test_single_precision_is_accepted(width, mean, sigma):
    x, gamma, beta = draw(mean, sigma, width)
    result = judge(x, gamma, beta, single_precision(x, gamma, beta))
    assert is_accepted(result, width), str(result)


def test_a_mean_rounded_to_single_precision_is_not():
    """What an exact mean was brought in for: 99.80 % correctly rounded, 6 ULP off (docs/design.md, numbers)."""
    x, gamma, beta = draw(100, 1, 384, rows=512)
    rounded = x.mean(axis=1, keepdims=True, dtype=np.float64).astype(SINGLE)
    result = judge(x, gamma, beta, single_precision(x, gamma, beta, rounded))
    assert result.largest_error > accuracy.error_bound(384) or result.largest_ulp > 1, str(result)


def test_an_error_is_found_where_terms_cancel():
    x = np.array([[1, -1, 1, -1]], SINGLE)
    gamma = beta = np.ones(4, SINGLE)
    exact = reference.layer_norm(x, gamma, beta, 0)
    terms = accuracy.affine_terms(x, gamma, beta, 0)
    right = accuracy.compare(np.array([[2, 0, 2, 0]], SINGLE), exact, terms)
    assert (right.share_correctly_rounded, right.cancelled, right.largest_error) == (1, 2, 0)
    wrong = accuracy.compare(np.array([[2.03125, 2**-7, 2, 2**-7]], SINGLE), exact, terms)
    assert (wrong.share_correctly_rounded, wrong.largest_ulp) == (0.25, 2)
    assert wrong.largest_error > accuracy.error_bound(4)


def test_above_the_threshold_the_bound_is_less_than_half_a_ulp():
    for width in (32, 1024, 65536):
        assert accuracy.error_bound(width) <= accuracy.cancellation(width) * 2.0**-9


@pytest.mark.parametrize(
    "row, is_exact", [([100, 101, 0, 99.5], True), ([1e-4, 100, 100, 100], False), ([0, 0, 0, 0], True)]
)
def test_only_a_row_whose_sum_may_round_has_an_offset(row, is_exact):
    x = reference.round_to_bfloat16(np.array([row]))
    ones, zeros = np.ones(4), np.zeros(4)
    without_offset = np.abs(reference.layer_norm(x, ones, zeros, EPSILON))
    assert (accuracy.affine_terms(x, ones, zeros, EPSILON) == without_offset).all() == is_exact
