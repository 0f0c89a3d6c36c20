"""Strong scaling: the same tensor on 1, 2, 4, ... all cores, by telling the planner of a smaller grid."""

from __future__ import annotations

import ttnn

from layernorm_fused_rm import _core, op, program
from simulator import session

from .cases import Case
from .providers import EPSILON, draw, to_device, to_numpy

GRIDS = ((1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4), (8, 8), (8, 9))
CASES = (Case(256, 512), Case(1024, 1024))


def measure_scaling(case: Case, device) -> list[tuple[int, int]]:
    """(cores, simulated cycles) of each grid."""
    arrays = draw(case)
    x, gamma, beta = (to_device(values, case, device) for values in (arrays.x, arrays.gamma, arrays.beta))
    problem = op.make_problem(x, gamma, beta, epsilon=EPSILON)
    points = []
    for grid in GRIDS:
        prepared = program.PreparedProgram(on_grid(problem, grid), device)
        output = ttnn.allocate_tensor_on_device(x.shape, x.dtype, ttnn.ROW_MAJOR_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG)
        prepared.launch.run(input=x, gamma=gamma, beta=beta, output=output)
        to_numpy(output)
        points.append((grid[0] * grid[1], session.last_program().cycles))
    return points


def on_grid(problem: _core.Problem, grid: tuple[int, int]) -> _core.Problem:
    """The same problem on the device's first columns and rows."""
    whole = problem.device
    columns, rows = grid
    device = _core.Device(
        grid=grid,
        workers=[whole.workers[y * whole.grid[0] + x] for y in range(rows) for x in range(columns)],
        dram_banks=whole.dram_banks,
        noc_size=whole.noc_size,
        l1_banks=whole.l1_banks,
        l1_bytes=whole.l1_bytes,
    )
    return problem.on(device)
