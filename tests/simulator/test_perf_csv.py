# SPDX-License-Identifier: Apache-2.0
"""Simulated cycles as the CSV of ttnn's profiler: its columns, a row a program, and tt-perf-report, which reads it."""

from __future__ import annotations

import ast
import csv
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import perf_csv, session

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import json, sys
import numpy as np
import ttnn
import layernorm_fused_rm
from layernorm_fused_rm.arrays import to_device
from simulator import session

def main():
    with session.open_device() as device:
        x = to_device(np.ones((2, 20, 64), np.float32), device, memory="l1")
        gamma = to_device(np.ones(64), device)
        y, sum = ttnn.layernorm_fused_rm(x, gamma, residual=x, return_sum=True, dtype=ttnn.float32)
        tiles = ttnn.to_layout(sum, ttnn.TILE_LAYOUT)
        layernorm_fused_rm.rms_norm_fused_rm(tiles, gamma)
        ttnn.synchronize_device(device)
    print(json.dumps([[program.cycles, program.cores] for program in session.programs()]))
    return int(sys.argv[1])

session.run_and_exit(main)
"""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> tuple[Path, list]:
    """A script's file, and cycles and cores of its programs as it has printed them."""
    if not session.has_launcher():
        pytest.skip("needs cycles")
    folder = tmp_path_factory.mktemp("perf")
    (folder / "script.py").write_text(SCRIPT)
    done = run_module(folder / "perf.csv", folder / "script.py", "0")
    assert done.returncode == 0, done.stderr
    return folder / "perf.csv", json.loads(done.stdout.splitlines()[-1])


def run_module(*arguments) -> subprocess.CompletedProcess:
    command = ["env", f"{session.COST_MODEL_VARIABLE}=1", sys.executable, "-m", "simulator.perf_csv", *arguments]
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200)


def rows_of(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_are_those_of_ttnns_profiler():
    spec = importlib.util.find_spec("tracy")
    if spec is None:
        pytest.skip("ttnn is not installed")
    source = (Path(spec.origin).parent / "process_ops_logs.py").read_text()
    header = next(
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "OPS_CSV_HEADER"
    )
    assert [name for name in header if name in perf_csv.COLUMNS] == list(perf_csv.COLUMNS)


def test_each_program_has_its_row(recorded):
    path, programs = recorded
    signpost, *rows = rows_of(path)
    assert signpost["OP TYPE"] == "signpost" and "simulated cycles" in signpost["OP CODE"]
    # One more comes first, launched by the first call with rows in L1: which core has which bank.
    names = [row["OP CODE"] for row in rows][-3:]
    assert names[0] == "layernorm_fused_rm" and names[1].startswith("Tilize") and names[2] == "rms_norm_fused_rm"
    mhz = perf_csv.CLOCKS[session.chip()]
    for row, (cycles, cores) in zip(rows, programs, strict=True):
        assert int(row["DEVICE KERNEL DURATION [ns]"]) == round(cycles * 1000 / mhz) and int(row["CORE COUNT"]) == cores
        assert row["ATTRIBUTES"].startswith(f"simulated_cycles={cycles}; clock_mhz={mhz}; operation=")
        assert not row["OP TO OP LATENCY [ns]"] and not row["HOST START TS"]


def test_tensors_stand_in_their_columns(recorded):
    ours = [row for row in rows_of(recorded[0]) if row["OP CODE"] == "layernorm_fused_rm"][-1]

    def tensor(name: str) -> tuple:
        shape = [ours[f"{name}_{dimension}_PAD[LOGICAL]"] for dimension in "WZYX"]
        return shape, ours[f"{name}_LAYOUT"], ours[f"{name}_DATATYPE"], ours[f"{name}_MEMORY"]

    x = (["1[1]", "2[2]", "20[20]", "64[64]"], "ROW_MAJOR", "BFLOAT16", "DEV_0_L1_INTERLEAVED")
    assert tensor("INPUT_0") == tensor("INPUT_1") == x
    assert tensor("INPUT_2") == (["1[1]", "1[1]", "1[1]", "64[64]"], "ROW_MAJOR", "BFLOAT16", "DEV_0_DRAM_INTERLEAVED")
    assert ours["MATH FIDELITY"] == "HiFi4"
    assert tensor("OUTPUT_0") == (x[0], "ROW_MAJOR", "FLOAT32", "DEV_0_L1_INTERLEAVED")
    tiles = next(row for row in rows_of(recorded[0]) if row["OP CODE"] == "rms_norm_fused_rm")
    assert tiles["OUTPUT_0_Y_PAD[LOGICAL]"] == "32[20]" and tiles["OUTPUT_0_LAYOUT"] == "TILE"


def test_tt_perf_report_opens_it(recorded, tmp_path):
    pytest.importorskip("tt_perf_report")
    path, programs = recorded
    program = Path(sys.executable).with_name("tt-perf-report")
    report = subprocess.run(
        [program, path, "--no-color", "--csv", tmp_path / "report.csv"], capture_output=True, text=True, timeout=120
    )
    assert report.returncode == 0, report.stdout + report.stderr
    assert "Using last signpost: simulated cycles of wolfpine" in report.stdout
    assert "not found" not in report.stdout and "Ignoring" not in report.stdout
    rows = rows_of(tmp_path / "report.csv")
    name, time = (next(key for key in rows[0] if key.startswith(prefix)) for prefix in ("OP Code", "Device Time"))
    assert [row[name] for row in rows] == [row["OP CODE"] for row in rows_of(path)[1:]]
    mhz = perf_csv.CLOCKS[session.chip()]
    for row, (cycles, _) in zip(rows, programs, strict=True):
        assert float(row[time].split()[0]) == pytest.approx(cycles / mhz, abs=1e-3)


@pytest.mark.simulator
def test_a_scripts_status_stays_its_own(tmp_path):
    (tmp_path / "script.py").write_text("raise SystemExit(3)")
    assert run_module(tmp_path / "perf.csv", tmp_path / "script.py").returncode == 3


def test_programs_that_were_not_captured_are_refused(tmp_path):
    launch = perf_csv.Launch("GenericOpDeviceOperation", "ttnn.layernorm_fused_rm", 72)
    with pytest.raises(RuntimeError, match="1 programs were captured, but 2 have ended"):
        perf_csv.write(tmp_path / "perf.csv", [launch], [session.Program(10, 1)] * 2, "Wormhole")
    assert not (tmp_path / "perf.csv").exists()


def test_without_cycles_there_is_no_record(tmp_path, monkeypatch):
    pytest.importorskip("ttnn")
    monkeypatch.delenv(session.COST_MODEL_VARIABLE, raising=False)
    with pytest.raises(RuntimeError, match="there are no cycles"), perf_csv.record(tmp_path / "perf.csv"):
        pass


@pytest.mark.parametrize(
    "shape, layout, wanted",
    [
        ("Shape([7])", "ROW_MAJOR", ["1[1]", "1[1]", "1[1]", "7[7]"]),
        ("Shape([2, 3, 4, 5, 6])", "ROW_MAJOR", ["6[6]", "4[4]", "5[5]", "6[6]"]),
        ("Shape([40, 65])", "TILE", ["1[1]", "1[1]", "64[40]", "96[65]"]),
    ],
)
def test_shapes_are_written_as_the_profiler_writes_them(shape, layout, wanted):
    memory = "MemoryConfig(memory_layout=TensorMemoryLayout::INTERLEAVED,buffer_type=BufferType::L1,shard_spec=x)"
    tensor = {"shape": shape, "layout": f"Layout::{layout}", "dtype": "DataType::FLOAT32", "memory_config": memory}
    columns = perf_csv._tensor_columns("INPUT_0", tensor)
    assert [columns[f"INPUT_0_{dimension}_PAD[LOGICAL]"] for dimension in "WZYX"] == wanted
    assert columns["INPUT_0_MEMORY"] == "DEV_0_L1_INTERLEAVED"
