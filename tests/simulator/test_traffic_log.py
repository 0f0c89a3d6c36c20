# SPDX-License-Identifier: Apache-2.0
"""What a program moves: each figure against hand-counted work of wolfpine's own units."""

import json
from types import SimpleNamespace

import pytest
from framework.arch.wormhole import WORMHOLE_PROFILE
from framework.device import tiles
from framework.device.tiles import DRAMEndpointNUI, DRAMTile, TensixTile
from framework.network.tt_noc import NUI
from framework.pe.tensix.backends.packer import PackerUnit
from framework.pe.tensix.backends.unpacker import UnPackerUnit
from launcher.coordinates import Core
from launcher.fast_sim.core import FastCore
from launcher.traffic import Traffic
from test_fast_core import ALL_HELD, BRISC_BIT, branch, load_word

CORE = Core(logical=(0, 0), noc0=(1, 1))
NAMES = NUI.NUICounters.CounterNames
NOC_PAGE = 0xFFB20  # NoC 0's interface, upper 20 bits
JUMP_TO_SELF = 0x6F


@pytest.fixture
def traffic(tmp_path, monkeypatch):
    """A hooked Traffic; the units are put back afterwards, and UNPACR and PACR do nothing but be counted."""
    monkeypatch.setattr(UnPackerUnit, "perform_unpack_state", lambda *arguments: None)
    monkeypatch.setattr(PackerUnit, "handle_pacr", lambda *arguments: None)
    monkeypatch.setattr(DRAMEndpointNUI, "send_response", lambda *arguments: None)
    monkeypatch.setattr(NUI, "read", NUI.read)
    monkeypatch.setattr(NUI, "waits", None, raising=False)
    log = Traffic(tmp_path / "traffic.jsonl")
    log.install()
    return log


@pytest.fixture
def tile(monkeypatch):
    monkeypatch.setattr(tiles, "BabyRISCV", FastCore)
    return TensixTile(18, 18, 1, 1, profile=WORMHOLE_PROFILE)


def end(traffic):
    """The figures of the program."""
    traffic.program_ended(500)
    return json.loads(traffic.path.read_text().splitlines()[-1])


def take(tile, **commands):
    """NoC 0's interface counts commands or responses; its cores may look again."""
    for name, number in commands.items():
        tile.noc0_router.nui_counters.increment(NAMES[name], number)
        tile.noc0_router.nui_counters.increment(NAMES.NIU_MST_CMD_ACCEPTED, number if "RESP" not in name else 0)
    tile.brisc.activity.changes += 1


def wait(tile, name):
    tile.noc0_router.read(0x200 + 4 * NAMES[name], 4)


def test_dram_counts_reads_and_writes_of_any_kind_by_their_bytes(traffic, tile):
    dram = DRAMTile(16, 16, 0, 11, profile=WORMHOLE_PROFILE)
    traffic.core_launched(CORE, tile, 0)
    actions = NUI.NoCDataRequest.DataRequestAction
    requests = [
        (dram.noc0_router, actions.READ, 4096, None),
        (dram.noc1_router, actions.READ, 32, None),
        (dram.noc1_router, actions.WRITE, 2048, True),
        (dram.noc0_router, actions.WRITE, 64, False),  # posted
    ]
    for interface, action, size, is_marked in requests:
        data = bytes(size) if action == actions.WRITE else None
        interface.noc_requests_to_handle.append(NUI.NoCDataRequest(0, action, size, (1, 1), 0, data, is_marked))
    for interface in (dram.noc0_router, dram.noc1_router):
        interface.clock_tick(0)
    found = end(traffic)
    assert (found["dram_read_bytes"], found["dram_written_bytes"]) == (4096 + 32, 2048 + 64)


def test_what_cores_send_each_other_is_not_drams(traffic, tile):
    traffic.core_launched(CORE, tile, 0)
    tile.noc0_router.send_response = lambda *arguments: None
    tile.noc0_router.noc_requests_to_handle.append(
        NUI.NoCDataRequest(0, NUI.NoCDataRequest.DataRequestAction.WRITE, 64, (1, 1), 0, bytes(64))
    )
    tile.noc0_router.clock_tick(0)
    found = end(traffic)
    assert (found["dram_read_bytes"], found["dram_written_bytes"]) == (0, 0)


def test_a_barrier_counts_once_behind_new_commands(traffic, tile):
    take(tile, NIU_MST_RD_REQ_SENT=3)
    traffic.core_launched(CORE, tile, 0)
    wait(tile, "NIU_MST_RD_RESP_RECEIVED")  # firmware's look at the start of a kernel
    take(tile, NIU_MST_RD_REQ_SENT=1, NIU_MST_NONPOSTED_WR_REQ_SENT=1)
    for name in ("NIU_MST_RD_RESP_RECEIVED", "NIU_MST_NONPOSTED_WR_REQ_SENT", "NIU_MST_WR_ACK_RECEIVED"):
        wait(tile, name)
        wait(tile, name)
    wait(tile, "NIU_MST_ATOMIC_RESP_RECEIVED")  # behind nothing
    wait(tile, "NIU_MST_CMD_ACCEPTED")  # tells of no completion
    assert end(traffic)["barriers"] == 3


def test_each_transaction_id_is_waited_for_by_itself(traffic, tile):
    traffic.core_launched(CORE, tile, 0)
    take(tile, NIU_MST_RD_REQ_SENT=2)
    for transaction in (1, 2, 1):
        wait(tile, f"NIU_MST_REQS_OUTSTANDING_ID_{transaction}")
    take(tile, NIU_MST_RD_REQ_SENT=1)
    wait(tile, "NIU_MST_REQS_OUTSTANDING_ID_1")
    assert end(traffic)["barriers"] == 3


def test_the_next_program_starts_from_none(traffic, tile):
    for _ in range(2):
        traffic.core_launched(CORE, tile, 0)
        take(tile, NIU_MST_RD_REQ_SENT=1)
        wait(tile, "NIU_MST_RD_RESP_RECEIVED")
        found = end(traffic)
    assert (found["index"], found["reads"], found["barriers"]) == (1, 1, 1)


@pytest.mark.parametrize(("done_cycle", "is_frozen"), [(4, False), (300, True)])
def test_a_poll_loop_is_one_barrier_frozen_or_not(traffic, tile, done_cycle, is_frozen):
    """A RISC-V program on the fast core: waits until one response has come."""
    offset = 0x200 + 4 * NAMES.NIU_MST_RD_RESP_RECEIVED
    load_interface, load_one = NOC_PAGE << 12 | 5 << 7 | 0x37, 1 << 20 | 7 << 7 | 0x13
    program = [load_interface, load_one, load_word(6, 5, offset), branch(1, 6, 7, -4), JUMP_TO_SELF]
    for index, word in enumerate(program):
        tile.L1_mem.write(4 * index, word.to_bytes(4, "little"))
    tile.tile_ctrl.RISCV_DEBUG_REG_SOFT_RESET_0 = (ALL_HELD & ~BRISC_BIT).to_bytes(4, "little")
    tile.brisc.start()
    traffic.core_launched(CORE, tile, 0)
    take(tile, NIU_MST_RD_REQ_SENT=1)
    for cycle in range(done_cycle):
        tile.brisc.clock_tick(cycle)
    assert tile.brisc.wait_loop.frozen == is_frozen
    take(tile, NIU_MST_RD_RESP_RECEIVED=1)
    for cycle in range(done_cycle, done_cycle + 50):
        tile.brisc.clock_tick(cycle)
    assert tile.brisc.pc == 4 * program.index(JUMP_TO_SELF)
    assert end(traffic)["barriers"] == 1


@pytest.mark.parametrize(("datums", "datum_bytes", "moved"), [(256, 2, 512), (1024, 4, 4096), (40, 2, 64)])
def test_unpacked_bytes_are_whole_rows_of_datums(traffic, tile, datums, datum_bytes, moved):
    traffic.core_launched(CORE, tile, 0)
    for unit in tile.tensix_coprocessor.getBackend().unpacker_units:
        for is_zero in (False, True):  # an UNPACR of zeros takes nothing out of L1
            state = {"inputNumDatums": datums, "datumSizeBytes": datum_bytes, "allDatumsAreZero": is_zero}
            unit.perform_unpack_state(0, state)
    assert end(traffic)["unpacked_bytes"] == 2 * moved


def test_packed_bytes_are_those_of_the_packers_selected(traffic, tile):
    traffic.core_launched(CORE, tile, 0)
    unit = PackerUnit.__new__(PackerUnit)
    unit.participating_packers = lambda selected: [index for index in range(4) if selected >> index & 1]
    unit.packerI = [SimpleNamespace(inputNumDatums=256 >> index, outBytes=2) for index in range(4)]
    unit.handle_pacr({}, 0, {"PackSel": 0b0101})
    unit.packerI[0].outBytes = 4
    unit.handle_pacr({}, 0, {"PackSel": 0b0001})
    assert end(traffic)["packed_bytes"] == (256 + 64) * 2 + 256 * 4
