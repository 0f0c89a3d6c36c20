# SPDX-License-Identifier: Apache-2.0
"""A run as the folder that ttnn-visualizer opens: what is in its database, and the visualizer itself, which is asked."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from simulator import session, visualizer_report

ROOT = Path(__file__).resolve().parents[2]
VISUALIZER = ROOT / ".cache" / "visualizer" / "bin" / "ttnn-visualizer"

SCRIPT = """
import numpy as np
import ttnn
import layernorm_fused_rm
from layernorm_fused_rm.arrays import to_device
from simulator import session

def main():
    with session.open_device() as device:
        x = to_device(np.ones((2, 20, 64), np.float32), device, memory="l1")
        gamma = to_device(np.ones(64), device)
        y, sum = ttnn.layernorm_fused_rm(x, gamma, residual=x, return_sum=True, dtype=ttnn.float32)  # line 12
        tiles = ttnn.to_layout(sum, ttnn.TILE_LAYOUT)
        layernorm_fused_rm.rms_norm_fused_rm(tiles, gamma, epsilon=1e-3)

session.run_and_exit(main)
"""
CALLS = ["to_device", "to_device", "layernorm_fused_rm", "to_layout", "rms_norm_fused_rm"]
# What ttnn calls memories in numbers (BufferType).
DRAM, L1 = 0, 1


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    if not session.has_launcher():
        pytest.skip("needs cycles")
    parent = tmp_path_factory.mktemp("visualizer")
    (parent / "script.py").write_text(SCRIPT)
    # What an earlier run has left there has to go.
    (parent / "report").mkdir()
    (parent / "report" / "db.sqlite").write_text("of an earlier run")
    command = ["env", f"{session.COST_MODEL_VARIABLE}=1", sys.executable, "-m", "simulator.visualizer_report"]
    done = subprocess.run(
        [*command, parent / "report", parent / "script.py"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return parent / "report"


@pytest.fixture(scope="module")
def ask(report):
    with contextlib.closing(sqlite3.connect(report / "db.sqlite")) as database:
        yield lambda query, *values: database.execute(query, values).fetchall()


def operation_id(ask, name: str) -> int:
    [[number]] = ask("select operation_id from operations where name = ?", name)
    return number


def tensors_of(ask, kind: str, name: str) -> list[tuple]:
    """Shape, dtype, layout and memory of an operation's tensors."""
    return ask(
        "select shape, dtype, layout, buffer_type from tensors join "
        f"{kind} using (tensor_id) where operation_id = ? order by {kind.partition('_')[0]}_index",
        operation_id(ask, name),
    )


def test_each_call_is_an_operation(ask):
    names = [name for (name,) in ask("select name from operations order by operation_id")]
    assert names == [f"ttnn.{name}" for name in CALLS]
    assert ask("select * from errors") == []


def test_a_call_has_its_arguments_and_its_line(ask):
    arguments = dict(
        ask(
            "select name, value from operation_arguments where operation_id = ?",
            operation_id(ask, "ttnn.rms_norm_fused_rm"),
        )
    )
    assert arguments["epsilon"] == "0.001"
    assert arguments["0"].startswith(
        "ttnn.Tensor(shape=Shape([2, 20, 64]), dtype=DataType.BFLOAT16, layout=Layout.TILE"
    )
    [[stack]] = ask(
        "select stack_trace from stack_traces where operation_id = ?", operation_id(ask, "ttnn.layernorm_fused_rm")
    )
    assert "script.py" in stack.splitlines()[0] and ", line 12, in main" in stack.splitlines()[0]
    assert "y, sum = ttnn.layernorm_fused_rm" in stack.splitlines()[1]


def test_tensors_are_those_of_the_calls(ask):
    x = ("Shape([2, 20, 64])", "DataType.BFLOAT16", "Layout.ROW_MAJOR", L1)
    gamma = ("Shape([64])", "DataType.BFLOAT16", "Layout.ROW_MAJOR", DRAM)
    y = ("Shape([2, 20, 64])", "DataType.FLOAT32", "Layout.ROW_MAJOR", L1)
    assert tensors_of(ask, "input_tensors", "ttnn.layernorm_fused_rm") == [x, gamma]  # the residual is x
    assert tensors_of(ask, "output_tensors", "ttnn.layernorm_fused_rm") == [y, x]
    tiles = (*x[:2], "Layout.TILE", L1)
    assert tensors_of(ask, "input_tensors", "ttnn.rms_norm_fused_rm") == [tiles, gamma]


def test_buffers_lie_where_the_allocator_put_them(ask):
    """40 rows, of 128 bytes in bfloat16 and 256 in float32: each in a bank of its own, each bank on another core."""
    number = operation_id(ask, "ttnn.layernorm_fused_rm")
    buffers = ask(
        "select address, sum(num_pages), max(chunk_size), count(distinct core_x * 100 + core_y) from buffer_chunks "
        "where operation_id = ? and buffer_type = ? group by address",
        number,
        L1,
    )
    (x,), (y,) = [
        ask(f"select address from tensors join {table} using (tensor_id) where operation_id = ? limit 1", number)[0]
        for table in ("input_tensors", "output_tensors")
    ]
    assert {(x, 40, 128, 40), (y, 40, 256, 40)} <= set(buffers)


def test_devices_are_the_chips(ask):
    devices = ask("select num_x_compute_cores, num_y_compute_cores, worker_l1_size from devices")
    grid = {"Wormhole": (8, 9), "Blackhole": (13, 10)}[session.chip()]
    assert {device[:2] for device in devices} == {grid} and min(device[2] for device in devices) > 1 << 20


def device_operations(captured: list[dict]) -> list[str]:
    """Names of an operation's programs, as ttnn-visualizer compares them with those of a performance report."""
    names = [node["params"]["name"] for node in captured if node["node_type"] == "function_start"]
    return [name for name in names if "::" not in name and "." not in name]


def rows_of_the_performance_report(report: Path) -> list[dict]:
    with (report / visualizer_report.OPERATIONS).open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["OP TYPE"] != "signpost"]


def test_both_reports_name_the_same_programs(report, ask):
    names = [row["OP CODE"] for row in rows_of_the_performance_report(report)]
    graphs = [json.loads(text) for (text,) in ask("select captured_graph from captured_graph order by operation_id")]
    assert [name for graph in graphs for name in device_operations(graph)] == names
    assert names[-1] == "rms_norm_fused_rm" and names[-2].startswith("Tilize")


@contextlib.contextmanager
def served(folder: Path):
    """The visualizer's server: its address. It ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    own = {"APP_DATA_DIRECTORY": data, "REPORT_DATA_DIRECTORY": data, "HOME": data}
    own |= {"LAUNCH_BROWSER_ON_START": "false", "USAGE_RECORDING_DISABLED": "true"}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [VISUALIZER, "--host", "127.0.0.1", "--port", str(port)],
            env=os.environ | own,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        for _ in range(120):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/up", timeout=5).close()
                break
            assert server.poll() is None, (folder / "log").read_text()
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/api"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


@pytest.mark.extended
@pytest.mark.simulator
def test_ttnn_visualizer_opens_it(report, tmp_path):
    if not VISUALIZER.exists():
        pytest.skip("./test --all and setup/visualizer.sh install it")
    with served(tmp_path) as address:
        paths = json.dumps({"profiler_path": str(report), "performance_path": str(report)}).encode()
        opened = urllib.request.Request(
            f"{address}/instance/local-paths", paths, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(opened, timeout=30) as answer:
            instance = json.load(answer)["instance_id"]

        def get(what: str):
            with urllib.request.urlopen(f"{address}/{what}?instanceId={instance}", timeout=60) as answer:
                return json.load(answer)

        operations = get("operations")
        assert [operation["name"] for operation in operations] == [f"ttnn.{name}" for name in CALLS]
        ours = get(f"operations/{operations[2]['id']}")
        x, gamma = ours["inputs"]
        assert (x["shape"], x["layout"], x["buffer_type"]) == ("Shape([2, 20, 64])", "Layout.ROW_MAJOR", L1)
        # Bytes in a bank: rows of bfloat16.
        assert (x["size"], gamma["size"]) == (128, 128)
        y, total = ours["outputs"]
        assert (y["dtype"], y["size"]) == ("DataType.FLOAT32", 256)
        assert (total["dtype"], total["size"]) == ("DataType.BFLOAT16", 128)
        buffers = next(entry["buffers"] for entry in get("operation-buffers") if entry["id"] == ours["id"])
        assert {(buffer["buffer_type"], buffer["size"]) for buffer in buffers} >= {(L1, 128), (L1, 256), (DRAM, 128)}
        assert len(get("tensors")) >= 6 and get("config")["report_name"] == "script.py"

        rows = [row for row in get("performance/perf-results/report")["report"] if row["op_type"] != "signpost"]
        written = rows_of_the_performance_report(report)
        assert [row["raw_op_code"] for row in rows] == [row["OP CODE"] for row in written]
        for row, expected in zip(rows, written, strict=True):
            microseconds = int(expected["DEVICE KERNEL DURATION [ns]"]) / 1000
            assert float(row["device_time"]) == pytest.approx(microseconds, abs=1e-3)
        assert get("performance/device-log/meta")["max_cores"] == int(written[-1]["AVAILABLE WORKER CORE COUNT"])
