# SPDX-License-Identifier: Apache-2.0
"""The wheel holds what an installation needs and nothing else: Python front, planner, kernels."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.extended

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE", "bindings", "include", "python", "src")


@pytest.fixture(scope="module")
def wheel_contents(tmp_path_factory) -> set[str]:
    """File names of a wheel built from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", folder / "out", folder]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (folder / "out").glob("layernorm_fused_rm-*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_every_python_file_and_kernel_of_the_package_is_in_the_wheel(wheel_contents):
    package = ROOT / "python"
    files = [path for path in package.rglob("*") if path.suffix in {".py", ".cpp", ".hpp", ".pyi"}]
    missing = {str(path.relative_to(package)) for path in files} - wheel_contents
    assert not missing


def test_types_are_in_the_wheel(wheel_contents):
    assert {"layernorm_fused_rm/py.typed", "layernorm_fused_rm/_core.pyi"} <= wheel_contents


def test_the_planner_is_in_the_wheel(wheel_contents):
    assert any(name.startswith("layernorm_fused_rm/_core.") and name.endswith(".so") for name in wheel_contents)


def test_nothing_else_is_in_the_wheel(wheel_contents):
    strangers = {name for name in wheel_contents if not name.startswith(("layernorm_fused_rm/", "layernorm_fused_rm-"))}
    assert not strangers
    assert not any("__pycache__" in name for name in wheel_contents)
