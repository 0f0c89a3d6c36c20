# SPDX-License-Identifier: Apache-2.0
"""Stage 3: the operation is registered with ttnn, with a golden function."""

from __future__ import annotations

import numpy as np
import pytest
import ttnn

from layernorm_fused_rm import golden, reference


def test_it_is_a_registered_operation():
    assert ttnn.layernorm_fused_rm.python_fully_qualified_name == "ttnn.layernorm_fused_rm"
    assert ttnn.layernorm_fused_rm in ttnn.query_registered_operations()


def test_it_has_a_golden_function():
    assert ttnn.get_golden_function(ttnn.layernorm_fused_rm) is golden.layer_norm


def test_the_golden_function_is_the_reference():
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(0)
    x, gamma, beta = random.normal(size=(3, 64)), random.normal(size=64), random.normal(size=64)
    y = golden.layer_norm(*map(torch.from_numpy, (x, gamma, beta)), epsilon=1e-6)
    np.testing.assert_array_equal(y.numpy(), reference.layer_norm(x, gamma, beta, 1e-6))
