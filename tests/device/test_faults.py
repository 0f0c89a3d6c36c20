# SPDX-License-Identifier: Apache-2.0
"""Faults on the simulated device are found and named: what is left behind, reads of nothing, hangs.

Each check is seen to fail here: kernels are broken on purpose, and what they do wrong must come out. See also
test_negative_control.py (wrong arithmetic, dropped pushes), test_interrupts.py and tests/simulator (the checks themselves).
"""

from __future__ import annotations

import re
import signal

import pytest

from host_process import changed_kernels
from levels import extended

pytestmark = pytest.mark.simulator

# Padding in L1 rows; gamma and beta read by one core for all 72.
SMALL, SHARED = (24, 96), (72, 64)
ENDED_BY_SIMULATOR = -signal.SIGTERM
POISON = "LAYERNORM_SIM_POISON"
KERNELS = ("reader", "compute", "writer")

LEFT_BEHIND = {
    "beta_never_popped": (
        SMALL, "compute/operands.hpp", "pop_affine<kBetaOperand>();", "",
        'buffer 3 "beta": 1 pages pushed, 0 popped, 1 left in it',
    ),
    "semaphore_not_set_back": (
        SHARED, "dataflow/affine.hpp", "noc_semaphore_set(arrived, 0);", "",
        'semaphore 0 "gamma arrived" is 1, was 0 at the start',
    ),
    "tensix_semaphore_posted_once_too_often": (
        SMALL, "compute.cpp", "tensix::end_fill();",
        "tensix::end_fill();\n    MATH((t6_semaphore_post(semaphore::FPU_SFPU)));",
        "Tensix semaphore FPU_SFPU is 1, not 0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape, file, good, bad, named", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_what_a_program_leaves_behind_is_named(host, tmp_path, shape, file, good, bad, named):
    process = host(shape, kernels=changed_kernels(tmp_path, file, good, bad))
    assert process.wait() == ENDED_BY_SIMULATOR, process.output()
    assert "leaves behind: core (" in process.output() and named in process.output()
    assert f"the last plan:\nlayernorm_fused_rm: {shape[0]} rows of {shape[1]} elements" in process.output()


@pytest.mark.parametrize("poison", ["1", *extended("0")])
def test_padding_that_is_trusted_shows_in_the_result(host, tmp_path, poison):
    # Two lanes beyond the row take part in its sums.
    wide_mask = changed_kernels(
        tmp_path, "norm/steps.hpp", "(counted, limit, scratch)", "(counted, limit + 2, scratch)"
    )
    process = host(SMALL, kernels=wide_mask, variables={POISON: poison})
    assert process.wait() == 0, process.output()
    # Every element; the packer makes infinities of some NaN.
    assert f"not finite: {SMALL[0] * SMALL[1] if poison == '1' else 0}\n" in process.output()


def test_unwritten_device_memory_is_nan(device):
    import numpy as np
    import ttnn

    from layernorm_fused_rm.arrays import to_numpy

    # Larger than everything the tests before this one have held at once.
    shape = ttnn.Shape([1024, 2048])
    fresh = ttnn.empty(shape, ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG)
    assert np.isnan(to_numpy(fresh)).mean() > 0.5


def test_a_read_from_a_coordinate_without_a_tile_is_refused(host, tmp_path):
    # Column 0, row 2 of Wormhole's NoC 0 holds a router and nothing else.
    kernels = changed_kernels(
        tmp_path, "dataflow/pages.hpp", "get_noc_addr_from_bank_id<tensor.in_dram != 0>(bank,", "get_noc_addr(0, 2,"
    )
    process = host(SMALL, kernels=kernels)
    assert process.wait() == ENDED_BY_SIMULATOR, process.output()
    assert "NoC read of 192 bytes from NoC coordinate (0, 2)" in process.output()
    assert "there is no simulated tile at that coordinate" in process.output()


def test_a_hang_of_all_cores_is_explained_within_ten_seconds(host, tmp_path, record_property):
    # News that never comes: all but gamma's source wait for it.
    kernels = changed_kernels(
        tmp_path,
        "dataflow/affine.hpp",
        "noc_semaphore_wait(arrived, 1);",
        "noc_semaphore_wait(arrived, 2);",
    )
    process = host(SHARED, kernels=kernels)
    assert process.wait() == ENDED_BY_SIMULATOR, process.output()
    report = process.output()
    assert "simulated device hang" in report and "72 cores have not finished" in report
    # Each processor of each core, by its kernel and line: what it waits for, how much is wanted, how much is there.
    waits = [line for line in report.splitlines() if line.startswith("  ")]
    reader, compute, writer = ([line for line in waits if f" in kernel {kernel} at " in line] for kernel in KERNELS)
    assert sum('semaphore 0 "gamma arrived"' in line and "is 1, wants 2" in line for line in writer) == 71, report
    assert sum('semaphore 1 "beta arrived"' in line and "is 1, wants 2" in line for line in writer) == 1, report
    assert all(re.search(r"at affine\.hpp:\d+: ", line) for line in writer), report
    gamma = re.compile(
        r'at operands\.hpp:\d+: waits for pages of buffer 2 "gamma" \(cb_wait_front\): wants 1, 0 present'
    )
    assert sum(bool(gamma.search(line)) for line in compute) >= 71, report
    assert not reader, report  # its one row is there, and it has ended
    assert f"the last plan:\nlayernorm_fused_rm: {SHARED[0]} rows of {SHARED[1]} elements" in report
    # Judged by the simulator's own time, since compilers and other tests share the machine.
    seconds = re.search(r"to this report: ([0-9.]+) s of the simulator's own time, ([0-9.]+) s by the clock", report)
    assert seconds, report
    print(f"from fault to report: {seconds[1]} s of the simulator's own time, {seconds[2]} s by the clock")
    record_property("seconds_from_fault_to_report", float(seconds[1]))
    record_property("seconds_from_fault_to_report_by_the_clock", float(seconds[2]))
    assert float(seconds[1]) < 10


@pytest.mark.extended
def test_a_core_that_counts_for_ever_is_a_hang_too(host, tmp_path, record_property):
    # Its registers change in every turn, and nothing else does.
    endless = 'for (uint32_t turn = 0;; ++turn) {\n        asm volatile("" : "+r"(turn));\n    }\n    noc_async_write_barrier();'
    kernels = changed_kernels(tmp_path, "writer.cpp", "noc_async_write_barrier();", endless)
    process = host(SHARED, kernels=kernels)
    assert process.wait() == ENDED_BY_SIMULATOR, process.output()
    report = process.output()
    assert "no packet, no page and no Tensix instruction for" in report
    assert re.search(r"BRISC in kernel writer at writer\.cpp:\d+: ", report), report
    seconds = re.search(r"to this report: ([0-9.]+) s of the simulator's own time", report)
    assert seconds, report
    record_property("seconds_from_fault_to_report", float(seconds[1]))
    print(f"from fault to report: {seconds[1]} s of the simulator's own time")
    assert float(seconds[1]) < 10
