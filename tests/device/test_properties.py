# SPDX-License-Identifier: Apache-2.0
"""What LayerNorm and RMSNorm keep or follow, whatever the numbers: shifts, scales, the order of rows, gamma and beta."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calls import Call, Tally, draw, judge, run
from layernorm_fused_rm import reference
from layernorm_fused_rm.draws import Rows

BF16 = Call(width=96)
FP32 = Call(width=96, x="fp32", gamma="vector fp32", beta="vector fp32")
RMS = replace(FP32, norm="rms")


def outputs(call: Call, device, data: Rows, **changed) -> np.ndarray:
    return run(call, replace(data, **changed), device)["y"]


@pytest.mark.parametrize("call", [BF16, FP32], ids=["bf16", "fp32"])
def test_a_shift_of_integer_rows_changes_no_bit(device, call):
    """Integers below 128 plus 128 are exact in both dtypes, and so are their sums and differences in fp32."""
    data = draw(call, (4,))
    x = np.random.default_rng(1).integers(0, 64, data.x.shape).astype(np.float32)
    np.testing.assert_array_equal(outputs(call, device, data, x=x), outputs(call, device, data, x=x + 64))


@pytest.mark.parametrize("call", [BF16, FP32, RMS], ids=["bf16", "fp32", "rms"])
def test_a_scale_by_a_power_of_two_changes_no_bit_while_epsilon_is_negligible(device, call):
    """Every intermediate is scaled exactly; 1e-30 is below half an ULP of either variance, so it is absorbed."""
    call = replace(call, epsilon=1e-30)
    data = draw(call, (4,))
    expected = outputs(call, device, data)
    np.testing.assert_array_equal(outputs(call, device, data, x=data.x * 4), expected)
    np.testing.assert_array_equal(outputs(call, device, data, x=data.x / 16), expected)


@pytest.mark.parametrize("call", [BF16, FP32, RMS], ids=["bf16", "fp32", "rms"])
def test_rows_in_another_order_give_the_same_rows_in_that_order(device, call):
    data = draw(call, (5,))
    order = np.random.default_rng(0).permutation(5)
    np.testing.assert_array_equal(outputs(call, device, data)[order], outputs(call, device, data, x=data.x[order]))


def test_a_row_does_not_depend_on_its_neighbours(device):
    data = draw(FP32, (5,))
    others = data.x.copy()
    others[[0, 1, 3, 4]] *= -1e6
    np.testing.assert_array_equal(outputs(FP32, device, data)[2], outputs(FP32, device, data, x=others)[2])


@pytest.mark.parametrize("call", [FP32, RMS], ids=["layer", "rms"])
def test_the_result_is_linear_in_gamma_and_beta(device, call):
    """y(g1 + g2, b1 + b2) = y(g1, b1) + y(g2, b2), up to the error of three fp32 results, each 2^-20 of its largest."""
    data, other = draw(call, (4,), seed=1), draw(call, (4,), seed=2)
    first = outputs(call, device, data)
    second = outputs(call, device, data, gamma=other.gamma, beta=other.beta)
    both = outputs(call, device, data, gamma=data.gamma + other.gamma, beta=data.beta + other.beta)
    bound = 2.0**-20 * sum(np.abs(y).max() for y in (first, second, both))
    assert np.abs(both - (first.astype(np.float64) + second)).max() <= bound


def test_doubling_gamma_and_beta_doubles_every_bit(device):
    data = draw(FP32, (4,))
    doubled = outputs(FP32, device, data, gamma=2 * data.gamma, beta=2 * data.beta)
    np.testing.assert_array_equal(doubled, 2 * outputs(FP32, device, data))


def test_gamma_of_zeros_gives_beta(device):
    data = draw(FP32, (4,))
    y = outputs(FP32, device, data, gamma=np.zeros_like(data.gamma))
    np.testing.assert_array_equal(y, np.broadcast_to(data.beta, y.shape))


def test_a_zero_centered_gamma_is_one_more(device):
    """gamma = k / 256 has exact sums with 1."""
    gamma = (np.random.default_rng(0).integers(-128, 128, 96) / 256).astype(np.float32)
    data = replace(draw(FP32, (4,)), gamma=gamma)
    centred = run(replace(FP32, zero_centered=True), data, device)["y"]
    np.testing.assert_array_equal(centred, outputs(FP32, device, data, gamma=gamma + 1))


def test_rms_of_negated_rows_is_negated(device):
    call = replace(RMS, beta=None)
    data = replace(draw(call, (4,)), beta=None)
    np.testing.assert_array_equal(outputs(call, device, data, x=-data.x), -outputs(call, device, data))


def test_the_judge_notices_a_result_that_is_a_little_wrong():
    """One element off by 2^-19 of its row's largest in fp32, by an ULP in bfloat16; sum, rstd and mean (of x's) likewise."""
    call = Call(width=64, x="fp32", output="fp32", residual="fp32", sum="fp32", statistics=True)
    data = draw(call, (3,))
    y, mean, rstd = reference.layer_norm(data.joined, data.gamma, data.beta, return_statistics=True)
    right = {"y": y, "sum": data.joined, "mean": mean, "rstd": rstd}
    right = {name: np.asarray(values, np.float32) for name, values in right.items()}
    assert judge(call, data, right, Tally()) == []
    for name, values in right.items():
        wrong = values.copy()
        wrong[1, -1] += 2.0**-19 * np.abs((data.joined if name == "mean" else values)[1]).max()
        (fault,) = judge(call, data, {**right, name: wrong}, Tally())
        assert fault.startswith(f"{name}: 1 of {values.size} wrong, at (1, "), fault
    bf16 = replace(call, output="bf16")
    rounded = reference.round_to_bfloat16(y)
    tally = Tally()
    assert judge(bf16, data, {"y": rounded}, tally) == [] and tally.rounded == tally.elements > 0
    wrong = rounded.copy()
    wrong[2, 5:6] = reference.round_to_bfloat16(wrong[2, 5:6] * (1 + 2.0**-7))
    assert judge(bf16, data, {"y": wrong}, Tally())
