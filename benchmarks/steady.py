"""Steady state: what a core takes for 1,024 elements once everything is under way.

bfloat16 rows in L1, each worked on by the core that holds it, so that no NoC link and no DRAM bank is shared. Few and many
rows a core of one width: the difference leaves out the launch, the first reads and the last writes. Both
come in whole batches, of three rows, since a batch of fewer takes longer for each.
"""

from __future__ import annotations

from .cases import Case

_CORES = 72  # of the simulated Wormhole; each is a bank of L1
CASES = tuple(
    (Case(few * _CORES, width, memory="l1"), Case(many * _CORES, width, memory="l1"))
    for width, few, many in ((1024, 12, 24), (4096, 3, 6))
)


def cycles_per_kilo(few, many) -> float:
    """Cycles of one core per 1,024 elements, from the Measurements of two cases."""
    return (many.cycles - few.cycles) * _CORES * 1024 / (many.case.elements - few.case.elements)
