# SPDX-License-Identifier: Apache-2.0
"""The chips that wolfpine has, and where: what of the launcher depends on which one is simulated.

LAYERNORM_SIM_CHIP names it; wormhole if it is not set. run.sh of the simulator's folder sets it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module

CHIP_VARIABLE = "LAYERNORM_SIM_CHIP"


@dataclass(frozen=True)
class Chip:
    """Where wolfpine has it, where tt-metal keeps things in its L1 (MEM_MAILBOX_BASE and MEM_MAP_END of the chip's
    dev_mem_map.h), which registers of an overlay stream count a buffer's pages, pushed and popped (stream_io_map.h and
    the chip's noc_overlay_parameters.h), and the columns and rows of its NoC that a broadcast leaves out.
    """

    name: str
    bridge_module: str
    device_class: str
    mailbox_address: int
    map_end: int
    page_registers: tuple[int, int]
    columns_without_workers: frozenset[int] = frozenset()
    rows_without_workers: frozenset[int] = frozenset()

    @property
    def server(self):
        """The module that serves the host."""
        return import_module(f"framework.sim.{self.name}.__main__")

    @property
    def bridge(self):
        """The module that builds the device for the server."""
        return import_module(f"framework.sim.{self.name}.{self.bridge_module}")

    @property
    def device(self):
        return getattr(import_module(f"framework.device.{self.name}"), self.device_class)


CHIPS = {
    chip.name: chip
    for chip in (
        Chip("wormhole", "wh_device", "Wormhole", 16, 35168, (4, 3)),
        # blackhole_140_arch.yaml: workers are in columns 1 to 7 and 10 to 16 and rows 2 to 11. tt-metal's firmware leaves
        # broadcasts out of the others (noc_init, NIU_CFG broadcast disable), as on Wormhole; wolfpine's Wormhole has no
        # tiles there.
        Chip("blackhole", "bh_device", "Blackhole", 96, 41088, (10, 8), frozenset({0, 8, 9}), frozenset({0, 1})),
    )
}


def simulated() -> Chip:
    name = os.environ.get(CHIP_VARIABLE, "wormhole")
    if name not in CHIPS:
        raise SystemExit(f"{CHIP_VARIABLE}={name}, but wolfpine has {' and '.join(CHIPS)}; name one of these")
    return CHIPS[name]
