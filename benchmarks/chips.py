# SPDX-License-Identifier: Apache-2.0
"""The simulated chips: what their DRAM allows, and their cores."""

from __future__ import annotations

from dataclasses import dataclass

from simulator import session


@dataclass(frozen=True)
class Chip:
    """Bytes of DRAM a cycle, over all banks, and the columns and rows of cores that programs may use; each is a bank of L1."""

    dram_bytes_per_cycle: int
    grid: tuple[int, int]

    @property
    def cores(self) -> int:
        return self.grid[0] * self.grid[1]


CHIPS = {
    "Wormhole": Chip(288, (8, 9)),  # 12 banks of 24 B/cycle: ISA documents, "DRAMTile"; the cost model has the same
    "Blackhole": Chip(377, (13, 10)),  # 8 banks of 47.1 B/cycle: the cost model
}


def simulated() -> Chip:
    return CHIPS[session.chip()]
