# SPDX-License-Identifier: Apache-2.0
"""The simulated chips: what their DRAM allows, and their cores."""

from __future__ import annotations

from dataclasses import dataclass

from simulator import session


@dataclass(frozen=True)
class Chip:
    """Bytes of DRAM a cycle, over all banks; what a program takes that copies one page of 2 KB from DRAM to DRAM; and the
    columns and rows of cores that programs may use; each is a bank of L1.
    """

    dram_bytes_per_cycle: int
    page_cycles: int  # ttnn.clone of 1 x 1024 bfloat16, launch included
    grid: tuple[int, int]

    @property
    def cores(self) -> int:
        return self.grid[0] * self.grid[1]


CHIPS = {
    # 12 banks of 24 B/cycle: ISA documents, "DRAMTile"; the cost model has the same.
    "Wormhole": Chip(288, 1490, (8, 9)),
    "Blackhole": Chip(377, 1280, (13, 10)),  # 8 banks of 47.1 B/cycle: the cost model
}


def simulated() -> Chip:
    return CHIPS[session.chip()]
