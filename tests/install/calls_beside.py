# SPDX-License-Identifier: Apache-2.0
"""Calls of each kind against numpy, for an environment that has the package installed and no tests:

    setup/beside.sh 0.79.0 3.12 python tests/install/calls_beside.py

Prints a line a call; what is not right to half an ULP of bfloat16, or to 1e-5, ends it. What numbers are in general is
shown by tests/device: here it is whether programs of every kind are built and run.
"""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm.arrays import to_device, to_numpy

HEIGHT, WIDTH = 8, 128
EPSILON = 1e-5


def sharded() -> ttnn.MemoryConfig:
    """Four rows a core, on two cores."""
    cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(1, 0))])
    shards = ttnn.ShardSpec(cores, [HEIGHT // 2, WIDTH], ttnn.ShardOrientation.ROW_MAJOR)
    return ttnn.MemoryConfig(ttnn.TensorMemoryLayout.HEIGHT_SHARDED, ttnn.BufferType.L1, shards)


def normalised(x: np.ndarray, gamma, beta, is_rms: bool = False) -> np.ndarray:
    centred = x if is_rms else x - x.mean(-1, keepdims=True)
    y = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON) * gamma
    return y if beta is None else y + beta


def silu(y: np.ndarray) -> np.ndarray:
    return y / (1 + np.exp(-y))


# name, how the input lies on the device, options of the call, of the function
CALLS = (
    ("bfloat16", {}, {}),
    ("float32", {"dtype": ttnn.float32}, {}),
    ("bfloat16 to float32", {}, {"dtype": ttnn.float32}),
    ("TILE to ROW_MAJOR", {"layout": ttnn.TILE_LAYOUT}, {"layout": ttnn.ROW_MAJOR_LAYOUT}),
    ("ROW_MAJOR to TILE, float32", {"dtype": ttnn.float32}, {"layout": ttnn.TILE_LAYOUT}),
    ("interleaved in L1", {"memory": ttnn.L1_MEMORY_CONFIG}, {}),
    ("HEIGHT_SHARDED", {"memory": "sharded"}, {}),
    ("silu", {}, {"activation": "silu"}),
)


def main() -> None:
    package = Path(layernorm_fused_rm.__file__)
    if not package.is_relative_to(sys.prefix):
        raise SystemExit(f"{package} is no part of {sys.prefix}")
    versions = (f"{name} {importlib.metadata.version(name)}" for name in ("ttnn", "layernorm_fused_rm", "numpy"))
    print(f"Python {sys.version.split()[0]}, {', '.join(versions)}")
    device = ttnn.open_device(device_id=0)
    random = np.random.default_rng(0)
    gamma, beta = (to_device(random.normal(1, 0.3, WIDTH), device) for _ in range(2))
    host_gamma, host_beta = to_numpy(gamma).astype(float), to_numpy(beta).astype(float)
    for name, place, options in CALLS:
        place = {key: sharded() if value == "sharded" else value for key, value in place.items()}
        x = to_device(random.normal(3, 2, (HEIGHT, WIDTH)), device, **place)
        y = layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, epsilon=EPSILON, **options)
        wanted = normalised(to_numpy(x).astype(float), host_gamma, host_beta)
        compare(name, y, silu(wanted) if "activation" in options else wanted)
    # All that a call may return.
    x, residual = (to_device(random.normal(1, 2, (HEIGHT, WIDTH)), device) for _ in range(2))
    y, total, rstd = layernorm_fused_rm.rms_norm_fused_rm(
        x, gamma, epsilon=EPSILON, residual=residual, return_sum=True, sum_dtype=ttnn.float32, return_statistics=True
    )
    sums = to_numpy(x).astype(float) + to_numpy(residual).astype(float)
    compare("RMSNorm with a residual", y, normalised(sums, host_gamma, None, is_rms=True))
    compare("its sum", total, sums)
    compare("its statistics", rstd, 1 / np.sqrt((sums**2).mean(-1, keepdims=True) + EPSILON))
    ttnn.close_device(device)


def compare(name: str, given: ttnn.Tensor, wanted: np.ndarray) -> None:
    # Rounded to bfloat16: half of 2^-7 of the number at most, and what fp32 may have added.
    relative = 2.0**-8 if given.dtype == ttnn.bfloat16 else 0.0
    error = np.abs(to_numpy(given).astype(float) - wanted) - relative * np.abs(wanted)
    print(f"{name}: {given.layout}, {given.dtype}, beyond rounding {max(0.0, error.max()):.1e}")
    if not error.max() <= 1e-5:
        raise SystemExit(f"{name}: off by {error.max():.3g}")


if __name__ == "__main__":
    main()
