# SPDX-License-Identifier: Apache-2.0
"""What a core waits for, from the values its loop reads and the branch that keeps it in the loop.

A circular buffer's counters are overlay stream registers: stream n belongs to buffer n, register 4 counts pages pushed,
register 3 pages popped (stream_io_map.h, noc_overlay_parameters.h of Wormhole; 16 significant bits). A core that reads
the pushed count waits for pages, one that reads the popped count waits for free pages. How many it wants is in the
branch: while it waits, "present < wanted" holds between two registers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from framework.network.tt_noc import NUI

from . import chips
from .fast_sim import rv_operations

OVERLAY_FIRST, OVERLAY_END = 0xFFB40000, 0xFFB80000
STREAM_BYTES = 0x1000
PUSHED_REGISTER, POPPED_REGISTER = chips.simulated().page_registers
COUNTER_MASK = 0xFFFF
NOC_REGISTERS = {0xFFB20000: 0, 0xFFB30000: 1}
# struct LocalCBInterface (circular_buffer_interface.h): 32 bytes a buffer, fifo_num_pages is its fourth word.
INTERFACE_BYTES, NUM_PAGES_OFFSET = 32, 12
TENSIX_SYNC_ADDRESS, MOP_SYNC_ADDRESS = 0xFFE80004, 0xFFE80008
LOAD_OPCODE = 0x03

# Between the two registers of a branch: if it is taken, if it is not.
LESS, GREATER_EQUAL, EQUAL, UNEQUAL = "less", "greater or equal", "equal", "unequal"
BRANCH_RELATIONS = {
    0: (EQUAL, UNEQUAL),  # beq
    1: (UNEQUAL, EQUAL),  # bne
    4: (LESS, GREATER_EQUAL),  # blt
    5: (GREATER_EQUAL, LESS),  # bge
    6: (LESS, GREATER_EQUAL),  # bltu
    7: (GREATER_EQUAL, LESS),  # bgeu
}
RELATIONS = {rv_operations.BRANCHES[funct3]: relations for funct3, relations in BRANCH_RELATIONS.items()}


@dataclass(frozen=True)
class Names:
    """What a report calls a buffer, by its index, and a semaphore, by its L1 address (None: no semaphore lies there)."""

    buffer: Callable[[int], str]
    semaphore: Callable[[int], str | None]


def describe_wait(tile, core, interface_address: int | None, names: Names) -> str:
    """One sentence: what this core, in a kernel, waits for."""
    if not core.wait_loop.frozen:
        return _describe_stall(core)
    relations = waiting_relations(core)
    parts = []
    for address, _, value in core.wait_loop.polled():
        if OVERLAY_FIRST <= address < OVERLAY_END:
            parts.append(_describe_buffer(tile, core, address, relations, interface_address, names.buffer))
        elif address & 0xFFFF0000 in NOC_REGISTERS:
            parts.append(_describe_noc_counter(address, value))
        elif address < core.l1_bytes:
            parts.append(_describe_semaphore(address, value, relations, names.semaphore(address)))
    if not parts:
        return "waits in a loop that reads nothing that can change"
    return "waits for " + "; ".join(dict.fromkeys(parts))


def waiting_relations(core) -> list[tuple[str, int, int]]:
    """(relation, a, b) of every branch of the frozen loop, as it stands while the core waits."""
    trajectory = core.wait_loop.trajectory
    relations = []
    for index, (pc, registers, _) in enumerate(trajectory):
        next_pc = trajectory[(index + 1) % len(trajectory)][0]
        memory, offset = core.code_memory(pc)
        operation = rv_operations.decode(int.from_bytes(memory[offset : offset + 4], "little"))
        if operation.function in RELATIONS and next_pc != pc:
            taken, not_taken = RELATIONS[operation.function]
            relation = not_taken if next_pc == pc + 4 else taken
            relations.append((relation, registers[operation.rs1], registers[operation.rs2]))
    return relations


def wanted_count(relations: list[tuple[str, int, int]], present: int) -> int | None:
    """The count the core waits for, given what is there; None where no branch compares it."""
    for relation, a, b in relations:
        if relation == LESS and a == present:
            return b
        if relation == GREATER_EQUAL and b == present:
            return a + 1
        if relation == EQUAL and present == 0:
            return 1
    return None


def _describe_buffer(tile, core, address: int, relations, interface_address, buffer_name) -> str:
    index = (address - OVERLAY_FIRST) // STREAM_BYTES
    register = (address - OVERLAY_FIRST) % STREAM_BYTES // 4
    if register not in (PUSHED_REGISTER, POPPED_REGISTER):
        return f"register {register} of overlay stream {index}"
    streams = tile.noc_overlay.stream_regs
    pushed, popped = streams[index][PUSHED_REGISTER], streams[index][POPPED_REGISTER]
    present = (pushed - popped) & COUNTER_MASK
    pages = _buffer_pages(core, interface_address, index)
    state = f"{pushed & COUNTER_MASK} pages pushed and {popped & COUNTER_MASK} popped so far"
    if register == PUSHED_REGISTER:
        wanted = wanted_count(relations, present)
        wants = f"wants {wanted}" if wanted is not None else f"wants more than {present}"
        return f"pages of {buffer_name(index)} (cb_wait_front): {wants}, {present} present; {state}"
    free = (pages - present) if pages else None
    wanted = None if free is None else wanted_count(relations, free)
    wants = f"wants {wanted}" if wanted is not None else "wants more"
    room = f"{free} free of {pages}" if pages else f"{present} pages in use"
    return f"free pages of {buffer_name(index)} (cb_reserve_back): {wants}, {room}; {state}"


def _buffer_pages(core, interface_address: int | None, index: int) -> int | None:
    """The buffer's size in pages, from the core's own table of buffers."""
    if interface_address is None:
        return None
    place = core.plain_memory(interface_address + INTERFACE_BYTES * index + NUM_PAGES_OFFSET, 4)
    if place is None:
        return None
    memory, offset = place
    return int.from_bytes(memory[offset : offset + 4], "little") or None


def _describe_noc_counter(address: int, value: int) -> str:
    names = NUI.NUICounters.CounterNames
    index = (address & 0xFFFF) - 0x200 >> 2
    name = names(index).name if 0 <= index < len(names) else f"register {address & 0xFFFF:#x}"
    return f"NoC {NOC_REGISTERS[address & 0xFFFF0000]} traffic to complete, as in a barrier ({name} is {value})"


def _describe_semaphore(address: int, value: int, relations, name: str | None) -> str:
    wants = next(filter(None, (_wanted_value(relation, a, b, value) for relation, a, b in relations)), None)
    what = f"{name or 'a semaphore or flag'} in L1 at {address:#x}: is {value}"
    return f"{what}, wants {wants}" if wants else what


def _wanted_value(relation: str, a: int, b: int, value: int) -> str | None:
    """What would end the wait, in words, if this branch looks at the value."""
    if relation == UNEQUAL and value in (a, b):
        return str(b if value == a else a)
    if relation == EQUAL and value == a == b:
        return f"another value than {value}"
    if relation == LESS and value == a:
        return f"{b} or more"
    if relation == GREATER_EQUAL and value == b:
        return f"{a + 1} or more"
    if relation == LESS and value == b:
        return f"{a} or less"
    if relation == GREATER_EQUAL and value == a:
        return f"less than {b}"
    return None


def _describe_stall(core) -> str:
    memory, offset = core.code_memory(core.pc)
    word = int.from_bytes(memory[offset : offset + 4], "little")
    operation = rv_operations.decode(word)
    if word & 3 != 3:
        return "waits to issue a Tensix instruction, its queue is full"
    if word & 0x7F == LOAD_OPCODE:
        address = (core.x[operation.rs1] + operation.immediate) & rv_operations.MASK
        if address in (TENSIX_SYNC_ADDRESS, MOP_SYNC_ADDRESS):
            return "waits for its Tensix instructions to finish (tensix_sync or mop_sync)"
        return f"waits for a load from {address:#x}"
    return "makes no progress"
