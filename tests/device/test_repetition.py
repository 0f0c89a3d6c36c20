# SPDX-License-Identifier: Apache-2.0
"""Calls after the first: program cache, fresh tensors, determinism over core counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from benchmarks.scaling import on_grid
from layernorm_fused_rm import op, program
from layernorm_fused_rm.arrays import to_device, to_numpy
from levels import extended
from rows import Case, normal_case, run


def test_a_second_call_compiles_nothing_and_describes_nothing(device, monkeypatch):
    case = normal_case((24, 64), seed=1)
    first = run(case, device)
    entries = device.num_program_cache_entries()
    monkeypatch.setattr(program, "_describe_program", lambda plan: pytest.fail("a descriptor was built anew"))
    np.testing.assert_array_equal(run(case, device), first)
    assert device.num_program_cache_entries() == entries


def test_a_second_call_into_a_given_output_is_only_launched(device, monkeypatch):
    case = normal_case((24, 64), seed=2)
    x, gamma, beta, output = (to_device(values, device) for values in (case.x, case.gamma, case.beta, case.x))
    layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, output_tensor=output)
    monkeypatch.setattr(op, "_run_new", lambda *call: pytest.fail("the call was planned anew"))
    layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, output_tensor=output)


@pytest.mark.parametrize("calls", [4, *extended(20)])
def test_other_addresses_and_values_in_a_cached_program(device, calls):
    """Calls whose tensors all stay alive, so that each has addresses of its own."""
    alive = []
    for seed in range(calls):
        case = normal_case((13, 96), seed=seed)
        tensors = [to_device(values, device) for values in (case.x, case.gamma, case.beta)]
        y = layernorm_fused_rm.layernorm_fused_rm(*tensors)
        alive.append((case, tensors, y))
    assert len({y.buffer_address() for _, _, y in alive}) == calls
    for case, _, y in alive:
        np.testing.assert_array_equal(to_numpy(y), run(case, device))


def test_another_epsilon_is_another_program(device):
    case = normal_case((12, 64), 0, 1e-3)
    outputs = [run(replace(case, epsilon=epsilon), device) for epsilon in (1e-6, 1e-4, 1e-6)]
    assert (outputs[0] != outputs[1]).any()
    np.testing.assert_array_equal(outputs[0], outputs[2])


@pytest.mark.parametrize("shape", [(26, 384), (13, 1056), *extended((45, 384), (26, 2048))], ids=str)
def test_the_same_bits_on_any_core_count(device, shape):
    case = normal_case(shape, 100, 1)
    outputs = [run_on_grid(case, device, grid) for grid in [(1, 1), (2, 5), (8, 9)]]
    for output in outputs[1:]:
        np.testing.assert_array_equal(output, outputs[0])


def run_on_grid(
    case: Case, device, grid: tuple[int, int], l1_bytes: int | None = None, *, reads_again=False
) -> np.ndarray:
    """The output when the planner is told of a smaller grid, and of less L1; whether rows are read once must be as expected."""
    x, gamma, beta = (to_device(values, device) for values in (case.x, case.gamma, case.beta))
    problem = on_grid(op.make_problem(x, gamma, beta, epsilon=case.epsilon), grid, l1_bytes)
    plan = layernorm_fused_rm.plan(problem)
    assert len(plan.cores) <= grid[0] * grid[1] and plan.reads_again == reads_again
    output = ttnn.allocate_tensor_on_device(
        x.shape, ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG
    )
    program.build(plan, problem, device).run(input=x, gamma=gamma, beta=beta, output=output)
    return to_numpy(output)
