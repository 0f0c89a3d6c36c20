"""10,000 malformed calls: each is refused with a text that says what to do, within a second, and none reaches the device.

Half go through the Python front with tensors in host memory or with arguments of other types, half through the planner
with device tensors of which something is wrong. No device is needed.
"""

from __future__ import annotations

import random
import time

import numpy as np
import pytest

ttnn = pytest.importorskip("ttnn")

import layernorm_fused_rm  # noqa: E402
from layernorm_fused_rm import _core  # noqa: E402

CALLS = 5_000  # of each half
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
    "activation": [None, "relu", "", 0],
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


def good_problem(numbers: random.Random) -> dict:
    """Keywords of a Problem that can be planned."""
    width = numbers.choice([1, 33, 64, 1024, 4096])
    dtype = lambda: numbers.choice([_core.DataType.BFLOAT16, _core.DataType.FLOAT32])
    shape = [numbers.randrange(40) for _ in range(numbers.randrange(4))] + [width]
    spec = lambda of_shape: {"shape": of_shape, "dtype": dtype()}
    return {
        "input": spec(shape),
        "gamma": spec([width]),
        "beta": spec([1, 1, 1, width]),
        "residual": spec(shape),
        "options": {
            "dtype": dtype(),
            "return_sum": True,
            "sum_dtype": dtype(),
            "return_statistics": numbers.random() < 0.5,
        },
        "device": {"grid": (8, 8), "dram_banks": [(0, 0)] * 12, "l1_banks": 64, "l1_bytes": 1_400_000},
    }


def spoil(keywords: dict, numbers: random.Random) -> None:
    """Make one thing wrong."""
    tensor = keywords[numbers.choice(["input", "gamma", "beta", "residual"])]
    width = keywords["input"]["shape"][-1] if keywords["input"]["shape"] else 1
    device, options = keywords["device"], keywords["options"]
    wrong = [
        lambda: tensor.update(storage=_core.Storage.HOST),
        lambda: tensor.update(storage=_core.Storage.DEALLOCATED),
        lambda: tensor.update(padded_shape=[width - 1]),
        lambda: tensor.update(padded_shape=[-1, width + 3]),
        lambda: keywords["input"].update(shape=[2, 3, width], padded_shape=[2, 4, width]),
        lambda: keywords["gamma"].update(layout=_core.Layout.TILE, tile=_core.Tile(is_transposed=True)),
        lambda: keywords["beta"].update(layout=_core.Layout.TILE, tile=_core.Tile(height=numbers.randrange(33, 99))),
        lambda: keywords.update(output_tensor={**keywords["residual"], "storage": _core.Storage.HOST}),
        lambda: keywords.update(output_tensor={**keywords["residual"], "shape": [7, 7, width]}),
        lambda: tensor.update(dtype=_core.DataType.OTHER),
        lambda: tensor.update(memory_layout=_core.MemoryLayout.SHARDED),
        lambda: tensor.update(shape=[]),
        lambda: tensor.update(shape=[-1, width]),
        lambda: tensor.update(shape=[2, 3, 5, 7, width + 1]),
        lambda: tensor.update(shape=[2] * numbers.randrange(9, 30)),
        lambda: keywords["input"].update(layout=_core.Layout.TILE),
        lambda: keywords["residual"].update(layout=_core.Layout.TILE),
        lambda: keywords["input"].update(shape=[4, 0]),
        lambda: keywords["input"].update(shape=[2**40, width]),
        lambda: keywords.update(residual=None),
        lambda: (keywords.update(gamma=None), options.update(zero_centered_gamma=True)),
        lambda: options.update(dtype=_core.DataType.OTHER),
        lambda: options.update(sum_dtype=_core.DataType.OTHER),
        lambda: options.update(return_sum=False),
        lambda: options.update(memory_config=_core.MemoryConfig(_core.BufferType.L1, _core.MemoryLayout.SHARDED)),
        lambda: options.update(epsilon=numbers.choice([0.0, -1e-5, float("nan"), float("inf"), 1e-60, 1e60])),
        lambda: device.update(grid=numbers.choice([(0, 8), (8, -1), (65, 1)])),
        lambda: device.update(dram_banks=[]),
        lambda: device.update(l1_bytes=numbers.choice([0, -5, 1000, 2**40])),
        lambda: device.update(dram_alignment_bytes=numbers.choice([0, 8, 48, 128])),
    ]
    numbers.choice(wrong)()


def make_problem(keywords: dict) -> _core.Problem:
    given = dict(keywords)
    for name in ("input", "gamma", "beta", "residual", "output_tensor"):
        given[name] = None if given.get(name) is None else _core.TensorSpec(**given[name])
    made = {"options": _core.Options(**given["options"]), "device": _core.Device(**given["device"])}
    return _core.Problem(**{**given, **made})


def test_malformed_problems_are_refused_by_the_planner():
    numbers, texts = random.Random(2), set()
    for _ in range(CALLS):
        keywords = good_problem(numbers)
        assert _core.plan(make_problem(keywords)).width > 0
        spoil(keywords, numbers)
        texts.add(expect_refusal(lambda: _core.plan(make_problem(keywords)), keywords))
    assert len(texts) > 100
