"""Accuracy against float64: spreads and offsets, rows that are constant, rows with NaN and Inf."""

from __future__ import annotations

import numpy as np
import pytest

from rows import Case, assert_rounded_well, judge, normal_case, run

WIDTHS = [64, 384, 1024, 4096]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("mean, sigma", [(0.5, 2), (100, 1), (1e4, 64), (0, 1e-3), (0, 1e4)])
def test_spread_and_offset(device, width, mean, sigma):
    case = normal_case((48, width), mean, sigma, seed=width)
    assert_rounded_well(case, run(case, device))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("value", [0.0, 1.0, -0.3671875, 100.5, 12288.0])
def test_a_constant_row_gives_beta(device, width, value):
    case = normal_case((12, width))
    case = Case(np.full_like(case.x, value), case.gamma, case.beta)
    np.testing.assert_array_equal(run(case, device), np.broadcast_to(case.beta, case.x.shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("width", [64, 96, 1024, 2048])
def test_what_is_not_finite_stays_in_its_row(device, width, bad):
    """Such a row comes out not finite throughout (docs/limits.md)."""
    clean = normal_case((36, width))
    x = clean.x.copy()
    x[5, width // 2] = bad
    x[17, 0] = bad
    y = run(Case(x, clean.gamma, clean.beta), device)
    assert not np.isfinite(y[[5, 17]]).any()
    others = np.delete(np.arange(36), [5, 17])
    np.testing.assert_array_equal(y[others], run(clean, device)[others])


@pytest.mark.parametrize("epsilon", [1e-12, 1e-5, 1.0])
def test_epsilon_is_used_as_given(device, epsilon):
    """With a spread as small as sqrt(epsilon), another epsilon would change every output."""
    case = normal_case((12, 384), 0, 1e-3, epsilon=epsilon)
    assert_rounded_well(case, run(case, device))


def test_one_in_a_thousand_is_not_measured_on_few_elements(device):
    """The share of design.md section 5 over 128 rows of 1,024."""
    for mean, sigma in [(0.5, 2), (100, 1)]:
        case = normal_case((128, 1024), mean, sigma)
        result = judge(case, run(case, device))
        assert result.share_correctly_rounded >= 0.999 and result.largest_ulp <= 1, str(result)
