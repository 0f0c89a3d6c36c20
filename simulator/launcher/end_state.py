# SPDX-License-Identifier: Apache-2.0
"""What a program must leave behind: nothing. Checked at its end, an offence ends the host as a hang does.

For programs all of whose kernels are named in LAYERNORM_SIM_CHECK_END ("reader,compute,writer"; "all" for every program):
 - circular buffers: as many pages popped as pushed;
 - program semaphores: as at the start; the Tensix semaphores: 0; no Tensix mutex held;
 - SrcA and SrcB: every bank back with the unpackers.
The next program on the core relies on all of it: firmware resets the page counters, but nothing else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from . import elf_lines, launch_message
from .coordinates import Core
from .hang import DeviceFault
from .hang_report import TENSIX_SEMAPHORES, buffer_name, semaphore_name
from .launch_message import LaunchMessage
from .wait_condition import COUNTER_MASK, POPPED_REGISTER, PUSHED_REGISTER, STREAM_BYTES

CHECK_VARIABLE = "LAYERNORM_SIM_CHECK_END"
EVERY_PROGRAM = "all"
MAX_LINES = 40


class StateLeftBehind(DeviceFault):
    """Carries the report; its first line names the first offence."""


@dataclass(frozen=True)
class Launched:
    """A core of the running program, and what it was given."""

    core: Core
    tile: object
    message: LaunchMessage
    semaphore_values: dict[int, int]


class EndState:
    """Watches programs (time_policy.py) and raises StateLeftBehind."""

    def __init__(self, names: frozenset[str]):
        self.names = names
        self.program_count = 0
        self._launched: list[Launched] = []

    def core_launched(self, core: Core, tile, go_address: int) -> None:
        l1 = memoryview(tile.L1_mem.memory)
        message = launch_message.read(l1, go_address)
        values = {index: _word(l1, address) for index, address in message.semaphores.items()}
        tile.noc_overlay.counts_before_reset = {}
        self._launched.append(Launched(core, tile, message, values))

    def program_ended(self, cycle: int) -> None:
        launched, self._launched = sorted(self._launched, key=lambda entry: entry.core), []
        index, self.program_count = self.program_count, self.program_count + 1
        offences = {entry.core: found for entry in launched if (found := left_behind(entry)) and self._checks(entry)}
        if offences:
            lines = [f"{core}: {offence}" for core, found in offences.items() for offence in found]
            more = [f"and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
            head = f"simulated device: program {index}, at its end in cycle {cycle}, leaves behind: {lines[0]}"
            raise StateLeftBehind("\n".join([head, *lines[1:MAX_LINES], *more]))

    def _checks(self, entry: Launched) -> bool:
        """Whether the core's kernels are among those to be checked. Asked only once there is an offence, for it is slow.

        Kernels without a known name do not count: a check that is asked for must not fall silent where ELFs are missing.
        """
        if EVERY_PROGRAM in self.names:
            return True
        return {name for name in kernel_names(entry) if not name.startswith("<")} <= self.names


def left_behind(entry: Launched) -> list[str]:
    """One sentence for each thing this core's program has not given back."""
    offences = [_count_offence(entry.tile.noc_overlay, buffer.index) for buffer in entry.message.buffers]
    l1 = memoryview(entry.tile.L1_mem.memory)
    for index, before in entry.semaphore_values.items():
        after = _word(l1, entry.message.semaphores[index])
        changed = f"{semaphore_name(index)} is {after}, was {before} at the start"
        offences.append(changed if after != before else None)
    return [offence for offence in offences if offence] + _coprocessor_offences(entry.tile)


def _count_offence(overlay, index: int) -> str | None:
    pushed, popped = (final_count(overlay, index, register) for register in (PUSHED_REGISTER, POPPED_REGISTER))
    present = (pushed - popped) & COUNTER_MASK
    if not present:
        return None
    surplus = f"{present} left in it" if present <= COUNTER_MASK // 2 else f"{-present & COUNTER_MASK} too many popped"
    return f"{buffer_name(index)}: {pushed & COUNTER_MASK} pages pushed, {popped & COUNTER_MASK} popped, {surplus}"


def _coprocessor_offences(tile) -> list[str]:
    from framework.pe.tensix.registers import SrcRegister

    backend = tile.tensix_coprocessor.getBackend()
    sync = backend.getSyncUnit()
    values = [(name, sync.getSemaphore(index).value) for index, name in enumerate(TENSIX_SEMAPHORES)]
    offences = [f"Tensix semaphore {name} is {value}, not 0" for name, value in values if value]
    for source, bank_of in (("SrcA", backend.getSrcA), ("SrcB", backend.getSrcB)):
        kept = [bank for bank in (0, 1) if bank_of(bank).allowedClient != SrcRegister.SrcClient.Unpackers]
        offences += [f"{source} bank {bank} holds data the matrix unit has not given back" for bank in kept]
    held = [index for index, mutex in enumerate(sync.mutexes) if mutex.held_by is not None]
    return offences + [f"Tensix mutex {index} is held" for index in held]


def kernel_names(entry: Launched) -> frozenset[str]:
    """Names of the kernels the core ran, by their code; one that no ELF holds has its processor's name, in brackets."""
    l1 = entry.tile.L1_mem.memory
    return frozenset(_name_of_code(processor, l1, address) for processor, address in entry.message.kernels.items())


def _name_of_code(processor: str, l1, text_address: int) -> str:
    place = elf_lines.locate_start(processor, l1, text_address)
    return place.kernel if place and place.kernel else f"<{processor}>"


def final_count(overlay, index: int, register: int) -> int:
    """A counter as the program left it: firmware sets it to 0 about when it reports DONE."""
    return overlay.counts_before_reset.get((index, register), overlay.stream_regs[index][register])


def install() -> None:
    """Remember page counters that are set to 0. Before the device is built; does nothing unless wanted."""
    if not wanted_names():
        return
    from framework.network.tt_noc import NoCOverlay

    write_register = NoCOverlay.write

    def write(self, addr, value, size=None):
        stream, register = addr // STREAM_BYTES, addr % STREAM_BYTES // 4
        before = self.stream_regs[stream][register]
        write_register(self, addr, value, size)
        if register in (PUSHED_REGISTER, POPPED_REGISTER) and self.stream_regs[stream][register] == 0:
            self.counts_before_reset[stream, register] = before

    NoCOverlay.write = write
    NoCOverlay.counts_before_reset = {}


def wanted_names() -> frozenset[str]:
    return frozenset(name.strip() for name in os.environ.get(CHECK_VARIABLE, "").split(",") if name.strip())


def _word(l1: memoryview, address: int) -> int:
    return int.from_bytes(l1[address : address + 4], "little")
