# SPDX-License-Identifier: Apache-2.0
"""Every option value in some call; with --all every pair of them, and random combinations besides. Each combination with
several shapes and distributions.

A combination is one program, which takes seconds to compile; its calls differ in rows, rank and data only, so that they
share it: with at most one row a bank, every core has one row.
"""

from __future__ import annotations

import random

import pytest

from calls import Call, Tally, draw, try_call
from levels import extended
from pairwise import all_pairs, complete, pairs_of, pairwise

VECTORS = [None, "vector bf16", "rank_4 fp32", "cut bf16", "tile bf16", "tile fp32"]
OPTIONS = {
    "norm": ["layer", "rms"],
    "width": [1, 33, 64, 100, 1024, 1025, 2080],
    "x": ["bf16", "fp32"],
    "gamma": VECTORS,
    "beta": VECTORS,
    "residual": [None, "bf16", "fp32"],
    "input_layout": ["rm", "tile"],
    "residual_layout": ["rm", "tile"],
    "output_layout": [None, "rm", "tile"],
    "sum_layout": [None, "rm", "tile"],
    "input_memory": ["dram", "l1"],
    "residual_memory": ["dram", "l1"],
    "vector_memory": ["dram", "l1"],
    "output_memory": [None, "dram", "l1"],
    "output": ["new", "bf16", "fp32", "given bf16", "given fp32", "in_place"],
    "sum": [None, "new", "bf16", "fp32"],
    "statistics": [False, True],
    "zero_centered": [False, True],
    "activation": [None, "relu", "silu", "gelu", "gelu_approx"],
}

GROUPS = 20  # tests; a group of combinations each
RANDOM_COMBINATIONS = 10

# Rows (and rank), mean and sigma of the calls of a combination. The widest offset is for fp32 rows.
CALLS = [
    ((), 0.5, 2.0),
    ((3,), 100.0, 1.0),
    ((2, 1, 2), 0.0, 1e-3),
    ((1, 5), 1e6, 64.0),
    ((1, 1, 2, 1, 1, 2, 1), 0.0, 1e4),
    ((0, 3), 0.0, 1.0),
]


def allowed(option, value, other, of_other) -> bool:
    """Values that go together."""
    if option in ("gamma", "beta") and other == "width":  # [1, 1, W / 32, 32]
        return value is None or not value.startswith("cut") or (of_other % 32 == 0 and of_other > 32)
    if option == "zero_centered" and other == "gamma":
        return not value or of_other is not None
    if option == "sum" and other == "residual":
        return value is None or of_other is not None
    if option == "residual_memory" and other == "residual":
        return value == "dram" or of_other is not None
    if option == "residual_layout" and other == "residual":
        return value == "rm" or of_other is not None
    if option == "sum_layout" and other in ("sum", "residual"):
        return value is None or of_other is not None
    if option == "output_layout" and other == "output":
        return value is None or of_other != "in_place"
    if option == "output_memory" and other == "output":
        return value is None or of_other in ("new", "bf16", "fp32")
    return True


PAIRWISE = pairwise(OPTIONS, allowed, seed=1)


def of_each_value(combinations: list[dict]) -> list[dict]:
    """Some that hold every value of every option: each the one that brings most values that are still missing."""
    missing = {(option, value) for option, values in OPTIONS.items() for value in values}
    chosen = []
    while missing:
        chosen.append(max(combinations, key=lambda combination: len(missing & set(combination.items()))))
        missing -= set(chosen[-1].items())
    return chosen


EACH_VALUE = of_each_value(PAIRWISE)


def random_combinations(count: int, seed: int) -> list[dict]:
    numbers = random.Random(seed)
    return [complete({}, OPTIONS, allowed, set(), numbers) for _ in range(count)]


def try_combination(combination: dict, device, tally: Tally, seed: int) -> None:
    call = Call(**combination)
    for i, (rows, mean, sigma) in enumerate(CALLS):
        if mean == 1e6 and call.x == "bf16":
            mean, sigma = 1e4, 64.0
        try_call(call, draw(call, rows, mean, sigma, seed=100 * seed + i), device, tally)


def test_the_combinations_hold_every_pair_of_values():
    found = {pair for combination in PAIRWISE for pair in pairs_of(combination)}
    assert found == all_pairs(OPTIONS, allowed)
    assert len(PAIRWISE) * len(CALLS) >= 250 and RANDOM_COMBINATIONS * len(CALLS) >= 60


@pytest.mark.parametrize("i", range(len(EACH_VALUE)))
def test_every_option_value(device, i):
    tally = Tally()
    try_combination(EACH_VALUE[i], device, tally, seed=PAIRWISE.index(EACH_VALUE[i]))
    tally.check()


# Formats mixed and everything returned, which no single value brings together: the kernels' lines for that
# (./test --coverage). A call, and its rows.
MIXTURES = [
    (Call(width=96, residual="fp32", output="fp32", sum="bf16", statistics=True, gamma="vector fp32"), 45),
    (Call(width=1057, x="fp32", residual="bf16", sum="bf16", statistics=True, beta="vector fp32"), 5),
    (Call(norm="rms", width=20, residual="bf16", sum="bf16", statistics=True), 200),
]


@pytest.mark.parametrize("i", range(len(MIXTURES)))
def test_mixed_formats_and_all_that_is_returned(device, i):
    call, rows = MIXTURES[i]
    tally = Tally()
    try_call(call, draw(call, (rows,), seed=i), device, tally)
    tally.check()


@pytest.mark.parametrize("group", extended(*range(GROUPS)))
def test_every_pair_of_option_values(device, group):
    tally = Tally()
    for i in range(group, len(PAIRWISE), GROUPS):
        if PAIRWISE[i] not in EACH_VALUE:
            try_combination(PAIRWISE[i], device, tally, seed=i)
    tally.check()


@pytest.mark.parametrize("group", extended(0, 1))
def test_random_combinations(device, group):
    tally = Tally()
    for i, combination in enumerate(random_combinations(RANDOM_COMBINATIONS // 2, seed=group)):
        try_combination(combination, device, tally, seed=1000 + 10 * group + i)
    tally.check()
