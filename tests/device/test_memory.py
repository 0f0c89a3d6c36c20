"""Input and output each in DRAM or L1, in every combination, and gamma and beta of every natural shape."""

from __future__ import annotations

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from rows import MEMORIES, assert_rounded_well, normal_case, run, to_device, to_numpy


@pytest.mark.parametrize("output_memory", ["dram", "l1"])
@pytest.mark.parametrize("input_memory", ["dram", "l1"])
@pytest.mark.parametrize("shape", [(30, 64), (100, 96), (80, 1024), (13, 2048)])
def test_every_pair_of_memories(device, shape, input_memory, output_memory):
    case = normal_case(shape)
    assert_rounded_well(case, run(case, device, input_memory=input_memory, output_memory=output_memory))


@pytest.mark.parametrize("asked, expected", [(None, "l1"), ("dram", "dram"), ("l1", "l1")])
def test_output_memory_is_the_inputs_unless_asked_otherwise(device, asked, expected):
    case = normal_case((12, 64))
    x, gamma, beta = to_device(case.x, device, "l1"), to_device(case.gamma, device), to_device(case.beta, device)
    config = None if asked is None else MEMORIES[asked]
    y = layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, memory_config=config)
    assert y.memory_config().buffer_type == MEMORIES[expected].buffer_type


@pytest.mark.parametrize("shape", [(96,), (1, 96), (1, 1, 96), (1, 1, 1, 96)])
@pytest.mark.parametrize("memory", ["dram", "l1"])
def test_gamma_and_beta_of_natural_shape(device, shape, memory):
    case = normal_case((12, 96))
    gamma = to_device(case.gamma.reshape(shape), device, memory)
    beta = to_device(case.beta.reshape(shape), device, memory)
    y = ttnn.layernorm_fused_rm(to_device(case.x, device), gamma, beta)
    np.testing.assert_array_equal(to_numpy(y), run(case, device))
