# SPDX-License-Identifier: Apache-2.0
"""A call like an earlier one is found again; one that differs in anything that counts is not. No device is needed."""

from __future__ import annotations

import numpy as np
import pytest

ttnn = pytest.importorskip("ttnn")

from layernorm_fused_rm import _core  # noqa: E402

LAYER, RMS = _core.Norm.LAYER, _core.Norm.RMS
TENSORS = ("input", "residual", "gamma", "beta", "output_tensor", "stats")
MOST_CALLS = 1024


def host_tensor(*shape: int, dtype=ttnn.bfloat16):
    return ttnn.Tensor(np.zeros(shape, np.float32), dtype, layout=ttnn.ROW_MAJOR_LAYOUT)


def padded(*shape: int, to: tuple[int, ...]):
    """The same shape, stored with padding."""
    return host_tensor(*shape).pad(ttnn.Shape(to), ttnn.Shape([0] * len(to)), 0.0)


def tiled(*tile: int, transposed: bool = False):
    """64 elements in tiles of a size."""
    form = ttnn.Tile(tile, transposed)
    return ttnn.Tensor(np.zeros((1, 1, 1, 64), np.float32), ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, tile=form)


class Config:
    """What is taken for a compute kernel config."""

    def __init__(self, fp32_dest_acc_en: bool):
        self.fp32_dest_acc_en = fp32_dest_acc_en


def arguments_with(*tensors, epsilon=1e-5, return_sum=True, shape=None, config=None, norm=LAYER) -> dict:
    """Tensors in the order of the signature."""
    given = dict(zip(("input", "gamma", "beta", "residual", "output_tensor", "stats"), [*tensors, *[None] * 6]))
    return {
        **given,
        "norm": norm,
        "epsilon": epsilon,
        "return_sum": return_sum,
        "shape": shape,
        "compute_kernel_config": config,
    }


def call_for(arguments: dict, device=None) -> _core.Call:
    """A call of these tensors, which lie on the host: their device is None."""
    specs = tuple(None if arguments[name] is None else arguments[name].spec for name in TENSORS)
    return _core.Call(ttnn=ttnn, device=device, specs=specs, launch=None, outputs=(None,) * 5)


@pytest.fixture
def kept():
    """The calls with that of a 4 x 64 input with gamma, and this call."""
    calls, arguments = _core.CallCache(), arguments_with(host_tensor(4, 64), host_tensor(64))
    call = call_for(arguments)
    calls.insert(arguments, call)
    return calls, call


def test_other_tensors_of_the_same_specs_find_the_call(kept):
    calls, call = kept
    assert calls.find(arguments_with(host_tensor(4, 64), host_tensor(64))) is call


@pytest.mark.parametrize(
    "tensors",
    [
        (host_tensor(8, 32), host_tensor(64)),
        (host_tensor(4, 64, dtype=ttnn.float32), host_tensor(64)),
        (padded(4, 64, to=(4, 96)), host_tensor(64)),
        (padded(4, 64, to=(6, 64)), host_tensor(64)),
        (host_tensor(4, 64), host_tensor(1, 64)),
        (host_tensor(4, 64), None),
        (host_tensor(4, 64), host_tensor(64), host_tensor(64)),
        (host_tensor(4, 64), host_tensor(64), None, host_tensor(4, 64)),
        (host_tensor(4, 64), host_tensor(64), None, None, host_tensor(4, 64)),
        (host_tensor(4, 64), np.zeros(64)),
        (np.zeros((4, 64)), host_tensor(64)),
        (None, host_tensor(64)),
    ],
    ids=[
        *("shape", "dtype", "padded rows", "rows of padding", "gamma's shape", "no gamma", "beta too"),
        *("a residual", "an output"),
        *("gamma no tensor", "input no tensor", "no input"),
    ],
)
def test_other_tensors_find_nothing(kept, tensors):
    assert kept[0].find(arguments_with(*tensors)) is None


@pytest.mark.parametrize(
    "options",
    [
        {"epsilon": 1e-6},
        {"return_sum": 1},
        {"return_sum": False},
        {"shape": [64]},
        {"shape": np.zeros(2)},
        {"config": object()},
    ],
    ids=["epsilon", "equal_number", "equal_default", "list", "array", "object"],
)
def test_other_options_find_nothing_be_they_equal_or_without_a_hash(kept, options):
    assert kept[0].find(arguments_with(host_tensor(4, 64), host_tensor(64), **options)) is None


@pytest.mark.parametrize("tile, transposed", [((16, 32), False), ((1, 32), False), ((32, 16), False), ((32, 32), True)])
def test_a_gamma_in_other_tiles_finds_nothing(tile, transposed):
    other = tiled(*tile, transposed=transposed)
    calls, arguments = _core.CallCache(), arguments_with(host_tensor(4, 64), tiled(32, 32))
    calls.insert(arguments, call_for(arguments))
    assert calls.find(arguments_with(host_tensor(4, 64), tiled(32, 32))) is not None
    assert calls.find(arguments_with(host_tensor(4, 64), other)) is None


def test_any_compute_kernel_config_finds_the_call(kept):
    calls, call = kept
    for config in (Config(True), Config(False)):
        assert calls.find(arguments_with(host_tensor(4, 64), host_tensor(64), config=config)) is call


def test_the_other_norm_finds_nothing(kept):
    assert kept[0].find(arguments_with(host_tensor(4, 64), host_tensor(64), norm=RMS)) is None


def test_a_call_with_an_option_that_may_change_is_not_kept():
    calls, shape = _core.CallCache(), [64]
    arguments = arguments_with(host_tensor(4, 64), shape=shape)
    calls.insert(arguments, call_for(arguments))
    assert calls.find(arguments) is None


def test_a_tensor_on_another_device_or_on_none_does_not_fit():
    calls, arguments = _core.CallCache(), arguments_with(host_tensor(4, 64))
    calls.insert(arguments, call_for(arguments, device=object()))
    assert calls.find(arguments) is None


def test_no_call_is_found_once_they_are_cleared(kept):
    calls, _ = kept
    calls.clear()
    assert calls.find(arguments_with(host_tensor(4, 64), host_tensor(64))) is None


def test_the_latest_calls_are_kept():
    calls, x = _core.CallCache(), host_tensor(4, 64)
    every = [arguments_with(x, epsilon=float(i)) for i in range(MOST_CALLS + 6)]
    for arguments in every:
        calls.insert(arguments, call_for(arguments))
    found = [calls.find(arguments) is not None for arguments in every]
    assert found == [False] * 6 + [True] * MOST_CALLS
