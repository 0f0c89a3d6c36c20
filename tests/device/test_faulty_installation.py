# SPDX-License-Identifier: Apache-2.0
"""A real ttnn whose cache, disk or compiler breaks after the device was opened: the first call says so, and what to do.

A full and a read-only disk are real ones, where this process may mount: a small tmpfs in a mount namespace of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import session

pytestmark = pytest.mark.skipif(not session.is_simulated(), reason="breaks the stand-in compiler and its cache")

ROOT = Path(__file__).resolve().parents[2]
COMPILER = "runtime/sfpi/compiler/bin/riscv-tt-elf-g++"

CALL = """
import os, subprocess, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import ttnn, layernorm_fused_rm
from simulator import session

with session.open_device() as device:
    cache = Path(os.environ["TT_METAL_CACHE"])
    {break_it}
    new = lambda *shape: ttnn.zeros(shape, dtype=ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT, device=device)
    try:
        ttnn.layernorm_fused_rm(new(4, 64), new(64), new(64))
    except RuntimeError as error:
        print("cause:", type(error.__cause__).__name__)
        print("error:", error, flush=True)
    session.exit_now(0)
"""
# A file where the folder of compiled kernels would be.
BLOCK_KERNELS = "[(firmware.parent / 'kernels').touch() for firmware in cache.glob('*/firmware')]"
FILL = "subprocess.run(['dd', 'if=/dev/zero', f'of={cache}/ballast', 'bs=4096'], stderr=subprocess.DEVNULL)"
REMOUNT = "subprocess.run(['mount', '-o', 'remount,ro', str(cache)], check=True)"
CHANGE_PATH = "os.environ['PATH'] = str(cache.with_name('programs'))"
# Room for the firmware, and for as little else as possible.
MOUNT = "mkdir -p $1 && mount -t tmpfs -o size=16m tmpfs $1"


def fill_cache(cache: Path) -> None:
    """The firmware of the usual cache, where that is already built, so that opening a device compiles nothing."""
    usual = Path(os.environ["TT_METAL_CACHE"])
    for firmware in usual.glob("*/firmware"):
        shutil.copytree(firmware, cache / firmware.parent.name / "firmware")
    if (usual / "tt-metal-cache").is_dir():  # precompiled headers
        cache.mkdir(exist_ok=True)
        (cache / "tt-metal-cache").symlink_to(usual / "tt-metal-cache")


def call(break_it: str, cache: Path, prefix: tuple[str, ...] = ()) -> str:
    """The line of the error of a call whose installation breaks after the device was opened."""
    script = CALL.replace("{break_it}", break_it)
    done = subprocess.run(
        [*prefix, sys.executable, "-c", script, str(ROOT)],
        env=os.environ | {"TT_METAL_CACHE": str(cache)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=250,
    )
    errors = [line for line in done.stdout.splitlines() if line.startswith("error:")]
    assert len(errors) == 1, done.stdout + done.stderr
    assert "layernorm_fused_rm: ttnn could not build or start the program (" in errors[0]
    assert errors[0].endswith("to check the installation: python -m layernorm_fused_rm doctor")
    assert "cause: RuntimeError" in done.stdout
    return errors[0]


def call_on_small_disk(break_it: str, cache: Path) -> str:
    """The same with the cache on a small disk, which is there for that process alone."""
    if not may_mount(cache):
        pytest.skip("this process may not mount a file system")
    packed = cache.with_name("packed")
    fill_cache(packed)
    prepare = f'{MOUNT} && cp -a "$2"/. "$1" && shift 2 && exec "$@"'
    return call(break_it, cache, ("unshare", "--mount", "sh", "-c", prepare, "sh", str(cache), str(packed)))


def may_mount(folder: Path) -> bool:
    trial = ["unshare", "--mount", "sh", "-c", MOUNT, "sh", str(folder)]
    return shutil.which("unshare") is not None and subprocess.run(trial, capture_output=True).returncode == 0


def test_kernels_that_cannot_be_written_are_explained_at_the_first_call(tmp_path):
    fill_cache(tmp_path / "cache")
    error = call(BLOCK_KERNELS, tmp_path / "cache")
    assert "layernorm_fused_rm: ttnn could not build or start the program (Failed to generate binaries for " in error
    assert "Not a directory" in error


def test_a_full_disk_is_explained_at_the_first_call(tmp_path):
    error = call_on_small_disk(FILL, tmp_path / "cache")
    assert f"the disk of {tmp_path}/cache (TT_METAL_CACHE) is full (No space left on device); free some space" in error


def test_a_read_only_disk_is_explained_at_the_first_call(tmp_path):
    error = call_on_small_disk(REMOUNT, tmp_path / "cache")
    assert f"{tmp_path}/cache (TT_METAL_CACHE)" in error and "Read-only file system" in error


def test_a_compiler_that_is_gone_is_explained_at_the_first_call(tmp_path):
    if Path(os.environ["TT_METAL_RUNTIME_ROOT"], COMPILER).read_bytes()[:2] != b"#!":
        pytest.skip("not the stand-in, which takes the compiler that PATH names")
    (tmp_path / "programs").mkdir()
    for name in ("bash", "dirname", "readlink", "gcc"):  # what the stand-in needs besides
        (tmp_path / "programs" / name).symlink_to(shutil.which(name))
    fill_cache(tmp_path / "cache")
    error = call(CHANGE_PATH, tmp_path / "cache")
    assert f"{COMPILER} does not run (" in error and "riscv64-unknown-elf-g++: not found" in error
    assert "install Tenstorrent's sfpi package" in error
