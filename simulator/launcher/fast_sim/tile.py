# SPDX-License-Identifier: Apache-2.0
"""A Tensix tile's tick that calls only the units with work.

wolfpine calls all 27 units of a tile in every cycle; most return at once, and the calls are what costs. Here the state
that makes a unit's tick do something is looked at first. The order of units stays wolfpine's.
"""

from __future__ import annotations

from framework.trace import get_bus

from .core import TileActivity
from .pump import EventTileClock


def _unit_has_work(unit, attributes: tuple[str, ...]) -> bool:
    """A backend unit's tick does nothing with an empty queue, no deadline to release and an empty pipeline."""
    if unit.next_instruction or unit.busy_until is not None:
        return True
    exits = unit._pipeline_exit
    if exits[0] or exits[1] or exits[2]:
        return True
    for name in attributes:
        if getattr(unit, name):
            return True
    return False


def _gate_waits(gate) -> bool:
    return gate.latchedWaitInstruction is not None or gate.latch_wait or gate.mutex_stall or gate.backend_enforced_stall


def _holds_for_semaphore(gate) -> bool:
    """A wait gate that holds its thread for a semaphore, still in vain: its tick would only count the stall.

    The count is looked at by kernels that started the performance counters and by a trace; then the tick runs.
    """
    latched = gate.latchedWaitInstruction
    if not gate.latch_wait or latched is None or latched.opcode != "SEMWAIT" or gate.perf_counters.instrn_running:
        return False
    if gate.mutex_stall or gate.backend_enforced_stall or get_bus().enabled:
        return False
    return gate._latched_semaphore_reason() is not None


class FastTileClock(EventTileClock):
    """The clock of a Tensix tile; made from wolfpine's own by `adopt`."""

    @classmethod
    def adopt(cls, clock: EventTileClock, tile) -> None:
        """Turn the tile's clock into a fast one, in place: wolfpine keeps references to it."""
        clock.__class__ = cls
        clock.tile = tile
        backend = tile.tensix_coprocessor.getBackend()
        clock.backend = backend
        # Units whose tick looks at more than the queue: the attributes that mean work (see each one's is_clock_idle).
        extra = {
            backend.scalar_unit: ("stalled",),
            backend.sync_unit: ("blocked_mutex",),
            backend.mover_unit: ("tdma_commands",),
            backend.config_unit: ("prev_cycle_setc16_or_wrcfg",),
            backend.unpacker_units[0]: ("blocked", "_deferred_dvalid"),
            backend.unpacker_units[1]: ("blocked", "_deferred_dvalid"),
        }
        clock.units = [(unit, extra.get(unit, ())) for unit in backend.getClocks()]
        clock.threads = [
            (thread, thread.mop_expander, thread.replay_expander, thread.wait_gate)
            for thread in tile.tensix_coprocessor.threads
        ]
        clock.cores = tile.get_baby_cores()
        clock.activity = TileActivity()
        for core in clock.cores:
            core.activity = clock.activity
        clock.tile_control = tile.tile_ctrl
        clock.interfaces = (tile.noc0_router, tile.noc1_router)

    def wake(self) -> None:
        """Called by wolfpine when the host, a packet or a reset touches the tile."""
        super().wake()
        self.activity.changes += 1
        self.activity.coprocessor_may_work = True

    def clock_tick(self, cycle: int) -> None:
        if not self.awake:
            if self.wake_at is None or cycle < self.wake_at:
                self.dormant_cycles += 1
                return
            self.awake = True
        activity = self.activity
        if activity.coprocessor_may_work:
            activity.changes += 1
            activity.coprocessor_may_work = self._tick_coprocessor(cycle)
        self._tick_cores(cycle)
        for interface in self.interfaces:
            arrival = interface.next_arrival
            if (
                (arrival is not None and arrival <= cycle)
                or interface.noc_requests_to_handle
                or interface.noc_new_requests_to_handle
            ):
                interface.clock_tick(cycle)
                activity.changes += 1
        self._fall_asleep(cycle)

    def _tick_cores(self, cycle: int) -> None:
        """What FastCore.clock_tick does in the three common cases, without the call; the call otherwise."""
        activity, control = self.activity, self.tile_control
        for core in self.cores:
            if core.soft_reset_value is control.RISCV_DEBUG_REG_SOFT_RESET_0 and not core.is_observed:
                if core.wait_loop.frozen:
                    if core.wait_loop.seen_changes == activity.changes:
                        continue
                elif core.soft_active:
                    if core.active and not core.is_held:
                        core.execute(cycle)
                        continue
                elif core.is_held:
                    continue
            core.clock_tick(cycle)

    def _tick_coprocessor(self, cycle: int) -> bool:
        """Tick what has work; say whether anything had."""
        worked = False
        for unit, attributes in self.units:
            if _unit_has_work(unit, attributes):
                unit.clock_tick(cycle)
                worked = True
        for thread, expander, replay, gate in self.threads:
            if thread.mop_instruction_fifo:
                expander.clock_tick(cycle)
                worked = True
            if thread.replay_instruction_fifo:
                replay.clock_tick(cycle)
                worked = True
            if thread.wait_gate_instruction_fifo or _gate_waits(gate):
                if not _holds_for_semaphore(gate):
                    gate.clock_tick(cycle)
                worked = True
        if self.tile.tdma.command_queue:
            self.tile.tdma.clock_tick(cycle)
            worked = True
        return worked

    def _fall_asleep(self, cycle: int) -> None:
        for core in self.cores:
            if core.soft_active and not core.wait_loop.frozen:
                return
        wake_at = self.wake_probe(cycle)
        if wake_at is None or wake_at > cycle + 1:
            self.awake = False
            self.wake_at = wake_at
