# SPDX-License-Identifier: Apache-2.0
"""Each common mistake with its message: what was given, what is needed, what to do. Nothing of these calls is sent.

./run python -m examples.errors
"""

from __future__ import annotations

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm.arrays import to_device
from simulator import session

# Calls as they are written, with the names of `tensors`.
MISTAKES = (
    "norm(array, gamma)",
    "norm(on_host, gamma)",
    "norm(deallocated, gamma)",
    "norm(integers, gamma)",
    "norm(x, gamma_of_another_width)",
    "norm(x, weight=gamma, bias=beta)",
    "norm(x, gamma, beta, eps=1e-5)",
    "norm(x, gamma, epsilon=0.0)",
    "norm(x, gamma, residual=residual_of_another_shape)",
    "norm(x, gamma, return_sum=True)",
    "norm(x, zero_centered_gamma=True)",
    "norm(x, gamma, normalized_shape=[32])",
    "norm(x, gamma, activation='tanh')",
    "norm(x, gamma, dtype=ttnn.bfloat8_b)",
    "norm(x, gamma, layout='tile')",
    "norm(x, gamma, memory_config=sharded_without_a_shard_spec)",
    "norm(x, gamma, output_tensor=x, dtype=ttnn.float32)",
)


def tensors(device) -> dict:
    """What the calls speak of; x is [4, 64]."""
    ones = np.ones((4, 64))
    deallocated = to_device(ones, device)
    ttnn.deallocate(deallocated)
    return {
        "norm": layernorm_fused_rm.layernorm_fused_rm,
        "ttnn": ttnn,
        "array": ones,
        "x": to_device(ones, device),
        "gamma": to_device(np.ones(64), device),
        "beta": to_device(np.zeros(64), device),
        "on_host": ttnn.Tensor(ones.astype(np.float32), ttnn.bfloat16),
        "deallocated": deallocated,
        "integers": ttnn.to_device(ttnn.Tensor(ones.astype(np.int32), ttnn.int32), device),
        "gamma_of_another_width": to_device(np.ones(32), device),
        "residual_of_another_shape": to_device(np.ones((4, 32)), device),
        "sharded_without_a_shard_spec": ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1),
    }


def error_of(call: str, names: dict) -> ValueError | TypeError:
    try:
        eval(call, names)
    except (ValueError, TypeError) as error:
        return error
    raise RuntimeError(f"{call} was not refused")


def main() -> int:
    with session.open_device() as device:
        names = tensors(device)
        for call in MISTAKES:
            error = error_of(call, names)
            print(f"{call}\n    {type(error).__name__}: {error}\n")
    return 0


if __name__ == "__main__":
    session.run_and_exit(main)
