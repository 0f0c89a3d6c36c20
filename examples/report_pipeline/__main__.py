# SPDX-License-Identifier: Apache-2.0
"""Runs the report's pipeline on random rows, cured or with the output pages as the report had them.

./run python -m examples.report_pipeline [--rows 32] [--width 64] [--pages "as reported"]
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np

from examples.report_pipeline.pipeline import CURED, PAGES, buffers, normalise
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import draw_rows
from simulator import session

EPSILON = 1e-5
NAMES = Path(__file__).resolve().parents[2] / ".cache" / "report-pipeline-buffer-names.json"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="report_pipeline", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--pages", choices=PAGES, default=CURED, help="of the buffers (default: %(default)s)")
    return parser.parse_args()


def name_buffers(table) -> None:
    """The report of a hang calls the buffers by their purposes (simulator/launcher)."""
    NAMES.write_text(json.dumps({index: buffer.purpose for index, buffer in table.items()}), encoding="utf-8")
    os.environ["LAYERNORM_SIM_BUFFER_NAMES"] = str(NAMES)


def main() -> int:
    options = parse()
    table = buffers(options.width, options.pages)
    print(f"[{options.rows} x {options.width}] bfloat16, pages {options.pages}", flush=True)
    for index, buffer in table.items():
        print(f"  c_{index:<3}{buffer.purpose:17}{buffer.pages:4} x {buffer.page_bytes:5} B", flush=True)
    name_buffers(table)
    rows = draw_rows((options.rows, options.width))
    with session.open_device() as device:
        x, gamma, beta = (to_device(values, device) for values in (rows.x, rows.gamma, rows.beta))
        y = to_numpy(normalise(x, gamma, beta, EPSILON, pages=options.pages))
        cycles = f", {session.last_program().cycles:,} simulated cycles" if session.has_cycles() else ""
    exact = reference.layer_norm(rows.x, rows.gamma, rows.beta, EPSILON)
    print(f"largest error {np.abs(y - exact).max():.3g} of outputs up to {np.abs(exact).max():.3g}{cycles}")
    return 0


if __name__ == "__main__":
    session.run_and_exit(main)
