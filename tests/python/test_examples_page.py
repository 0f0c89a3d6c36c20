# SPDX-License-Identifier: Apache-2.0
"""docs/examples.md has every example and its command, and tests run each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PAGE = (ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `examples/([\w./]+)` \|.*\| (.+) \|$", PAGE, re.MULTILINE))


def examples() -> set[str]:
    """What is there, as the page calls it."""
    files = {path.name for path in EXAMPLES.glob("*.py")}
    return files | {f"{path.name}/" for path in EXAMPLES.iterdir() if path.is_dir() and path.name != "__pycache__"}


def test_every_example_is_on_the_page_and_nothing_else():
    shared = set(re.findall(r"`(?:examples/)?(\w+\.py)`", PAGE.partition("What they share")[2]))
    assert set(ROWS) | shared == examples() and not set(ROWS) & shared


@pytest.mark.parametrize("name", ROWS)
def test_its_command_runs_it(name):
    command = ROWS[name].strip("`")
    module = name.removesuffix("/").removesuffix(".py")
    if "demo" in command:
        assert f"examples.{module}" in (ROOT / "demo").read_text(encoding="utf-8")
    elif name == "cpp_plan/":
        assert f"-S examples/{module} " in (EXAMPLES / module / "CMakeLists.txt").read_text(encoding="utf-8")
    else:
        assert command in (f"./run python -m examples.{module}", f"./run python examples/{name}")


@pytest.mark.parametrize("name", ROWS)
def test_a_test_runs_it(name):
    module = name.removesuffix("/").removesuffix(".py")
    used = re.compile(rf"(from examples(\.{module})? import .*|examples[./]|    |\"){module}\b")
    tests = [*ROOT.glob("tests/**/test_*.py"), ROOT / "tests" / "install" / "CMakeLists.txt"]
    assert any(used.search(path.read_text(encoding="utf-8")) for path in tests if path != Path(__file__)), name
