# SPDX-License-Identifier: Apache-2.0
"""Rows that chips share: what is refused before anything is sent, and the references of both halves."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import _core, golden, op, reference

CHIPS = 5
NORMS = {
    "layernorm_fused_rm": (_core.Norm.LAYER, reference.layer_norm),
    "rms_norm_fused_rm": (_core.Norm.RMS, reference.rms_norm),
}


@pytest.fixture
def on_host():
    return ttnn.Tensor(np.zeros((4, 64), np.float32), ttnn.bfloat16)


def half(norm: str, which: str):
    operation = getattr(layernorm_fused_rm, f"{norm}_{which}_all_gather")
    assert getattr(ttnn, f"{norm}_{which}_all_gather") is not None
    return operation


@pytest.mark.parametrize("norm", NORMS)
def test_refusals_begin_with_the_halfs_name(norm, on_host):
    for which, tensors in {"pre": (on_host,), "post": (on_host, on_host)}.items():
        operation = half(norm, which)
        with pytest.raises(ValueError, match=f"^{norm}_{which}_all_gather: input must be allocated on device, but "):
            operation(*tensors)
        with pytest.raises(TypeError, match=f"^{norm}_{which}_all_gather: there is no argument foo; "):
            operation(*tensors, foo=1)
        with pytest.raises(
            TypeError, match=f"^{norm}_{which}_all_gather: residual must be a ttnn.Tensor, but is int; "
        ):
            operation(*tensors, residual=1)


def test_what_goes_with_y_is_no_argument_of_the_first_half(on_host):
    with pytest.raises(TypeError, match="there is no argument gamma; help"):
        half("layernorm_fused_rm", "pre")(on_host, gamma=on_host)
    with pytest.raises(TypeError, match="there is no argument weight; it is called gamma here; pass gamma="):
        half("layernorm_fused_rm", "post")(on_host, on_host, weight=on_host)


def test_the_second_half_has_the_options_of_the_whole_norm():
    whole = inspect.signature(layernorm_fused_rm.layernorm_fused_rm).parameters
    parts = inspect.signature(half("layernorm_fused_rm", "post")).parameters
    assert set(parts) - {"stats"} == set(whole) - {"normalized_shape"}
    assert all(parts[name].default == whole[name].default for name in set(parts) & set(whole))
    assert set(op.DEFAULTS) == set(whole) - {"unknown"}


@pytest.mark.parametrize("norm", NORMS)
def test_stats_of_parts_make_those_of_whole_rows(norm):
    kind, whole = NORMS[norm]
    numbers = np.random.default_rng(1)
    x, gamma, beta = numbers.normal(3, 2, (7, 40 * CHIPS)), *numbers.normal(1, 1, (2, 40 * CHIPS))
    split = lambda values: np.split(values, CHIPS, axis=-1)
    stats = np.concatenate([reference.part_stats(part, centres=kind == _core.Norm.LAYER) for part in split(x)], axis=-1)
    y, mean, rstd = whole(x, gamma, beta, activation="silu", return_statistics=True)
    by_stats = reference.norm_by_stats(stats, centres=kind == _core.Norm.LAYER)
    of_parts = [
        golden.expected(by_stats, *tensors, activation="silu", return_statistics=True)
        for tensors in zip(split(x), split(gamma), split(beta))
    ]
    np.testing.assert_allclose(np.concatenate([part[0] for part in of_parts], axis=-1), y, rtol=1e-12, atol=1e-12)
    for part in of_parts:
        np.testing.assert_allclose(part[-1], rstd, rtol=1e-12)
        assert len(part) == (2 if mean is None else 3)
