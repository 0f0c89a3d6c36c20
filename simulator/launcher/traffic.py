# SPDX-License-Identifier: Apache-2.0
"""What each program moves, one JSON line a program in the file named by LAYERNORM_SIM_TRAFFIC_LOG.

    {"index": 0, "reads": 32, "read_bytes": 65536, "writes": 32, "written_bytes": 65536, "atomics": 31,
     "dram_read_bytes": 65536, "dram_written_bytes": 65536, "barriers": 5, "unpacked_bytes": 131072, "packed_bytes": 65536}

No figure depends on a cost model. The first five are counted by the workers' own NoC counters (NIU_MST_*,
noc_parameters.h): reads, writes and atomics are commands that the NoC took, a transfer of more than 8 KB being several.
Bytes come in words of 4, as which wolfpine counts them: a read of 4,096 bytes counts 1,024. A multicast counts once.

dram_read_bytes, dram_written_bytes: what the DRAM tiles gave and took over the NoCs, counted where they answer a read or
    write. Core-to-core and multicast traffic is not in it, nor are the host's own accesses. (wolfpine's counters of the
    DRAM side count each write as one word.)
barriers: waits for completion. A core that loads a completion counter of a NoC interface (COMPLETION_COUNTERS, what
    noc_async_read_barrier, noc_async_writes_flushed and their kin poll) waits, if that interface has taken commands which
    the counter tells of, since the core was launched and since the counter was last waited for. So a poll loop counts
    once; waits for two transaction ids count twice, and so do a flush and a barrier behind the same writes; a barrier
    behind nothing does not count, and neither do the counters that firmware loads when it starts a kernel.
unpacked_bytes, packed_bytes: datums that UNPACRs read from L1 and PACRs stored to L1, times the size of one in L1. What
    is read twice counts twice; gaps between rows do not count, and neither does an UNPACR that only writes zeros.
"""

from __future__ import annotations

import json
import os
from collections import Counter
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
# What the hooks below count, all tiles together.
HOOKED_FIGURES = ("dram_read_bytes", "dram_written_bytes", "barriers", "unpacked_bytes", "packed_bytes")
# What barriers and their kin poll (noc_nonblocking_api.h), and the counter of the commands it tells of. There is none for
# the commands of one transaction id: any command.
COMPLETION_COUNTERS = {
    "NIU_MST_RD_RESP_RECEIVED": "NIU_MST_RD_REQ_SENT",
    "NIU_MST_WR_ACK_RECEIVED": "NIU_MST_NONPOSTED_WR_REQ_SENT",
    "NIU_MST_NONPOSTED_WR_REQ_SENT": "NIU_MST_NONPOSTED_WR_REQ_SENT",
    "NIU_MST_POSTED_WR_REQ_SENT": "NIU_MST_POSTED_WR_REQ_SENT",
    "NIU_MST_ATOMIC_RESP_RECEIVED": "NIU_MST_NONPOSTED_ATOMIC_SENT",
    **{f"NIU_MST_REQS_OUTSTANDING_ID_{transaction}": "NIU_MST_CMD_ACCEPTED" for transaction in range(16)},
    **{f"NIU_MST_WRITE_REQS_OUTGOING_ID_{transaction}": "NIU_MST_CMD_ACCEPTED" for transaction in range(16)},
}
COUNTERS_FIRST = 0x200  # offset of the counters among an interface's registers (NoC/Counters.md)
ROW_DATUMS = 16  # an UNPACR moves whole rows of a face


class Traffic:
    """A program watcher (time_policy.py)."""

    def __init__(self, path: Path):
        self.path = path
        self.program_count = 0
        self.moved: Counter[str] = Counter()
        self._launched: list[tuple[object, dict[str, int]]] = []

    def install(self) -> None:
        """Hook the units whose work wolfpine does not count itself. After all other patches of them."""
        _count_dram(self.moved)
        _count_barriers(self.moved)
        _count_unpacker(self.moved)
        _count_packer(self.moved)

    def core_launched(self, core: Core, tile, go_address: int) -> None:
        if not self._launched:
            self.moved.clear()
        for interface in _interfaces(tile):
            interface.waits = Waits(interface.nui_counters.counters)
        self._launched.append((tile, count(tile)))

    def program_ended(self, cycle: int) -> None:
        launched, self._launched = self._launched, []
        record = {"index": self.program_count}
        for name in FIGURES:
            record[name] = sum(count(tile)[name] - before[name] for tile, before in launched)
        record |= {name: int(self.moved[name]) for name in HOOKED_FIGURES}
        self.program_count += 1
        with self.path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(record) + "\n")


def count(tile) -> dict[str, int]:
    """The figures of one worker since the device was opened, both NoCs together."""
    from framework.network.tt_noc import NUI

    names = NUI.NUICounters.CounterNames
    counters = [interface.nui_counters.counters for interface in _interfaces(tile)]
    return {
        figure: unit * sum(int(values[names[name]]) for values in counters for name in wanted)
        for figure, (wanted, unit) in FIGURES.items()
    }


def _interfaces(tile) -> tuple:
    return tile.noc0_router, tile.noc1_router


class Waits:
    """Tells a wait at one NoC interface from a further look of the same one; begins at the launch of a program."""

    def __init__(self, counters: list):
        self._counters = counters
        self._at_launch = counters[:]
        self._at_last_wait: dict[int, int] = {}

    def is_new(self, register: int, commands: int) -> bool:
        """Whether a load of `register` begins a wait; `commands` is the index of the counter of what it tells of."""
        taken = self._counters[commands]
        if self._at_last_wait.get(register, self._at_launch[commands]) == taken:
            return False
        self._at_last_wait[register] = taken
        return True


def _count_dram(moved: Counter[str]) -> None:
    from framework.device.tiles import DRAMEndpointNUI

    action = DRAMEndpointNUI.NoCDataRequest.DataRequestAction
    figures = {action.READ: "dram_read_bytes", action.WRITE: "dram_written_bytes"}
    respond = DRAMEndpointNUI.send_response

    def send_response(self, request, response):
        """Called once for every request, also for a posted write."""
        figure = figures.get(request.action)
        if figure is not None:
            moved[figure] += request.data_length_bytes
        respond(self, request, response)

    DRAMEndpointNUI.send_response = send_response


def _count_barriers(moved: Counter[str]) -> None:
    from framework.network.tt_noc import NUI

    names = NUI.NUICounters.CounterNames
    commands_of = {
        COUNTERS_FIRST + WORD_BYTES * names[counter]: names[commands]
        for counter, commands in COMPLETION_COUNTERS.items()
    }
    read_register = NUI.read

    def read(self, addr, size):
        if addr in commands_of and self.waits is not None and self.waits.is_new(addr, commands_of[addr]):
            moved["barriers"] += 1
        return read_register(self, addr, size)

    NUI.waits = None  # of interfaces of tiles that run no program
    NUI.read = read


def _count_unpacker(moved: Counter[str]) -> None:
    from framework.pe.tensix.backends.unpacker import UnPackerUnit

    perform = UnPackerUnit.perform_unpack_state

    def perform_unpack_state(self, issue_thread, state):
        if not state["allDatumsAreZero"]:
            moved["unpacked_bytes"] += state["inputNumDatums"] // ROW_DATUMS * ROW_DATUMS * state["datumSizeBytes"]
        perform(self, issue_thread, state)

    UnPackerUnit.perform_unpack_state = perform_unpack_state


def _count_packer(moved: Counter[str]) -> None:
    from framework.pe.tensix.backends.packer import PackerUnit

    handle = PackerUnit.handle_pacr

    def handle_pacr(self, instruction_info, issue_thread, arguments):
        handle(self, instruction_info, issue_thread, arguments)
        for index in self.participating_packers(arguments["PackSel"]):
            packer = self.packerI[index]
            moved["packed_bytes"] += packer.inputNumDatums * packer.outBytes

    PackerUnit.handle_pacr = handle_pacr


def wanted_log() -> Path | None:
    name = os.environ.get(TRAFFIC_LOG_VARIABLE)
    return Path(name) if name else None
