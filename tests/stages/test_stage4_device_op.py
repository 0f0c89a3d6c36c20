# SPDX-License-Identifier: Apache-2.0
"""Stage 4: the device operation: the output's spec, and a call that comes back."""

from __future__ import annotations

import numpy as np
import pytest
import ttnn

from layernorm_fused_rm.arrays import to_device


@pytest.mark.parametrize("shape", [(32, 64), (2, 32, 64), (1, 2, 32, 64)])
def test_the_output_is_like_the_input(device, shape):
    ones = np.ones(64)
    x = to_device(np.ones(shape), device)
    y = ttnn.layernorm_fused_rm(x, to_device(ones, device), to_device(ones, device))
    assert list(y.shape) == list(shape)
    assert (y.dtype, y.layout) == (ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT)
    assert y.memory_config() == x.memory_config()
    assert y.buffer_address() != x.buffer_address()
