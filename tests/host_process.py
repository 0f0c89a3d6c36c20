# SPDX-License-Identifier: Apache-2.0
"""A process of its own that runs the operation on the device: for tests of faults, which end the host, and of interrupts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from layernorm_fused_rm import program

TESTS = Path(__file__).resolve().parent
PATHS = {"PYTHONPATH": f"{TESTS}:{TESTS.parent}"}
SCRIPT = """
from pathlib import Path
import numpy as np
from layernorm_fused_rm import program
from rows import judge, normal_case, run
from simulator import session

def main():
    program.KERNELS = Path({kernels!r})
    with session.open_device() as device:
        print("started", flush=True)
        case = normal_case({shape!r}, 3, 2)
        y = run(case, device)
        print("not finite:", int((~np.isfinite(y)).sum()), flush=True)
        if np.isfinite(y).all():
            print("right:", round(float(judge(case, y).share_correctly_rounded), 3), flush=True)
        session.exit_now(0)

session.run_and_exit(main)
"""


def changed_kernels(folder: Path, file: str, good: str, bad: str) -> Path:
    """A copy of the kernels in `folder` with one text replaced everywhere in one file."""
    kernels = folder / "kernels"
    shutil.copytree(program.KERNELS, kernels)
    text = (kernels / file).read_text()
    assert good in text, f"{file} no longer contains {good!r}: mend this test"
    (kernels / file).write_text(text.replace(good, bad))
    return kernels


def run_python(*arguments: str) -> subprocess.CompletedProcess:
    """Python with `arguments`, in a process that opens a device of its own, and what it printed."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=TESTS.parent,
        env=os.environ | PATHS,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def run_to_hang(*arguments: str) -> str:
    """What Python prints that is given `arguments`, which have to make the simulated device hang, and its report."""
    done = run_python(*arguments)
    printed = done.stdout + done.stderr
    assert done.returncode != 0 and "simulated device hang" in printed, printed
    return printed


@dataclass
class HostProcess:
    """The operation on `shape`, with the kernels in a folder, in a session of its own."""

    shape: tuple[int, ...]
    log: Path
    kernels: Path = program.KERNELS
    variables: dict[str, str] = field(default_factory=dict)

    def start(self) -> HostProcess:
        environment = os.environ | PATHS | self.variables
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SCRIPT.format(kernels=str(self.kernels), shape=self.shape)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def wait(self, seconds: float = 200) -> int:
        return self.process.wait(seconds)

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def await_output(self, text: str) -> None:
        wait_until(lambda: text in self.output() or self.process.poll() is not None, f"{text!r} in its output")
        assert text in self.output(), self.output()

    def simulator(self) -> int:
        """The simulated device's process: a child in a session of its own."""
        (found,) = [
            pid for pid, fields in processes() if fields[1] == str(self.process.pid) and "launcher" in command_line(pid)
        ]
        return found

    def compilers(self) -> list[int]:
        """Compilers at work for this process."""
        return [pid for pid, fields in processes() if fields[3] == str(self.process.pid) and "g++" in command_line(pid)]

    def end(self) -> None:
        """For the end of a test that failed."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def wait_until(is_true, what: str, seconds: float = 120) -> float:
    """Seconds it took; an assertion when it takes too long."""
    start = time.monotonic()
    while not is_true():
        assert time.monotonic() - start < seconds, f"waited {seconds} s for {what}"
        time.sleep(0.05)
    return time.monotonic() - start


def processes() -> list[tuple[int, list[str]]]:
    pids = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [(pid, fields) for pid in pids if (fields := stat_fields(pid))]


def stat_fields(pid: int) -> list[str]:
    """/proc/pid/stat behind the name: state, parent, group, session, ...; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    fields = stat_fields(pid)
    return bool(fields) and fields[0] not in "ZX"


def cpu_seconds(pid: int) -> float:
    """Time a process has computed, user mode."""
    fields = stat_fields(pid)
    return int(fields[11]) / os.sysconf("SC_CLK_TCK") if fields else 0.0
