# SPDX-License-Identifier: Apache-2.0
"""README's first lines of code are an example's, and what they print is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_process import run_python

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "examples" / "quickstart.py"


def blocks() -> list[str]:
    """What stands between fences in README.md, the word behind the first one left away."""
    parts = (ROOT / "README.md").read_text(encoding="utf-8").split("```")
    return [part.partition("\n")[2] for part in parts[1::2]]


def test_readme_begins_with_the_quickstart():
    _, _, code = QUICKSTART.read_text(encoding="utf-8").partition("\n\n")
    assert blocks()[0] == code
    assert len([line for line in code.splitlines() if line and "import" not in line]) <= 10


@pytest.mark.simulator
def test_the_quickstart_prints_what_readme_says():
    done = run_python(str(QUICKSTART))
    assert done.returncode == 0, done.stderr
    assert blocks()[1] in done.stdout, done.stdout
