# SPDX-License-Identifier: Apache-2.0
"""Host writes take no device time, GO reaches all cores together, a read waits for the program."""

from types import SimpleNamespace

import numpy as np
import pytest
from launcher import time_policy
from launcher.time_policy import RUN_MSG_GO, RUN_MSG_INIT, PolledDevice

WORKERS = {(1, 1): (18, 18), (2, 1): (19, 18)}
GO_ADDRESS = 0x4A0
PROGRAM_CYCLES = 250


def go_message(signal):
    return bytes([0, 0, 0, signal])


class FakeTile:
    def __init__(self):
        self.L1_mem = SimpleNamespace(memory=np.zeros(4096, dtype=np.uint8))
        self.clock = SimpleNamespace(awake=True)
        idle = SimpleNamespace(is_clock_idle=lambda: True)
        self.noc0_router = self.noc1_router = idle


class FakeDevice:
    """Every core answers GO with DONE after PROGRAM_CYCLES."""

    def __init__(self):
        self.tile_directory = {tile: FakeTile() for tile in WORKERS.values()}
        self.dram_tiles = []
        self.pump = SimpleNamespace(on_tick=None, clock_tick_num=0, _tile_clocks=[])
        self.clocks = [self.pump]
        self.started = {}

    def write(self, tile, address, data):
        self.tile_directory[tile].L1_mem.memory[address : address + len(data)] = list(data)
        if data[-1] in (RUN_MSG_GO, RUN_MSG_INIT):
            self.started[tile] = self.pump.clock_tick_num

    def read(self, tile, address, size):
        return self.tile_directory[tile].L1_mem.memory[address : address + size].tobytes()

    def run(self, cycles):
        for cycle in range(self.pump.clock_tick_num, self.pump.clock_tick_num + cycles):
            for tile, start in self.started.items():
                if cycle >= start + PROGRAM_CYCLES:
                    self.tile_directory[tile].L1_mem.memory[GO_ADDRESS + 3] = 0
            self.pump.on_tick(cycle)
        self.pump.clock_tick_num += cycles


@pytest.fixture
def device(monkeypatch):
    monkeypatch.setattr(time_policy, "is_fast", lambda: False)
    polled = PolledDevice(lambda diagnostics: FakeDevice(), WORKERS)
    for tile in WORKERS.values():
        polled.write(tile, GO_ADDRESS, go_message(RUN_MSG_INIT))
    while any(polled.read(tile, GO_ADDRESS, 4)[3] for tile in WORKERS.values()):
        polled.read(WORKERS[(1, 1)], GO_ADDRESS, 4)
    return polled


def test_writes_take_no_time(device):
    before = device.pump.clock_tick_num
    for _ in range(50):
        device.write(WORKERS[(1, 1)], 0x100, b"abcd")
    assert device.pump.clock_tick_num == before


def test_go_reaches_all_cores_in_one_cycle(device):
    for tile in WORKERS.values():
        device.write(tile, GO_ADDRESS, go_message(RUN_MSG_GO))
    device.read(WORKERS[(1, 1)], GO_ADDRESS, 4)
    first, second = (device.tt_device.started[tile] for tile in WORKERS.values())
    assert first == second


def test_one_read_waits_for_the_whole_program(device):
    for tile in WORKERS.values():
        device.write(tile, GO_ADDRESS, go_message(RUN_MSG_GO))
    assert device.read(WORKERS[(2, 1)], GO_ADDRESS, 4) == go_message(0)
    assert not device.launched
    assert device.cycle_log.program_count == 1


def test_reads_take_no_time_between_programs(device):
    before = device.pump.clock_tick_num
    for address in range(0, 256, 4):
        device.read(WORKERS[(1, 1)], address, 4)
    assert device.pump.clock_tick_num == before


def test_reading_one_address_again_and_again_is_a_poll(device):
    before = device.pump.clock_tick_num
    device.read(WORKERS[(1, 1)], 0x200, 4)
    device.read(WORKERS[(1, 1)], 0x200, 4)
    assert device.pump.clock_tick_num > before


def test_a_word_that_looks_like_go_elsewhere_is_only_data(device):
    device.write(WORKERS[(1, 1)], 0x300, go_message(RUN_MSG_GO))
    assert device.tt_device.read(WORKERS[(1, 1)], 0x300, 4) == go_message(RUN_MSG_GO)
    device.read(WORKERS[(1, 1)], 0x304, 4)
    assert not device.launched
