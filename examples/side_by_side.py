# SPDX-License-Identifier: Apache-2.0
"""A table of ways to the same result: their programs, simulated cycles, and errors. Used by other examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from rich.console import Console
from rich.table import Table

from layernorm_fused_rm.arrays import to_numpy
from simulator import session


def print_side_by_side(title: str, ways: Mapping[str, tuple[Callable, Callable]], exact: np.ndarray) -> dict:
    """Of each way, by its name: what is measured, which returns a tensor, and what makes of that the array that should be
    `exact`. Returns the largest error of each.
    """
    errors = {}
    table = Table(title=title)
    table.add_column("")
    lines = {"programs": [], "simulated cycles": [], "largest error": []}
    for name, (run, finish) in ways.items():
        table.add_column(name, justify="right")
        before = len(session.programs())
        y = run()
        to_numpy(y)  # waits for it
        programs = session.programs()[before:]
        cycles = sum(program.cycles for program in programs)
        lines["programs"].append(str(len(programs)) if session.has_cycles() else "-")
        lines["simulated cycles"].append(f"{cycles:,}" if session.has_cycles() else "-")
        errors[name] = float(np.abs(finish(y) - exact).max())
        lines["largest error"].append(f"{errors[name]:.3g}")
    for name, values in lines.items():
        table.add_row(name, *values)
    Console(width=100).print(table)
    return errors
