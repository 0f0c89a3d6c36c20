# SPDX-License-Identifier: Apache-2.0
"""The timeline's events against commands and page counters set by hand."""

import json
from types import SimpleNamespace

import pytest
from framework.network.tt_noc import NUI, NoCOverlay
from launcher.coordinates import Core
from launcher.timeline import Timeline
from launcher.wait_condition import POPPED_REGISTER, PUSHED_REGISTER, STREAM_BYTES

CORE = Core(logical=(2, 3), noc0=(4, 4))


@pytest.fixture
def timeline(tmp_path, monkeypatch):
    """A hooked Timeline; commands do nothing but be recorded."""
    monkeypatch.setattr(NUI.RequestInitiator, "initiate", lambda self: None)
    monkeypatch.setattr(NoCOverlay, "write", NoCOverlay.write)
    log = Timeline(tmp_path / "timeline.jsonl")
    log.install()
    return log


@pytest.fixture
def tile():
    def interface(number):
        return SimpleNamespace(noc_number=number, cycle=100, _current_cycle=lambda: tile.noc0_router.cycle)

    tile = SimpleNamespace(noc_overlay=NoCOverlay(), noc0_router=interface(0), noc1_router=interface(1))
    return tile


def command(interface, control, size):
    NUI.RequestInitiator.initiate(SimpleNamespace(nui=interface, cmd_ctrl=1, ctrl=control, at_len_be=size))


def count(tile, buffer, register, value):
    tile.noc_overlay.write(buffer * STREAM_BYTES + 4 * register, value.to_bytes(4, "little"))


def test_events_have_cycles_since_the_first_go_and_differences_of_counters(timeline, tile):
    timeline.core_launched(CORE, tile, 0)
    tile.noc0_router.cycle = 150
    command(tile.noc0_router, 0, 2048)
    command(tile.noc1_router, 2 | 1 << 5, 64)
    count(tile, 3, PUSHED_REGISTER, 2)
    tile.noc0_router.cycle = 180
    count(tile, 3, PUSHED_REGISTER, 5)
    count(tile, 3, POPPED_REGISTER, 1)
    count(tile, 3, PUSHED_REGISTER, 0)  # firmware, at the end
    timeline.program_ended(200)
    assert json.loads(timeline.path.read_text()) == {
        "index": 0,
        "cores": {
            "2,3": [
                [50, "read", 0, 2048],
                [50, "write multicast", 1, 64],
                [50, "push", 3, 2],
                [80, "push", 3, 3],
                [80, "pop", 3, 1],
            ]
        },
    }


def test_between_programs_nothing_is_recorded(timeline, tile):
    timeline.core_launched(CORE, tile, 0)
    timeline.program_ended(200)
    command(tile.noc0_router, 0, 32)
    timeline.core_launched(CORE, tile, 0)
    timeline.program_ended(300)
    assert [json.loads(line)["cores"] for line in timeline.path.read_text().splitlines()] == [{}, {}]
