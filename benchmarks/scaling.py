# SPDX-License-Identifier: Apache-2.0
"""Strong scaling: the same tensor on 1, 2, 4, ... all cores, by telling the planner of a smaller grid. Each grid is a provider
like the others, so that it is checked, measured twice and kept in the CSV file as they are."""

from __future__ import annotations

import functools

import ttnn

from layernorm_fused_rm import _core, op, program

from . import chips
from .cases import Case
from .providers import EPSILON, Arrays, Provider, put

_GRIDS = ((1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4), (8, 8))  # and all of the chip
CASES = (Case(256, 512), Case(1024, 1024))


def on_grid(problem: _core.Problem, grid: tuple[int, int], l1_bytes: int | None = None) -> _core.Problem:
    """The same problem on the device's first columns and rows, or on a device with less L1 besides."""
    whole = problem.device
    columns, rows = grid
    device = _core.Device(
        arch=whole.arch,
        grid=grid,
        workers=[whole.workers[y * whole.grid[0] + x] for y in range(rows) for x in range(columns)],
        dram_banks=whole.dram_banks,
        dram_read_places=whole.dram_read_places,
        dram_write_places=whole.dram_write_places,
        noc_size=whole.noc_size,
        l1_banks=whole.l1_banks,
        l1_bytes=l1_bytes or whole.l1_bytes,
        dram_alignment_bytes=whole.dram_alignment_bytes,
        l1_alignment_bytes=whole.l1_alignment_bytes,
    )
    return problem.on(device)


def _prepare(grid: tuple[int, int], arrays: Arrays, device):
    x, gamma, beta = put(arrays, device)
    problem = on_grid(op.make_problem(x, gamma, beta, epsilon=EPSILON), grid)
    launch = program.build(_core.plan(problem), problem, device)

    def call():
        output = ttnn.allocate_tensor_on_device(x.shape, x.dtype, ttnn.ROW_MAJOR_LAYOUT, device, x.memory_config())
        launch.run(input=x, gamma=gamma, beta=beta, output=output)
        return output

    return call


def providers() -> list[Provider]:
    """One a grid, the smallest first."""
    return [
        Provider(f"ours on {columns} x {rows} cores", functools.partial(_prepare, (columns, rows)), 2.0**-8)
        for columns, rows in (*_GRIDS, chips.simulated().grid)
    ]
