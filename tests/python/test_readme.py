"""README's first lines of code are an example's, and what they print is what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    done = subprocess.run(
        [sys.executable, str(QUICKSTART)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(blocks()[1]) or blocks()[1] in done.stdout, done.stdout
