"""Layers with weights on the device give what the operations give."""

from __future__ import annotations

import types

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
