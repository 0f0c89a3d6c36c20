# SPDX-License-Identifier: Apache-2.0
"""Stage 6: the kernels compile and the data's way is whole: what goes in comes out, row by row, in its place.

The report's stub kernels copied rows. Here the real kernels are given rows that LayerNorm leaves recognisable: row r is
made of +-1 with beta = 0 and gamma = 1, so its output is +-1 again up to epsilon, in the row's own pattern.
"""

from __future__ import annotations

import numpy as np
import pytest
import ttnn

from layernorm_fused_rm.arrays import to_device, to_numpy
from levels import extended


@pytest.mark.parametrize("shape", [(100, 64), (13, 1024), (13, 2048), *extended((40, 1024), (26, 2048))], ids=str)
def test_every_element_comes_out_in_its_place(device, shape):
    rows, width = shape
    random = np.random.default_rng(0)
    halves = np.repeat([1.0, -1.0], width // 2)
    x = np.stack([random.permutation(halves) for _ in range(rows)]).astype(np.float32)
    y = ttnn.layernorm_fused_rm(
        to_device(x, device), to_device(np.ones(width), device), to_device(np.zeros(width), device)
    )
    np.testing.assert_array_equal(to_numpy(y), x)
