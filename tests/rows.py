"""Rows for the device tests: made in numpy, put on the device, normalised, read back, judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import accuracy, reference

MEMORIES = {"dram": ttnn.DRAM_MEMORY_CONFIG, "l1": ttnn.L1_MEMORY_CONFIG}


def to_device(values: np.ndarray, device, memory: str = "dram", layout=ttnn.ROW_MAJOR_LAYOUT, dtype=ttnn.bfloat16):
    """A device tensor of `values` (float32, already numbers of the dtype)."""
    host = ttnn.Tensor(np.ascontiguousarray(values, np.float32), dtype, layout=layout)
    return ttnn.to_device(host, device, memory_config=MEMORIES[memory])


def to_numpy(tensor) -> np.ndarray:
    """float32 array of a device tensor, of the tensor's shape."""
    host = ttnn.from_device(tensor)
    values = (host if tensor.dtype == ttnn.float32 else ttnn.to_dtype(host, ttnn.float32)).to_numpy()
    return np.asarray(values, np.float32).reshape(list(tensor.shape))


@dataclass(frozen=True)
class Case:
    """Input, gamma and beta of one call, bfloat16 numbers in float32 arrays."""

    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    epsilon: float = 1e-5


def normal_case(shape, mean: float = 0.5, sigma: float = 2.0, seed: int = 0, epsilon: float = 1e-5) -> Case:
    """x ~ N(mean, sigma), gamma ~ N(1, 0.2), beta ~ N(0, 0.5), rounded to bfloat16."""
    random = np.random.default_rng(seed)
    width = shape[-1]
    draw = lambda centre, spread, size: reference.round_to_bfloat16(random.normal(centre, spread, size))
    return Case(draw(mean, sigma, shape), draw(1, 0.2, width), draw(0, 0.5, width), epsilon)


def run(case: Case, device, *, input_memory: str = "dram", output_memory: str | None = None) -> np.ndarray:
    """The operation's output for a case."""
    output = layernorm_fused_rm.layernorm_fused_rm(
        to_device(case.x, device, input_memory),
        to_device(case.gamma, device),
        to_device(case.beta, device),
        epsilon=case.epsilon,
        memory_config=None if output_memory is None else MEMORIES[output_memory],
    )
    assert list(output.shape) == list(case.x.shape)
    assert output.dtype == ttnn.bfloat16 and output.layout == ttnn.ROW_MAJOR_LAYOUT
    return to_numpy(output)


def judge(case: Case, y: np.ndarray) -> accuracy.Accuracy:
    """How near `y` is to the float64 reference."""
    arguments = (case.x, case.gamma, case.beta, case.epsilon)
    return accuracy.compare(y, reference.layer_norm(*arguments), accuracy.affine_terms(*arguments))


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
