# SPDX-License-Identifier: Apache-2.0
"""10,000 malformed calls, with tensors in host memory or with arguments of other types: each is refused with a text that
says what to do, within a second, and none reaches the device. None is needed.

What may be wrong with tensors on a device is tried on the planner (tests/fuzz).
"""

from __future__ import annotations

import random
import time

import numpy as np
import pytest

ttnn = pytest.importorskip("ttnn")

import layernorm_fused_rm  # noqa: E402

CALLS = 10_000
OPERATIONS = [layernorm_fused_rm.layernorm_fused_rm, layernorm_fused_rm.rms_norm_fused_rm]


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch):
    for name in ("generic_op", "allocate_tensor_on_device", "reshape"):
        monkeypatch.setattr(ttnn, name, lambda *_, **__: pytest.fail("something was sent to the device"))


def expect_refusal(call, given) -> str:
    start = time.monotonic()
    try:
        call()
    except (ValueError, TypeError) as error:
        text = str(error)
    except Exception as error:
        pytest.fail(f"{type(error).__name__}: {error}, for {given}")
    else:
        pytest.fail(f"not refused: {given}")
    assert time.monotonic() - start < 1, given
    name, _, rest = text.partition(": ")
    assert name in ("layernorm_fused_rm", "rms_norm_fused_rm"), text
    assert "; " in rest and len(rest) > 30, text
    return text


def host_tensors() -> list:
    row_major = [
        (ttnn.bfloat16, np.float32),
        (ttnn.float32, np.float32),
        (ttnn.int32, np.int32),
        (ttnn.uint32, np.uint32),
    ]
    shapes = [(1,), (64,), (33,), (4, 64), (4, 1), (2, 3, 64), (1, 1, 1, 64), (1, 1, 2, 32), (64, 4)]
    made = [ttnn.Tensor(np.ones(shape, np_dtype), dtype) for shape in shapes for dtype, np_dtype in row_major]
    tiled = [ttnn.bfloat16, ttnn.float32]
    return made + [ttnn.Tensor(np.ones((32, 64), np.float32), dtype, layout=ttnn.TILE_LAYOUT) for dtype in tiled]


NO_TENSORS = ["x", 7, 2.5, [1.0], (), {}, np.ones(64), object(), True]
SHARDED = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1)
# Right and wrong values: the tensors in host memory make each call wrong by themselves.
VALUES = {
    "epsilon": [1e-5, 0, -1.0, float("nan"), float("inf"), 10**400, 1j, "small", None, True, [1e-5], np.float32(1e-5)],
    "return_sum": [True, False, 1, None, "yes"],
    "sum_dtype": [None, ttnn.bfloat16, ttnn.float32, ttnn.int32, "bfloat16", np.float32],
    "return_statistics": [True, False, 0, "no"],
    "zero_centered_gamma": [True, False, 2.0],
    "normalized_shape": [None, 64, [64], (4, 64), [], [3], [0], [-1], "ab", 2.5, {64: 1}, [64, 64, 64, 64, 64]],
    "activation": [None, "relu", "gelu", "tanh", "", 0],
    "dtype": [None, ttnn.bfloat16, ttnn.float32, ttnn.bfloat8_b, ttnn.uint16, "fp32", 5],
    "memory_config": [None, ttnn.DRAM_MEMORY_CONFIG, ttnn.L1_MEMORY_CONFIG, SHARDED, "dram", 3],
    "compute_kernel_config": [None, "HiFi4", 5],
}


def test_malformed_calls_of_the_python_front_are_refused():
    numbers, tensors, texts = random.Random(1), host_tensors(), set()
    maybe = lambda: numbers.choice([None, numbers.choice(tensors), numbers.choice(tensors), numbers.choice(NO_TENSORS)])
    for _ in range(CALLS):
        chosen = {name: numbers.choice(VALUES[name]) for name in numbers.sample(sorted(VALUES), numbers.randrange(4))}
        x = numbers.choice(tensors) if numbers.random() < 0.8 else numbers.choice([*NO_TENSORS, None])
        rest = {name: maybe() for name in ("gamma", "beta", "residual", "output_tensor") if numbers.random() < 0.4}
        operation = numbers.choice(OPERATIONS)
        given = {**chosen, **rest}
        texts.add(expect_refusal(lambda: operation(x, **given), (x, given)))
    assert len(texts) > 100
