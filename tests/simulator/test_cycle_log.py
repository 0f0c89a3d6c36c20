# SPDX-License-Identifier: Apache-2.0
"""The cycle log: one line a program, from the first GO to the last DONE."""

import json

from launcher.coordinates import Core, cores_by_tile
from launcher.cycles import CycleLog

NEAR = Core(logical=(0, 0), noc0=(1, 1))
FAR = Core(logical=(7, 8), noc0=(9, 10))


def read_log(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_program_runs_from_first_go_to_last_done(tmp_path):
    log = CycleLog(tmp_path / "cycles.jsonl")
    log.core_started(NEAR, 100)
    log.core_started(FAR, 110)
    log.core_done(FAR, 400)
    log.core_done(NEAR, 350)
    (program,) = read_log(tmp_path / "cycles.jsonl")
    assert program == {
        "index": 0, "first_go": 100, "last_done": 350, "cycles": 250, "cores": 2, "core_list": [[0, 0], [7, 8]],
    }  # fmt: skip


def test_each_program_has_its_own_line_and_cores(tmp_path):
    log = CycleLog(tmp_path / "cycles.jsonl")
    for core, start in ((NEAR, 10), (FAR, 1000)):
        log.core_started(core, start)
        log.core_done(core, start + 5)
    programs = read_log(tmp_path / "cycles.jsonl")
    assert [(p["index"], p["cycles"], p["core_list"]) for p in programs] == [(0, 5, [[0, 0]]), (1, 5, [[7, 8]])]


def test_no_log_is_written_without_a_path():
    log = CycleLog(None)
    log.core_started(NEAR, 0)
    log.core_done(NEAR, 1)
    assert log.program_count == 1


def test_logical_coordinates_skip_dram_columns_and_ethernet_rows():
    from framework.sim.wormhole.coords import TENSIX_COORD_MAP

    cores = cores_by_tile(TENSIX_COORD_MAP)
    assert cores[TENSIX_COORD_MAP[(1, 1)]].logical == (0, 0)
    assert cores[TENSIX_COORD_MAP[(6, 7)]].logical == (4, 5)
    assert len({core.logical for core in cores.values()}) == 80
