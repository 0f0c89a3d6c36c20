# SPDX-License-Identifier: Apache-2.0
"""Normalise rows on the device with this operation and with ttnn.layer_norm, and compare both with float64.

Used by embedding_norm.py and random_rows.py; `./demo` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import accuracy, reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import Rows
from simulator import session


@dataclass(frozen=True, kw_only=True)
class NamedRows(Rows):
    """What is normalised, all bfloat16: x [rows, width], gamma and beta [width]; labels: one a row, or none."""

    name: str
    epsilon: float
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """One operation's output and what it took; programs is empty on a real card, which has no simulated cycles."""

    operation: str
    y: np.ndarray
    programs: tuple[session.Program, ...]
    accuracy: accuracy.Accuracy

    @property
    def cycles(self) -> int:
        return sum(program.cycles for program in self.programs)

    @property
    def cores(self) -> int:
        return max(program.cores for program in self.programs)


def normalise_here(rows: NamedRows, device) -> Result:
    """layernorm_fused_rm: gamma and beta as they are, [width]."""
    x, gamma, beta = (to_device(values, device) for values in (rows.x, rows.gamma, rows.beta))
    return _measure(
        "layernorm_fused_rm", rows, lambda: layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, epsilon=rows.epsilon)
    )


def normalise_with_ttnn(rows: NamedRows, device) -> Result:
    """ttnn.layer_norm on the same row-major input; its gamma and beta must be tiles of one row, [1, width]."""
    x = to_device(rows.x, device)
    gamma, beta = (to_device(vector[np.newaxis], device, layout=ttnn.TILE_LAYOUT) for vector in (rows.gamma, rows.beta))
    return _measure("ttnn.layer_norm", rows, lambda: ttnn.layer_norm(x, weight=gamma, bias=beta, epsilon=rows.epsilon))


def error_in_ulp(rows: NamedRows, result: Result) -> np.ndarray:
    """|y - exact| in units of the bfloat16 spacing at the exact value, float64; NaN where terms cancelled.

    Correct rounding gives at most 0.5.
    """
    operands = rows.x, rows.gamma, rows.beta, rows.epsilon
    exact = reference.layer_norm(*operands)
    verdicts = accuracy.judge_elements(result.y, exact, accuracy.terms(*operands), exact.shape[-1], "bfloat16")
    spacing = 2 * accuracy.half_ulp(exact, "bfloat16")
    return np.divide(np.abs(result.y - exact), spacing, out=np.full(exact.shape, np.nan), where=~verdicts.cancels)


def print_results(rows: NamedRows, results: list[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    where = f"simulated {session.chip()}" if session.is_simulated() else "Tenstorrent card"
    shape = " x ".join(map(str, rows.x.shape))
    print(f"\n{rows.name}: [{shape}] bfloat16, ROW_MAJOR, on a {where}")
    table = Table()
    table.add_column("")
    for result in results:
        table.add_column(result.operation, justify="right")
    if session.has_cycles():
        table.add_row("cores", *(str(result.cores) for result in results))
        table.add_row("simulated cycles", *(f"{result.cycles:,}" for result in results))
    table.add_row("correctly rounded", *(f"{result.accuracy.share_correctly_rounded:.4%}" for result in results))
    table.add_row("largest error, ULP *", *(f"{result.accuracy.largest_ulp:,}" for result in results))
    table.add_row("largest absolute error", *(f"{result.accuracy.largest_absolute_error:.2g}" for result in results))
    Console(width=100).print(table)
    print(
        "* bfloat16 numbers from the output to the correctly rounded one, away from cancellation: elements left out\n"
        f"  because less than {accuracy.cancellation(rows.x.shape[-1]):.1g} of their terms is left: {results[0].accuracy.cancelled}"
    )
    if session.has_cycles():
        print(f"  {results[1].cycles / results[0].cycles:.1f} times fewer simulated cycles than {results[1].operation}")


def run_and_show(rows: NamedRows, picture: Path) -> int:
    """Normalise on device 0 both ways, print the comparison, draw the picture. Returns the exit status."""
    from examples.picture import draw

    with session.open_device() as device:
        results = [normalise_here(rows, device), normalise_with_ttnn(rows, device)]
    print_results(rows, results)
    draw(rows, results, picture)
    print(f"  input, output and error per row: {picture}")
    return 0


def _measure(operation: str, rows: NamedRows, call) -> Result:
    before = len(session.programs())
    y = to_numpy(call())
    programs = tuple(session.programs()[before:])
    return Result(operation, y, programs, accuracy.judge(y, rows, rows.epsilon))
