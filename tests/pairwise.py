# SPDX-License-Identifier: Apache-2.0
"""Combinations of options in which every pair of values that go together occurs at least once.

Our own, since PyPI's allpairspy 2.5 drops pairs where values exclude each other: 60 of those of tests/device/test_matrix.py.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable

# Whether value a of option x and value b of option y go together: allowed(x, a, y, b).
Rule = Callable[[str, object, str, object], bool]
Pair = tuple[tuple[str, object], tuple[str, object]]


def pairs_of(combination: dict[str, object]) -> Iterable[Pair]:
    return itertools.combinations(combination.items(), 2)


def is_allowed(combination: dict[str, object], allowed: Rule) -> bool:
    return all(allowed(*one, *other) and allowed(*other, *one) for one, other in pairs_of(combination))


def all_pairs(options: dict[str, list], allowed: Rule) -> set[Pair]:
    """Every pair of values of two options that go together."""
    every = itertools.combinations(options.items(), 2)
    pairs = (((x, a), (y, b)) for (x, of_x), (y, of_y) in every for a in of_x for b in of_y)
    return {pair for pair in pairs if is_allowed(dict(pair), allowed)}


def pairwise(options: dict[str, list], allowed: Rule, seed: int = 0, tries: int = 30) -> list[dict[str, object]]:
    """Few combinations that cover all pairs: greedily the best of some tries, each around a pair that is not yet covered."""
    numbers = random.Random(seed)
    uncovered, chosen = all_pairs(options, allowed), []
    while uncovered:
        todo = sorted(uncovered, key=repr)
        candidates = (complete(dict(numbers.choice(todo)), options, allowed, uncovered, numbers) for _ in range(tries))
        best = max((one for one in candidates if one), key=lambda one: len(uncovered.intersection(pairs_of(one))))
        chosen.append(best)
        uncovered.difference_update(pairs_of(best))
    return chosen


def complete(start, options, allowed: Rule, uncovered: set[Pair], numbers: random.Random) -> dict[str, object] | None:
    """`start` with a value of every option, in the options' order; None where no value goes with the others."""
    combination = dict(start)
    for name in numbers.sample(sorted(options), len(options)):
        if name in combination:
            continue
        fitting = [value for value in options[name] if is_allowed({**combination, name: value}, allowed)]
        if not fitting:
            return None
        numbers.shuffle(fitting)
        gain = lambda value: len(uncovered.intersection(pairs_of(in_order({**combination, name: value}, options))))
        combination[name] = max(fitting, key=gain)
    return in_order(combination, options)


def in_order(combination: dict[str, object], options: dict[str, list]) -> dict[str, object]:
    return {name: combination[name] for name in options if name in combination}
