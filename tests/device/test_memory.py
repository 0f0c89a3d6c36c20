# SPDX-License-Identifier: Apache-2.0
"""Input and output each in DRAM or L1, in every combination, and gamma and beta of every natural shape."""

from __future__ import annotations

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import _core, l1_banks, op
from layernorm_fused_rm import device as device_description
from layernorm_fused_rm.arrays import MEMORIES, to_device, to_numpy
from levels import extended
from rows import assert_rounded_well, normal_case, run


@pytest.mark.parametrize(
    "memories", [("l1", "dram"), ("dram", "l1"), ("l1", "l1"), *extended(("dram", "dram"))], ids=str
)
@pytest.mark.parametrize("shape", [(100, 96), *extended((30, 64), (80, 1024), (13, 2048))], ids=str)
def test_every_pair_of_memories(device, shape, memories):
    input_memory, output_memory = memories
    case = normal_case(shape)
    assert_rounded_well(case, run(case, device, input_memory=input_memory, output_memory=output_memory))


@pytest.mark.parametrize("asked, expected", [(None, "l1"), ("dram", "dram"), ("l1", "l1")])
def test_output_memory_is_the_inputs_unless_asked_otherwise(device, asked, expected):
    case = normal_case((12, 64))
    x = to_device(case.x, device, memory="l1")
    gamma, beta = to_device(case.gamma, device), to_device(case.beta, device)
    config = None if asked is None else MEMORIES[asked]
    y = layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, memory_config=config)
    assert y.memory_config().buffer_type == MEMORIES[expected].buffer_type


@pytest.mark.parametrize("shape", [(96,), (1, 96), (1, 1, 96), (1, 1, 1, 96)])
@pytest.mark.parametrize("memory", ["dram", "l1"])
def test_gamma_and_beta_of_natural_shape(device, shape, memory):
    case = normal_case((12, 96))
    gamma, beta = (to_device(values.reshape(shape), device, memory=memory) for values in (case.gamma, case.beta))
    y = ttnn.layernorm_fused_rm(to_device(case.x, device), gamma, beta)
    np.testing.assert_array_equal(to_numpy(y), run(case, device))


@pytest.fixture
def knows_no_banks(monkeypatch):
    """The device is asked anew for its L1 banks."""
    monkeypatch.setattr(device_description, "_described", {})


def l1_plan(device, shape):
    x, vector = to_device(np.ones(shape), device, memory="l1"), to_device(np.ones(shape[-1]), device)
    return _core.plan(op.make_problem(x, vector, vector))


@pytest.mark.parametrize("rows", [5, 72, 150])
def test_rows_in_l1_are_worked_on_by_the_cores_that_hold_them(device, knows_no_banks, rows):
    banks = ttnn.get_memory_view(device, ttnn.BufferType.L1).num_banks
    cores = l1_banks.bank_cores(device, banks)
    assert len(set(cores)) == banks
    held = {
        work.core: [cores[run.bank] for run in work.runs] for work in l1_plan(device, (rows, 64)).cores if work.runs
    }
    assert len(held) == min(rows, banks)
    assert all(holders == [core] for core, holders in held.items())


def cannot_launch(*_):
    raise RuntimeError("no program can be started")


NO_ANSWERS = {
    "no program can be started": cannot_launch,
    "what lies there is not a bank's page": lambda device, cores, banks: np.zeros((len(cores), 8), np.uint32),
    "two cores say they are bank 0": lambda device, cores, banks: np.array(
        [(0, *l1_banks._MARK)] * len(cores), np.uint32
    ),
}


@pytest.mark.parametrize("ask", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_a_device_that_does_not_tell_its_banks_costs_speed_only(device, knows_no_banks, monkeypatch, ask):
    monkeypatch.setattr(l1_banks, "_ask", ask)
    assert l1_banks.bank_cores(device, 72) == []
    case = normal_case((100, 96))
    assert_rounded_well(case, run(case, device, input_memory="l1", output_memory="l1"))
