# SPDX-License-Identifier: Apache-2.0
"""Every row is normalised, whatever the number of rows and the width: families by relation to banks, cores and chunk.

Wormhole has 12 DRAM banks, the simulated card 72 cores, a chunk 1,024 elements, a vector pair 64.
"""

from __future__ import annotations

import pytest
from test_repetition import run_on_grid

from levels import usually
from rows import assert_rounded_well, normal_case, run

ROWS = {
    "one": 1,
    "lt_banks": 7,
    "eq_banks": 12,
    "gt_banks": 13,
    "div_banks": 24,
    "eq_cores": 72,
    "lt_cores": 71,
    "gt_cores": 73,
    "div_cores": 144,
    "no_multiple_of_32": 45,
}

WIDTHS = {
    "one": 1,
    "odd": 45,
    "tile": 32,
    "eq_vector_pair": 64,
    "gt_vector_pair": 96,
    "sentence_encoder": 384,
    "encoder": 768,
    "lt_chunk": 992,
    "eq_chunk": 1024,
    "gt_chunk": 1025,
    "div_chunk": 2048,
    "large": 4096,
    "largest": 8192,
}

SHAPES = {
    "rank_1": (64,),
    "rank_2": (5, 64),
    "rank_3": (2, 3, 64),
    "rank_4": (2, 1, 3, 64),
    "rank_5": (2, 1, 2, 3, 64),
    "rank_8": (1, 2, 1, 1, 2, 1, 3, 64),
}


@pytest.mark.parametrize("rows", usually(ROWS, "one", "gt_banks", "gt_cores", "div_cores"))
def test_any_number_of_rows(device, rows):
    case = normal_case((rows, 64), seed=rows)
    assert_rounded_well(case, run(case, device))


@pytest.mark.parametrize("width", usually(WIDTHS, "tile", "lt_chunk", "div_chunk"))
def test_any_width(device, width):
    case = normal_case((14, width), seed=width)
    assert_rounded_well(case, run(case, device))


@pytest.mark.parametrize("shape", usually(SHAPES, "rank_1", "rank_8"))
def test_leading_dimensions_are_rows(device, shape):
    case = normal_case(shape)
    assert_rounded_well(case, run(case, device))


@pytest.mark.extended
@pytest.mark.parametrize("rows, width", [(600, 96), (450, 384), (330, 1024), (300, 1056)])
def test_several_blocks_a_core(device, rows, width):
    """More rows than all cores take in one block, so that pages of every circular buffer are used again."""
    case = normal_case((rows, width), seed=rows)
    assert_rounded_well(case, run(case, device))


@pytest.mark.parametrize("rows, width", [(120, 20), (80, 96), (40, 768), (14, 1056)])
def test_several_blocks_on_one_core(device, rows, width):
    """The same of a core that has all rows, bank after bank."""
    case = normal_case((rows, width), seed=rows)
    assert_rounded_well(case, run_on_grid(case, device, (1, 1)))


def test_rows_too_wide_for_a_small_l1_are_read_again(device):
    case = normal_case((6, 3000))
    assert_rounded_well(case, run_on_grid(case, device, (2, 1), 20_000, reads_again=True))


def test_a_tensor_without_rows_comes_back_empty(device):
    case = normal_case((0, 64))
    assert run(case, device).shape == (0, 64)
