# SPDX-License-Identifier: Apache-2.0
"""Stage 5: the program: circular buffers, cores and their rows, arguments. What the report lists in its table of buffers."""

from __future__ import annotations

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import _core, op
from layernorm_fused_rm.arrays import to_device
from layernorm_fused_rm.program import KERNELS


def plan_of(device, shape):
    ones = to_device(np.ones(shape[-1]), device)
    return layernorm_fused_rm.plan(op.make_problem(to_device(np.ones(shape), device), ones, ones))


def test_four_buffers_where_the_report_had_thirteen(device):
    """The linear path needs no tiles, so the nine buffers between the report's phases are gone."""
    buffers = {buffer.index: buffer for buffer in plan_of(device, (256, 384)).buffers}
    used = (_core.Buffer.INPUT, _core.Buffer.GAMMA, _core.Buffer.BETA, _core.Buffer.OUTPUT)
    assert sorted(buffers) == sorted(map(int, used))
    assert (buffers[0].producer, buffers[0].consumer) == ("reader", "compute")
    assert (buffers[1].producer, buffers[1].consumer) == ("compute", "writer")


def test_the_plan_describes_itself(device):
    plan = plan_of(device, (256, 384))
    text = plan.describe()
    for word in ("reader", "compute", "writer", "page size", "bytes", "core", "rows", "L1"):
        assert word in text
    assert str(plan.l1_bytes_used) in text and str(plan.l1_bytes_budget) in text


def test_rows_are_spread_over_all_cores_of_the_grid(device):
    grid, banks = device.compute_with_storage_grid_size(), device.dram_grid_size().x
    cores = grid.x * grid.y // banks * banks  # as many to each bank
    plan = plan_of(device, (10 * cores, 64))
    assert [work.rows for work in plan.cores if work.rows] == [10] * cores  # others only pass gamma and beta on


def test_the_three_kernels_are_in_the_package():
    assert {path.name for path in KERNELS.glob("*.cpp")} == {"reader.cpp", "compute.cpp", "writer.cpp"}


def test_a_program_is_cached(device):
    before = device.num_program_cache_entries()
    ones = to_device(np.ones(64), device)
    for _ in range(2):
        ttnn.layernorm_fused_rm(to_device(np.ones((12, 64)), device), ones, ones, epsilon=3e-5)
    assert device.num_program_cache_entries() == before + 1
