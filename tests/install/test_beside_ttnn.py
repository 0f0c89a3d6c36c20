# SPDX-License-Identifier: Apache-2.0
"""The wheels, installed where there is nothing else but a stock ttnn (and the simulator): the quickstart, and calls of
each kind, beside the oldest and the newest ttnn that are served and with each Python.

`./test --all` makes these environments beforehand, which takes minutes each; by hand: `setup/beside.sh 0.79.0 3.12 true`.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from simulator import session

ROOT = Path(__file__).resolve().parents[2]
(BESIDE,) = re.findall(r'^BESIDE="(.*)"$', (ROOT / "setup" / "versions.env").read_text(), re.MULTILINE)
# Cycles are no matter here, and cost a third of the time. Poison is put where 0.81.1 has its buffers in L1; 0.79.0 has
# them elsewhere (simulator/launcher/poison.py refuses it).
LEFT_OUT = (session.COST_MODEL_VARIABLE, "LAYERNORM_SIM_POISON")

pytestmark = [pytest.mark.simulator, pytest.mark.extended]
beside_each = pytest.mark.parametrize("pair", BESIDE.split())


def beside(pair: str, *command: str) -> subprocess.CompletedProcess:
    ttnn, python = pair.split("/")
    return subprocess.run(
        [ROOT / "setup" / "beside.sh", "--chip", session.chip().lower(), ttnn, python, *command],
        env=os.environ | dict.fromkeys(LEFT_OUT, ""),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
    )


@beside_each
def test_the_quickstart_runs_without_a_word_about_versions(pair):
    done = beside(pair, "python", "examples/quickstart.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Shape([32, 1024]) DataType.BFLOAT16 Layout.TILE\nmean 1.000, deviation 0.500\n" in done.stdout
    assert "Warning" not in done.stderr


@beside_each
def test_calls_of_each_kind_are_right(pair):
    done = beside(pair, "python", "tests/install/calls_beside.py")
    assert done.returncode == 0, done.stdout + done.stderr
    ttnn, python = pair.split("/")
    assert re.search(rf"^Python {re.escape(python)}\.\d+, ttnn {re.escape(ttnn)}, ", done.stdout, re.MULTILINE)


@beside_each
def test_what_is_installed_is_a_wheel_for_as_many_pythons_as_can_be(pair):
    """3.12 has what nanobind needs of a stable ABI, 3.10 has not."""
    script = "import importlib.metadata as m; print(m.distribution('layernorm_fused_rm').read_text('WHEEL'))"
    done = beside(pair, "python", "-c", script)
    assert done.returncode == 0, done.stderr
    (tag,) = re.findall(r"^Tag: (\S+)-linux", done.stdout, re.MULTILINE)
    assert tag == {"3.12": "cp312-abi3", "3.10": "cp310-cp310"}[pair.split("/")[1]]
