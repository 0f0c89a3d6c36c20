# SPDX-License-Identifier: Apache-2.0
"""A run of `./test --all` goes from one simulated chip to the next, and to Tenstorrent's simulator: none must find what
another was told."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def environment_behind(tmp_path: Path, commands: str) -> dict[str, str]:
    """What commands of setup/device.sh leave, by name."""
    cache, vendor = tmp_path / "cache", tmp_path / "vendor"
    for folder in (cache / "runtime-root", vendor):
        folder.mkdir(parents=True, exist_ok=True)
    (cache / "runtime-root" / "fingerprint").write_text("0" * 40)
    folders = f"root={ROOT} cache={cache} logs={cache}/logs venv={tmp_path}/venv"
    script = f"set -eu; {folders}; . {ROOT}/setup/device.sh; {commands}; env -0"
    clean = {"PATH": "/usr/bin:/bin", "LAYERNORM_TTSIM": str(vendor)}
    found = subprocess.run(["bash", "-c", script], env=clean, capture_output=True, check=True)
    pairs = (line.partition("=") for line in found.stdout.decode().split("\0") if line)
    return {name: re.sub(r"-\d+\.", "-process.", value) for name, _, value in pairs}


@pytest.mark.parametrize("before", ["use_simulator wormhole", "use_simulator wormhole; use_simulator blackhole"])
@pytest.mark.parametrize("device", ["use_vendor_simulator", "use_simulator blackhole"])
def test_a_device_behind_others_is_told_what_it_is_told_alone(tmp_path, before, device):
    assert environment_behind(tmp_path, f"{before}; {device}") == environment_behind(tmp_path, device)
