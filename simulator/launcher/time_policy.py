# SPDX-License-Identifier: Apache-2.0
"""When simulated time passes: only while the host waits for a program.

wolfpine runs 100 cycles after every host message. Slow dispatch sends some 37 messages a core, so the cores of one
program start 3,700 cycles apart and never overlap, and most simulated cycles are spent on idle cores. Here
 - a host write or reset takes no device time;
 - GO messages are held until the host next reads, and then reach all cores in the same cycle (fast dispatch multicasts
   GO; a core built late, whose firmware must boot first, would otherwise delay the cores after it);
 - a host read lets a running program finish before it answers, so one poll is enough;
 - otherwise time stands still, but for a host that reads the same worker address again and again: that is a poll.
The device's own timing does not depend on any of this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from framework.bridge import Device

from . import chips
from .coordinates import Core, cores_by_tile
from .cycles import CycleLog
from .fast_sim.install import is_fast
from .hang import HangWatch

TileKey = tuple[int, int]

# go_msg_t is 4 bytes, its top byte the run state (tt_metal/hw/inc/hostdev/dev_msgs.h, RUN_MSG_*).
GO_MESSAGE_BYTES = 4
SIGNAL_OFFSET_BYTES = 3
RUN_MSG_DONE = 0x00
RUN_MSG_INIT = 0x40
RUN_MSG_GO = 0x80

# Cycles between two looks at whether the program has ended: small beside any program, large beside the cost of a look.
CHUNK_CYCLES = 100
# A read answers after this many cycles even when the program still runs; the host then simply polls again.
MAX_CYCLES_PER_READ = 20_000
# After the last DONE: the firmware returns to its wait loop, and writes nobody waited for reach memory.
MIN_SETTLE_CYCLES = 200
MAX_SETTLE_CYCLES = 2_000


@dataclass(frozen=True)
class HeldGo:
    """A GO message the host has sent and the core has not been given yet."""

    tile: TileKey
    address: int
    data: bytes


class RunningCore(NamedTuple):
    """A launched core: its tile's clock, and the memory that starts with its GO message's run state."""

    clock: object
    signal: memoryview


class ProgramWatcher(Protocol):
    """Told of every program: each core just before it is given GO, and the end, when nothing moves any more."""

    def core_launched(self, core: Core, tile, go_address: int) -> None: ...

    def program_ended(self, cycle: int) -> None: ...


class PolledDevice(Device):
    """wolfpine's host bridge with the time policy above."""

    watchers: tuple[ProgramWatcher, ...] = ()

    def __init__(self, device_factory, tensix_coord_map, **options):
        super().__init__(device_factory, tensix_coord_map, **options)
        self.core_of_tile = cores_by_tile(tensix_coord_map)
        self.cycle_log = CycleLog.from_environment()
        self.hang_watch = HangWatch(self) if is_fast() else None
        self.launched: dict[TileKey, RunningCore] = {}
        self._held: dict[TileKey, HeldGo] = {}
        self._init_address: dict[TileKey, int] = {}
        self._go_address: int | None = None
        self._last_read: tuple[TileKey, int] | None = None
        self.pump = self.tt_device.clocks[0]
        self._next_on_tick = self.pump.on_tick
        self.pump.on_tick = self._on_tick

    def write(self, unified: TileKey, addr: int, data: bytes) -> None:
        self._last_read = None
        if self._is_go(unified, addr, data):
            self._held[unified] = HeldGo(unified, addr, bytes(data))
            return
        if unified in self._held:
            self._deliver_held_go()
        if unified in self.core_of_tile and len(data) == GO_MESSAGE_BYTES and data[SIGNAL_OFFSET_BYTES] == RUN_MSG_INIT:
            self._init_address[unified] = addr
        self.write_without_pump(unified, addr, data)

    def read(self, unified: TileKey, addr: int, size: int) -> bytes:
        self._learn_go_address(unified, addr, size)
        self._deliver_held_go()
        if self.launched:
            self._run_program()
        elif unified in self.core_of_tile and self._last_read == (unified, addr):
            self.tt_device.run(CHUNK_CYCLES)
        self._last_read = (unified, addr)
        return bytes(self.tt_device.read(unified, addr, size))

    def deassert_reset(self, unified: TileKey) -> None:
        self.deassert_reset_without_pump(unified)

    def _learn_go_address(self, unified: TileKey, addr: int, size: int) -> None:
        """The host boots a core by writing INIT and polling the same 4 bytes: there GO and DONE will be, too."""
        if self._go_address is None and size == GO_MESSAGE_BYTES and self._init_address.get(unified) == addr:
            self._go_address = addr

    def _is_go(self, unified: TileKey, addr: int, data: bytes) -> bool:
        return (
            addr == self._go_address
            and unified in self.core_of_tile
            and len(data) == GO_MESSAGE_BYTES
            and data[SIGNAL_OFFSET_BYTES] == RUN_MSG_GO
        )

    def _deliver_held_go(self) -> None:
        if self._held and self.hang_watch is not None:
            self.hang_watch.start(self.pump.clock_tick_num)
        for go in self._held.values():
            tile = self.tt_device.tile_directory[go.tile]
            for watcher in self.watchers:
                watcher.core_launched(self.core_of_tile[go.tile], tile, go.address)
            self.write_without_pump(go.tile, go.address, go.data)
            signal = memoryview(tile.L1_mem.memory)[go.address + SIGNAL_OFFSET_BYTES :]
            self.launched[go.tile] = RunningCore(tile.clock, signal)
            self.cycle_log.core_started(self.core_of_tile[go.tile], self.pump.clock_tick_num)
        self._held.clear()

    def _run_program(self) -> None:
        end = self.pump.clock_tick_num + MAX_CYCLES_PER_READ
        if self.hang_watch is not None:
            self.hang_watch.resume(self.pump.clock_tick_num)
        while self.launched and self.pump.clock_tick_num < end:
            self.tt_device.run(CHUNK_CYCLES)
            if self.launched and self.hang_watch is not None:
                self.hang_watch.check(self.pump.clock_tick_num)
        if not self.launched:
            self._settle()
            for watcher in self.watchers:
                watcher.program_ended(self.pump.clock_tick_num)

    def _settle(self) -> None:
        self.tt_device.run(MIN_SETTLE_CYCLES)
        end = self.pump.clock_tick_num + MAX_SETTLE_CYCLES
        while not self.noc_is_idle() and self.pump.clock_tick_num < end:
            self.tt_device.run(CHUNK_CYCLES)

    def noc_is_idle(self) -> bool:
        """No packet is in flight anywhere on the device."""
        return all(
            tile.noc0_router.is_clock_idle() and tile.noc1_router.is_clock_idle()
            for tile in self.tt_device.tile_directory.values()
        )

    def _on_tick(self, cycle: int) -> None:
        if self.launched:
            self._note_done_cores(cycle)
        if self._next_on_tick is not None:
            self._next_on_tick(cycle)

    def _note_done_cores(self, cycle: int) -> None:
        """A core that stored DONE in this cycle has not fallen asleep yet."""
        done = [tile for tile, core in self.launched.items() if core.clock.awake and core.signal[0] == RUN_MSG_DONE]
        for tile in done:
            del self.launched[tile]
            self.cycle_log.core_done(self.core_of_tile[tile], cycle)


def install(watchers: tuple[ProgramWatcher, ...] = ()) -> None:
    """Let wolfpine's server build a PolledDevice where it would build its own Device."""
    PolledDevice.watchers = watchers
    chips.simulated().bridge.Device = PolledDevice
