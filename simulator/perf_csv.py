# SPDX-License-Identifier: Apache-2.0
"""Simulated cycles as the CSV file that ttnn's profiler writes on a card, for tools that read one, such as tt-perf-report:

    ./run python -m simulator.perf_csv perf.csv examples/random_rows.py --rows 32    # any script
    tt-perf-report perf.csv

or, in a script, around what is to be in it:

    with perf_csv.record(Path("perf.csv")):
        y = ttnn.to_layout(ttnn.layernorm_fused_rm(x), ttnn.TILE_LAYOUT)
        ttnn.synchronize_device(device)

One row a program, in the order of their launches. What it was is from a capture by ttnn.graph, its cycles are from the
simulator's log; the two have to have as many programs, else nothing is written. A duration is these cycles at the chip's
clock: simulated, as a signpost before the first row says, and each row's attributes. What a simulator cannot know (the
host's times, the gap between two programs) is left empty.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from simulator import recording, session

# MHz. Wormhole: "standard 1 GHz clock rate" (tt-isa-documentation, MatrixUnit.md); Blackhole: what tt-perf-report reckons
# its peaks with (ArchitectureSpec).
CLOCKS = {"Wormhole": 1000, "Blackhole": 1350}
# The names that ttnn and its tools have for a chip.
ARCHS = {"Wormhole": "wormhole_b0", "Blackhole": "blackhole"}

# Names and order of tracy/process_ops_logs.py, OPS_CSV_HEADER; tensors' columns stand behind them.
COLUMNS = (
    "OP CODE",
    "OP TYPE",
    "GLOBAL CALL COUNT",
    "DEVICE ID",
    "DEVICE ARCH",
    "ATTRIBUTES",
    "MATH FIDELITY",
    "CORE COUNT",
    "AVAILABLE WORKER CORE COUNT",
    "HOST START TS",
    "HOST END TS",
    "HOST DURATION [ns]",
    "OP TO OP LATENCY [ns]",
    "DEVICE KERNEL DURATION [ns]",
)
DIMENSIONS = ("W", "Z", "Y", "X")
TILE_SIDE = 32


@dataclass
class Launch:
    """A program of a capture: the device operation that launched it, the outermost of Python's around that, and tensors."""

    operation: str
    call: str
    available_cores: int
    math_fidelity: str = ""  # where the operation has one
    inputs: list[dict] = field(default_factory=list)  # `params` of their nodes
    outputs: list[dict] = field(default_factory=list)


@contextlib.contextmanager
def record(path: Path) -> Iterator[None]:
    """Write what is launched inside to `path`. Programs are over where a result was read, or the device synchronised.

    Raises:
        RuntimeError: the device has no cycles, or other programs ran than were captured; nothing is written then.
    """
    import ttnn

    if not session.has_cycles():
        raise RuntimeError("there are no cycles: start the script with ./run, on the default device")
    before = len(session.programs())
    # Not ttnn.graph's function, which has ttnn's own operations fail without torch.
    ttnn._ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NORMAL)
    try:
        with recording.named_operations(ttnn):
            yield
    finally:
        captured = ttnn._ttnn.graph.end_graph_capture()
    write(path, launches(captured), session.programs()[before:], session.chip())


def launches(captured: list[dict]) -> list[Launch]:
    """The programs of a capture, in the order in which they were launched."""
    nodes = {node["counter"]: node for node in captured}
    open_functions: list[dict] = []
    pending: dict[int, list[Launch]] = {}  # of each open function, by its node's number
    found = []
    for node in captured:
        if node["node_type"] == "function_start":
            open_functions.append(node)
        elif node["node_type"] == "program_execution":
            operation = open_functions[-1]
            call = call_of(map(_name, open_functions), _name(operation))
            inputs = [nodes[number]["params"] for number in operation["input_tensors"]]
            cores = _count_cores(node["params"]["worker_core_ranges"])
            launch = Launch(_name(operation), call, cores, _math_fidelity(operation), inputs)
            pending.setdefault(operation["counter"], []).append(launch)
            found.append(launch)
        elif node["node_type"] == "function_end" and open_functions:
            results = [
                nodes[number]["params"] for number in node["connections"] if nodes[number]["node_type"] == "tensor"
            ]
            for launch in pending.pop(open_functions.pop()["counter"], []):
                launch.outputs = results
                # ttnn.generic_op is given its output among its tensors.
                ids = [tensor["tensor_id"] for tensor in results]
                launch.inputs = [tensor for tensor in launch.inputs if tensor["tensor_id"] not in ids]
    return found


def call_of(names: Iterable[str], operation: str) -> str:
    """The outermost of Python's operations among the functions around one of the device's, or that itself."""
    return next((name for name in names if name.startswith("ttnn.")), operation)


def name_of(operation: str, call: str) -> str:
    """On a card every program of ttnn.generic_op has the name of that; here it has that of what has called it."""
    return call.removeprefix("ttnn.") if operation == "GenericOpDeviceOperation" else operation


def write(path: Path, launched: list[Launch], programs: list[session.Program], chip: str) -> None:
    """The file: a signpost, then a row a program."""
    if len(launched) != len(programs):
        raise RuntimeError(
            f"{len(launched)} programs were captured, but {len(programs)} have ended; launch all of them in the thread that "
            f"captures, and read a result or synchronise the device at the end. {path} is not written"
        )
    mhz = CLOCKS[chip]
    label = f"simulated cycles of wolfpine at {mhz} MHz; no card has run this"
    rows = [{"OP CODE": label, "OP TYPE": "signpost"}]
    for number, (launch, program) in enumerate(zip(launched, programs), start=1):
        rows.append(_row(number, launch, program, chip))
    columns = list(COLUMNS)
    for row in rows:
        columns += [name for name in row if name not in columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns)
        table.writeheader()
        table.writerows(rows)


def _row(number: int, launch: Launch, program: session.Program, chip: str) -> dict:
    row = {
        "OP CODE": name_of(launch.operation, launch.call),
        "OP TYPE": "tt_dnn_device",
        "GLOBAL CALL COUNT": number,
        "DEVICE ID": 0,
        "DEVICE ARCH": ARCHS[chip],
        # As ttnn's profiler writes them: no commas.
        "ATTRIBUTES": f"simulated_cycles={program.cycles}; clock_mhz={CLOCKS[chip]}; operation={launch.operation}; "
        f"call={launch.call}",
        "MATH FIDELITY": launch.math_fidelity,
        "CORE COUNT": program.cores,
        "AVAILABLE WORKER CORE COUNT": launch.available_cores,
        "DEVICE KERNEL DURATION [ns]": round(program.cycles * 1000 / CLOCKS[chip]),
    }
    for kind, tensors in (("INPUT", launch.inputs), ("OUTPUT", launch.outputs)):
        for index, tensor in enumerate(tensors):
            row |= _tensor_columns(f"{kind}_{index}", tensor)
    return row


def _tensor_columns(name: str, tensor: dict) -> dict[str, str]:
    layout = tensor["layout"].rpartition("::")[2]
    shape = [1] * len(DIMENSIONS) + [int(length) for length in re.findall(r"\d+", tensor["shape"])]
    # Of more than four dimensions the profiler, too, shows the first ones together.
    leading, shape = shape[: -len(DIMENSIONS) + 1], shape[-len(DIMENSIONS) + 1 :]
    first = 1
    for length in leading:
        first *= length
    stored = [first, *shape]
    if layout == "TILE":
        stored[-2:] = (-(-length // TILE_SIDE) * TILE_SIDE for length in stored[-2:])
    columns = {
        f"{name}_{dimension}_PAD[LOGICAL]": f"{padded}[{logical}]"
        for dimension, padded, logical in zip(DIMENSIONS, stored, [first, *shape], strict=True)
    }
    memory = [re.search(rf"{kind}=\w+::(\w+)", tensor["memory_config"]) for kind in ("buffer_type", "memory_layout")]
    return columns | {
        f"{name}_LAYOUT": layout,
        f"{name}_DATATYPE": tensor["dtype"].rpartition("::")[2],
        f"{name}_MEMORY": "_".join(["DEV_0", *(match[1] for match in memory if match)]),
    }


def _name(function: dict) -> str:
    return function["params"]["name"]


def _math_fidelity(function: dict) -> str:
    """As the compute kernels of a device operation have it. tt-perf-report takes no matmul without one."""
    found = re.search(r"math_fidelity=(\w+)", " ".join(function["arguments"]))
    return found[1] if found else ""


def _count_cores(ranges: str) -> int:
    corners = ((entry["start"], entry["end"]) for entry in json.loads(ranges))
    return sum((end["x"] - start["x"] + 1) * (end["y"] - start["y"] + 1) for start, end in corners)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m simulator.perf_csv", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv", type=Path, metavar="CSV", help="the file to write")
    parser.add_argument("script", help="a Python script to run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the script's own")
    options = parser.parse_args()
    path = options.csv.absolute()
    recording.run_script(options.script, options.arguments, lambda: record(path))


if __name__ == "__main__":
    main()
