# SPDX-License-Identifier: Apache-2.0
"""Freeze a core that polls unchanged memory, until that memory changes.

Kernels wait in small loops: for a circular buffer's counter, a NoC counter, a semaphore or mailbox in L1. Such a core
executes the same few instructions until somebody else changes what it reads. Three passes over the loop prove it:
 1. a pass that ends with the registers and the cost model's state it began with, and only loads (recorded);
 2. a pass from that same state over the same values, recorded tick by tick;
 3. nothing: while every recorded value stands, each later pass must equal pass 2.
Frozen, the core is not executed; the values are compared instead, in every cycle in which the tile runs. When one
differs, the core is put into the very state of that cycle (pass 2 at the right phase, its deadlines shifted), before it
would next execute. So cycle counts do not change. Stores, Tensix pushes and stalls on memory end an attempt, and so do
loads from registers that change by themselves or when read: only L1, local RAM, the overlay's stream registers and the
NoC interface's counters count as memory here.
"""

from __future__ import annotations

# An attempt is given up after so many cycles: longer loops are work, not waiting.
MAX_PASS_CYCLES = 600
MAX_LOADS = 12
# Cycles before a loop that cannot be frozen is looked at again.
RETRY_CYCLES = 400
# Instruction words of a loop closer than this are watched as one span.
CODE_GAP_BYTES = 64


class WaitLoop:
    """The observation of one core's current loop. Times are the cycle of the tick that starts at the anchor."""

    def __init__(self, core):
        self.core = core
        self.frozen = False
        self.records = False
        self.anchor = -1
        self.pass_start = 0
        self.not_before = 0
        self.registers: list[int] = []
        self.signature = None
        self.loads: dict[tuple[int, int], int] = {}
        self.trajectory: list[tuple] = []
        self.words: list[tuple] = []
        self.code: list[tuple] = []
        self.period = 0
        self.seen_changes = -1  # the tile's change count at the last look at a frozen loop's values

    # Observation.

    def arrive(self, target: int, cycle: int) -> None:
        """The core has jumped back to `target`, which it executes in `cycle`."""
        core = self.core
        if target != self.anchor:
            if self.anchor >= 0 and cycle - self.pass_start < MAX_PASS_CYCLES:
                return
            self._begin(target, cycle)
            return
        if cycle < self.not_before:
            return
        if core.x[:32] != self.registers:
            self._begin(target, cycle)
            return
        signature = core.cost_signature(cycle)
        if signature != self.signature:
            self._begin(target, cycle)
            self.signature = signature
        elif self.records:
            self._freeze(cycle)
        else:
            self._start_recording(cycle)

    def _begin(self, target: int, cycle: int) -> None:
        self.anchor = target
        self.pass_start = cycle
        self.registers = self.core.x[:32]
        self.signature = None
        self.loads = {}
        self.records = False
        self.core.observes = True

    def note_load(self, address: int, size: int, value: int) -> None:
        key = (address, size)
        known = self.loads.get(key)
        if known is None and not self.records and len(self.loads) < MAX_LOADS:
            self.loads[key] = value
        elif known != value:
            self.give_up()

    def give_up(self) -> None:
        """Something other than polling happened: forget this loop."""
        self.core.observes = False
        self.records = False
        self.anchor = -1

    def _reject(self, cycle: int) -> None:
        anchor = self.anchor
        self.give_up()
        self.anchor = anchor
        self.pass_start = cycle
        self.not_before = cycle + RETRY_CYCLES
        self.registers = []

    def _start_recording(self, cycle: int) -> None:
        words = [self._watched_word(address, size, value) for (address, size), value in self.loads.items()]
        if None in words:
            self._reject(cycle)
            return
        self.words = [part for parts in words for part in parts]
        self.code = []
        if not self.unchanged():
            self._begin(self.anchor, cycle)
            return
        self.trajectory = []
        self.pass_start = cycle
        self.records = True

    def record(self) -> None:
        """Keep the state at the start of a tick of pass 2."""
        core = self.core
        self.trajectory.append((core.pc, core.x[:32], core.cost_state()))
        if len(self.trajectory) > MAX_PASS_CYCLES:
            self.give_up()

    # Freezing.

    def _freeze(self, cycle: int) -> None:
        self.code = self._watched_code()
        self.period = cycle - self.pass_start
        if self.period != len(self.trajectory) or not self.unchanged():
            self.give_up()
            return
        self.records = False
        self.core.observes = False
        self.frozen = True
        self.seen_changes = -1
        self.core.spin_parked = True

    def unchanged(self) -> bool:
        """Everything the loop reads still has the recorded value."""
        for memory, index, value in self.words:
            if memory[index] != value:
                return False
        for memory, instructions in self.code:
            if memory.tobytes() != instructions:
                return False
        return True

    def thaw(self, cycle: int) -> None:
        """Put the core into the state it would have at the start of `cycle`, had it executed all along."""
        elapsed = cycle - self.pass_start
        phase = elapsed % self.period
        pc, registers, cost_state = self.trajectory[phase]
        core = self.core
        core.pc = pc
        core.x[:32] = registers
        core.restore_cost_state(cost_state, elapsed - phase)
        self.drop()

    def drop(self) -> None:
        """Forget everything, as after a reset."""
        self.frozen = False
        self.core.spin_parked = False
        self.give_up()

    def polled(self) -> list[tuple[int, int, int]]:
        """What a frozen core waits for: (address, size, value) of each load of the loop."""
        return [(address, size, value) for (address, size), value in self.loads.items()]

    # What is watched.

    def _watched_word(self, address: int, size: int, value: int) -> list[tuple] | None:
        """(sequence, index, value) entries that stand for a load, or None where a load is not plain memory."""
        core = self.core
        place = core.plain_memory(address, size)
        if place is not None:
            memory, offset = place
            return [(memory, offset + i, value >> 8 * i & 0xFF) for i in range(size)]
        register = core.pure_register(address, size)
        return None if register is None else [(*register, register[0][register[1]])]

    def _watched_code(self) -> list[tuple]:
        spans: list[list[int]] = []
        for pc in sorted({entry[0] for entry in self.trajectory}):
            if spans and pc - spans[-1][1] <= CODE_GAP_BYTES:
                spans[-1][1] = pc + 4
            else:
                spans.append([pc, pc + 4])
        watched = []
        for first, end in spans:
            memory, offset = self.core.code_memory(first)
            view = memory[offset : offset + end - first]
            watched.append((view, view.tobytes()))
        return watched
