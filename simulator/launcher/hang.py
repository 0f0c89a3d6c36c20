# SPDX-License-Identifier: Apache-2.0
"""A hang ends the run within seconds: how it is recognised, and how the host is ended.

Three rules, looked at every 100 cycles while a program runs:
 - Certain: no tile has anything to do ever again. Every running core is frozen in a proven wait loop (see
   fast_sim/wait_loop.py), every unit is idle, no packet is in flight; then time alone changes nothing.
 - Stalled: no packet is in flight and for STALLED_CYCLES nothing that could make progress did: every core frozen or at
   the same instruction with the same registers, every Tensix queue as it was, no unit occupied. Needed where a Tensix
   instruction waits for ever (a semaphore, a source bank), since its wait gate is looked at in every cycle.
 - Without effect: the same for EFFECTLESS_CYCLES, but cores may change their registers: a loop that counts its tries, or
   one whose end never comes. Longer, because cores may rightly compute for a while on their own; and ten times as long
   where they store something, as one does that fills a buffer.
A program that goes on moving data for ever is none of these.
wolfpine's own watch (50,000 cycles, and far more for many cores) stays as a last resort, with the same report.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
import traceback
from pathlib import Path

from framework.bridge.hostlink import stop_host
from framework.device.deadlock import DeadlockDetector

from . import chips
from .launch_message import BUFFER_COUNT
from .wait_condition import POPPED_REGISTER, PUSHED_REGISTER

HANG_REPORT_VARIABLE = "LAYERNORM_SIM_HANG_REPORT"
LAST_PLAN_VARIABLE = "LAYERNORM_FUSED_RM_LAST_PLAN"
STALLED_CYCLES = 500
EFFECTLESS_CYCLES = 30_000  # a RISC-V looks through 1,024 elements in 5,000 to 15,000
EFFECTLESS_STORING_CYCLES = 10 * EFFECTLESS_CYCLES
# wolfpine's watch is a heuristic that fires on 64 busy cores; the two rules above come first.
LAST_RESORT_CYCLES = "400000"


class DeviceFault(RuntimeError):
    """A fault of the program, not of the simulator. Carries the report; its first line names the fault."""


class DeviceHang(DeviceFault):
    """The program will never end."""


class HangWatch:
    """Looks at one device while a program runs and raises DeviceHang."""

    def __init__(self, device):
        self.device = device
        self._last_state: tuple | None = None
        self._same_since = 0
        self._last_effects: tuple | None = None
        self._last_stores: tuple = ()
        self._effectless_since = self._storeless_since = 0
        self._seconds_at_progress = (0.0, 0.0)

    def start(self, cycle: int) -> None:
        """Forget what was seen: another program begins."""
        self._check_effects(None, cycle)
        self.resume(cycle)

    def resume(self, cycle: int) -> None:
        """The same program goes on after a look of the host; its loops without effect go on as well."""
        self._note_progress(None, cycle)

    def check(self, cycle: int) -> None:
        """Called between runs of the clock, with at least one core launched and not done."""
        if all(clock.next_event_cycle(cycle) is None for clock in self.device.pump._tile_clocks):
            self._raise(cycle, "nothing can happen any more: every core polls values nobody will change")
        is_quiet = self.device.noc_is_idle()
        self._check_effects(self._effects(cycle) if is_quiet else None, cycle)
        state = self._progress_state(cycle) if is_quiet else None
        if state is None or state != self._last_state:
            self._note_progress(state, cycle)
        elif cycle - self._same_since >= STALLED_CYCLES:
            self._raise(cycle, f"no progress for {STALLED_CYCLES} cycles, and no packet in flight")

    def _check_effects(self, effects: tuple | None, cycle: int) -> None:
        if effects is None or effects != self._last_effects:
            self._last_effects, self._effectless_since = effects, cycle
            self._last_stores, self._storeless_since = self._stores(), cycle
            self._seconds_at_progress = _seconds()
            return
        stores = self._stores()
        if stores != self._last_stores:
            self._last_stores, self._storeless_since = stores, cycle
        without = cycle - self._effectless_since
        if without >= EFFECTLESS_STORING_CYCLES or cycle - self._storeless_since >= EFFECTLESS_CYCLES:
            self._raise(cycle, f"no packet, no page and no Tensix instruction for {without} cycles")

    def _stores(self) -> tuple:
        """How often the cores of each tile have stored something (fast_sim/core.py)."""
        tiles = self.device.tt_device.tile_directory
        return tuple(tiles[key].get_baby_cores()[0].activity.stores for key in self.device.launched)

    def _effects(self, cycle: int) -> tuple:
        """What the running cores do to anything outside their registers and memory, as far as it can be counted."""
        tiles = self.device.tt_device.tile_directory
        return tuple(_tile_effects(tiles[key], cycle) for key in self.device.launched)

    def _note_progress(self, state: tuple | None, cycle: int) -> None:
        self._last_state = state
        self._same_since = cycle

    def _progress_state(self, cycle: int) -> tuple:
        tiles = self.device.tt_device.tile_directory
        return tuple(_tile_state(tiles[key], cycle) for key in self.device.launched)

    def _raise(self, cycle: int, reason: str) -> None:
        from .hang_report import build_report

        report = build_report(self.device, cycle, reason)
        own, wall = (now - then for now, then in zip(_seconds(), self._seconds_at_progress))
        raise DeviceHang(
            f"{report}\nfrom the last progress to this report: {own:.1f} s of the simulator's own time, "
            f"{wall:.1f} s by the clock"
        )


def _seconds() -> tuple[float, float]:
    """This process's own computing time, and the clock's."""
    return time.process_time(), time.monotonic()


def _tile_state(tile, cycle: int) -> tuple:
    """Everything whose change is progress; a unit that is still busy counts as changing."""
    cores = tuple(
        None if core.wait_loop.frozen or not core.soft_active else (core.pc, tuple(core.x[:32]))
        for core in tile.get_baby_cores()
    )
    return cores, _coprocessor_state(tile, cycle)


def _coprocessor_state(tile, cycle: int) -> tuple:
    coprocessor = tile.tensix_coprocessor
    units = tuple(
        (len(unit.next_instruction), cycle if unit.busy_until is not None and unit.busy_until > cycle else 0)
        for unit in coprocessor.getBackend().getClocks()
    )
    return tuple(thread.inflight_count() for thread in coprocessor.threads), units


def _tile_effects(tile, cycle: int) -> tuple:
    """Pages pushed and popped, packets, and what the coprocessor does."""
    streams = tile.noc_overlay.stream_regs[:BUFFER_COUNT]
    pages = tuple((stream[POPPED_REGISTER], stream[PUSHED_REGISTER]) for stream in streams)
    packets = tuple(tuple(router.nui_counters.counters) for router in (tile.noc0_router, tile.noc1_router))
    return pages, packets, _coprocessor_state(tile, cycle)


def install(device_class) -> None:
    """Let wolfpine's own watch give the same report, and end the host on any error of the simulator."""
    os.environ.setdefault("TT_SIM_DEADLOCK_THRESHOLD", LAST_RESORT_CYCLES)
    found: list = []
    original_init = device_class.__init__

    def remember_device(self, *arguments, **options):
        original_init(self, *arguments, **options)
        found.append(self)

    def report(self, cycle, active):
        from .hang_report import build_report

        raise DeviceHang(build_report(found[-1], cycle, f"no observable progress for {self.threshold} cycles"))

    device_class.__init__ = remember_device
    DeadlockDetector._report = report
    chips.simulated().server.host_not_stranded = host_ended_on_error


@contextlib.contextmanager
def host_ended_on_error(address: str):
    """Say what went wrong on stderr, completely, before the host is ended (it has no time limit of its own)."""
    try:
        yield
    except Exception as error:
        is_fault = isinstance(error, DeviceFault)
        summary = str(error).partition("\n")[0] if is_fault else f"{type(error).__name__}: {error}"
        with contextlib.suppress(OSError):  # a full disk must not let the host wait for ever
            _publish(str(error)) if is_fault else traceback.print_exc()
            print(f"[simulator] error: {summary}\n[simulator] the host is ended now", file=sys.stderr, flush=True)
        with open(os.devnull, "w") as silence:
            stop_host(summary, addr=address, stream=silence)
        os._exit(1)


def _publish(report: str) -> str:
    """Print the report, write it where LAYERNORM_SIM_HANG_REPORT says, and return its first line.

    The plan of the program, where the host has left one, follows the report of the cores.
    """
    report += _last_plan()
    print(report, file=sys.stderr, flush=True)
    name = os.environ.get(HANG_REPORT_VARIABLE)
    try:
        if name:
            Path(name).write_text(report + "\n", encoding="utf-8")
    except OSError as error:
        print(f"the report could not be written to {name} ({error.strerror})", file=sys.stderr, flush=True)
    return report.splitlines()[0]


def _last_plan() -> str:
    """The text the host has left in the file LAYERNORM_FUSED_RM_LAST_PLAN, with a heading."""
    name = os.environ.get(LAST_PLAN_VARIABLE)
    try:
        plan = Path(name).read_text(encoding="utf-8") if name else ""
    except OSError:  # no program of that kind has run
        plan = ""
    return f"\nthe last plan:\n{plan.rstrip()}" if plan else ""
