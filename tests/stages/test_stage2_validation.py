# SPDX-License-Identifier: Apache-2.0
"""Stage 2: the report's 18 conditions, each refused before anything reaches the device, but for those that are lifted.

Lifted: H % 32, W % 32, rank >= 2, and gamma and beta in ROW_MAJOR layout; bfloat16 only became bfloat16 or float32.
"""

from __future__ import annotations

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from calls import Call, Tally, draw, try_call
from layernorm_fused_rm import device as device_description
from layernorm_fused_rm.arrays import to_device, to_numpy
from rows import assert_rounded_well, normal_case, run

WIDTH = 64


@pytest.fixture
def nothing_is_sent(monkeypatch):
    """Fails the test if an output is allocated or a program is started."""
    for name in ("generic_op", "allocate_tensor_on_device"):
        monkeypatch.setattr(ttnn, name, lambda *_, **__: pytest.fail("something was sent to the device"))


def test_a_wrong_call_with_rows_in_l1_asks_the_device_for_nothing(device, nothing_is_sent, monkeypatch):
    monkeypatch.setattr(device_description, "_described", {})
    x = to_device(np.ones((32, WIDTH)), device, memory="l1")
    wrong = to_device(np.ones(WIDTH + 1), device)
    assert "gamma" in refusal(device, input=x, gamma=wrong)
    with pytest.raises(ValueError, match="gamma"):
        layernorm_fused_rm.make_problem(x, wrong)


def sharded(shape, device):
    """A height-sharded L1 tensor on one core."""
    config = ttnn.create_sharded_memory_config(
        shape=shape, core_grid=ttnn.CoreGrid(x=1, y=1), strategy=ttnn.ShardStrategy.HEIGHT
    )
    return to_device(np.ones(shape), device, memory=config)


def tensors(device, **replaced):
    """input [32, 64], gamma [64], beta [64], with some replaced."""
    arguments = {"input": np.ones((32, WIDTH)), "gamma": np.ones(WIDTH), "beta": np.ones(WIDTH)}
    return {name: replaced.get(name) or to_device(values, device) for name, values in arguments.items()}


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
    text = refusal(device, **{name: ttnn.Tensor(np.ones(SHAPES[name], np.float32), ttnn.bfloat16)})
    assert f"{name} must be allocated on device" in text and "ttnn.to_device" in text


@pytest.mark.parametrize("name", [*NAMES, "residual", "output_tensor"])
@pytest.mark.parametrize("operation", ["layernorm_fused_rm", "rms_norm_fused_rm"])
def test_a_deallocated_tensor_is_refused_as_one(device, nothing_is_sent, name, operation):
    """ttnn.to_device, which a tensor on the host needs, would give one as deallocated."""
    gone = to_device(np.ones(SHAPES.get(name, SHAPES["input"])), device)
    ttnn.deallocate(gone)
    arguments = tensors(device) | {name: gone}
    with pytest.raises(ValueError) as error:
        getattr(layernorm_fused_rm, operation)(**arguments)
    assert str(error.value) == (
        f"{operation}: {name} must be allocated on device, but has been deallocated; "
        "pass a tensor that still has its memory"
    )


def test_must_be_in_row_major_layout_or_in_tiles_of_32_by_32(device, nothing_is_sent):
    host = ttnn.Tensor(
        np.ones((32, WIDTH), np.float32), ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, tile=ttnn.Tile((16, 32))
    )
    text = refusal(device, input=ttnn.to_device(host, device))
    assert (
        "input is in TILE layout of tiles of 16 x 32" in text and "must be 32 x 32" in text and "ttnn.to_layout" in text
    )


@pytest.mark.parametrize("name", ["gamma", "beta"])
def test_vectors_need_not_be_in_row_major_layout(device, name):
    case = normal_case((4, WIDTH))
    vectors = {"gamma": case.gamma, "beta": case.beta}
    given = {
        key: to_device(
            values.reshape(1, 1, 1, WIDTH), device, layout=ttnn.TILE_LAYOUT if key == name else ttnn.ROW_MAJOR_LAYOUT
        )
        for key, values in vectors.items()
    }
    assert_rounded_well(case, to_numpy(layernorm_fused_rm.layernorm_fused_rm(to_device(case.x, device), **given)))


@pytest.mark.parametrize("name", ["gamma", "beta"])
def test_must_be_interleaved(device, nothing_is_sent, name):
    text = refusal(device, **{name: sharded((1, WIDTH), device)})
    assert f"{name} must be in INTERLEAVED memory" in text and "ttnn.to_memory_config" in text


@pytest.mark.parametrize("name", NAMES)
def test_must_be_bfloat16_or_float32(device, nothing_is_sent, name):
    integers = ttnn.to_device(ttnn.Tensor(np.ones(SHAPES[name], np.int32), ttnn.int32), device)
    text = refusal(device, **{name: integers})
    assert f"{name} must be BFLOAT16 or FLOAT32, but is INT32" in text and "ttnn.typecast" in text


@pytest.mark.parametrize("name", NAMES)
def test_float32_is_taken(device, name):
    """The report's "BFLOAT16 only", lifted."""
    call = {"input": Call(x="fp32"), "gamma": Call(gamma="vector fp32"), "beta": Call(beta="vector fp32")}[name]
    tally = Tally()
    try_call(call, draw(call, (3,)), device, tally)
    tally.check()


@pytest.mark.parametrize("name", ["gamma", "beta"])
def test_last_dimension_must_be_the_width(device, nothing_is_sent, name):
    text = refusal(device, **{name: to_device(np.ones(WIDTH * 2), device)})
    assert "last dimension" in text and f"{name} has 128" in text and f"[{WIDTH}]" in text


@pytest.mark.parametrize("rank", [1, 5, 8])
def test_input_may_have_any_rank_up_to_eight(device, rank):
    """The report's rank >= 2, lifted."""
    case = normal_case((*[1, 2, 1, 1, 2, 1, 1][: rank - 1], WIDTH))
    assert_rounded_well(case, run(case, device))


@pytest.mark.parametrize("shape", [(), (1, 1, 1, 1, 1, 1, 1, 2, WIDTH)])
def test_input_of_another_rank_is_refused(device, nothing_is_sent, shape):
    try:
        given = to_device(np.ones(shape), device)
    except (RuntimeError, ValueError) as error:
        pytest.skip(f"ttnn makes no such tensor: {str(error).splitlines()[0]}")
    if len(given.shape) != len(shape):
        pytest.skip("ttnn gives such a tensor another rank")
    assert "rank" in refusal(device, input=given)


@pytest.mark.parametrize("width", [1, 33, 48, 100])
def test_width_need_not_be_a_multiple_of_32(device, width):
    """The report's W % 32, lifted."""
    call = Call(width=width)
    tally = Tally()
    try_call(call, draw(call, (4,)), device, tally)
    tally.check()


@pytest.mark.parametrize("epsilon", [0.0, -1e-5, float("nan"), float("inf")])
def test_epsilon_must_be_positive(device, nothing_is_sent, epsilon):
    assert "epsilon" in refusal(device, epsilon=epsilon)


@pytest.mark.parametrize("rows", [1, 31, 33])
def test_height_need_not_be_a_multiple_of_32(device, rows):
    """The report's 18th condition, lifted."""
    case = normal_case((rows, WIDTH))
    assert_rounded_well(case, run(case, device))


def test_another_activation_is_refused(device, nothing_is_sent):
    text = 'activation must be None or one of "relu", "silu", "gelu", "gelu_approx", but is \'tanh\'; apply another'
    with pytest.raises(ValueError, match=text):
        layernorm_fused_rm.layernorm_fused_rm(**tensors(device), activation="tanh")


@pytest.mark.parametrize("name", NAMES)
def test_another_type_is_a_type_error(device, nothing_is_sent, name):
    arguments = tensors(device) | {name: np.ones(SHAPES[name])}
    with pytest.raises(TypeError, match=f"{name} must be a ttnn.Tensor, but is ndarray"):
        layernorm_fused_rm.layernorm_fused_rm(**arguments)


def test_sharded_output_needs_a_shard_spec(device, nothing_is_sent):
    config = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1)
    with pytest.raises(ValueError, match="memory_config must be INTERLEAVED .* without a shard_spec"):
        layernorm_fused_rm.layernorm_fused_rm(**tensors(device), memory_config=config)
