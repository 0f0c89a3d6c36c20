# SPDX-License-Identifier: Apache-2.0
"""A baby core's tick, several times faster than wolfpine's, with the same effect in every cycle.

Registers are Python integers, instructions are decoded once per word, L1 and local RAM are read directly. Everything
else stays wolfpine's: memory-mapped units, the cost model's load, store, multiply and divide rules, resets, and any
instruction rv_operations.py does not list. Views stand in for wolfpine's Register objects, so its other code (deadlock
watch, reset, interpreter) sees the same values. With tracing or snooping on, wolfpine's own tick runs.
"""

from __future__ import annotations

from framework.memory.memory import AddressableMemory, MemoryStall
from framework.network.tt_noc import NUI, NoCOverlay
from framework.pe.pe import ProcessingElement
from framework.pe.rv.babyriscv import SOFT_RESET_ADDR, BabyRISCV
from framework.pe.tensix.frontend import CORE_PUSH_INFLIGHT_BOUND, TensixFrontend
from framework.pe.tensix.util import TensixInstructionDecoder

from .registers import NextPcView, PcView, RegisterView
from .rv_operations import MASK, STALL, decode
from .wait_loop import WaitLoop

TENSIX_PUSH_ADDRESS = 0xFFE40000
INSTRUCTION_RAM_FIRST = 0xFFC00000  # NCRISC's own, 16 KiB (TensixTile/BabyRISCV/README.md)
# NIU counters: NoC/Counters.md, offsets 0x200 to 0x2F4 of the interface's registers, one 32-bit word each.
NIU_COUNTERS_FIRST, NIU_COUNTERS_LAST = 0x200, 0x2F4
PC_INDEX, NEXT_PC_INDEX = 32, 33


class TileActivity:
    """What a tile's cores do that other parts of the tile must look at."""

    def __init__(self):
        # Raised whenever memory or registers of the tile may have changed; frozen cores look at their loop then.
        self.changes = 0
        # Stores by the tile's cores, to anywhere.
        self.stores = 0
        # Set by anything that may have given the coprocessor work; cleared when all its units are seen idle.
        self.coprocessor_may_work = True


class FastCore(BabyRISCV):
    """Takes the place of BabyRISCV where wolfpine builds its tiles."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._spin = None  # wolfpine's own recogniser of firmware loops; wait_loop.py is ours
        self.x = [0] * 33
        self.pc = self.next_pc = 0
        self.observes = False
        self.wait_loop = WaitLoop(self)
        self.activity = TileActivity()  # shared by the cores of a tile, see tile.py
        self.soft_reset_value: bytes | None = None
        self.is_held = True
        # Tracing and snooping need wolfpine's own tick; both are settled before the tiles are built.
        self.is_observed = self.bus.enabled or self.snoop
        views = [RegisterView(self, i) for i in range(32)] + [PcView(self, PC_INDEX), NextPcView(self, NEXT_PC_INDEX)]
        self.register_file.registers[:] = views
        self.pc_register, self.nextpc_register = views[PC_INDEX], views[NEXT_PC_INDEX]
        self._bind_memory()

    def _bind_memory(self) -> None:
        locate = self.visible_memory.memory_map.locate
        self._tile_control = locate(SOFT_RESET_ADDR)[1]
        self._tensix_thread = locate(TENSIX_PUSH_ADDRESS)[1]
        _, l1 = locate(0)
        self.l1 = memoryview(l1.memory)
        self.l1_words = self.l1.cast("I")
        self.l1_bytes = len(self.l1)
        self._plain = []
        self.instruction_ram = self.l1_words[:0]
        for span, component in self.visible_memory.memory_map.items():
            if isinstance(component, AddressableMemory) and component is not l1:
                self._plain.append((span.low, span.low + component.getSize(), memoryview(component.memory)))
                if span.low == INSTRUCTION_RAM_FIRST:
                    self.instruction_ram = memoryview(component.memory).cast("I")

    # The tick.

    def clock_tick(self, cycle_num: int) -> None:
        reset_value = self._tile_control.RISCV_DEBUG_REG_SOFT_RESET_0
        if reset_value is not self.soft_reset_value:
            self.soft_reset_value = reset_value
            self.is_held = int.from_bytes(reset_value, "little") & self.soft_reset_mask != 0
        if self.is_held:
            if self.soft_active:
                self.soft_active = False
                self.wait_loop.drop()
            return
        if not self.soft_active:
            self.initialise_core()
            self.soft_active = True
        loop = self.wait_loop
        if loop.frozen:
            if loop.seen_changes == self.activity.changes:
                return
            if loop.unchanged():
                loop.seen_changes = self.activity.changes
                return
            loop.thaw(cycle_num)
        if self.is_observed:
            loop.give_up()
            self._touch_unit()
            self._base_tick(cycle_num)
        elif self.active:
            self.execute(cycle_num)

    def initialise_core(self) -> None:
        super().initialise_core()
        self.wait_loop.drop()

    def next_wake_cycle(self, cycle_num: int) -> int | None:
        if self.wait_loop.frozen:
            return None if self.wait_loop.unchanged() else cycle_num + 1
        return None if self.is_clock_idle() else cycle_num + 1

    def execute(self, cycle: int) -> None:
        loop = self.wait_loop
        if loop.records:
            loop.record()
        pc = self.pc
        if pc < self.l1_bytes:
            word = self.l1_words[pc >> 2]
        else:
            word = self._fetch_from_instruction_ram(pc)
        function, rd, rs1, rs2, immediate, has_own_cost, writes_register = decode(word)
        cost = self.rv_cost
        if cost is not None:
            if has_own_cost:
                if not cost.can_issue(word, cycle, self.register_file):
                    return
            elif not self._can_issue(cost, cycle, rd, rs1, rs2, writes_register):
                return
        if function is None:
            target = self._run_in_wolfpine(pc, word)
        else:
            target = function(self, self.x, pc, rd, rs1, rs2, immediate)
        if target is None:
            self.pc = pc + 4
        elif target == STALL:
            self.leave_observation()
        else:
            self.pc = target
            if target <= pc:
                loop.arrive(target, cycle + 1)

    def _can_issue(self, cost, cycle: int, rd: int, rs1: int, rs2: int, writes_register: bool) -> bool:
        """wolfpine's issue rule for an instruction that only waits for its operands and results in one register."""
        if cycle < cost._stall_until:
            return False
        ready = cost._ready
        wait_until = ready[rs1] if ready[rs1] > cycle else ready[rs2]
        if wait_until > cycle:
            cost._stall_until = wait_until
            return False
        if writes_register and rd < 32:
            ready[rd] = 0
        return True

    def _run_in_wolfpine(self, pc: int, word: int):
        self.leave_observation()
        self._touch_unit()
        memory = self.visible_memory
        memory.caller_context = (self.unit_id, self.core_label, pc)
        self.next_pc = (pc + 4) & MASK
        for run in self._isa_runs:
            outcome = run(self.register_file, memory, False, word)
            if outcome == ProcessingElement.PEStall:
                return STALL
            if outcome:
                return self.next_pc
        self.unknown_instructions += 1
        return self.next_pc

    # Memory outside L1's aligned words.

    def _fetch_from_instruction_ram(self, pc: int) -> int:
        index = pc - INSTRUCTION_RAM_FIRST >> 2
        if 0 <= index < len(self.instruction_ram):
            return self.instruction_ram[index]
        raise IndexError(f"{self.core_label} jumped to {pc:#x}, where there is no memory to execute from")

    def code_memory(self, pc: int) -> tuple[memoryview, int]:
        place = self.plain_memory(pc, 4)
        if place is None:
            raise IndexError(f"{self.core_label} fetches an instruction from {pc:#x}, which is not memory")
        return place

    def plain_memory(self, address: int, size: int) -> tuple[memoryview, int] | None:
        """(memory, offset) of an address in L1, local RAM or instruction RAM."""
        if address + size <= self.l1_bytes:
            return self.l1, address
        for first, end, memory in self._plain:
            if first <= address and address + size <= end:
                return memory, address - first
        return None

    def pure_register(self, address: int, size: int) -> tuple[list, int] | None:
        """(list, index) of a register that changes only by writes or packets and not by being read."""
        span, component = self.visible_memory.memory_map.locate(address)
        if size != 4 or span is None:
            return None
        offset = address - span.low
        if isinstance(component, NoCOverlay):
            stream, register = component.getStreamAndRegisterFromAddress(offset)
            return component.stream_regs[stream], register
        if isinstance(component, NUI) and NIU_COUNTERS_FIRST <= offset <= NIU_COUNTERS_LAST:
            return component.nui_counters.counters, (offset - NIU_COUNTERS_FIRST) // 4
        return None

    def load_elsewhere(self, rd: int, address: int, size: int, sign_extends: bool):
        place = self.plain_memory(address, size)
        if place is not None:
            memory, offset = place
            raw = memory[offset : offset + size]
        else:
            self._touch_unit()
            self.visible_memory.caller_context = (self.unit_id, self.core_label, self.pc)
            raw = self.visible_memory.read(address, size)
            if raw is MemoryStall:
                return STALL
        value = int.from_bytes(raw, "little") if not isinstance(raw, int) else raw
        if self.observes:
            self.wait_loop.note_load(address, size, value)
        if sign_extends and value >> (8 * size - 1) & 1:
            value = (value | MASK << 8 * size) & MASK
        self.x[rd] = value
        return None

    def store_elsewhere(self, address: int, value: int, size: int):
        self.leave_observation()
        self.activity.stores += 1
        place = self.plain_memory(address, size)
        if place is not None:
            memory, offset = place
            memory[offset : offset + size] = value.to_bytes(size, "little")
            self.activity.changes += 1
            return None
        self._touch_unit()
        self.visible_memory.caller_context = (self.unit_id, self.core_label, self.pc)
        written = self.visible_memory.write(address, value.to_bytes(size, "little"))
        return STALL if written is MemoryStall else None

    def _touch_unit(self) -> None:
        """A load or store is about to reach a unit of the tile, whatever that does to it."""
        self.activity.changes += 1
        self.activity.coprocessor_may_work = True

    def push_tensix(self, instruction: int):
        self.leave_observation()
        self.activity.coprocessor_may_work = True
        thread = self._tensix_thread
        if not isinstance(thread, TensixFrontend) or not TensixInstructionDecoder.isInstructionRecognised(instruction):
            written = self.visible_memory.write(TENSIX_PUSH_ADDRESS, instruction.to_bytes(4, "little"))
            return STALL if written is MemoryStall else None
        if thread.inflight_count() >= CORE_PUSH_INFLIGHT_BOUND:
            return STALL
        thread.mop_instruction_fifo.append(instruction)
        return None

    # What the wait loop needs to know of the core.

    def leave_observation(self) -> None:
        if self.observes:
            self.wait_loop.give_up()

    def cost_signature(self, cycle: int):
        return None if self.rv_cost is None else self.rv_cost.spin_signature(cycle)

    def cost_state(self) -> tuple | None:
        """The deadlines of the cost model, absolute cycles, and which lines its L0 cache holds (Blackhole)."""
        cost = self.rv_cost
        if cost is None:
            return None
        deadlines = cost._ready[:], cost._stall_until, cost._stall_reason, cost._store_ready, cost._load_slots[:]
        return *deadlines, cost._l0_tags[:]

    def restore_cost_state(self, state: tuple | None, shift_cycles: int) -> None:
        if state is None:
            return
        ready, stall_until, stall_reason, store_ready, load_slots, l0_tags = state
        cost = self.rv_cost
        cost._ready[:] = [cycle + shift_cycles for cycle in ready]
        cost._ready[0] = 0
        cost._stall_until = stall_until + shift_cycles
        cost._stall_reason = stall_reason
        cost._store_ready = store_ready + shift_cycles
        cost._load_slots[:] = [cycle + shift_cycles for cycle in load_slots]
        cost._l0_tags[:] = l0_tags
