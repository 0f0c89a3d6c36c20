# SPDX-License-Identifier: Apache-2.0
"""Rows that chips share: each chip's part of them is normalised as the whole rows are, by the stats of all parts.

The chips are one after the other here, on one device, and what an all_gather does is done in numpy.
"""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from calls import DTYPES, FP32_SHARE, Call, Tally, beyond, draw, judge, put_rows, run
from layernorm_fused_rm import accuracy, reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import Rows
from levels import extended
from rows import bits

TILES = {"input_layout": "tile"}
BEFORE = {
    "layer": layernorm_fused_rm.layernorm_fused_rm_pre_all_gather,
    "rms": layernorm_fused_rm.rms_norm_fused_rm_pre_all_gather,
}
AFTER = {
    "layer": layernorm_fused_rm.layernorm_fused_rm_post_all_gather,
    "rms": layernorm_fused_rm.rms_norm_fused_rm_post_all_gather,
}
# A call on each chip, its rows, and the chips.
CALLS = [
    (Call(width=1024), (9,), 4),
    (Call(width=300, norm="rms", x="fp32", statistics=True, **TILES), (2, 19), 5),
    (Call(width=2080, x="fp32", residual="bf16", sum="fp32", statistics=True, gamma="tile fp32"), (7,), 3),
    *extended(
        (Call(width=200, output_layout="rm", residual="fp32", statistics=True, activation="silu", **TILES), (40,), 33),
        (Call(width=1024, norm="rms", output="in_place"), (200,), 2),
        (Call(width=33, x="fp32", zero_centered=True), (7,), 64),
        (Call(width=5, x="fp32", gamma=None), (90,), 2),
        (Call(width=32, x="fp32", beta=None, output_layout="tile"), (35,), 64),
        (Call(width=1024, input_memory="l1", output_memory="dram", **TILES), (33,), 4),
        (Call(width=20000, x="fp32", residual="fp32", statistics=True, gamma="vector fp32"), (3,), 2),
        (Call(width=64000, norm="rms"), (2,), 2),
        (Call(width=512, input_memory="width 4x2", output_memory="width 4x2", output_layout="tile", **TILES), (32,), 4),
        (Call(width=256, input_memory="height 4x2", output_memory="height 4x2"), (64,), 4),
        (Call(width=1024, output="fp32", epsilon=1e-2), (1,), 1),
    ),
]
RANDOM_CALLS = 60


def parts_of(data: Rows, chips: int) -> list[Rows]:
    """Each chip's columns of rows and vectors."""

    def split(values):
        return [None] * chips if values is None else np.split(values, chips, axis=-1)

    columns = [split(values) for values in (data.x, data.gamma, data.beta, data.residual)]
    return [Rows(*tensors) for tensors in zip(*columns)]


def tell(call: Call, part: Rows, device) -> np.ndarray:
    """A part's stats, of which dtype, layout and memory are checked."""
    x = put_rows(part.x, device, call.x, call.input_memory, call.input_layout)
    residual = None
    if call.residual is not None:
        residual = put_rows(part.residual, device, call.residual, call.residual_memory, call.residual_layout)
    stats = BEFORE[call.norm](x, residual=residual)
    assert list(stats.shape) == [*part.x.shape[:-1], 4] and stats.dtype == ttnn.float32
    assert stats.layout == ttnn.ROW_MAJOR_LAYOUT and not stats.is_sharded()
    assert stats.memory_config().buffer_type == x.memory_config().buffer_type
    return to_numpy(stats)


def judge_stats(call: Call, part: Rows, found: np.ndarray) -> list[str]:
    """K and the number of elements are exact; the others within 2^-20 of the row's largest, or of themselves."""
    expected = reference.part_stats(part.joined, centres=call.norm == "layer")
    largest = accuracy.row_maximum(part.joined)[..., 0]
    bounds = 0, FP32_SHARE * largest, FP32_SHARE * (expected[..., 2] + largest**2 * 2.0**-24), 0
    return [
        fault
        for i, (name, bound) in enumerate(zip(("K", "mean - K", "variance", "elements"), bounds))
        for fault in beyond(name, found[..., i], expected[..., i], bound)
    ]


def normalise(call: Call, parts: list[Rows], stats: np.ndarray, device) -> dict[str, np.ndarray]:
    """Whole rows of all chips' results; statistics are the same on each."""
    everything = to_device(stats, device, dtype=ttnn.float32)

    def operation(x, gamma, beta, **options):
        return AFTER[call.norm](x, everything, gamma, beta, **options)

    results = [run(call, part, device, operation) for part in parts]
    for name in {"mean", "rstd"} & set(results[0]):
        for others in results[1:]:
            np.testing.assert_array_equal(bits(others[name]), bits(results[0][name]), err_msg=name)
    of_parts = {"y", "sum"}
    return {
        name: np.concatenate([result[name] for result in results], axis=-1) if name in of_parts else first
        for name, first in results[0].items()
    }


def tell_all(call: Call, data: Rows, chips: int, device) -> np.ndarray:
    return np.concatenate([tell(call, part, device) for part in parts_of(data, chips)], axis=-1)


def y_of(call: Call, data: Rows, chips: int, device) -> np.ndarray:
    return normalise(call, parts_of(data, chips), tell_all(call, data, chips, device), device)["y"]


def expect_whole_rows(call: Call, rows, chips: int, device, mean: float = 0.5) -> None:
    whole, tally = replace(call, width=call.width * chips), Tally()
    data = draw(whole, rows, mean=mean, seed=chips)
    parts = parts_of(data, chips)
    stats = tell_all(call, data, chips, device)
    of_each = zip(parts, np.split(stats, chips, axis=-1))
    faults = [fault for part, found in of_each for fault in judge_stats(call, part, found)]
    results = normalise(call, parts, stats, device)
    faults += judge(whole, data, results, tally, is_shifted=True)
    assert not faults, "; ".join(faults)
    tally.check()


@pytest.mark.parametrize("case", CALLS, ids=str)
def test_parts_are_normalised_like_whole_rows(device, case):
    expect_whole_rows(*case, device)


def test_means_far_from_zero_cost_nothing(device):
    expect_whole_rows(Call(width=512, x="fp32", statistics=True), (12,), 4, device, mean=1e5)


def test_constant_rows_are_beta(device):
    call, chips = Call(width=96, x="fp32"), 3
    data = draw(replace(call, width=96 * chips), (5,), seed=1)
    y = y_of(call, replace(data, x=np.full_like(data.x, 1234.567)), chips, device)
    np.testing.assert_array_equal(y, np.broadcast_to(data.beta.astype(np.float32), y.shape))


def test_rows_that_overflow_or_are_no_numbers_touch_no_others(device):
    call, chips = Call(width=96, x="fp32"), 2
    data = draw(replace(call, width=96 * chips), (5,), seed=2)
    x = data.x.copy()
    x[1] *= np.float32(2.0**100)
    x[3, 100] = np.nan
    spoilt, good = y_of(call, replace(data, x=x), chips, device), y_of(call, data, chips, device)
    assert not np.isfinite(spoilt[[1, 3]]).any()
    np.testing.assert_array_equal(bits(np.delete(spoilt, [1, 3], axis=0)), bits(np.delete(good, [1, 3], axis=0)))


def random_call(numbers: random.Random) -> tuple[Call, tuple[int, ...], int]:
    has_residual = numbers.random() < 0.5
    call = Call(
        norm=numbers.choice(["layer", "rms"]),
        width=numbers.choice([32, 64, 160, 544, 1024, 1056, 2048]),
        x=numbers.choice(["bf16", "fp32"]),
        gamma=numbers.choice([None, "vector bf16", "tile fp32"]),
        beta=numbers.choice([None, "vector fp32", "tile bf16"]),
        residual=numbers.choice(list(DTYPES)) if has_residual else None,
        input_layout=numbers.choice(["rm", "tile"]),
        residual_layout=numbers.choice(["rm", "tile"]),
        output_layout=numbers.choice(["rm", "tile"]),
        sum=numbers.choice(["new", None]) if has_residual else None,
        statistics=numbers.random() < 0.5,
        activation=numbers.choice([None, None, "relu", "silu"]),
        input_memory=numbers.choice(["dram", "l1"]),
    )
    return call, (numbers.randint(1, 3), numbers.randint(1, 40)), numbers.choice([1, 2, 3, 4, 8, 17, 32])


@pytest.mark.extended
@pytest.mark.parametrize("seed", range(RANDOM_CALLS))
def test_random_parts_are_normalised_like_whole_rows(device, seed):
    expect_whole_rows(*random_call(random.Random(seed)), device)


def test_a_row_has_the_same_stats_and_bits_among_many(device):
    call, chips = Call(width=1056, x="fp32", **TILES), 2
    many = draw(replace(call, width=1056 * chips), (36,), seed=3)
    few = replace(many, x=many.x[:3])
    for results in (tell_all, y_of):
        of_many, of_few = (bits(results(call, data, chips, device)) for data in (many, few))
        np.testing.assert_array_equal(of_few, of_many[:3])
