"""A call like an earlier one is found again; one that differs in anything that counts is not. No device is needed."""

from __future__ import annotations

import numpy as np
import pytest

ttnn = pytest.importorskip("ttnn")

from layernorm_fused_rm import calls  # noqa: E402

OPTIONS = (1e-5, True, None)


def host_tensor(*shape: int, dtype=ttnn.bfloat16):
    return ttnn.Tensor(np.zeros(shape, np.float32), dtype, layout=ttnn.ROW_MAJOR_LAYOUT)


def call_for(*tensors, device=None) -> calls.Call:
    """A call of these tensors, which lie on the host: their device is None."""
    specs = tuple(None if tensor is None else tensor.spec for tensor in tensors)
    return calls.Call(device=device, specs=specs, program=None, memory_config=None, outputs=(None,) * 4)


@pytest.fixture
def kept():
    """The kept call of a 4 x 64 input with gamma."""
    calls.forget()
    tensors = (host_tensor(4, 64), host_tensor(64), None)
    call = call_for(*tensors)
    calls.keep(call, tensors, OPTIONS)
    yield call
    calls.forget()


def test_other_tensors_of_the_same_specs_find_the_call(kept):
    assert calls.find((host_tensor(4, 64), host_tensor(64), None), OPTIONS) is kept


@pytest.mark.parametrize(
    "tensors",
    [
        (host_tensor(8, 32), host_tensor(64), None),
        (host_tensor(4, 64, dtype=ttnn.float32), host_tensor(64), None),
        (host_tensor(4, 64), host_tensor(1, 64), None),
        (host_tensor(4, 64), None, None),
        (host_tensor(4, 64), host_tensor(64), host_tensor(64)),
        (host_tensor(4, 64), np.zeros(64), None),
        (np.zeros((4, 64)), host_tensor(64), None),
        (None, host_tensor(64), None),
    ],
    ids=["shape", "dtype", "gamma's shape", "no gamma", "one more", "gamma no tensor", "input no tensor", "no input"],
)
def test_other_tensors_find_nothing(kept, tensors):
    assert calls.find(tensors, OPTIONS) is None


@pytest.mark.parametrize(
    "options", [(1e-6, True, None), (1e-5, 1, None), (1e-5, False, None), (1e-5, True, [64])], ids=str
)
def test_other_options_find_nothing_be_they_equal_or_without_a_hash(kept, options):
    assert calls.find((host_tensor(4, 64), host_tensor(64), None), options) is None


def test_a_tensor_on_another_device_or_on_none_does_not_fit():
    tensors = (host_tensor(4, 64), None)
    assert call_for(*tensors).fits(tensors)
    assert not call_for(*tensors, device=object()).fits(tensors)


def test_the_latest_calls_are_kept():
    calls.forget()
    shapes = [(1, *[1] * i, 64) for i in range(6)] + [(2**i, 64 // 2**i) for i in range(1, 7)]
    shapes += [(1, 2**i, 64 // 2**i) for i in range(1, 7)]
    for shape in shapes:
        tensors = (host_tensor(*shape),)
        calls.keep(call_for(*tensors), tensors, OPTIONS)
    found = [calls.find((host_tensor(*shape),), OPTIONS) is not None for shape in shapes]
    assert found == [False] * (len(shapes) - 16) + [True] * 16
    calls.forget()
