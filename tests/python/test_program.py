# SPDX-License-Identifier: Apache-2.0
"""What of a call is compiled into its kernels, and what is only passed to them. No device is needed."""

from __future__ import annotations

import numpy as np
import pytest

ttnn = pytest.importorskip("ttnn")

from layernorm_fused_rm import Device, Options, Problem, TensorSpec, _core, program  # noqa: E402

READER, WRITER, COMPUTE = range(3)


def kernels(epsilon: float, rows: int = 40) -> list:
    device = Device(grid=(2, 2), dram_banks=[(0, 0)] * 3, l1_banks=4, l1_bytes=1_000_000)
    vector = TensorSpec(shape=[64])
    problem = Problem(
        input=TensorSpec(shape=[rows, 64]), gamma=vector, beta=vector, options=Options(epsilon=epsilon), device=device
    )
    return list(program._describe_program(_core.plan(problem), device=None).kernels)


@pytest.mark.parametrize("rows", [1, 40], ids=["one_core", "several_cores"])
def test_a_new_epsilon_compiles_no_kernel(rows):
    one, other = kernels(1e-5, rows), kernels(1e-12, rows)
    for a, b in zip(one, other, strict=True):
        assert a.kernel_source == b.kernel_source
        assert list(a.compile_time_args) == list(b.compile_time_args)
    same = [list(a.common_runtime_args) == list(b.common_runtime_args) for a, b in zip(one, other, strict=True)]
    assert same == [True, True, False]


@pytest.mark.parametrize("epsilon", [1e-5, 1e-12, 3.0])
def test_compute_is_given_the_bits_of_the_negative_epsilon(epsilon):
    word = list(kernels(epsilon)[COMPUTE].common_runtime_args)[int(_core.ComputeArgument.NEGATIVE_EPSILON_BITS)]
    assert np.uint32(word).view(np.float32) == -np.float32(epsilon)
