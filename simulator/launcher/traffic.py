"""What each program moves over the NoCs, one JSON line a program in the file named by LAYERNORM_SIM_TRAFFIC_LOG.

Counted by the workers' own NoC counters (NIU_MST_*, noc_parameters.h), so it depends on no cost model:

    {"index": 0, "reads": 32, "read_bytes": 65536, "writes": 32, "written_bytes": 65536, "atomics": 31}

reads, writes and atomics are commands that the NoC took, a transfer of more than 8 KB being several. Bytes come in words of
4, as which wolfpine counts them: a read of 4,096 bytes counts 1,024. A multicast counts once.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from .coordinates import Core

TRAFFIC_LOG_VARIABLE = "LAYERNORM_SIM_TRAFFIC_LOG"
WORD_BYTES = 4
# Each figure is the sum of these counters, times its unit.
FIGURES = {
    "reads": (("NIU_MST_RD_REQ_SENT",), 1),
    "read_bytes": (("NIU_MST_RD_DATA_WORD_RECEIVED",), WORD_BYTES),
    "writes": (("NIU_MST_NONPOSTED_WR_REQ_SENT", "NIU_MST_POSTED_WR_REQ_SENT"), 1),
    "written_bytes": (("NIU_MST_NONPOSTED_WR_DATA_WORD_SENT", "NIU_MST_POSTED_WR_DATA_WORD_SENT"), WORD_BYTES),
    "atomics": (("NIU_MST_NONPOSTED_ATOMIC_STARTED", "NIU_MST_POSTED_ATOMIC_SENT"), 1),
}


class Traffic:
    """A program watcher (time_policy.py)."""

    def __init__(self, path: Path):
        self.path = path
        self.program_count = 0
        self._launched: list[tuple[object, dict[str, int]]] = []

    def core_launched(self, core: Core, tile, go_address: int) -> None:
        self._launched.append((tile, count(tile)))

    def program_ended(self, cycle: int) -> None:
        launched, self._launched = self._launched, []
        record = {"index": self.program_count}
        for name in FIGURES:
            record[name] = sum(count(tile)[name] - before[name] for tile, before in launched)
        self.program_count += 1
        with self.path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")


def count(tile) -> dict[str, int]:
    """The figures of one worker since the device was opened, both NoCs together."""
    from framework.network.tt_noc import NUI

    names = NUI.NUICounters.CounterNames
    counters = [router.nui_counters.counters for router in (tile.noc0_router, tile.noc1_router)]
    return {
        figure: unit * sum(int(values[names[name]]) for values in counters for name in wanted)
        for figure, (wanted, unit) in FIGURES.items()
    }


def wanted_log() -> Path | None:
    name = os.environ.get(TRAFFIC_LOG_VARIABLE)
    return Path(name) if name else None
