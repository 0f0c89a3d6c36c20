# SPDX-License-Identifier: Apache-2.0
"""A device for scripts, tests and benchmarks of this repository: opened once a process, ended quickly, cycles at hand.

    with session.open_device() as device:
        y = ttnn.layer_norm(x)
        print(session.last_program().cycles)

Works on either simulated device and on a real one; only cycles need the first. The package never imports this.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SIMULATOR_VARIABLE = "TT_METAL_SIMULATOR"
CYCLES_LOG_VARIABLE = "LAYERNORM_SIM_CYCLES_LOG"
TRAFFIC_LOG_VARIABLE = "LAYERNORM_SIM_TRAFFIC_LOG"
HANG_REPORT_VARIABLE = "LAYERNORM_SIM_HANG_REPORT"
LAST_PLAN_VARIABLE = "LAYERNORM_FUSED_RM_LAST_PLAN"
COST_MODEL_VARIABLE = "TT_SIM_COST_MODEL"
COVERAGE_VARIABLE = "LAYERNORM_SIM_COVERAGE"


@dataclass(frozen=True)
class Program:
    """One launched program: simulated cycles from the first GO to the last DONE, and the number of cores."""

    cycles: int
    cores: int


def is_simulated() -> bool:
    return SIMULATOR_VARIABLE in os.environ


def chip() -> str:
    """Which chip is simulated, "Wormhole" or "Blackhole": as the soc descriptor beside the simulator says."""
    place = Path(os.environ[SIMULATOR_VARIABLE])
    folder = place.parent if is_vendors() else place
    for line in (folder / "soc_descriptor.yaml").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "arch_name":
            return value.split()[0].partition("_")[0].capitalize()
    raise ValueError(f"{folder}/soc_descriptor.yaml names no arch_name")


def is_vendors() -> bool:
    """Tenstorrent's own simulator, a library in this process: no cycles, no launcher, and it ends the process on a refusal."""
    return os.environ.get(SIMULATOR_VARIABLE, "").endswith(".so")


def has_launcher() -> bool:
    """wolfpine behind our launcher, with its logs, checks and reports."""
    return is_simulated() and not is_vendors()


def has_cycles() -> bool:
    """Whether cycles mean something: our launcher with the cost model on."""
    return has_launcher() and bool(os.environ.get(COST_MODEL_VARIABLE))


@contextlib.contextmanager
def open_device() -> Iterator:
    """Device 0, closed at the end. The simulator's logs and the last plan are files of this process alone.

    On the simulated device Ctrl-C ends the process at once, and the simulator with it: ttnn keeps the interpreter while
    it waits for a program, so a KeyboardInterrupt would come only after the program's end, minutes later.
    """
    import ttnn

    if is_simulated() and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    own_logs()
    device = ttnn.open_device(device_id=0)
    try:
        yield device
    finally:
        ttnn.close_device(device)


def own_logs() -> None:
    """Names of the simulator's logs and of the last plan for this process alone, since tests run side by side.

    `open_device` does it. A process that may ask ttnn about devices earlier does it first: that starts the simulator.
    """
    for variable in (CYCLES_LOG_VARIABLE, TRAFFIC_LOG_VARIABLE, HANG_REPORT_VARIABLE, LAST_PLAN_VARIABLE):
        _own_file(variable)


def programs() -> list[Program]:
    """Every program this process has launched and waited for, in order. Reading a result waits for its program."""
    path = Path(os.environ.get(CYCLES_LOG_VARIABLE, ""))
    if not path.is_file():
        return []
    records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [Program(record["cycles"], record["cores"]) for record in records]


def traffic() -> list[dict[str, int]]:
    """What each program has moved (simulator/launcher/traffic.py); empty where no log was asked for."""
    path = Path(os.environ.get(TRAFFIC_LOG_VARIABLE, ""))
    return list(map(json.loads, path.read_text(encoding="utf-8").splitlines())) if path.is_file() else []


def last_program() -> Program:
    """The latest program; an error says why there is none."""
    launched = programs()
    if not launched:
        raise RuntimeError(
            f"no program in the cycle log ({CYCLES_LOG_VARIABLE}={os.environ.get(CYCLES_LOG_VARIABLE)!r}); "
            "cycles are known only on the simulated device, after a result was read: start the script with ./run"
        )
    return launched[-1]


def run_and_exit(main: Callable[[], int | None]) -> None:
    """Run `main` and end the process at once with its status.

    An ordinary end of the interpreter waits five seconds for a thread of ttnn's device driver.
    """
    try:
        status = main() or 0
    except SystemExit as request:
        status = request.code if isinstance(request.code, int) else 1 if request.code else 0
        if isinstance(request.code, str):
            print(request.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    exit_now(status)


_at_exit: list[Callable[[], None]] = []


def at_exit(function: Callable[[], None]) -> None:
    """Have `exit_now` call a function first. One that fails has the process end with status 1, and says why."""
    _at_exit.append(function)


def exit_now(status: int) -> None:
    """End the process without the interpreter's own end; the simulator notices and ends itself."""
    while _at_exit:
        try:
            _at_exit.pop()()
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            status = status or 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _own_file(variable: str) -> None:
    """Add this process to the name of a log, and start with an empty one."""
    name = os.environ.get(variable)
    if name is None:
        return
    path = Path(name)
    if not path.stem.endswith(f".{os.getpid()}"):
        path = path.with_name(f"{path.stem}.{os.getpid()}{path.suffix}")
        os.environ[variable] = str(path)
    path.unlink(missing_ok=True)
