# SPDX-License-Identifier: Apache-2.0
"""The tests can fail: kernels broken on purpose give wrong results, and a dropped push ends as a hang with a name.

Each break is one textual change to a copy of the kernels; a change whose text is no longer there is itself a failure.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from host_process import changed_kernels, run_to_hang
from layernorm_fused_rm import op, program
from levels import extended, usually
from rows import judge, normal_case, run

BREAKS = {
    "mean_left_out": ("norm/statistics.hpp", "multiply(0, 4, 1)", "multiply(kZero, 4, 1)"),
    "rsqrt_one_step_short": (
        "norm/statistics.hpp",
        "improve_rsqrt(sequence, at);\n    improve_rsqrt(sequence, at);",
        "improve_rsqrt(sequence, at);",
    ),
    "a_quarter_of_the_lanes_left_out": ("norm/statistics.hpp", "then(add(0, 1, 0))", "then(add(kZero, 1, 0))"),
    "beta_read_as_gamma": (
        "norm/steps.hpp",
        "load_distant(beta_of(registers), affine.beta_distance +",
        "load_distant(beta_of(registers),",
    ),
    "mask_one_lane_wide": ("norm/steps.hpp", "(counted, limit, scratch)", "(counted, limit + 2, scratch)"),
    "reader_takes_next_bank": (
        "dataflow/rows.hpp",
        "kInputTensor>(block,",
        "kInputTensor>({block.bank ^ 1, block.first_page, block.rows},",
    ),
    "writer_one_row_late": (
        "writer.cpp",
        "kOutputTensor>(block,",
        "kOutputTensor>({block.bank, block.first_page + 1, block.rows},",
    ),
}
# Of rows of at most 32 elements, which lie in pairs.
BREAKS_OF_PAIRS = {
    "half_a_rotation_left_out": ("norm/statistics.hpp", "distance = 4;", "distance = 2;"),
    "mask_of_the_first_row_for_both": ("norm/steps.hpp", "(counted, limit,", "(counted * 0 + kTwiceLane, limit,"),
    # Not what brings nothing beneath the second row: that would be NaN, and such a row is redone alone (kernels/dataflow/redo.hpp).
    "other_gamma_beneath_the_second_row": (
        "dataflow/affine_pieces.hpp",
        "address) + offset,",
        "address) + offset + row * 32,",
    ),
}
# Of rows that the FPU sums in part.
BREAKS_OF_SUMS = {
    "matrices_not_added": ("tensix/fill.hpp", "p_elwise::DEST_ACCUM_EN", "p_elwise::DEST_ACCUM_DIS"),
    "an_matrix_left_out": ("norm/normalise.hpp", "kSteps - (kBegins", "kSteps - 2 - (kBegins"),
}

HANGS = {
    "rows_never_come": ("dataflow/rows.hpp", "cb_push_back(kInput, pages);", "compute.cpp", "input rows"),
    "rows_never_leave": ("compute/state.hpp", "cb_push_back(buffer, 1);", "writer.cpp", "output rows"),
}


HANG = """
import ttnn
from layernorm_fused_rm import program
from pathlib import Path
from rows import normal_case, run
program.KERNELS = Path({kernels!r})
run(normal_case((24, 96)), ttnn.open_device(device_id=0))
"""


def judge_broken(device, monkeypatch, shape, kernels: Path):
    monkeypatch.setattr(program, "KERNELS", kernels)
    op.clear()
    case = normal_case(shape, 3, 2)
    try:
        return judge(case, run(case, device))
    finally:
        op.clear()


def test_every_break_finds_its_place(tmp_path):
    """Of those for ./test --all too."""
    for file, good, _ in (*BREAKS.values(), *BREAKS_OF_PAIRS.values(), *BREAKS_OF_SUMS.values()):
        assert good in (program.KERNELS / file).read_text(), f"{file} no longer contains {good!r}: mend this test"


@pytest.mark.parametrize("change", usually(BREAKS, "mean_left_out", "writer_one_row_late"))
def test_a_broken_kernel_gives_wrong_results(device, monkeypatch, tmp_path, change):
    result = judge_broken(device, monkeypatch, (48, 96), changed_kernels(tmp_path, *change))
    assert result.share_correctly_rounded < 0.99, f"the break went unnoticed: {result}"


@pytest.mark.parametrize("change", usually(BREAKS_OF_PAIRS, "mask_of_the_first_row_for_both"))
def test_a_broken_kernel_gives_wrong_pairs(device, monkeypatch, tmp_path, change):
    """With more rows than cores, since the second row of a pair alone may be wrong."""
    result = judge_broken(device, monkeypatch, (180, 20), changed_kernels(tmp_path, *change))
    assert result.share_correctly_rounded < 0.99, f"the break went unnoticed: {result}"


@pytest.mark.parametrize("change", usually(BREAKS_OF_SUMS, "an_matrix_left_out"))
@pytest.mark.parametrize("width", [1000, *extended(2048)])
def test_a_broken_kernel_gives_wrong_sums(device, monkeypatch, tmp_path, width, change):
    result = judge_broken(device, monkeypatch, (24, width), changed_kernels(tmp_path, *change))
    assert result.share_correctly_rounded < 0.99, f"the break went unnoticed: {result}"


@pytest.mark.simulator
@pytest.mark.parametrize("hang", usually(HANGS, "rows_never_leave"))
def test_a_dropped_push_ends_as_a_named_hang(tmp_path, hang):
    file, dropped, waiting, buffer = hang
    kernels = changed_kernels(tmp_path, file, dropped, "")
    report = run_to_hang("-c", HANG.format(kernels=str(kernels)))
    assert waiting in report and buffer in report
