# SPDX-License-Identifier: Apache-2.0
"""Accuracy against float64: spreads and offsets, rows that are constant, rows with NaN and Inf."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from levels import extended
from rows import assert_rounded_well, judge, normal_case, run

# Streamed rows have the same bits on the host (test_bit_exact.py), where tests/arithmetic tries them.
WIDTHS = [384, *extended(64, 1024, 1056, 4096)]
SPREADS = [(100, 1), *extended((0.5, 2), (1e4, 64), (0, 1e-3), (0, 1e4))]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("spread", SPREADS, ids=str)
def test_spread_and_offset(device, width, spread):
    case = normal_case((48, width), *spread, seed=width)
    assert_rounded_well(case, run(case, device))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_constant_row_gives_beta(device, width):
    """Every row of its own constant, side by side with rows of another."""
    constants = np.array([0.0, 1.0, -0.3671875, 100.5, 12288.0])
    case = normal_case((36, width))
    x = np.broadcast_to(np.resize(constants, 36)[:, np.newaxis], case.x.shape).astype(case.x.dtype)
    case = replace(case, x=x)
    np.testing.assert_array_equal(run(case, device), np.broadcast_to(case.beta, case.x.shape))


@pytest.mark.parametrize("width", [384, *extended(64, 96, 1024, 2048)])
def test_what_is_not_finite_stays_in_its_row(device, width):
    """Such a row comes out not finite throughout (docs/limits.md); each value stands at a row's begin and in a middle."""
    clean = normal_case((36, width))
    x = clean.x.copy()
    bad = {5: np.nan, 8: np.inf, 11: -np.inf, 17: np.nan, 20: np.inf, 23: -np.inf}
    for row, value in bad.items():
        x[row, width // 2 if row < 12 else 0] = value
    y = run(replace(clean, x=x), device)
    assert not np.isfinite(y[list(bad)]).any()
    others = np.delete(np.arange(36), list(bad))
    np.testing.assert_array_equal(y[others], run(clean, device)[others])


@pytest.mark.parametrize("epsilon", [1.0, *extended(1e-12, 1e-5)])
def test_epsilon_is_used_as_given(device, epsilon):
    """With a spread as small as sqrt(epsilon), another epsilon would change every output."""
    case = normal_case((12, 384), 0, 1e-3, epsilon=epsilon)
    assert_rounded_well(case, run(case, device))


@pytest.mark.extended
def test_one_in_a_thousand_is_not_measured_on_few_elements(device):
    """The share of design.md section 5 over 128 rows of 1,024."""
    for mean, sigma in [(0.5, 2), (100, 1)]:
        case = normal_case((128, 1024), mean, sigma)
        result = judge(case, run(case, device))
        assert result.share_correctly_rounded >= 0.999 and result.largest_ulp <= 1, str(result)
