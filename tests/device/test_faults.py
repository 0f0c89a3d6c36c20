"""Faults on the simulated device are found and named, and whatever ends a process leaves nothing behind.

Each check is seen to fail here: kernels are broken on purpose, and what they do wrong must come out. See also
test_negative_control.py (wrong arithmetic, dropped pushes) and tests/simulator (the checks themselves).
"""

from __future__ import annotations

import os
import re
import signal
import time

import pytest

from host_process import HostProcess, changed_kernels, cpu_seconds, is_alive, wait_until

pytestmark = pytest.mark.simulator

# Padding in L1 rows; gamma and beta read by one core for all 72; minutes of simulation.
SMALL, SHARED, LONG = (24, 96), (72, 64), (4800, 96)
ENDED_BY_SIMULATOR = -signal.SIGTERM
POISON = "LAYERNORM_SIM_POISON"

LEFT_BEHIND = {
    "beta_never_popped": (
        SMALL, "compute.cpp", "cb_pop_front(kBeta, 1);", "",
        'buffer 2 "beta": 1 pages pushed, 0 popped, 1 left in it',
    ),
    "semaphore_not_set_back": (
        SHARED, "vectors.hpp", "noc_semaphore_set(arrived, 0);", "",
        "semaphore 1 is 1, was 0 at the start",
    ),
    "tensix_semaphore_posted_once_too_often": (
        SMALL, "compute.cpp", "tensix::end_fill();",
        "tensix::end_fill();\n    MATH((t6_semaphore_post(semaphore::FPU_SFPU)));",
        "Tensix semaphore FPU_SFPU is 1, not 0",
    ),
}  # fmt: skip


@pytest.fixture
def host(tmp_path):
    """Function (shape, kernels, variables) that starts a HostProcess, ended with the test at the latest."""
    started = []

    def start(shape, **options) -> HostProcess:
        log = tmp_path / f"host-{len(started)}.log"
        started.append(HostProcess(shape, log, **options).start())
        return started[-1]

    yield start
    for process in started:
        process.end()


@pytest.mark.parametrize("shape, file, good, bad, named", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_what_a_program_leaves_behind_is_named(host, tmp_path, shape, file, good, bad, named):
    process = host(shape, kernels=changed_kernels(tmp_path, file, good, bad))
    assert process.wait() == ENDED_BY_SIMULATOR, process.output()
    assert "leaves behind: core (" in process.output() and named in process.output()
    assert f"the last plan:\nlayernorm_fused_rm: {shape[0]} rows of {shape[1]} elements" in process.output()


@pytest.mark.parametrize("poison, shows", [("1", True), ("0", False)])
def test_padding_that_is_trusted_shows_in_the_result(host, tmp_path, poison, shows):
    # Two lanes beyond the row take part in its sums.
    wide_mask = changed_kernels(tmp_path, "sfpu/sequences.hpp", "enable_lanes_below(limit,", "enable_lanes_below(limit + 2,")
    process = host(SMALL, kernels=wide_mask, variables={POISON: poison})
    assert process.wait() == 0, process.output()
    # Every element; the packer makes infinities of some NaN.
    assert f"not finite: {SMALL[0] * SMALL[1] if shows else 0}\n" in process.output()


def test_unwritten_device_memory_is_nan(device):
    import numpy as np
    import ttnn

    from rows import to_numpy

    # Larger than everything the tests before this one have held at once.
    shape = ttnn.Shape([1024, 2048])
    fresh = ttnn.empty(shape, ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG)
    assert np.isnan(to_numpy(fresh)).mean() > 0.5


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_an_interrupt_during_a_program_leaves_no_simulator_behind(host, signal_name):
    process = host(LONG)
    process.await_output("started")
    simulator = process.simulator()
    before = cpu_seconds(simulator)
    wait_until(lambda: cpu_seconds(simulator) > before + 2, "the simulator to compute")
    assert not process.compilers()
    os.kill(process.process.pid, signal.Signals[signal_name])
    assert process.wait(10) == -signal.Signals[signal_name], process.output()
    wait_until(lambda: not is_alive(simulator), "the simulator to end", 10)


def test_a_kill_during_compilation_leaves_a_cache_that_works(host, tmp_path):
    # A kernel nobody has compiled: its text is this test's own.
    kernels = changed_kernels(tmp_path, "compute.cpp", "void kernel_main() {", f"// {tmp_path}\nvoid kernel_main() {{")
    killed = host(SMALL, kernels=kernels)
    killed.await_output("started")
    wait_until(lambda: killed.compilers() or killed.process.poll() is not None, "a compiler")
    time.sleep(0.5)
    assert killed.process.poll() is None, "compiled too quickly to be killed"
    simulator = killed.simulator()
    os.killpg(killed.process.pid, signal.SIGKILL)
    killed.wait()
    wait_until(lambda: not is_alive(simulator), "the simulator to end", 10)
    again = host(SMALL, kernels=kernels)
    assert again.wait() == 0, again.output()
    assert "right: 1.0" in again.output()


def test_two_processes_that_compile_and_run_the_same_do_not_disturb_each_other(host, tmp_path):
    kernels = changed_kernels(tmp_path, "compute.cpp", "void kernel_main() {", f"// {tmp_path}\nvoid kernel_main() {{")
    both = [host(SMALL, kernels=kernels), host(SMALL, kernels=kernels)]
    for process in both:
        assert process.wait() == 0, process.output()
        assert "right: 1.0" in process.output()


def test_a_hang_of_all_cores_ends_within_ten_seconds(host, tmp_path):
    kernels = changed_kernels(tmp_path, "reader.cpp", "    cb_push_back(kInput, kPagesPerStep);\n", "")
    process = host(SHARED, kernels=kernels)
    assert process.wait() == ENDED_BY_SIMULATOR, process.output()
    # The simulator's own time, since compilers and other tests share the machine.
    seconds = re.search(r"from the last progress to this report: ([0-9.]+) s", process.output())
    assert seconds and float(seconds[1]) < 10, process.output()
    assert "simulated device hang" in process.output() and 'buffer 0 "input rows"' in process.output()
    assert "72 cores have not finished" in process.output()
