# SPDX-License-Identifier: Apache-2.0
"""A run of a script as the folder that ttnn-visualizer opens: what was called, with which tensors, and where they lay.

    ./run python -m simulator.visualizer_report report examples/random_rows.py --rows 32    # any script
    setup/visualizer.sh report                                                              # or: ttnn-visualizer ...

or, in a script, around what is to be in it:

    with visualizer_report.record(Path("report")):
        y = ttnn.layernorm_fused_rm(x)
        ttnn.synchronize_device(device)

The database is ttnn's own work (ttnn.graph_report) from a capture by ttnn.graph: operations with their arguments and
stacks, tensors, buffers and their pages in L1, the device's operations below. Its durations are the host's, and a
simulator's host is slow. Where the device has simulated cycles, they lie beside it in the files of a performance report
(simulator/perf_csv.py), which ttnn-visualizer and tt-perf-report read.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from simulator import perf_csv, recording, session

DATABASE = "db.sqlite"
CONFIG = "config.json"
# The names that ttnn-visualizer asks for in a performance report.
OPERATIONS = "ops_perf_results.csv"
DEVICE_LOG = "profile_log_device.csv"

# First and second line of the log that cores write on a card (tt_metal/tools/profiler/profiler.cpp). No rows follow: what
# each core does when, this simulator's log does not say.
_DEVICE_LOG = """\
ARCH: {arch}, CHIP_FREQ[MHz]: {mhz}, Max Compute Cores: {cores}
PCIe slot, core_x, core_y, RISC processor type, timer_id, time[cycles since reset], data, run host ID, trace id, \
trace id counter, zone name, type, source line, source file, meta data
"""


@contextlib.contextmanager
def record(folder: Path, name: str | None = None) -> Iterator[None]:
    """Write what is called inside to `folder`, and over what an earlier report there has left.

    The device has to be open, before and after, and be synchronised at the end.

    Raises:
        RuntimeError: other programs ran than were captured; the performance report is not written then.
    """
    import ttnn

    graph = ttnn.graph
    before = len(session.programs())
    calls: list[dict] = []
    folder.mkdir(parents=True, exist_ok=True)
    for file in (DATABASE, CONFIG, OPERATIONS, DEVICE_LOG):
        (folder / file).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        capture = Path(temporary) / "graph_capture.json"
        graph.enable_detailed_buffer_tracing()
        graph.enable_python_stack_traces()
        ttnn._ttnn.graph.begin_graph_capture(graph.RunMode.NORMAL)
        try:
            with recording.named_operations(ttnn, calls):
                yield
        finally:
            ttnn._ttnn.graph.end_graph_capture_to_file(str(capture))
            graph.disable_python_stack_traces()
            graph.disable_detailed_buffer_tracing()
            # Beside the capture, where ttnn looks for it.
            capture.with_suffix(".python_io.json").write_text(json.dumps(calls), encoding="utf-8")
            report = json.loads(capture.read_text(encoding="utf-8"))
            launched = perf_csv.launches(report["graph"])
            _name_generic_operations(report["graph"])
            capture.write_text(json.dumps(report), encoding="utf-8")
            graph.import_report(capture, folder)
            with ttnn.manage_config("report_name", name or folder.name):
                ttnn.save_config_to_json_file(str(folder / CONFIG))
    if session.has_cycles():
        perf_csv.write(folder / OPERATIONS, launched, session.programs()[before:], session.chip())
        _write_device_log(folder / DEVICE_LOG, report["devices"][0]["num_compute_cores"])


def _name_generic_operations(captured: list[dict]) -> None:
    """Programs of ttnn.generic_op by the name of what has called it, as the performance report has them: ttnn-visualizer
    joins the two reports by these names, in their order."""
    open_functions: list[str] = []
    for node in captured:
        if node["node_type"] == "function_start":
            name = node["params"]["name"]
            open_functions.append(perf_csv.name_of(name, perf_csv.call_of(open_functions, name)))
            node["params"]["name"] = open_functions[-1]
        elif node["node_type"] == "function_end" and open_functions:
            node["params"]["name"] = open_functions.pop()


def _write_device_log(path: Path, cores: int) -> None:
    chip = session.chip()
    text = _DEVICE_LOG.format(arch=perf_csv.ARCHS[chip], mhz=perf_csv.CLOCKS[chip], cores=cores)
    path.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m simulator.visualizer_report",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the report's; made if it is not there")
    parser.add_argument("script", help="a Python script to run")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the script's own")
    options = parser.parse_args()
    folder = options.folder.absolute()
    recording.run_script(options.script, options.arguments, lambda: record(folder, Path(options.script).name))


if __name__ == "__main__":
    main()
