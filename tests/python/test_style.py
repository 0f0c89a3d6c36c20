# SPDX-License-Identifier: Apache-2.0
"""Python as ruff formats and checks it (pyproject.toml), C++ as clang-format formats it, a licence in each source.

That clang-tidy finds nothing is a test of ctest (tests/host/CMakeLists.txt), since it takes minutes.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent
PYTHON = ("python", "tests", "simulator", "benchmarks", "examples", "setup")
CPP = ("include", "src", "bindings", "tests", "examples", "python/layernorm_fused_rm/kernels")

LICENCE = "SPDX-License-Identifier: Apache-2.0"
WITHOUT_COMMENTS = {".md", ".csv", ".svg", ".png", ".json", ".typed"}

RUFF_FORMAT = (("ruff", "format", "--check", "--quiet"), ("ruff", "format"), PYTHON)
RUFF_CHECK = (("ruff", "check", "--quiet"), ("ruff", "check", "--fix"), PYTHON)
CLANG_FORMAT = (("clang-format", "--dry-run", "-Werror"), ("clang-format", "-i"), None)


def cpp_files() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for folder in CPP for path in (ROOT / folder).rglob("*.[ch]pp"))


def findings(command, remedy, paths) -> str:
    """What a formatter or linter finds, with the command that mends it; empty if nothing."""
    done = subprocess.run([PROGRAMS / command[0], *command[1:], *paths], cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        return ""
    which = " ".join(paths if len(paths) < 10 else ["$(git ls-files '*.cpp' '*.hpp')"])
    return f"mend it with .venv/bin/{' '.join(remedy)} {which}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    "gate", [RUFF_FORMAT, RUFF_CHECK, CLANG_FORMAT], ids=["ruff format", "ruff check", "clang-format"]
)
def test_sources_are_in_style(gate):
    command, remedy, paths = gate
    text = findings(command, remedy, paths or cpp_files())
    assert not text, text


def test_a_file_out_of_style_is_found(tmp_path):
    (tmp_path / "a.py").write_text("import os\nx = [ 1 ]\n")
    (tmp_path / "a.cpp").write_text("int  x ;\n")
    for command, remedy, paths in (RUFF_FORMAT, RUFF_CHECK, CLANG_FORMAT):
        path = str(tmp_path / ("a.py" if paths else "a.cpp"))
        assert f"mend it with .venv/bin/{' '.join(remedy)} {path}" in findings(command, remedy, [path])


def without_licence(root: Path, paths: list[str]) -> list[str]:
    """The sources whose first two lines do not name the licence: the first of a script is its interpreter."""
    sources = [path for path in paths if Path(path).suffix not in WITHOUT_COMMENTS]
    return [path for path in sources if LICENCE not in "".join((root / path).read_text().splitlines()[:2])]


def test_sources_name_their_licence():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [path for path in tracked.stdout.splitlines() if path not in ("LICENSE", ".gitignore")]
    assert without_licence(ROOT, paths) == []


def test_a_source_without_a_licence_is_found(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "b.sh").write_text(f"#!/usr/bin/env bash\n# {LICENCE}\n")
    assert without_licence(tmp_path, ["a.py", "b.sh"]) == ["a.py"]


@pytest.mark.extended
def test_what_clang_tidy_is_for_is_found(tmp_path):
    (tmp_path / "a.cpp").write_text("int f() {\n    int x;\n    return x;\n}\n")
    (tmp_path / ".clang-tidy").write_text((ROOT / ".clang-tidy").read_text())
    tidy = [ROOT / "setup" / "tidy.sh", tmp_path / "a.cpp"]
    done = subprocess.run(tidy, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0 and "cppcoreguidelines-init-variables" in done.stdout, done.stdout
