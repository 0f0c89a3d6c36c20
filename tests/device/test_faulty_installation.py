"""A real ttnn whose cache of kernels breaks after the device was opened: the first call says so, and what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CALL_WITH_BROKEN_CACHE = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import ttnn, layernorm_fused_rm
from simulator import session

with session.open_device() as device:
    for firmware in Path(os.environ["TT_METAL_CACHE"]).glob("*/firmware"):
        (firmware.parent / "kernels").touch()  # where the folder of compiled kernels would be
    new = lambda *shape: ttnn.zeros(shape, dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device)
    try:
        ttnn.layernorm_fused_rm(new(4, 64), new(64), new(64))
    except RuntimeError as error:
        print("cause:", type(error.__cause__).__name__)
        print("error:", error, flush=True)
    session.exit_now(0)
"""


@pytest.fixture
def cache(tmp_path) -> Path:
    """A cache of its own, with the firmware of the usual one where that is already built."""
    usual = Path(os.environ["TT_METAL_CACHE"])
    for firmware in usual.glob("*/firmware"):
        shutil.copytree(firmware, tmp_path / "cache" / firmware.parent.name / "firmware")
    if (usual / "tt-metal-cache").is_dir():  # precompiled headers
        (tmp_path / "cache").mkdir(exist_ok=True)
        (tmp_path / "cache" / "tt-metal-cache").symlink_to(usual / "tt-metal-cache")
    return tmp_path / "cache"


@pytest.mark.simulator
def test_kernels_that_cannot_be_written_are_explained_at_the_first_call(cache):
    done = subprocess.run(
        [sys.executable, "-c", CALL_WITH_BROKEN_CACHE, str(ROOT)],
        env=os.environ | {"TT_METAL_CACHE": str(cache)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=250,
    )
    (error,) = [line for line in done.stdout.splitlines() if line.startswith("error:")]
    assert "layernorm_fused_rm: ttnn could not build or start the program (Failed to generate binaries for " in error
    assert "Not a directory" in error
    assert error.endswith("to check the installation: python -m layernorm_fused_rm doctor")
    assert "cause: RuntimeError" in done.stdout
