# SPDX-License-Identifier: Apache-2.0
"""Pictures of the measurements: a roofline, and how cycles fall with the number of cores."""

from __future__ import annotations

from pathlib import Path

from simulator import session

from . import chips, table
from .cases import Case
from .measure import Ledger
from .providers import CLONE, COMPOSITE, OURS, TTNN

MARKS = {
    OURS: ("layernorm_fused_rm", "o"),
    TTNN: ("ttnn.layer_norm", "s"),
    COMPOSITE: ("composite", "^"),
    CLONE: ("ttnn.clone", "x"),
}


def _new_axes(title: str):
    """A figure with logarithmic axes, drawn without a display."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as pyplot

    figure, axes = pyplot.subplots(figsize=(9, 5.5), layout="constrained")
    axes.set(xscale="log", yscale="log", title=title)
    axes.grid(True, which="both", alpha=0.2)
    return figure, axes


def draw_roofline(ledger: Ledger, cases: list[Case], path: Path) -> None:
    """Bytes a cycle over the size of the tensor, DRAM, bfloat16, against the limit of the memory."""
    figure, axes = _new_axes(f"Norm of a row-major bfloat16 tensor in DRAM, simulated {session.chip()} (wolfpine 2.2)")
    peak = chips.simulated().dram_bytes_per_cycle
    axes.axhline(peak, color="black", linewidth=1, label=f"DRAM, {peak} B/cycle")
    for provider, (label, mark) in MARKS.items():
        measured = [
            (case, ledger.get(case, provider)) for case in cases if case.memory == "dram" and case.dtype == "bfloat16"
        ]
        points = [
            (case.elements, case.moved_bytes / found.cycles) for case, found in measured if found and found.cycles
        ]
        if points:
            axes.scatter(*zip(*points), marker=mark, label=label)
    axes.set(xlabel="elements", ylabel="bytes read and written a simulated cycle")
    axes.legend()
    figure.savefig(path, dpi=110)


def draw_scaling(ledger: Ledger, path: Path) -> None:
    """Cycles over the number of cores, and what they would be if each core did its share of one core's.
    No picture if no case was measured on all grids."""
    measured = table.scaling_points(ledger)
    if not measured:
        return
    figure, axes = _new_axes(f"Strong scaling, bfloat16, DRAM, simulated {session.chip()} (wolfpine 2.2)")
    for case, points in measured:
        line = axes.plot(*zip(*points), marker="o", label=f"{case.rows} x {case.width}")[0]
        (first_cores, first_cycles), (last_cores, _) = points[0], points[-1]
        ideal = first_cycles * first_cores / last_cores
        axes.plot(
            (first_cores, last_cores),
            (first_cycles, ideal),
            color=line.get_color(),
            linestyle=":",
            label="shared out evenly",
        )
        axes.axhline(
            case.moved_bytes / chips.simulated().dram_bytes_per_cycle,
            color=line.get_color(),
            linewidth=0.8,
            linestyle="--",
            label="limit of the DRAM",
        )
    axes.set(xlabel="cores", ylabel="simulated cycles")
    axes.legend()
    figure.savefig(path, dpi=110)
