# SPDX-License-Identifier: Apache-2.0
"""Steady state: what a core takes for 1,024 elements once everything is under way.

bfloat16 rows in L1, each worked on by the core that holds it, so that no NoC link and no DRAM bank is shared. Few and many
rows a core of one width: the difference leaves out the launch, the first reads and the last writes. Both
come in whole batches, of three rows, since a batch of fewer takes longer for each.
"""

from __future__ import annotations

from . import chips
from .cases import Case

_ROWS_OF_A_CORE = ((1024, 12, 24), (4096, 3, 6))  # width, few, many


def pairs() -> list[tuple[Case, Case]]:
    """Few rows and many, of each width."""
    cores = chips.simulated().cores
    return [
        (Case(few * cores, width, memory="l1"), Case(many * cores, width, memory="l1"))
        for width, few, many in _ROWS_OF_A_CORE
    ]


def cycles_per_kilo(few, many) -> float:
    """Cycles of one core per 1,024 elements, from the Measurements of two cases."""
    return (many.cycles - few.cycles) * chips.simulated().cores * 1024 / (many.case.elements - few.case.elements)
