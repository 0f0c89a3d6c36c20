# SPDX-License-Identifier: Apache-2.0
"""What the vendor's simulator said when it ended a test process, and the plan of the program it refused.

It prints one line ("ERROR: UnsupportedFunctionality: ...") and exits, so nothing in that process can tell of it. The process
keeps its output in a file; the process that reports reads it there.
"""

from __future__ import annotations

import os
from pathlib import Path

from simulator import session

MOST_LINES = 8


def file_of(worker: str) -> Path:
    """Beside the logs of the command that started pytest; `worker` as pytest-xdist names it."""
    plan = Path(os.environ[session.LAST_PLAN_VARIABLE])
    return plan.with_name(f"vendor-{plan.name.split('.')[0]}-{worker}.txt")


def keep_output(worker: str) -> None:
    """Send this process's output to its file, which begins with the name of its plan's."""
    descriptor = os.open(file_of(worker), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.write(descriptor, f"{os.environ[session.LAST_PLAN_VARIABLE]}\n".encode())
    for standard in (1, 2):
        os.dup2(descriptor, standard)


def of_worker(worker: str) -> str:
    """Its last lines, and the plan of the last program it started."""
    path = file_of(worker)
    plan, *lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else [""]
    said = "\n".join(lines[-MOST_LINES:]) or "nothing"
    described = Path(plan).read_text(encoding="utf-8") if plan and Path(plan).is_file() else "none"
    return f"the simulator said:\n{said}\nthe last plan:\n{described}"
