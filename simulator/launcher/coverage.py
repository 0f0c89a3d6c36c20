# SPDX-License-Identifier: Apache-2.0
"""Which instructions of the kernels have run, one JSON line for each program that ran new ones, in a file of this process
in the folder named by LAYERNORM_SIM_COVERAGE:

    {"elf": ".../kernels/reader/123/ncrisc/ncrisc.elf", "addresses": [20480, 20484, ...]}

Addresses are the ELF's own, so that addr2line gives their lines (tests/executed_lines.py). wolfpine's TT_SIM_TRACE_LCOV says the
same of ELFs that are named before the run, at wolfpine's own speed; here they are found by their code, and a core's set
of program counters costs a twentieth of the time.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from . import elf_lines, launch_message
from .coordinates import Core
from .elf_lines import Place
from .fast_sim.core import INSTRUCTION_RAM_FIRST, FastCore

COVERAGE_VARIABLE = "LAYERNORM_SIM_COVERAGE"


class Coverage:
    """A program watcher (time_policy.py)."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{os.getpid()}.jsonl"
        self._launched: list[tuple[object, dict[str, int]]] = []
        self._written: dict[Path, set[int]] = {}

    def install(self) -> None:
        """Let every core remember its program counters. Before the device is built."""
        FastCore.executed = set()
        execute = FastCore.execute

        def remembering(core: FastCore, cycle: int) -> None:
            core.executed.add(core.pc)
            execute(core, cycle)

        FastCore.execute = remembering

    def core_launched(self, core: Core, tile, go_address: int) -> None:
        self._launched.append((tile, launch_message.read(memoryview(tile.L1_mem.memory), go_address).kernels))
        for name in launch_message.PROCESSORS:
            getattr(tile, name).executed = set()

    def program_ended(self, cycle: int) -> None:
        launched, self._launched = self._launched, []
        for tile, kernels in launched:
            for name, text_address in kernels.items():
                place = elf_lines.locate_start(name, tile.L1_mem.memory, text_address)
                self._note(getattr(tile, name), place, text_address)

    def _note(self, processor: FastCore, place: Place | None, text_address: int) -> None:
        if place is None:
            return
        # A Wormhole NCRISC runs from a RAM of its own, into which its firmware copies the text.
        first = INSTRUCTION_RAM_FIRST if len(processor.instruction_ram) else text_address
        end = first + len(elf_lines.text_of(place.elf)[1])
        known = self._written.setdefault(place.elf, set())
        new = {place.address + pc - first for pc in processor.executed if first <= pc < end} - known
        if new:
            known |= new
            with self.path.open("a", encoding="utf-8") as log:
                log.write(json.dumps({"elf": str(place.elf), "addresses": sorted(new)}) + "\n")


def wanted_folder() -> Path | None:
    name = os.environ.get(COVERAGE_VARIABLE)
    return Path(name) if name else None
