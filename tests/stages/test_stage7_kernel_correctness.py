# SPDX-License-Identifier: Apache-2.0
"""Stage 7, where the report's kernels hung: the full operation, against float64, within a time limit."""

from __future__ import annotations

import pytest

from levels import extended
from rows import assert_rounded_well, normal_case, run


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "shape", [(32, 32), (32, 64), (64, 128), (32, 1024), (1, 1, 32, 64), *extended((2, 3, 64, 128))], ids=str
)
def test_layernorm_is_right_and_comes_back(device, shape):
    case = normal_case(shape)
    assert_rounded_well(case, run(case, device))


@pytest.mark.timeout(120)
def test_two_calls_in_a_row(device):
    first, second = normal_case((32, 64), seed=1), normal_case((32, 64), seed=2)
    assert_rounded_well(first, run(first, device))
    assert_rounded_well(second, run(second, device))
