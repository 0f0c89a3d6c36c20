# SPDX-License-Identifier: Apache-2.0
"""When each core pushes and pops pages and starts NoC commands, one JSON line a program in the file named by
LAYERNORM_SIM_TIMELINE_LOG:

    {"index": 0, "cores": {"0,0": [[512, "read", 0, 2048], [731, "push", 0, 1], ...], ...}}

Each event: cycles since the program's first GO, what happened, buffer or NoC, pages or bytes. For whoever looks for the cycles of a program; nothing is recorded unless asked for.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

from .coordinates import Core
from .wait_condition import COUNTER_MASK, POPPED_REGISTER, PUSHED_REGISTER, STREAM_BYTES

TIMELINE_LOG_VARIABLE = "LAYERNORM_SIM_TIMELINE_LOG"
COMMANDS = {0: "read", 1: "atomic", 2: "write"}  # NOC_CTRL, bits 0 and 1 (ISA documents, "NoC/MemoryMap")
PAGES = {PUSHED_REGISTER: "push", POPPED_REGISTER: "pop"}
MULTICAST_BIT = 1 << 5


class Timeline:
    """A program watcher (time_policy.py)."""

    def __init__(self, path: Path):
        self.path = path
        self.program_count = 0
        self._events: dict[Core, list] = defaultdict(list)
        self._core_of: dict[int, Core] = {}  # by the identity of a tile's overlay or NoC interface
        self._clock = None  # a NoC interface, which knows the cycle
        self._first_cycle = 0

    def install(self) -> None:
        """Hook the parts whose events are recorded. Before the device is built."""
        _watch_commands(self)
        _watch_pages(self)

    def core_launched(self, core: Core, tile, go_address: int) -> None:
        if self._clock is None:
            self._clock = tile.noc0_router
            self._first_cycle = self._clock._current_cycle()
        for part in (tile.noc_overlay, tile.noc0_router, tile.noc1_router):
            self._core_of[id(part)] = core

    def add(self, part, *event) -> None:
        if self._clock is not None and id(part) in self._core_of:
            self._events[self._core_of[id(part)]].append([self._clock._current_cycle() - self._first_cycle, *event])

    def program_ended(self, cycle: int) -> None:
        cores = {f"{core.logical[0]},{core.logical[1]}": events for core, events in sorted(self._events.items())}
        with self.path.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"index": self.program_count, "cores": cores}) + "\n")
        self.program_count += 1
        self._events.clear()
        self._core_of.clear()
        self._clock = None


def _watch_commands(timeline: Timeline) -> None:
    from framework.network.tt_noc import NUI

    initiate = NUI.RequestInitiator.initiate

    def recording(self):
        if self.cmd_ctrl == 1:
            name = COMMANDS.get(self.ctrl & 3, "?") + (" multicast" if self.ctrl & MULTICAST_BIT else "")
            timeline.add(self.nui, name, self.nui.noc_number, self.at_len_be)
        initiate(self)

    NUI.RequestInitiator.initiate = recording


def _watch_pages(timeline: Timeline) -> None:
    from framework.network.tt_noc import NoCOverlay

    write_register = NoCOverlay.write

    def write(self, addr, value, size=None):
        stream, register = addr // STREAM_BYTES, addr % STREAM_BYTES // 4
        before = self.stream_regs[stream][register]
        write_register(self, addr, value, size)
        after = self.stream_regs[stream][register]
        if register in PAGES and after:
            timeline.add(self, PAGES[register], stream, (after - before) & COUNTER_MASK)

    NoCOverlay.write = write


def wanted_log() -> Path | None:
    name = os.environ.get(TIMELINE_LOG_VARIABLE)
    return Path(name) if name else None
