# SPDX-License-Identifier: Apache-2.0
"""The front's own refusals and conversions. No device is needed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

ttnn = pytest.importorskip("ttnn")

import layernorm_fused_rm  # noqa: E402
from layernorm_fused_rm import arguments, golden, reference  # noqa: E402

OPERATIONS = [layernorm_fused_rm.layernorm_fused_rm, layernorm_fused_rm.rms_norm_fused_rm]
HOST = ttnn.Tensor(np.zeros((4, 64), np.float32), ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
@pytest.mark.parametrize(
    "theirs, ours",
    [
        *[("weight", "gamma"), ("bias", "beta"), ("eps", "epsilon"), ("input_tensor", "input")],
        *[("residual_input_tensor", "residual"), ("residual_tensor", "residual"), ("out", "output_tensor")],
    ],
)
def test_an_argument_of_another_library_is_told_its_name_here(operation, theirs, ours):
    with pytest.raises(TypeError) as error:
        operation(HOST, **{theirs: None})
    name = operation.__name__
    assert str(error.value) == f"{name}: there is no argument {theirs}; it is called {ours} here; pass {ours}="


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_an_argument_that_there_is_not_is_refused(operation):
    name = operation.__name__
    with pytest.raises(TypeError, match=f"^{name}: there is no argument gama; help.*{name}.* lists what there is"):
        operation(HOST, gama=None)
    with pytest.raises(TypeError, match=f"^{name}: there is no argument program_config; leave it away"):
        operation(HOST, program_config=None)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_a_refusal_of_the_planner_carries_the_name_of_the_operation(operation):
    with pytest.raises(ValueError, match=f"^{operation.__name__}: input must be allocated on device"):
        operation(HOST)


@pytest.mark.parametrize(
    "layer, name",
    [(layernorm_fused_rm.LayerNorm, "layernorm_fused_rm"), (layernorm_fused_rm.RMSNorm, "rms_norm_fused_rm")],
    ids=["LayerNorm", "RMSNorm"],
)
def test_a_layer_refuses_in_the_name_of_its_operation(layer, name):
    with pytest.raises(TypeError, match=f"^{name}: weight must be a numpy array, but is list"):
        layer([1.0], device=None)


@pytest.mark.parametrize(
    "given",
    [[4, 64], (4, 64), ttnn.Shape([4, 64]), np.array([4, 64]), (np.int32(4), np.uint8(64)), range(4, 65, 60)],
    ids=lambda given: type(given).__name__,
)
def test_dimensions_may_come_in_any_sequence_of_integers(given):
    found = arguments.dimensions(given)
    assert found == [4, 64] and all(type(one) is int for one in found)


@pytest.mark.parametrize("given", [64, np.int64(64), np.uint8(64)], ids=lambda given: type(given).__name__)
def test_one_dimension_may_come_by_itself(given):
    assert arguments.dimensions(given) == [64]


@pytest.mark.parametrize("given", ["64", b"64", {64: 1}, 64.0, [64.0], [True], type, np.array([[64]])], ids=repr)
def test_what_are_no_dimensions_is_refused(given):
    assert arguments.dimensions(given) is None
    with pytest.raises(TypeError, match="normalized_shape must be an integer or a sequence of integers, but is "):
        layernorm_fused_rm.layernorm_fused_rm(HOST, normalized_shape=given)


@pytest.mark.parametrize("normalized", [None, [64], ttnn.Shape([3, 64])], ids=str)
def test_comparison_mode_expects_no_rows_of_a_tensor_without_rows(normalized):
    joined = 1 if normalized is None else len(list(normalized))
    x = np.zeros((2, 0, 3, 64))
    results = golden.expected(
        reference.layer_norm, x, None, None, normalized_shape=normalized, return_sum=True, return_statistics=True
    )
    kept = (2, 0, 3, 1) if joined == 1 else (2, 0, 1, 1)
    assert [result.shape for result in results] == [x.shape, x.shape, kept, kept]


def test_comparison_mode_expects_the_reference_over_the_dimensions_that_are_joined():
    x = np.random.default_rng(0).normal(size=(5, 3, 8))
    (y,) = golden.expected(reference.rms_norm, x, None, None, normalized_shape=ttnn.Shape([3, 8]), epsilon=1e-6)
    np.testing.assert_array_equal(y, reference.rms_norm(x.reshape(5, 24), epsilon=1e-6).reshape(x.shape))


# torch is not installed, be it there or not.
CLASS_WITHOUT_TORCH = """
import importlib.util, sys, ttnn
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: {found} if name == "torch" else find(name, *rest)
import layernorm_fused_rm
print(type(ttnn.rms_norm_fused_rm).__name__)
"""


@pytest.mark.parametrize("found, name", [("None", "_OperationWithoutTorch"), ("sys", "FastOperation")])
def test_where_torch_is_installed_ttnns_own_wrapper_stays(found, name):
    script = CLASS_WITHOUT_TORCH.replace("{found}", found)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == [name], done.stderr
