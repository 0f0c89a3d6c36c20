# SPDX-License-Identifier: Apache-2.0
"""README's first lines: `./run python examples/quickstart.py`, or with python alone on a machine with a card."""

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm.arrays import to_device, to_numpy

device = ttnn.open_device(device_id=0)
x = to_device(np.random.default_rng(0).normal(3.0, 2.0, (32, 1024)), device)  # bfloat16, ROW_MAJOR, DRAM
gamma, beta = to_device(np.full(1024, 0.5), device), to_device(np.ones(1024), device)
y = layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, epsilon=1e-5, layout=ttnn.TILE_LAYOUT)
print(y.shape, y.dtype, y.layout)
print(f"mean {to_numpy(y).mean():.3f}, deviation {to_numpy(y).std():.3f}")
ttnn.close_device(device)
