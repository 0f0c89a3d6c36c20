# SPDX-License-Identifier: Apache-2.0
"""What to do about a device that is stuck: ttnn's own triage, and the names that its numbers have here."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from . import ttnn_version

# Names a file for the text of the plan that runs, for who has to explain a hang.
LAST_PLAN_VARIABLE = "LAYERNORM_FUSED_RM_LAST_PLAN"


def advice() -> str:
    """The commands for a stuck card, then the circular buffers that triage shows by index."""
    return "\n".join(["if the card is stuck (tt-triage, of ttnn):", *_commands(), "", _buffers()])


def _commands() -> list[str]:
    spec = importlib.util.find_spec("triage")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    if not (folder / "triage.py").is_file():
        return [f"  the ttnn wheel has it, as triage/triage.py: {ttnn_version.REMEDY}, then ask again"]
    return [
        f"  {sys.executable} -m pip install -r {folder / 'requirements.txt'}",
        f"  {sys.executable} {folder / 'triage.py'} --run=dump_callstacks --run=dump_circular_buffers --run=dump_semaphores",
        "  then reset the card: tt-smi -r",
    ]


def _buffers() -> str:
    plan = _last_plan()
    if plan is not None:
        return plan
    try:
        names = _names()
    except ImportError:
        return "circular buffers: their names need the planner"
    return (
        f"circular buffers: {names}\n"
        f"{LAST_PLAN_VARIABLE}=FILE, set before the run, keeps the whole plan, for this command too"
    )


def _last_plan() -> str | None:
    """Buffers and cores of the last plan, if it was kept."""
    path = os.environ.get(LAST_PLAN_VARIABLE)
    try:
        return f"the last plan, from {path}:\n{Path(path).read_text(encoding='utf-8')}" if path else None
    except OSError:
        return None


def buffer_names() -> dict[int, str]:
    """The planner's names of all circular buffers, by index: those of a call with every tensor and every output."""
    from . import _core

    device = _core.Device(grid=(1, 1), dram_banks=[(0, 0)], l1_banks=1, l1_bytes=1_000_000)
    rows, vector = _core.TensorSpec(shape=[1, 64]), _core.TensorSpec(shape=[64])
    everything = _core.Problem(
        input=rows,
        gamma=vector,
        beta=vector,
        residual=rows,
        options=_core.Options(return_sum=True, return_statistics=True),
        device=device,
    )
    return {buffer.index: buffer.purpose for buffer in _core.plan(everything).buffers}


def _names() -> str:
    return ", ".join(f"{index} {purpose}" for index, purpose in buffer_names().items())
