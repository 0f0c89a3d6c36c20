# SPDX-License-Identifier: Apache-2.0
"""Rows that several cores share come out bit for bit as rows that a core has to itself: every option, layout, dtype."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from calls import LAYOUTS, Call, Rows, Tally, draw, judge, put_rows, run
from layernorm_fused_rm import _core, op
from levels import extended
from rows import bits

TILES = {"input_layout": "tile"}
# A call, and its rows that are few: of 4, 5, 6, 8 and 15 slices.
CALLS = [
    (Call(width=1024, **TILES), 5),
    (Call(width=1024, norm="rms", **TILES), 33),
    (Call(width=1024, x="fp32", statistics=True, gamma="vector fp32", **TILES), 7),
    (Call(width=8192, statistics=True), 1),
    *extended(
        (Call(width=2048, output_layout="rm", **TILES), 32),
        (Call(width=1536, output_layout="tile", residual="bf16", sum="new", statistics=True), 3),
        (Call(width=8192, x="fp32", residual="bf16", sum="fp32", gamma="cut bf16", activation="silu"), 1),
        (Call(width=16384, norm="rms", zero_centered=True, output="in_place"), 1),
        (Call(width=1024, x="fp32", residual="bf16", residual_layout="tile", sum="fp32", statistics=True), 9),
        (Call(width=3840, activation="silu", beta=None, **TILES), 2),
        (Call(width=1024, gamma=None, beta=None, **TILES), 4),
        (Call(width=4096, norm="rms", residual="fp32", sum="bf16", sum_layout="rm", zero_centered=True, **TILES), 6),
        (Call(width=1024, output="in_place", gamma="tile bf16", **TILES), 40),
    ),
]
RANDOM_CALLS = 60


def first_rows(data: Rows, rows: int) -> Rows:
    return replace(data, x=data.x[:rows], residual=None if data.residual is None else data.residual[:rows])


def slices_of(call: Call, rows: int, device) -> int:
    """Of the plan of a call with so many rows."""
    x = put_rows(np.zeros((rows, call.width), np.float32), device, call.x, call.input_memory, call.input_layout)
    in_tiles = "tile" in (call.output_layout, call.residual_layout)
    layout = LAYOUTS["tile"] if in_tiles else LAYOUTS.get(call.output_layout)
    plan = _core.plan(op.make_problem(x, None, None, layout=layout))
    return dict(plan.compile_time_arguments)["slices"]


def expect_bits_of_whole_rows(call: Call, rows: int, device) -> None:
    """Of the same rows among so many others that each core has its rows to itself."""
    grid = device.compute_with_storage_grid_size()
    a_strip_a_core = 4 * grid.x * grid.y
    many = next(n for n in (rows + 1, a_strip_a_core * 5 // 9, a_strip_a_core) if slices_of(call, n, device) == 1)
    assert slices_of(call, rows, device) > 1
    data = draw(call, (many,), seed=rows)
    shared, tally = run(call, first_rows(data, rows), device), Tally()
    assert not judge(call, first_rows(data, rows), shared, tally)
    for name, values in run(call, data, device).items():
        np.testing.assert_array_equal(bits(shared[name]), bits(values[:rows]), err_msg=name)


@pytest.mark.parametrize("case", CALLS, ids=str)
def test_shared_rows_have_the_bits_of_rows_that_are_not_shared(device, case):
    expect_bits_of_whole_rows(*case, device)


def random_call(numbers: random.Random, device) -> tuple[Call, int]:
    """One whose rows are shared: few strips, or a wide row."""
    while True:
        has_strips = numbers.random() < 0.8
        residual = numbers.choice([None, "bf16", "fp32"])
        call = Call(
            norm=numbers.choice(["layer", "rms"]),
            width=256 * numbers.randint(2, 10) if has_strips else 1024 * numbers.randint(4, 9),
            x=numbers.choice(["bf16", "fp32"]),
            gamma=numbers.choice([None, "vector bf16", "tile fp32", "cut bf16"]),
            beta=numbers.choice([None, "vector fp32", "tile bf16"]),
            residual=residual,
            input_layout="tile" if has_strips else "rm",
            residual_layout=numbers.choice(["rm", "tile"]) if has_strips and residual else "rm",
            output_layout=numbers.choice(["rm", "tile"]) if has_strips else None,
            statistics=numbers.random() < 0.5,
            activation=numbers.choice([None, None, "silu", "gelu"]),
        )
        rows = numbers.randint(1, 40) if has_strips else 1
        if slices_of(call, rows, device) > 1:
            return call, rows


@pytest.mark.extended
@pytest.mark.parametrize("seed", range(RANDOM_CALLS))
def test_random_shared_rows_have_the_bits_of_rows_that_are_not_shared(device, seed):
    expect_bits_of_whole_rows(*random_call(random.Random(seed), device), device)


@pytest.mark.parametrize("output", ["new", "in_place"])
def test_shared_rows_that_overflow_are_redone_by_all_who_share_them(device, output):
    call = Call(width=1024, residual="bf16", sum="new", statistics=True, output=output, **TILES)
    data = draw(call, (6,), seed=1)
    factors = np.where(np.arange(6) == 2, 2.0**80, 1)[:, None]
    large = replace(
        data, x=(data.x * factors).astype(np.float32), residual=(data.residual * factors).astype(np.float32)
    )
    assert slices_of(call, 6, device) > 1
    tally = Tally()
    assert not judge(call, large, run(call, large, device), tally)
    tally.check()


def test_what_is_no_number_in_one_slice_of_gamma_keeps_nobody_waiting(device):
    call = Call(width=1024, **TILES)
    data = draw(call, (4,), seed=2)
    gamma = data.gamma.copy()
    gamma[512] = np.nan
    y = run(call, replace(data, gamma=gamma), device)["y"]
    assert not np.isfinite(y[:, 512]).any()
    np.testing.assert_array_equal(np.delete(y, 512, axis=1), np.delete(run(call, data, device)["y"], 512, axis=1))
