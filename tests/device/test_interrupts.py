# SPDX-License-Identifier: Apache-2.0
"""Whatever ends a process leaves nothing behind: no simulator, no compiler, no cache that the next process cannot use.

Interrupted are a compilation of kernels and a running program, by Ctrl-C (SIGINT to the process group, as a terminal
sends it), by SIGTERM and by SIGKILL to the process alone.
"""

from __future__ import annotations

import os
import signal

import pytest

from host_process import HostProcess, changed_kernels, cpu_seconds, is_alive, wait_until
from levels import extended

pytestmark = pytest.mark.simulator

# Padding in L1 rows; minutes of simulation.
SMALL, LONG = (24, 96), (4800, 96)
# As a person ends a program, as a machine does, as nothing can prevent.
SIGNALS = ("SIGINT", *extended("SIGTERM", "SIGKILL"))
SECONDS_TO_END = 5


@pytest.fixture
def new_kernels(tmp_path):
    """Kernels nobody has compiled: their text is this test's own."""
    kernels = changed_kernels(tmp_path, "compute.cpp", "void kernel_main() {", f"// {tmp_path}\nvoid kernel_main() {{")
    for file in ("reader.cpp", "writer.cpp"):
        (kernels / file).write_text(f"// {tmp_path}\n{(kernels / file).read_text()}")
    return kernels


def interrupt(process: HostProcess, name: str) -> None:
    """Sends the signal as it comes in practice, and expects the process to end of it."""
    if name == "SIGINT":
        os.killpg(process.process.pid, signal.SIGINT)
    else:
        os.kill(process.process.pid, signal.Signals[name])
    assert process.wait(SECONDS_TO_END) == -signal.Signals[name], process.output()


def expect_to_end(pids: list[int], what: str) -> None:
    wait_until(lambda: not any(map(is_alive, pids)), f"{what} to end", SECONDS_TO_END)


def await_computing_simulator(process: HostProcess) -> int:
    process.await_output("started")
    simulator = process.simulator()
    before = cpu_seconds(simulator)
    wait_until(lambda: cpu_seconds(simulator) > before + 2, "the simulator to compute")
    return simulator


@pytest.mark.parametrize("name", SIGNALS)
def test_an_interrupt_during_a_program_leaves_no_simulator_behind(host, name):
    process = host(LONG)
    simulator = await_computing_simulator(process)
    assert not process.compilers()
    interrupt(process, name)
    expect_to_end([simulator], "the simulator")


def test_a_host_whose_simulator_is_killed_ends_and_says_so(host):
    process = host(LONG)
    simulator = await_computing_simulator(process)
    os.kill(simulator, signal.SIGKILL)
    assert process.wait(SECONDS_TO_END) == -signal.SIGTERM, process.output()
    assert "[simulator] error: the simulator is gone" in process.output()


@pytest.mark.parametrize("name", SIGNALS)
def test_an_interrupt_during_compilation_leaves_nothing_running_and_a_cache_that_works(host, new_kernels, name):
    interrupted = host(SMALL, kernels=new_kernels)
    interrupted.await_output("started")
    simulator = interrupted.simulator()
    wait_until(lambda: interrupted.compilers() or interrupted.process.poll() is not None, "a compiler")
    assert interrupted.process.poll() is None, "compiled too quickly to be interrupted"
    interrupt(interrupted, name)
    expect_to_end([simulator], "the simulator")
    # At once: a compiler that nobody ends takes seconds more.
    wait_until(lambda: not interrupted.compilers(), "the compilers to end", 0.3)
    again = host(SMALL, kernels=new_kernels)
    assert again.wait() == 0, again.output()
    assert "right: 1.0" in again.output()


@pytest.mark.extended
def test_two_processes_that_compile_and_run_the_same_do_not_disturb_each_other(host, new_kernels):
    both = [host(SMALL, kernels=new_kernels), host(SMALL, kernels=new_kernels)]
    for process in both:
        assert process.wait() == 0, process.output()
        assert "right: 1.0" in process.output()
