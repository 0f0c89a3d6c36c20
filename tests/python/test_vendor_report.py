# SPDX-License-Identifier: Apache-2.0
"""What a process says before the vendor's simulator ends it, and its plan, are found by the process that reports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import vendor_report
from simulator import session

# As the simulator does it: the C library's output, and its exit.
REFUSED = """
import ctypes, os, vendor_report
vendor_report.keep_output("gw7")
for line in range(20):
    ctypes.CDLL(None).printf(f"line {line}\\n".encode())
ctypes.CDLL(None).printf(b"[5] ERROR: UnsupportedFunctionality: tensix_execute\\n")
ctypes.CDLL(None).exit(1)
"""


def test_the_last_words_and_the_last_plan_of_a_worker_are_told(tmp_path, monkeypatch):
    plan = tmp_path / "plan-1.2.txt"
    plan.write_text("3 rows of 64 elements")
    monkeypatch.setenv(session.LAST_PLAN_VARIABLE, str(plan))
    tests = Path(vendor_report.__file__).parent
    variables = os.environ | {"PYTHONPATH": f"{tests}:{tests.parent}"}
    done = subprocess.run([sys.executable, "-c", REFUSED], cwd=tests, env=variables, timeout=60)
    assert done.returncode == 1
    monkeypatch.setenv(session.LAST_PLAN_VARIABLE, str(tmp_path / "plan-1.txt"))  # the reporting process's own
    told = vendor_report.of_worker("gw7")
    assert "ERROR: UnsupportedFunctionality" in told and "3 rows of 64 elements" in told
    assert "line 19" in told and "line 2\n" not in told


def test_a_worker_that_said_nothing_is_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv(session.LAST_PLAN_VARIABLE, str(tmp_path / "plan-1.txt"))
    assert vendor_report.of_worker("gw0") == "the simulator said:\nnothing\nthe last plan:\nnone"
