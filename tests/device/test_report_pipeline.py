# SPDX-License-Identifier: Apache-2.0
"""The pipeline of the report: cured it is right, as reported it hangs, and the hang is named."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import report_pipeline
from benchmarks.cases import Case
from benchmarks.measure import measure
from examples.report_pipeline.pipeline import AS_REPORTED, CURED, KERNELS, normalise
from host_process import run_to_hang
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import draw_rows
from levels import extended, usually

EPSILON = 0.5  # of rows with a variance of 4: leaving it out costs 6 %
# Half a ULP of bfloat16 for each of: mean, x - mean, square, variance, 1 / std, x hat, * gamma, + beta, and two for the
# sums of the mean and the variance in a DEST of 16 bits. Six draws at 64 x 64 needed 3.9 to 5.9 of them.
ALLOWED = 10 * 2.0**-9


def run(device, shape, pages: str) -> tuple[np.ndarray, np.ndarray]:
    """y, and what it should be."""
    rows = draw_rows(shape)
    x, gamma, beta = (to_device(values, device) for values in (rows.x, rows.gamma, rows.beta))
    y = to_numpy(normalise(x, gamma, beta, EPSILON, pages=pages))
    return y, reference.layer_norm(rows.x, rows.gamma, rows.beta, EPSILON)


@pytest.mark.parametrize("shape", [(64, 64), *extended((32, 32), (32, 128), (32, 512))], ids=str)
def test_cured_it_is_right(device, shape):
    y, exact = run(device, shape, CURED)
    assert np.abs(y - exact).max() <= ALLOWED * np.abs(exact).max()


@pytest.mark.parametrize("shape", extended((64, 1024)), ids=str)
def test_as_reported_it_runs_where_a_stick_is_as_large_as_a_tile(device, shape):
    """So nothing but the output's pages makes it hang."""
    assert np.array_equal(run(device, shape, AS_REPORTED)[0], run(device, shape, CURED)[0])


HANGS = {
    "the writer waits for sticks": (
        64,
        ("writer", "cb_wait_front(kOutputSticks"),
        'BRISC in kernel writer at {place}: waits for pages of buffer 16 "Output RM sticks" (cb_wait_front): '
        "wants 32, 2 present; 2 pages pushed and 0 popped",
    ),
    "compute waits for room": (
        1056,
        ("compute", "cb_reserve_back(kOutputSticks"),
        'TRISC2 (pack) in kernel compute at {place}: waits for free pages of buffer 16 "Output RM sticks" '
        "(cb_reserve_back): wants 33, 32 free of 32",
    ),
}


def place_of(kernel: str, call: str) -> str:
    """File and line of the one call that begins so."""
    lines = (KERNELS / f"{kernel}.cpp").read_text().splitlines()
    [number] = [number for number, line in enumerate(lines, start=1) if call in line]
    return f"{kernel}.cpp:{number}"


@pytest.mark.simulator
@pytest.mark.parametrize("hang", usually(HANGS, "the writer waits for sticks"))
def test_as_reported_it_hangs_and_the_report_says_where(hang):
    width, waiting, line = hang
    report = run_to_hang("-m", "examples.report_pipeline", "--width", str(width), "--pages", AS_REPORTED)
    assert "core (0, 0)" in report
    assert line.format(place=place_of(*waiting)) in report, report


@pytest.mark.parametrize("case", [Case(32, 40), Case(40, 32), Case(32, 32, "float32")], ids=str)
def test_the_bench_records_what_it_refuses(device, case):
    found = measure(case, report_pipeline.PROVIDER, device, "")
    assert found.cycles == 0 and "the report's pipeline wants" in found.refusal
