# SPDX-License-Identifier: Apache-2.0
"""ttnn's trace: calls captured once, replayed on what their inputs hold by then, give the bits of calls made anew.

Traces need fast dispatch, which of the simulators only the vendor's has (its README: "believed to be fully functional"):

    LAYERNORM_TTSIM=<folder with libttsim.so> ./run --device vendor python -m pytest tests/device/test_trace.py
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "import test_trace; test_trace.main()"
REPLAYS = 3
TRACE_BYTES = 1 << 20

# Programs of one core, of cores that are sent gamma and beta, of teams that exchange sums, of rows in L1.
CASES = {
    "one_core": ((1, 64), {}),
    "shared_vectors": ((256, 512), {}),
    "teams": ((32, 1024), {"layout": "TILE_LAYOUT"}),
    "rows_in_l1": ((72, 64), {"memory": "l1"}),
    "all_results": ((40, 96), {"residual": True}),
}

pytestmark = pytest.mark.skipif(
    "LAYERNORM_TTSIM" not in os.environ, reason="LAYERNORM_TTSIM names no vendor's simulator"
)


def main() -> None:
    """What the process with fast dispatch does."""
    import ttnn

    device = ttnn.open_device(device_id=0, trace_region_size=TRACE_BYTES)
    try:
        for name, case in CASES.items():
            print(f"case {name}", flush=True)
            replay(device, *case)
    finally:
        ttnn.close_device(device)


def replay(device, shape: tuple[int, int], options: dict) -> None:
    import ttnn

    from layernorm_fused_rm.arrays import to_device, to_numpy

    where = {
        "layout": getattr(ttnn, options.get("layout", "ROW_MAJOR_LAYOUT")),
        "memory": options.get("memory", "dram"),
    }
    rng = np.random.default_rng(0)
    gamma, beta = (to_device(rng.normal(size=shape[1:]), device) for _ in range(2))

    def draw():
        return to_device(rng.normal(0.5, 2.0, size=shape), device, **where)

    def call(x) -> list:
        keywords = {"residual": x, "return_sum": True, "return_statistics": True} if options.get("residual") else {}
        results = ttnn.layernorm_fused_rm(x, gamma, beta, **keywords)
        return list(results) if isinstance(results, tuple) else [results]

    x = draw()
    call(x)  # compiles, and is kept: a trace must not write to the device
    trace = ttnn.begin_trace_capture(device, cq_id=0)
    traced = call(x)
    ttnn.end_trace_capture(device, trace, cq_id=0)
    before = None
    for _ in range(REPLAYS):
        new = draw()
        wanted = [to_numpy(result) for result in call(new)]  # other addresses, between replays
        ttnn.copy_host_to_device_tensor(new.cpu(), x)
        ttnn.execute_trace(device, trace, cq_id=0, blocking=True)
        found = [to_numpy(result) for result in traced]
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a, b)
        assert before is None or not np.array_equal(found[0], before)
        before = found[0]
    ttnn.release_trace(device, trace)


def test_a_replayed_trace_has_the_bits_of_a_call():
    without = {"TT_METAL_MOCK_CLUSTER_DESC_PATH", "TT_METAL_SIMULATOR", "TT_METAL_CACHE", "LAYERNORM_CHIP"}
    environment = {name: value for name, value in os.environ.items() if name not in without}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), str(Path(__file__).parent)))
    fast = ["env", "-u", "TT_METAL_SLOW_DISPATCH_MODE"]
    command = [ROOT / "run", "--device", "vendor", *fast, "python", "-c", SCRIPT]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert done.stdout.count("case ") == len(CASES)
