# SPDX-License-Identifier: Apache-2.0
"""A mesh of one device is a device: a process of its own opens one, since the tests' device is open already."""

from __future__ import annotations

import pytest

from host_process import run_python

SCRIPT = """
import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device, to_numpy

mesh = ttnn.open_mesh_device(ttnn.MeshShape(1, 1))
x = np.random.default_rng(0).normal(size=(5, 96)).astype(np.float32)
y = layernorm_fused_rm.layernorm_fused_rm(to_device(x, mesh, dtype=ttnn.float32))
assert isinstance(y.device(), ttnn.MeshDevice) and y.device().get_num_devices() == 1
exact = reference.layer_norm(x, np.ones(96), np.zeros(96), 1e-5)
print("largest error below 2^-20:", bool(np.abs(to_numpy(y) - exact).max() < 2.0**-20 * np.abs(exact).max()))
ttnn.close_mesh_device(mesh)
"""


@pytest.mark.simulator
def test_a_mesh_of_one_device_is_served():
    done = run_python("-c", SCRIPT)
    assert done.returncode == 0 and "largest error below 2^-20: True" in done.stdout, done.stdout + done.stderr
