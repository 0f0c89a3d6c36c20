# SPDX-License-Identifier: Apache-2.0
"""One device a test process, opened when the first test asks for it.

Correctness needs no cycles, so the device runs without the simulator's cost model, which is a third faster; a test of
cycles starts a process of its own. The test process ends without closing the device, which would take seconds.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import vendor_report  # noqa: E402
from simulator import session  # noqa: E402

# What the simulated device checks in every test: reads of memory nobody has written give NaN, and the package's programs
# leave buffers and semaphores as they found them (simulator/launcher). Processes started by tests inherit it.
os.environ.setdefault("LAYERNORM_SIM_POISON", "1")
os.environ.setdefault("LAYERNORM_SIM_CHECK_END", "reader,compute,writer")
# What each program moves is logged beside its cycles (tests/device/test_traffic.py).
if session.CYCLES_LOG_VARIABLE in os.environ:
    _log = Path(os.environ[session.CYCLES_LOG_VARIABLE])
    os.environ.setdefault(session.TRAFFIC_LOG_VARIABLE, str(_log.with_name(f"traffic-{_log.name}")))
session.own_logs()

# A process of pytest-xdist keeps what it prints where the one that reports can read it, also if it ends suddenly.
WORKER_VARIABLE = "PYTEST_XDIST_WORKER"
if session.is_vendors() and WORKER_VARIABLE in os.environ:
    vendor_report.keep_output(os.environ[WORKER_VARIABLE])

# Markers, and the option with which such tests are run.
LEVELS = (("extended", "--all"), ("soak", "--soak"))

_opened = contextlib.ExitStack()
_exit_status = 0


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="run the tests and parameters marked extended too")
    parser.addoption("--soak", action="store_true", help="run the tests marked soak too")
    parser.addoption(
        "--leave-to-vendor",
        action="store_true",
        help="of those marked extended leave out what another run tries on Tenstorrent's simulator, ten times as fast",
    )


def is_left_to_vendor(item) -> bool:
    """Whether an extended test uses the device, and nothing that only our launcher has."""
    return bool(
        item.get_closest_marker("extended")
        and "device" in getattr(item, "fixturenames", ())
        and not item.get_closest_marker("simulator")
    )


def pytest_collection_modifyitems(config, items):
    left_out = [
        item
        for item in items
        if any(item.get_closest_marker(name) and not config.getoption(option) for name, option in LEVELS)
        or (config.getoption("--leave-to-vendor") and is_left_to_vendor(item))
    ]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
    for item in items:
        if item.get_closest_marker("simulator") and not session.has_launcher():
            item.add_marker(pytest.mark.skip(reason="needs cycles, checks or reports of simulator/launcher"))


@pytest.hookimpl(optionalhook=True)
def pytest_handlecrashitem(crashitem, report, sched):
    """A refusal of the vendor's simulator: its words and the plan of its program belong to the failed test."""
    if session.is_vendors():
        report.longrepr = f"{report.longrepr}\n{vendor_report.of_worker(report.node.gateway.id)}"


@pytest.fixture(scope="session")
def device():
    """The device of this test process."""
    ttnn = pytest.importorskip("ttnn")
    cost_model = os.environ.pop(session.COST_MODEL_VARIABLE, None)
    try:
        opened = _opened.enter_context(session.open_device())
    finally:
        if cost_model is not None:
            os.environ[session.COST_MODEL_VARIABLE] = cost_model
    assert isinstance(opened, ttnn.Device | ttnn.MeshDevice)
    return opened


@pytest.fixture
def host(tmp_path):
    """Function (shape, kernels, variables) that starts a HostProcess, ended with the test at the latest."""
    from host_process import HostProcess

    started = []

    def start(shape, **options) -> HostProcess:
        started.append(HostProcess(shape, tmp_path / f"host-{len(started)}.log", **options).start())
        return started[-1]

    yield start
    for process in started:
        process.end()


def pytest_sessionfinish(session, exitstatus):
    global _exit_status
    _exit_status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """End at once when a device was opened: all reports are written by now. Counts of executed lines are not, where they
    are wanted: the ordinary end writes those."""
    if "ttnn" in sys.modules and session.is_simulated() and session.COVERAGE_VARIABLE not in os.environ:
        session.exit_now(_exit_status)
