# SPDX-License-Identifier: Apache-2.0
"""Layers with weights on the device give what the operations give."""

from __future__ import annotations

import types

import numpy as np
import pytest
import ttnn

from calls import Call, Tally, draw, judge
from layernorm_fused_rm import modules
from layernorm_fused_rm.arrays import to_device, to_numpy

CALL = Call(width=96, x="fp32", gamma="vector fp32", beta="vector fp32")


def judged(call: Call, data, y) -> list[str]:
    return judge(call, data, {"y": to_numpy(y)}, Tally())


def test_layer_norm_keeps_weights_epsilon_and_options(device):
    data = draw(CALL, (3,))
    norm = modules.LayerNorm(data.gamma, data.beta, device=device, dtype=ttnn.float32)
    assert judged(CALL, data, norm(to_device(data.x, device, dtype=ttnn.float32))) == []
    y = modules.LayerNorm(data.gamma, data.beta, device=device, memory_config=ttnn.L1_MEMORY_CONFIG)(
        to_device(data.x, device)
    )
    assert y.memory_config().buffer_type == ttnn.BufferType.L1 and y.dtype == ttnn.bfloat16


def test_rms_norm_takes_options_of_a_call(device):
    call = Call(norm="rms", width=96, x="fp32", gamma="vector fp32", beta=None, epsilon=1e-6)
    data = draw(call, (3,))
    norm = modules.RMSNorm(data.gamma, device=device, dtype=ttnn.float32)
    y, rstd = norm(to_device(data.x, device, dtype=ttnn.float32), return_statistics=True)
    assert judged(call, data, y) == [] and list(rstd.shape) == [3, 1]


class FakeParameter:
    """What is used of torch's."""

    def __init__(self, values):
        self.values = values

    def detach(self):
        return self

    cpu = float = detach

    def numpy(self):
        return self.values


def test_from_torch_takes_weights_epsilon_and_shape(device):
    data = draw(CALL, (3,))
    module = types.SimpleNamespace(
        weight=FakeParameter(data.gamma), bias=FakeParameter(data.beta), eps=1e-5, normalized_shape=(96,)
    )
    norm = modules.LayerNorm.from_torch(module, device, dtype=ttnn.float32)
    assert judged(CALL, data, norm(to_device(data.x, device, dtype=ttnn.float32))) == []
    module.eps = None
    assert modules.RMSNorm.from_torch(module, device).epsilon == 2.0**-23
    module.normalized_shape = (4, 24)
    assert modules.LayerNorm.from_torch(module, device, epsilon=1e-5).normalized_shape == [4, 24]


def test_a_weight_that_is_no_array_is_refused(device):
    with pytest.raises(TypeError, match="weight must be a numpy array, but is list; pass numpy.asarray"):
        modules.LayerNorm([1.0], device=device)


PREFIX = "encoder.layer.0.LayerNorm"


def state_of(data, weight="weight", bias="bias", prefix=PREFIX, convert=lambda values: values) -> dict:
    """A checkpoint with one norm, and a linear layer beside it."""
    names = {weight: data.gamma, bias: data.beta}
    norm = {f"{prefix}.{name}".lstrip("."): convert(values) for name, values in names.items() if name is not None}
    return {**norm, "encoder.layer.0.dense.weight": np.ones((96, 96)), "encoder.layer.0.dense.other": np.ones(96)}


@pytest.mark.parametrize(
    ("names", "prefix", "convert"),
    [
        (("weight", "bias"), PREFIX, lambda values: values),
        (("gamma", "beta"), PREFIX, FakeParameter),
        (("weight", "bias"), "", lambda values: values),
    ],
    ids=["weight and bias", "gamma and beta of torch", "no prefix"],
)
def test_a_layer_is_read_from_a_checkpoint(device, names, prefix, convert):
    data = draw(CALL, (3,))
    state = state_of(data, *names, prefix=prefix, convert=convert)
    norm = modules.LayerNorm.from_state_dict(state, prefix, device=device, dtype=ttnn.float32)
    assert judged(CALL, data, norm(to_device(data.x, device, dtype=ttnn.float32))) == []


def test_a_safetensors_file_is_a_checkpoint(device, tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    call = Call(norm="rms", width=96, x="fp32", gamma="vector bf16", beta=None, epsilon=1e-3)
    data = draw(call, (3,))
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    safetensors.save_file({"norm.weight": data.gamma.astype(bfloat16)}, tmp_path / "model.safetensors")
    state = safetensors.load_file(tmp_path / "model.safetensors")
    norm = modules.RMSNorm.from_state_dict(state, "norm", device=device, epsilon=1e-3)
    assert judged(call, data, norm(to_device(data.x, device, dtype=ttnn.float32))) == []


def test_a_checkpoint_without_a_bias_makes_a_layer_without_one(device):
    state = state_of(draw(CALL, (3,)), bias=None)
    assert modules.LayerNorm.from_state_dict(state, PREFIX, device=device).bias is None


def test_the_normalised_shape_is_that_of_the_weight(device):
    state = {"norm.weight": np.ones((4, 24))}
    assert modules.LayerNorm.from_state_dict(state, "norm", device=device).normalized_shape == [4, 24]


def test_what_a_checkpoint_has_not_is_named_with_what_is_near(device):
    state = {**state_of(draw(CALL, (3,))), "pooler.weight": np.ones(96)}
    read = lambda prefix, state=state: modules.LayerNorm.from_state_dict(state, prefix, device=device)
    with pytest.raises(
        KeyError, match="the state has no encoder.layer.0.LayerNrm.weight or .*LayerNrm.gamma; "
    ) as error:
        read("encoder.layer.0.LayerNrm")
    assert "prefixes near it: 'encoder.layer.0.LayerNorm'" in str(error.value) and "pooler" not in str(error.value)
    with pytest.raises(KeyError, match="near it: 'encoder.layer.0.LayerNorm', 'encoder.layer.0.dense'"):
        read("encoder.layer.0")
    with pytest.raises(KeyError, match="near it: 'encoder.layer.0.LayerNorm', 'encoder.layer.0.dense', 'pooler'"):
        read("something else")
    with pytest.raises(KeyError, match="'norm.0', 'norm.1', 'norm.2', 'norm.3', 'norm.4' and 2 more"):
        read("norm", {f"norm.{i}.weight": np.ones(96) for i in range(7)})
    with pytest.raises(KeyError, match="none of its 1 names ends in weight or gamma"):
        read("norm", {"norm.bias": np.ones(96)})


def test_a_checkpoint_that_is_wrong_is_refused(device):
    ones = np.ones(96)
    read = lambda layer, state: layer.from_state_dict(state, "norm", device=device)
    with pytest.raises(ValueError, match="^layernorm_fused_rm: the state has both norm.weight and norm.gamma"):
        read(modules.LayerNorm, {"norm.weight": ones, "norm.gamma": ones})
    with pytest.raises(ValueError, match=r"norm.weight has shape \[96\], but norm.bias has \[4\]; pass"):
        read(modules.LayerNorm, {"norm.weight": ones, "norm.bias": np.ones(4)})
    with pytest.raises(ValueError, match="^rms_norm_fused_rm: there is a bias below 'norm'"):
        read(modules.RMSNorm, {"norm.weight": ones, "norm.bias": ones})
    with pytest.raises(TypeError, match="norm.weight must be an array, but is list"):
        read(modules.LayerNorm, {"norm.weight": [1.0]})
    with pytest.raises(TypeError, match="^layernorm_fused_rm: state must be a mapping of names to arrays, but is str"):
        read(modules.LayerNorm, "model.safetensors")
