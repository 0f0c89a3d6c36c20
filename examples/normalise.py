"""Normalise rows on the device with this operation and with ttnn.layer_norm, and compare both with float64.

Used by sentence_encoder.py and random_rows.py; `./demo` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import accuracy, reference
from simulator import session


@dataclass(frozen=True)
class Rows:
    """What is normalised: bfloat16 numbers in float32 arrays.

    x: [rows, width]; gamma, beta: [width]; labels: one a row, or none.
    """

    name: str
    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    epsilon: float
    labels: tuple[str, ...] = ()

    def exact(self) -> np.ndarray:
        """float64 [rows, width]."""
        return reference.layer_norm(self.x, self.gamma, self.beta, self.epsilon)

    def terms(self) -> np.ndarray:
        """What is added and subtracted on the way, float64 [rows, width]: a result that is small beside it cancelled."""
        return accuracy.affine_terms(self.x, self.gamma, self.beta, self.epsilon)


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


def to_device(values: np.ndarray, device, layout=ttnn.ROW_MAJOR_LAYOUT):
    """A bfloat16 tensor in DRAM, made without torch."""
    host = ttnn.Tensor(np.ascontiguousarray(values, np.float32), ttnn.bfloat16, layout=layout)
    return ttnn.to_device(host, device, memory_config=ttnn.DRAM_MEMORY_CONFIG)


def to_numpy(tensor) -> np.ndarray:
    values = ttnn.to_dtype(ttnn.from_device(tensor), ttnn.float32).to_numpy()
    return np.asarray(values, np.float32).reshape(list(tensor.shape))


def normalise_here(rows: Rows, device) -> Result:
    """layernorm_fused_rm: gamma and beta as they are, [width]."""
    x, gamma, beta = (to_device(values, device) for values in (rows.x, rows.gamma, rows.beta))
    return _measure(
        "layernorm_fused_rm", rows, lambda: layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, epsilon=rows.epsilon)
    )


def normalise_with_ttnn(rows: Rows, device) -> Result:
    """ttnn.layer_norm on the same row-major input; its gamma and beta must be tiles of one row, [1, width]."""
    x = to_device(rows.x, device)
    gamma, beta = (to_device(values[np.newaxis], device, ttnn.TILE_LAYOUT) for values in (rows.gamma, rows.beta))
    return _measure("ttnn.layer_norm", rows, lambda: ttnn.layer_norm(x, weight=gamma, bias=beta, epsilon=rows.epsilon))


def error_in_ulp(rows: Rows, result: Result) -> np.ndarray:
    """|y - exact| in units of the bfloat16 spacing at the exact value, float64; NaN where terms cancelled.

    Correct rounding gives at most 0.5.
    """
    exact = rows.exact()
    spacing = np.exp2(np.floor(np.log2(np.maximum(np.abs(exact), np.finfo(np.float32).tiny))) - 7)
    cancelled = accuracy.is_cancelled(exact, rows.terms())
    return np.where(cancelled, np.nan, np.abs(result.y - exact) / spacing)


def print_results(rows: Rows, results: list[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    where = "simulated Wormhole" if session.is_simulated() else "Tenstorrent card"
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


def run_and_show(rows: Rows, picture: Path) -> int:
    """Normalise on device 0 both ways, print the comparison, draw the picture. Returns the exit status."""
    from examples.picture import draw

    with session.open_device() as device:
        results = [normalise_here(rows, device), normalise_with_ttnn(rows, device)]
    print_results(rows, results)
    draw(rows, results, picture)
    print(f"  input, output and error per row: {picture}")
    return 0


def _measure(operation: str, rows: Rows, call) -> Result:
    before = len(session.programs())
    y = to_numpy(call())
    programs = tuple(session.programs()[before:])
    return Result(operation, y, programs, accuracy.compare(y, rows.exact(), rows.terms()))
