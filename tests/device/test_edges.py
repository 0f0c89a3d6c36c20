# SPDX-License-Identifier: Apache-2.0
"""The ends of what is allowed: numbers that are hardly or not numbers, widths, empty tensors, and who owns which bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from calls import Call, Tally, draw, judge, run, try_call
from layernorm_fused_rm import _core, op, reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from levels import extended

FP32 = Call(width=96, x="fp32", gamma="vector fp32", beta="vector fp32")
BF16 = Call(width=96)
PLAIN = Call(width=96, x="fp32", gamma=None, beta=None)


@pytest.mark.parametrize("width", [96, *extended(1056)])
@pytest.mark.parametrize("call, means", [(BF16, (1e4,)), (FP32, (1e4, 1e6, -1e6))], ids=["bf16", "fp32"])
def test_a_large_offset_costs_no_accuracy(device, call, means, width):
    tally = Tally()
    for mean in means:
        wide = replace(call, width=width)
        try_call(wide, draw(wide, (4,), mean, 64.0, seed=width), device, tally)
    tally.check()


def test_a_residual_with_a_large_offset_costs_no_accuracy(device):
    call = replace(FP32, residual="fp32", sum="fp32", statistics=True)
    data = draw(call, (4,), 0.0, 1.0)
    tally = Tally()
    try_call(call, replace(data, residual=(data.residual + 1e5).astype(np.float32)), device, tally)
    tally.check()


@pytest.mark.parametrize("call", [BF16, FP32, replace(FP32, norm="rms")], ids=["bf16", "fp32", "rms"])
def test_what_is_not_finite_makes_its_row_so_and_no_other(device, call):
    data = draw(call, (5,))
    x = data.x.copy()
    x[0, 3], x[2, 0], x[4, -1] = np.nan, np.inf, -np.inf
    y = run(call, replace(data, x=x), device)["y"]
    assert not np.isfinite(y[[0, 2, 4]]).any()
    np.testing.assert_array_equal(y[[1, 3]], run(call, data, device)["y"][[1, 3]])


@pytest.mark.parametrize("call", [BF16, FP32], ids=["bf16", "fp32"])
def test_zeros_of_either_sign_and_subnormal_rows_give_beta(device, call):
    """Subnormal numbers count as zero, which is nearer than sqrt(epsilon) can tell."""
    data = draw(call, (4,))
    x = np.zeros_like(data.x)
    x[1], x[2, ::2], x[3] = -0.0, -0.0, reference.round_to_bfloat16(np.full(96, 1e-39))
    y = run(call, replace(data, x=x), device)["y"]
    np.testing.assert_array_equal(y, np.broadcast_to(data.beta, y.shape))


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_rows_of_any_magnitude_whose_squares_are_numbers(device, norm):
    call = replace(PLAIN, norm=norm)
    data = draw(call, (4,), 0.5, 2.0)
    tally = Tally()
    for scale in (1e-30, 1e-12, 1e12, 1e17):
        try_call(call, replace(data, x=(data.x * np.float32(scale)).astype(np.float32)), device, tally)
    tally.check()


@pytest.mark.parametrize("x", ["bf16", "fp32"])
def test_layer_norm_of_one_element_is_beta(device, x):
    call = Call(width=1, x=x)
    data = draw(call, (9,), 3.0, 50.0)
    y = run(call, data, device)["y"]
    np.testing.assert_array_equal(y, np.full((9, 1), data.beta[0]))


@pytest.mark.parametrize("width", [3, 17, 63, *extended(2, 5, 7, 15, 31, 65, 1023)])
def test_odd_widths_read_no_padding(device, width):
    """Between rows in L1 and in device memory lies poison, which is NaN."""
    tally = Tally()
    for call in (
        Call(width=width),
        Call(width=width, x="fp32", gamma=None, beta="tile bf16", residual="bf16", sum="new"),
    ):
        try_call(call, draw(call, (3,), 2.0, 1.0, seed=width), device, tally)
    tally.check()


@pytest.mark.extended
@pytest.mark.timeout(300)
@pytest.mark.parametrize("call", [Call(width=65536), replace(PLAIN, width=65536)], ids=["bf16", "fp32"])
def test_the_widest_row_asked_for(device, call):
    tally = Tally()
    try_call(call, draw(call, (1,), 1.0, 2.0), device, tally)
    tally.check()


@pytest.mark.extended
@pytest.mark.timeout(300)
def test_a_row_too_wide_for_l1_is_read_again(device):
    """Of input, residual, gamma and beta in float32 L1 would have to hold 16 bytes an element."""
    call = replace(FP32, width=100_001, residual="fp32", sum="new", statistics=True)
    data = draw(call, (1,), 1.0, 2.0)
    x, residual, gamma, beta = (
        to_device(values, device, dtype=ttnn.float32) for values in (data.x, data.residual, data.gamma, data.beta)
    )
    assert _core.plan(op.make_problem(x, gamma, beta, residual=residual, return_sum=True)).reads_again
    tally = Tally()
    try_call(call, data, device, tally)
    tally.check()


@pytest.mark.parametrize("rows", [(0,), (2, 0, 3)])
def test_a_tensor_without_rows_gives_every_output_without_rows(device, rows):
    call = replace(FP32, residual="bf16", sum="new", statistics=True)
    results = run(call, draw(call, rows), device)
    assert {name: values.shape for name, values in results.items()} == {
        "y": (*rows, 96),
        "sum": (*rows, 96),
        "mean": (*rows, 1),
        "rstd": (*rows, 1),
    }


@pytest.mark.parametrize("call", [BF16, FP32], ids=["bf16", "fp32"])
def test_in_place_gives_what_a_new_output_gives(device, call):
    data = draw(call, (5,))
    expected = run(call, data, device)["y"]
    np.testing.assert_array_equal(run(replace(call, output="in_place"), data, device)["y"], expected)


@pytest.mark.parametrize("memory", ["dram", *extended("l1")])
@pytest.mark.parametrize("width", [33, 1025])
def test_nothing_is_written_outside_the_output(device, memory, width):
    """Tensors on both sides of the output in every bank, and the inputs, keep their bits."""
    call = Call(width=width, input_memory=memory)
    data = draw(call, (13,))
    pattern = np.arange(13 * width).reshape(13, width) % 251 + 1.0
    before, output, behind = (to_device(pattern, device, memory=memory) for _ in range(3))
    x = to_device(data.x, device, memory=memory)
    gamma, beta = to_device(data.gamma, device), to_device(data.beta, device)
    addresses = sorted(tensor.buffer_address() for tensor in (before, output, behind))
    assert output.buffer_address() == addresses[1], "the output does not lie between its neighbours"
    layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, output_tensor=output)
    for tensor, values in ((before, pattern), (behind, pattern), (x, data.x), (gamma, data.gamma), (beta, data.beta)):
        np.testing.assert_array_equal(to_numpy(tensor), values)
    assert judge(call, data, {"y": to_numpy(output)}, Tally()) == []


@pytest.mark.parametrize("normalized", [(96,), (4, 24), *extended((2, 4, 12))], ids=str)
def test_normalized_shape_joins_trailing_dimensions(device, normalized):
    call = replace(FP32, width=96)
    data = draw(call, (3,))
    shape = (3, *normalized)
    y, mean, rstd = layernorm_fused_rm.layernorm_fused_rm(
        to_device(data.x.reshape(shape), device, dtype=ttnn.float32),
        to_device(data.gamma.reshape(normalized), device, dtype=ttnn.float32),
        to_device(data.beta.reshape(normalized), device, dtype=ttnn.float32),
        normalized_shape=list(normalized),
        return_statistics=True,
    )
    assert list(y.shape) == list(shape)
    assert list(mean.shape) == list(rstd.shape) == [3, *[1] * len(normalized)]
    found = {
        "y": to_numpy(y).reshape(3, 96),
        "mean": to_numpy(mean).reshape(3, 1),
        "rstd": to_numpy(rstd).reshape(3, 1),
    }
    assert judge(replace(call, statistics=True), data, found, Tally()) == []


def test_a_compute_kernel_config_changes_nothing_since_none_asks_for_more(device):
    data = draw(BF16, (3,))
    x, gamma, beta = (to_device(values, device) for values in (data.x, data.gamma, data.beta))
    expected = run(BF16, data, device)["y"]
    configs = [
        ttnn.WormholeComputeKernelConfig(math_fidelity=ttnn.MathFidelity.LoFi, fp32_dest_acc_en=True),
        ttnn.WormholeComputeKernelConfig(),
        ttnn.init_device_compute_kernel_config(device.arch()),
        ttnn.rmsnorm_default_compute_config(device.arch()),
        ttnn.layernorm_default_compute_config(device.arch()),
    ]
    for config in configs:
        y = layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, compute_kernel_config=config)
        np.testing.assert_array_equal(to_numpy(y), expected)


@pytest.mark.parametrize("normalized", [ttnn.Shape([4, 24]), (np.int64(4), np.int32(24)), np.array([4, 24])], ids=type)
def test_normalized_shape_may_be_of_any_kind_of_integers(device, normalized):
    data = draw(BF16, (3,))
    x, gamma, beta = (to_device(values, device) for values in (data.x.reshape(3, 4, 24), data.gamma, data.beta))
    y = layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, normalized_shape=normalized)
    np.testing.assert_array_equal(to_numpy(y).reshape(3, 96), run(BF16, data, device)["y"])
