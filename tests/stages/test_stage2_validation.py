"""Stage 2: the report's 18 conditions. Each but H % 32, which is lifted, is refused before anything reaches the device."""

from __future__ import annotations


import numpy as np
import pytest
import ttnn


import layernorm_fused_rm
from rows import assert_rounded_well, normal_case, run, to_device

WIDTH = 64


@pytest.fixture
def nothing_is_sent(monkeypatch):
    """Fails the test if an output is allocated or a program is started."""
    for name in ("generic_op", "allocate_tensor_on_device"):
        monkeypatch.setattr(ttnn, name, lambda *_, **__: pytest.fail("something was sent to the device"))


def host(shape, layout=ttnn.ROW_MAJOR_LAYOUT, dtype=ttnn.bfloat16):
    return ttnn.Tensor(np.ones(shape, np.float32), dtype, layout=layout)


def sharded(shape, device):
    """A height-sharded L1 tensor on one core."""
    config = ttnn.create_sharded_memory_config(
        shape=shape, core_grid=ttnn.CoreGrid(x=1, y=1), strategy=ttnn.ShardStrategy.HEIGHT
    )
    return ttnn.to_device(host(shape), device, memory_config=config)


def tensors(device, **replaced):
    """input [32, 64], gamma [64], beta [64], with some replaced."""
    arguments = {"input": np.ones((32, WIDTH)), "gamma": np.ones(WIDTH), "beta": np.ones(WIDTH)}
    return {name: replaced.get(name, None) or to_device(values, device) for name, values in arguments.items()}


def refusal(device, **replaced) -> str:
    epsilon = {"epsilon": replaced.pop("epsilon")} if "epsilon" in replaced else {}
    with pytest.raises(ValueError) as error:
        layernorm_fused_rm.layernorm_fused_rm(**tensors(device, **replaced), **epsilon)
    text = str(error.value)
    assert text.startswith("layernorm_fused_rm: "), text
    return text


NAMES = ["input", "gamma", "beta"]
SHAPES = {"input": (32, WIDTH), "gamma": (1, WIDTH), "beta": (1, WIDTH)}


@pytest.mark.parametrize("name", NAMES)
def test_must_be_allocated_on_device(device, nothing_is_sent, name):
    text = refusal(device, **{name: host(SHAPES[name])})
    assert f"{name} must be allocated on device" in text and "ttnn.to_device" in text


@pytest.mark.parametrize("name", NAMES)
def test_must_be_in_row_major_layout(device, nothing_is_sent, name):
    tiled = to_device(np.ones((32, WIDTH)), device, layout=ttnn.TILE_LAYOUT)
    text = refusal(device, **{name: tiled})
    assert f"{name} must be in ROW_MAJOR layout" in text and "TILE" in text and "ttnn.to_layout" in text


@pytest.mark.parametrize("name", NAMES)
def test_must_be_interleaved(device, nothing_is_sent, name):
    text = refusal(device, **{name: sharded(SHAPES[name] if name == "input" else (1, WIDTH), device)})
    assert f"{name} must be in INTERLEAVED memory" in text and "ttnn.to_memory_config" in text


@pytest.mark.parametrize("name", NAMES)
def test_must_be_bfloat16(device, nothing_is_sent, name):
    single = to_device(np.ones(SHAPES[name]), device, dtype=ttnn.float32)
    text = refusal(device, **{name: single})
    assert f"{name} must be BFLOAT16" in text and "FLOAT32" in text


@pytest.mark.parametrize("name", ["gamma", "beta"])
def test_last_dimension_must_be_the_width(device, nothing_is_sent, name):
    text = refusal(device, **{name: to_device(np.ones(WIDTH * 2), device)})
    assert "last dimension" in text and f"{name} has 128" in text and f"[{WIDTH}]" in text


def test_input_needs_rank_two(device, nothing_is_sent):
    assert "rank" in refusal(device, input=to_device(np.ones(WIDTH), device))


@pytest.mark.parametrize("width", [33, 48, 100])
def test_width_must_be_a_multiple_of_32(device, nothing_is_sent, width):
    vector = np.ones(width)
    text = refusal(
        device,
        input=to_device(np.ones((4, width)), device),
        gamma=to_device(vector, device),
        beta=to_device(vector, device),
    )
    assert "Width must be multiple of 32" in text and str(width) in text


@pytest.mark.parametrize("epsilon", [0.0, -1e-5, float("nan"), float("inf")])
def test_epsilon_must_be_positive(device, nothing_is_sent, epsilon):
    assert "epsilon" in refusal(device, epsilon=epsilon)


@pytest.mark.parametrize("rows", [1, 31, 33])
def test_height_need_not_be_a_multiple_of_32(device, rows):
    """The report's 18th condition, lifted."""
    case = normal_case((rows, WIDTH))
    assert_rounded_well(case, run(case, device))


@pytest.mark.parametrize("name", NAMES)
def test_another_type_is_a_type_error(device, nothing_is_sent, name):
    arguments = tensors(device) | {name: np.ones(SHAPES[name])}
    with pytest.raises(TypeError, match=f"{name} must be a ttnn.Tensor, but is ndarray"):
        layernorm_fused_rm.layernorm_fused_rm(**arguments)


def test_output_cannot_be_sharded(device, nothing_is_sent):
    config = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1)
    with pytest.raises(ValueError, match="memory_config must be in INTERLEAVED memory"):
        layernorm_fused_rm.layernorm_fused_rm(**tensors(device), memory_config=config)
