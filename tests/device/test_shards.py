# SPDX-License-Identifier: Apache-2.0
"""Tensors sharded in L1, HEIGHT, WIDTH and BLOCK, are normalised where ttnn puts their shards, and have the bits that the
same rows have in DRAM: every layout, dtype and option.
"""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from calls import Call, Tally, draw, judge, memory_config, put_rows, run
from layernorm_fused_rm import _core, op
from layernorm_fused_rm.arrays import to_device
from levels import extended
from rows import bits

TILES = {"input_layout": "tile"}
EVERYTHING = {"residual": "bf16", "sum": "new", "statistics": True}
# A call, and its rows.
CALLS = [
    (Call(width=128, input_memory="height 4x2"), (60,)),
    (Call(width=2080, input_memory="width 5x1", residual_memory="height 3x1", **EVERYTHING), (7,)),
    (Call(width=160, x="fp32", input_memory="block 3x2", **TILES), (2, 40)),
    (Call(width=96, input_memory="width 3x1", output_layout="tile", output_memory="block 3x2"), (64,)),
    *extended(
        (Call(width=100, x="fp32", input_memory="height 4x2", output_memory="dram"), (60,)),
        (Call(width=100, output_memory="height 4x2"), (60,)),
        (Call(width=30, input_memory="height 4x2", residual_memory="width 2x2", **EVERYTHING), (61,)),
        (Call(width=128, input_memory="width 4x2", output="in_place"), (9,)),
        (Call(width=1000, input_memory="block 4x2 columns", output="in_place", activation="silu"), (60,)),
        (Call(width=96, norm="rms", input_memory="block 7x3", **TILES), (2, 64)),
        (Call(width=1024, input_memory="width 4x2", output="in_place", **TILES), (32,)),
        (Call(width=64, input_memory="height 4x2", output="given fp32", **TILES), (4, 64)),
        (Call(width=70, input_memory="width 2x2", output_layout="rm", output_memory="width 3x1", **TILES), (2, 33)),
        (Call(width=200, input_memory="height 7x3", gamma=None, beta=None, output="in_place", **TILES), (600,)),
    ),
]
RANDOM_CALLS = 100


def in_dram(call: Call) -> Call:
    return replace(call, input_memory="dram", residual_memory="dram", output_memory=None)


def expect_bits_of_dram(call: Call, rows: tuple[int, ...], device, seed: int = 0) -> None:
    data, tally = draw(call, rows, seed=seed), Tally()
    sharded = run(call, data, device)
    assert not judge(call, data, sharded, tally), call
    for name, values in run(in_dram(call), data, device).items():
        np.testing.assert_array_equal(bits(sharded[name]), bits(values), err_msg=f"{name} of {call}")


@pytest.mark.parametrize("case", CALLS, ids=str)
def test_sharded_rows_have_the_bits_of_rows_in_dram(device, case):
    expect_bits_of_dram(*case, device)


def random_call(numbers: random.Random) -> tuple[Call, tuple[int, ...]]:
    """Any shards over up to 3 x 3 cores; outputs that are made in another layout say where they go."""
    layouts = [numbers.choice(["rm", "tile"]) for _ in range(3)]
    memories = [
        "dram"
        if numbers.random() < 0.2
        else f"{numbers.choice(['height', 'width', 'block'])} {numbers.randint(1, 3)}x{numbers.randint(1, 3)}"
        + numbers.choice(["", " columns"])
        for _ in range(3)
    ]
    residual = numbers.choice([None, "bf16", "fp32"])
    call = Call(
        norm=numbers.choice(["layer", "rms"]),
        width=numbers.choice([numbers.randint(1, 200), 32 * numbers.randint(1, 40), numbers.randint(1000, 2200)]),
        x=numbers.choice(["bf16", "fp32"]),
        gamma=numbers.choice([None, "vector bf16", "tile fp32"]),
        beta=numbers.choice([None, "vector fp32", "tile bf16"]),
        residual=residual,
        input_layout=layouts[0],
        residual_layout=layouts[1] if residual else "rm",
        output_layout=layouts[2],
        input_memory=memories[0],
        residual_memory=memories[1] if residual else "dram",
        output_memory=memories[2],
        statistics=numbers.random() < 0.5,
        activation=numbers.choice([None, None, "silu"]),
    )
    return call, numbers.choice([(numbers.randint(1, 70),), (numbers.randint(1, 3), numbers.randint(1, 40))])


@pytest.mark.extended
@pytest.mark.parametrize("seed", range(RANDOM_CALLS))
def test_random_sharded_calls_have_the_bits_of_dram(device, seed):
    call, rows = random_call(random.Random(seed))
    expect_bits_of_dram(call, rows, device, seed)


def test_rows_stay_on_the_cores_of_their_shards(device):
    for layout, memory in (("rm", "height 3x2"), ("tile", "height 2x1")):
        x = put_rows(np.zeros((61, 96), np.float32), device, "bf16", memory, layout)
        plan = _core.plan(op.make_problem(x))
        assert {work.core for work in plan.cores} == {tuple(core) for core in plan.shards}
        assert len(plan.cores) == (6 if layout == "rm" else 2)


def refusal(device, tensor, **options) -> str:
    with pytest.raises(ValueError) as caught:
        layernorm_fused_rm.layernorm_fused_rm(tensor, **options)
    return str(caught.value)


def test_what_is_not_served_is_refused_by_name(device):
    rows = np.zeros((64, 96), np.float32)
    x = to_device(rows, device)
    in_shards = to_device(rows, device, memory=memory_config("height 4x2", rows.shape, "rm"))
    assert "whole tiles of 32 x 32" in refusal(device, in_shards, layout=ttnn.TILE_LAYOUT)
    without_spec = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1)
    assert "shard_spec" in refusal(device, x, memory_config=without_spec)
    gamma = to_device(np.ones((1, 96)), device, memory=memory_config("width 3x1", (1, 96), "rm"))
    assert "gamma must be in INTERLEAVED memory" in refusal(device, x, gamma=gamma)
    few = ttnn.ShardSpec(
        ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 0))]),
        [8, 96],
        ttnn.ShardOrientation.ROW_MAJOR,
    )
    config = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, few)
    assert "but is sharded over 2 cores" in refusal(device, x, memory_config=config)
    in_dram_banks = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.DRAM, few)
    assert "sharded in DRAM" in refusal(device, x, memory_config=in_dram_banks)
