# SPDX-License-Identifier: Apache-2.0
"""Finite rows whose sums, or sums of squares, leave float32's range: redone (kernels/dataflow/redo.hpp), whatever the rows beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import layernorm_fused_rm
from benchmarks.scaling import on_grid
from calls import Call, Tally, as_dtype, draw, run, try_call
from layernorm_fused_rm import op, program
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import Rows
from levels import extended, usually

LARGEST = {"bf16": 3.3895313892515355e38, "fp32": 3.4028234663852886e38}
FACTOR = 2.0**80  # its square is beyond float32's range

CALLS = {
    "pairs of rows": (Call(width=20), 300),
    "rows of one segment, several a block": (Call(width=96, x="fp32", statistics=True), 150),
    "one row a block, residual and sum": (Call(width=1000, residual="bf16", sum="new", statistics=True), 7),
    "rows of several segments": (Call(width=2080, norm="rms", statistics=True), 7),
    "every option": (
        Call(
            width=1100,
            x="fp32",
            residual="bf16",
            gamma="tile bf16",
            beta="vector fp32",
            sum="bf16",
            statistics=True,
            zero_centered=True,
            input_memory="l1",
            output="bf16",
        ),
        7,
    ),
}


def with_some_rows_times(data: Rows, factor: float, call: Call) -> Rows:
    """Two rows side by side and the last one times a factor: few, since the writer's loop over elements is long to simulate."""
    rows = data.x.shape[0]
    chosen = np.isin(np.arange(rows), (1, 2, rows - 1))[:, None]
    scaled = lambda values, dtype: (
        None if values is None else as_dtype(np.where(chosen, values * factor, values), dtype)
    )
    return replace(data, x=scaled(data.x, call.x), residual=scaled(data.residual, call.residual))


CASES = {name: (name, "as asked for") for name in CALLS} | {f"{name}, in place": (name, "in_place") for name in CALLS}


@pytest.mark.parametrize(
    "case", usually(CASES, "pairs of rows, in place", "rows of several segments, in place", "every option")
)
def test_rows_that_overflow_are_right_beside_others(device, case):
    name, output = case
    call, rows = CALLS[name]
    call = replace(call, output=output) if output == "in_place" else call
    tally = Tally()
    try_call(call, with_some_rows_times(draw(call, (rows,)), FACTOR, call), device, tally)
    tally.check()


@pytest.mark.parametrize("dtype", ["bf16", "fp32"])
@pytest.mark.parametrize("width", [1, 40, *extended(2, 32, 1024, 3000)])
@pytest.mark.parametrize("norm", ["layer", *extended("rms")])
def test_rows_of_the_largest_numbers_are_right(device, norm, width, dtype):
    call = Call(norm=norm, width=width, x=dtype, statistics=True, output="fp32")
    data = draw(call, (6,))
    largest = np.full(width, LARGEST[dtype])
    alternating = largest * (-1) ** np.arange(width)
    data = replace(data, x=as_dtype([largest, -largest, alternating, largest / 3, alternating * 0.7, data.x[0]], dtype))
    tally = Tally()
    try_call(call, data, device, tally)
    tally.check()


def test_the_cases_that_were_reported(device):
    y = lambda operation, x: to_numpy(operation(to_device(np.asarray(x, np.float32), device)))
    np.testing.assert_array_equal(y(layernorm_fused_rm.rms_norm_fused_rm, np.full((2, 512), 1e18)), 1.0)
    np.testing.assert_array_equal(y(layernorm_fused_rm.layernorm_fused_rm, [[1e19, 2e19] * 256]), [[-1.0, 1.0] * 256])
    np.testing.assert_array_equal(y(layernorm_fused_rm.layernorm_fused_rm, np.full((2, 512), 3e38)), 0.0)


def test_rows_that_are_read_again_are_redone(device):
    call = Call(width=3072, epsilon=1e-20)  # counts for neither scale
    data = with_some_rows_times(draw(call, (9,)), FACTOR, call)
    x, gamma, beta = (to_device(values, device) for values in (data.x, data.gamma, data.beta))
    problem = on_grid(op.make_problem(x, gamma, beta, epsilon=call.epsilon), (2, 1), l1_bytes=20_000)
    plan = layernorm_fused_rm.plan(problem)
    assert plan.reads_again
    program.build(plan, problem, device).run(input=x, gamma=gamma, beta=beta, output=x)
    plain = with_some_rows_times(draw(call, (9,)), 1.0, call)
    np.testing.assert_array_equal(to_numpy(x), run(call, plain, device)["y"])


@pytest.mark.parametrize("output", ["in_place", *extended("new")])
def test_what_is_not_finite_for_another_reason_stays_as_it_is(device, output):
    """Rows with Inf or NaN in them are no numbers as a whole; an infinite gamma is of one column alone."""
    call = Call(width=1056, x="fp32", gamma="vector fp32", output=output)
    data = draw(call, (8,))
    data.gamma[0] = np.inf
    data.x[3, 17], data.x[5, 1040], data.x[7, 0] = np.inf, -np.inf, np.nan
    y = run(call, data, device)["y"]
    special = np.isin(np.arange(8), (3, 5, 7))
    assert np.isnan(y[special]).all() and not np.isfinite(y[:, 0]).any()
    ones = replace(data, gamma=np.where(np.isinf(data.gamma), 1, data.gamma).astype(np.float32))
    np.testing.assert_array_equal(y[~special, 1:], run(call, ones, device)["y"][~special, 1:])
