# SPDX-License-Identifier: Apache-2.0
"""The report of a hang: for each stuck core the kernel's line and the thing it waits for.

    simulated device hang at cycle 12345: nothing can happen any more: ...
    1 of 2 cores has not finished
    core (0, 0) (NoC 1-1)
      NCRISC in kernel reader at reader.cpp:41: waits for free pages of buffer 0 "input rows" (cb_reserve_back): ...
          dataflow_api.h:423 (cb_reserve_back) < reader.cpp:41 (kernel_main)

Buffers and semaphores get names from the JSON file in LAYERNORM_SIM_BUFFER_NAMES, {"0": "input rows", ...,
"semaphore 0": "gamma arrived", ...}.
"""

from __future__ import annotations

import json
import os
import re
import struct
from functools import cache
from pathlib import Path

from . import elf_lines, launch_message
from .coordinates import Core
from .wait_condition import Names, describe_wait

BUFFER_NAMES_VARIABLE = "LAYERNORM_SIM_BUFFER_NAMES"
# Instructions around a program counter by which its kernel is recognised.
CODE_WINDOW_BYTES = 4096
MAX_FRAMES_SHOWN = 6
THREAD_ROLES = {"TRISC0": "TRISC0 (unpack)", "TRISC1": "TRISC1 (math)", "TRISC2": "TRISC2 (pack)"}
# ckernel_structs.h, struct semaphore (tt_llk_wormhole_b0).
TENSIX_SEMAPHORES = (
    "FPU_SFPU", "MATH_PACK", "UNPACK_TO_DEST", "UNPACK_OPERAND_SYNC",
    "PACK_DONE", "UNPACK_SYNC", "UNPACK_MATH_DONE", "MATH_DONE",
)  # fmt: skip


def build_report(device, cycle: int, reason: str) -> str:
    launched = sorted((device.core_of_tile[key], key) for key in device.launched)
    sections, first_stuck = [], None
    for core, key in launched:
        lines = _describe_tile(device.tt_device.tile_directory[key])
        sections.append("\n".join([str(core), *lines]))
        first_stuck = first_stuck or _headline(core, lines)
    head = f"simulated device hang at cycle {cycle}: {first_stuck or reason}"
    return "\n".join([head, f"({reason}; {len(launched)} cores have not finished)", *sections])


def _headline(core: Core, lines: list[str]) -> str | None:
    waiting = [line.strip() for line in lines if " in kernel " in line and "waits" in line]
    return f"{core} {waiting[0]}" if waiting else None


def _describe_tile(tile) -> list[str]:
    lines: list[str] = []
    names = Names(buffer_name, semaphores_of(tile).get)
    for core in tile.get_baby_cores():
        if core.soft_active:
            lines += _describe_core(tile, core, names)
    return lines + _describe_coprocessor(tile)


def semaphores_of(tile) -> dict[int, str]:
    """{L1 address: name} of the running program's semaphores; empty where its launch message cannot be read any more."""
    try:
        message = launch_message.read(memoryview(tile.L1_mem.memory), launch_message.GO_ADDRESS)
    except struct.error:  # overwritten by the program that hangs
        return {}
    return {address: semaphore_name(index) for index, address in message.semaphores.items()}


def _describe_core(tile, core, names: Names) -> list[str]:
    label = THREAD_ROLES.get(core.core_label, core.core_label)
    # Any instruction of a wait loop may be inlined from a header: take the one that names the kernel's own line.
    counters = sorted({entry[0] for entry in core.wait_loop.trajectory}) if core.wait_loop.frozen else [core.pc]
    found = [(place, chain) for place, chain in (_place_and_chain(core, pc) for pc in counters) if place]
    if not found:
        return [f"  {label} at {core.pc:#x}: no ELF below TT_METAL_CACHE holds this code"]
    in_kernel = [entry for entry in found if entry[0].kernel]
    if not in_kernel:
        return [f"  {label} has no kernel or has finished it"]
    place, chain = max(in_kernel, key=lambda entry: (any(f.is_kernel_source for f in entry[1]), len(entry[1])))
    frame = next((frame for frame in chain if frame.is_kernel_source), chain[0] if chain else None)
    where = f"{Path(frame.file).name}:{frame.line}" if frame else f"{place.address:#x}"
    interface = elf_lines.symbol_address(place.elf, "cb_interface")
    wait = describe_wait(tile, core, interface, names)
    shown = " < ".join(f"{Path(f.file).name}:{f.line} ({_short(f.function)})" for f in chain[:MAX_FRAMES_SHOWN])
    lines = [f"  {label} in kernel {place.kernel} at {where}: {wait}"]
    return lines + ([f"      {shown}", f"      {frame.file}"] if frame else [])


def _place_and_chain(core, pc: int):
    memory, offset = core.code_memory(pc)
    start = max(0, offset - CODE_WINDOW_BYTES)
    return _find(core.core_label.lower(), memory[start : offset + CODE_WINDOW_BYTES].tobytes(), offset - start)


@cache
def _find(core_name: str, window: bytes, pc_offset: int):
    place = elf_lines.locate(core_name, window, pc_offset)
    return place, (elf_lines.call_chain(place) if place else ())


def _short(function: str) -> str:
    """A function's name without its template arguments."""
    return re.sub(r"<.*", "", function) or function


@cache
def _names() -> dict[str, str]:
    path = os.environ.get(BUFFER_NAMES_VARIABLE)
    try:
        return json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError) as error:
        return {"error": f"{BUFFER_NAMES_VARIABLE}: {error}"}


def buffer_name(index: int) -> str:
    name = _names().get(str(index))
    return f'buffer {index} "{name}"' if name else f"buffer {index}"


def semaphore_name(index: int) -> str:
    name = _names().get(f"semaphore {index}")
    return f'semaphore {index} "{name}"' if name else f"semaphore {index}"


def _describe_coprocessor(tile) -> list[str]:
    """What the Tensix threads and the unpackers wait for."""
    from framework.pe.tensix.util import TensixInstructionDecoder

    backend = tile.tensix_coprocessor.getBackend()
    lines = []
    for index, thread in enumerate(tile.tensix_coprocessor.threads):
        instruction = thread.inspect_wait_gate_instruction()
        if instruction is None:
            continue
        head = TensixInstructionDecoder.getInstructionInfo(instruction)["name"]
        lines.append(f"  Tensix thread {index}: {thread.inflight_count()} instructions wait, the first is {head}"
                     f"{_gate_reason(thread.wait_gate, head)}")  # fmt: skip
    for unpacker in backend.unpacker_units:
        blocked = unpacker.blocked_on()
        if blocked:
            thread_index, opcode, source, bank = blocked
            lines.append(f"  Unpacker {unpacker.unpacker_id}: {opcode} of thread {thread_index} waits for {source} "
                         f"bank {bank}, which the matrix unit has not given back")  # fmt: skip
    return lines


def _gate_reason(gate, head: str) -> str:
    semaphore = gate._latched_semaphore_reason()
    if semaphore is not None:
        reason, index = semaphore
        value = gate.backend.getSyncUnit().getSemaphore(index).value
        state = "to be above 0" if reason == "semaphore_empty" else "to be below its maximum"
        return f"; a SEMWAIT waits for semaphore {index} {TENSIX_SEMAPHORES[index]} (now {value}) {state}"
    if gate.latchedWaitInstruction is not None:
        latched = gate.latchedWaitInstruction
        return f"; a {latched.opcode} waits (conditions {latched.condition_mask:#x})"
    bank = gate.whichSrcBankBlocksFPUInstruction(head)
    return f"; it waits for data in Src{bank}" if bank else ""
