# SPDX-License-Identifier: Apache-2.0
"""Rows for the device tests: made in numpy, put on the device, normalised, read back, judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import accuracy
from layernorm_fused_rm.arrays import MEMORIES, to_device, to_numpy
from layernorm_fused_rm.draws import Rows, draw_rows


@dataclass(frozen=True)
class Case(Rows):
    """Input, gamma and beta of one call, bfloat16."""

    epsilon: float = 1e-5


def normal_case(shape, mean: float = 0.5, sigma: float = 2.0, seed: int = 0, epsilon: float = 1e-5) -> Case:
    """Rows as `draw_rows` draws them."""
    return Case(**vars(draw_rows(shape, mean, sigma, seed=seed)), epsilon=epsilon)


def run(case: Case, device, *, input_memory: str = "dram", output_memory: str | None = None) -> np.ndarray:
    """The operation's output for a case."""
    output = layernorm_fused_rm.layernorm_fused_rm(
        to_device(case.x, device, memory=input_memory),
        to_device(case.gamma, device),
        to_device(case.beta, device),
        epsilon=case.epsilon,
        memory_config=None if output_memory is None else MEMORIES[output_memory],
    )
    assert list(output.shape) == list(case.x.shape)
    assert output.dtype == ttnn.bfloat16 and output.layout == ttnn.ROW_MAJOR_LAYOUT
    return to_numpy(output)


def bits(values: np.ndarray) -> np.ndarray:
    """Of float32 numbers."""
    return np.ascontiguousarray(values, np.float32).view(np.uint32)


def judge(case: Case, y: np.ndarray) -> accuracy.Accuracy:
    """How near `y` is to the float64 reference."""
    return accuracy.judge(y, case, case.epsilon)


def assert_rounded_well(case: Case, y: np.ndarray) -> None:
    """99.9 % correctly rounded, the rest one ULP off, none further than fp32's error bound (docs/design.md, numbers).

    The bound holds for every element; ULP are asked of those that do not cancel (`accuracy.error_bound` and
    `accuracy.cancellation` derive both).
    """
    result = judge(case, y)
    one_wrong = 1.0 / max(result.elements, 1)
    assert result.share_correctly_rounded >= min(0.999, 1 - one_wrong), str(result)
    assert result.largest_ulp <= 1, str(result)
    assert result.largest_error <= accuracy.error_bound(case.x.shape[-1]), str(result)
