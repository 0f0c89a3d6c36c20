# SPDX-License-Identifier: Apache-2.0
"""One prepared program, many threads: every launch sees the addresses of its own tensors. No device is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ttnn = pytest.importorskip("ttnn")

from layernorm_fused_rm._core import Launch, Tensor  # noqa: E402

from layernorm_fused_rm import Device, Problem, TensorSpec, plan, program  # noqa: E402

THREADS = 8
CALLS = 25  # of each thread


@dataclass(frozen=True)
class FakeTensor:
    address: int

    def buffer_address(self) -> int:
        return self.address


def make_problem(rows: int) -> Problem:
    device = Device(grid=(2, 2), dram_banks=[(0, 0)], l1_banks=4, l1_bytes=1_000_000)
    vector = TensorSpec(shape=[64])
    return Problem(input=TensorSpec(shape=[rows, 64]), gamma=vector, beta=vector, device=device)


def make_program(rows: int = 4) -> Launch:
    return build(make_problem(rows))


def build(problem: Problem) -> Launch:
    return program.build(plan(problem), problem, device=None)


def as_tensors(four) -> dict:
    """Input, gamma, beta and output."""
    return {"input": four[0], "gamma": four[1], "beta": four[2], "output": four[3]}


class SlowLaunch:
    """In place of ttnn.generic_op: takes its time before it reads the addresses, and notes how many are at it at once."""

    def __init__(self):
        self.at_once = 0
        self.most_at_once = 0
        self.mixed_up = []

    def __call__(self, tensors, descriptor):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.0005)
        reader, writer, _ = descriptor.kernels
        read, written = list(reader.common_runtime_args), list(writer.common_runtime_args)
        found = [
            read[int(Tensor.INPUT)],
            *(written[int(index)] for index in (Tensor.GAMMA, Tensor.BETA, Tensor.OUTPUT)),
        ]
        wanted = [tensor.address for tensor in tensors]
        if found != wanted:
            self.mixed_up.append((found, wanted))
        self.at_once -= 1
        return tensors[-1]


def call_from_threads(programs) -> None:
    """Each thread has tensors of its own, and uses the programs in turn."""
    ready = threading.Barrier(THREADS)

    def call(thread: int) -> None:
        ready.wait()
        for i in range(CALLS):
            first = 1_000_000 * (thread + 1) + 4 * i
            tensors = [FakeTensor(first + offset) for offset in range(4)]
            programs[i % len(programs)].run(**as_tensors(tensors))

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(call, thread) for thread in range(THREADS)]:
            done.result()


@pytest.mark.parametrize("programs", [1, 3])
def test_threads_take_turns_and_never_see_each_others_addresses(monkeypatch, programs):
    launch = SlowLaunch()
    monkeypatch.setattr(ttnn, "generic_op", launch)
    call_from_threads([make_program(4 * (i + 1)) for i in range(programs)])
    assert launch.mixed_up == []
    assert launch.most_at_once == 1


def test_without_turns_the_addresses_do_get_mixed_up():
    """The test above can fail: two calls that write their addresses before either is launched."""
    launch = SlowLaunch()
    descriptor = program._describe_program(plan(make_problem(4)), device=None)
    calls = [[FakeTensor(first + offset) for offset in range(4)] for first in (1_000_000, 2_000_000)]
    for tensors in calls:
        x, gamma, beta, output = (tensor.address for tensor in tensors)
        reader, writer, _ = descriptor.kernels
        for kernel in (reader, writer):
            kernel.common_runtime_args = [x, 0, gamma, beta, output, 0, 0, 0]
    for tensors in calls:
        launch(tensors, descriptor)
    assert len(launch.mixed_up) == 1


def test_a_failed_launch_lets_the_next_thread_in(monkeypatch):
    def fail(tensors, descriptor):
        raise RuntimeError("no")

    prepared = make_program()
    tensors = [FakeTensor(i) for i in range(4)]
    monkeypatch.setattr(ttnn, "generic_op", fail)
    monkeypatch.setattr(program, "free_l1_bytes", lambda device: 1_000_000)  # it is not that L1 is full
    with pytest.raises(RuntimeError):
        prepared.run(**as_tensors(tensors))
    launched = []
    monkeypatch.setattr(ttnn, "generic_op", lambda tensors, descriptor: launched.append(tensors))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(prepared.run, **as_tensors(tensors)).result(timeout=10)
    assert launched == [tensors]


def test_a_program_leaves_nothing_for_nanobind_to_list_at_the_interpreters_end(tmp_path):
    """With the plan written down at each launch, as ./run asks for it: that hook once kept its own program alive."""
    script = "import test_threads; kept = test_threads.make_program()"
    variables = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent),
        program.LAST_PLAN_VARIABLE: str(tmp_path / "plan"),
    }
    ended = subprocess.run([sys.executable, "-c", script], env=variables, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stderr
    assert "leaked" not in ended.stderr
