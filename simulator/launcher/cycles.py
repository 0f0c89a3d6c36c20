# SPDX-License-Identifier: Apache-2.0
"""The cycle log: one JSON line per launched program, in the file named by LAYERNORM_SIM_CYCLES_LOG.

A program runs from the cycle at which the first of its cores is given GO to the cycle in which the last of them stores
DONE. Both are exact, not rounded to a poll of the host. Example line:

    {"index": 0, "first_go": 5200, "last_done": 15048, "cycles": 9848, "cores": 2, "core_list": [[0, 0], [0, 1]]}
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from .coordinates import Core

CYCLES_LOG_VARIABLE = "LAYERNORM_SIM_CYCLES_LOG"


class CycleLog:
    """Collects GO and DONE of cores into programs and writes each finished program."""

    def __init__(self, path: Path | None):
        self.path = path
        self.program_count = 0
        self.running: set[Core] = set()
        self._launched: set[Core] = set()
        self._first_go_cycle = 0

    @classmethod
    def from_environment(cls) -> CycleLog:
        name = os.environ.get(CYCLES_LOG_VARIABLE)
        return cls(Path(name) if name else None)

    def core_started(self, core: Core, cycle: int) -> None:
        if not self.running:
            self._launched = set()
            self._first_go_cycle = cycle
        self.running.add(core)
        self._launched.add(core)

    def core_done(self, core: Core, cycle: int) -> None:
        self.running.discard(core)
        if not self.running:
            self._write_program(cycle)

    def _write_program(self, last_done_cycle: int) -> None:
        record = {
            "index": self.program_count,
            "first_go": self._first_go_cycle,
            "last_done": last_done_cycle,
            "cycles": last_done_cycle - self._first_go_cycle,
            "cores": len(self._launched),
            "core_list": sorted(list(core.logical) for core in self._launched),
        }
        self.program_count += 1
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as log:
                log.write(json.dumps(record) + "\n")
