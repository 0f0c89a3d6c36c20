# SPDX-License-Identifier: Apache-2.0
"""Measured accuracy of both operations against float64, per dtype, distribution and shape, as a Markdown table.

    ./run python examples/accuracy_table.py [--write]        --write: into docs/accuracy.md, behind its first paragraphs

Errors in ULP are counted in numbers of the output's dtype, over elements that have not cancelled
(layernorm_fused_rm/accuracy.py). The other columns are over all elements; the last one is the error as a share of the
row's largest, in 2^-24.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import ttnn

import layernorm_fused_rm
from benchmarks.measure import OUR_SOURCES, ROOT, sources_now
from layernorm_fused_rm import accuracy, reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import draw_rows
from simulator import session

PAGE = ROOT / "docs" / "accuracy.md"
WIDTHS = ROOT / "build" / "dev" / "tests" / "arithmetic" / "arithmetic_test"
NOT_RANDOM = """
## Rows that are not random, W = 1 to 300,000

What `build/dev/tests/arithmetic/arithmetic_test --widths` printed: the kernels' own arithmetic on the host, bit for bit
the simulated device's (`tests/device/test_bit_exact.py`). Constant rows, ones and zeros, alternating ones, one in
three, ramps up and down, steps, one large element, one-sided and normal ones; the worst of them. Rows of two values, as
many of each, have a column of their own: their y lies on ties of bfloat16 (`limits.md`). epsilon 1e-6.
"""
SHAPES = [(8, 33), (8, 384), (6, 1024), (4, 2080)]
DTYPES = ("bfloat16", "float32")


def normal(mean: float, sigma: float):
    return lambda random, shape: random.normal(mean, sigma, shape)


DISTRIBUTIONS = {
    "N(0, 1)": normal(0, 1),
    "N(0.5, 2)": normal(0.5, 2),
    "N(100, 1)": normal(100, 1),
    "N(10^4, 64)": normal(1e4, 64),
    "N(0, 10^-3)": normal(0, 1e-3),
    "uniform [0, 1)": lambda random, shape: random.random(shape),
    "one in 20 is 100 times larger": lambda random, shape: (
        random.normal(size=shape) * np.where(random.random(shape) < 0.05, 100, 1)
    ),
}
FLOAT32_ONLY = {"N(10^6, 64)": normal(1e6, 64)}


def measure(norm: str, dtype: str, shape, draw, device) -> accuracy.Accuracy:
    rows = draw_rows(shape, seed=shape[1], dtypes=dtype, draw_x=draw)
    tensors = (to_device(values, device, dtype=getattr(ttnn, dtype)) for values in (rows.x, rows.gamma, rows.beta))
    operation = getattr(layernorm_fused_rm, f"{'layernorm' if norm == 'layer_norm' else norm}_fused_rm")
    y = to_numpy(operation(*tensors))
    return accuracy.judge(y, rows, norm=getattr(reference, norm), dtype=dtype, is_shifted=dtype == "float32")


def table(dtype: str, device) -> str:
    lines = [
        f"| {dtype} | shape | operation | correctly rounded | largest ULP | largest error, 2^-24 of the row's largest |",
        "|---|---|---|---|---|---|",
    ]
    distributions = DISTRIBUTIONS | (FLOAT32_ONLY if dtype == "float32" else {})
    for shape in SHAPES:
        for name, draw in distributions.items():
            for norm in ("layer_norm", "rms_norm") if name == "N(0.5, 2)" else ("layer_norm",):
                result = measure(norm, dtype, shape, draw, device)
                lines.append(
                    f"| {name} | {shape[0]} x {shape[1]} | {norm} | {result.share_correctly_rounded * 100:.3f} % "
                    f"| {result.largest_ulp} | {result.largest_error_of_row * 2**24:.2f} |"
                )
    return "\n".join(lines)


def table_of_widths() -> str:
    """Rows that are not random, by the kernels' arithmetic on the host, which is the device's bit for bit."""
    if not WIDTHS.is_file():
        sys.exit(f"no {WIDTHS}, which ./test --quick builds")
    return subprocess.run([WIDTHS, "--widths"], check=True, capture_output=True, text=True).stdout


def main() -> None:
    with session.open_device() as device:
        tables = "\n\n".join([f"Sources: {sources_now(OUR_SOURCES)}", *(table(dtype, device) for dtype in DTYPES)])
        print(tables, flush=True)
        if "--write" in sys.argv:
            words = PAGE.read_text(encoding="utf-8").partition("\nSources: ")[0]
            PAGE.write_text(f"{words}\n{tables}\n{NOT_RANDOM}\n{table_of_widths()}", encoding="utf-8")
        session.exit_now(0)


if __name__ == "__main__":
    session.run_and_exit(main)
