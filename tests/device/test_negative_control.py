"""The tests can fail: kernels broken on purpose give wrong results, and a dropped push ends as a hang with a name.

Each break is one textual change to a copy of the kernels; a change whose text is no longer there is itself a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from host_process import changed_kernels
from layernorm_fused_rm import op, program
from rows import judge, normal_case, run

BREAKS = {
    "mean_left_out": ("sfpu/statistics.hpp", "multiply(0, 4, 1)", "multiply(kZero, 4, 1)"),
    "rsqrt_one_step_short": ("sfpu/statistics.hpp", "then(rsqrt_step()).then(rsqrt_step())", "then(rsqrt_step())"),
    "one_rotation_short": ("sfpu/statistics.hpp", "turn < 6", "turn < 5"),
    "beta_read_as_gamma": ("sfpu/steps.hpp", "load_distant(beta_of(vector), affine.beta_distance +", "load_distant(beta_of(vector),"),
    "mask_one_lane_wide": ("sfpu/steps.hpp", "enable_lanes_below(limit,", "enable_lanes_below(limit + 2,"),
    "reader_takes_next_bank": ("reader.cpp", "kInputTensor>(block,", "kInputTensor>({block.bank ^ 1, block.first_page, block.rows},"),
    "writer_one_row_late": ("writer.cpp", "kOutputTensor>(block,", "kOutputTensor>({block.bank, block.first_page + 1, block.rows},"),
}

HANG = """
import ttnn
from layernorm_fused_rm import program
from pathlib import Path
from rows import normal_case, run
program.KERNELS = Path({kernels!r})
run(normal_case((24, 96)), ttnn.open_device(device_id=0))
"""


@pytest.mark.parametrize("file, good, bad", BREAKS.values(), ids=BREAKS)
def test_a_broken_kernel_gives_wrong_results(device, monkeypatch, tmp_path, file, good, bad):
    monkeypatch.setattr(program, "KERNELS", changed_kernels(tmp_path, file, good, bad))
    op.forget()
    case = normal_case((48, 96), 3, 2)
    try:
        result = judge(case, run(case, device))
    finally:
        op.forget()
    assert result.share_correctly_rounded < 0.99, f"the break went unnoticed: {result}"


@pytest.mark.simulator
@pytest.mark.parametrize(
    "file, dropped, waiting, buffer",
    [
        ("reader.cpp", "cb_push_back(kInput, kPagesPerStep);", "compute.cpp", "input rows"),
        ("compute.cpp", "cb_push_back(buffer, 1);", "writer.cpp", "output rows"),
    ],
)
def test_a_dropped_push_ends_as_a_named_hang(tmp_path, file, dropped, waiting, buffer):
    kernels = changed_kernels(tmp_path, file, dropped, "")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", HANG.format(kernels=str(kernels))],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    report = done.stderr + done.stdout
    assert "simulated device hang" in report
    assert waiting in report and buffer in report
