# SPDX-License-Identifier: Apache-2.0
"""Random rows of any shape, normalised on the device.

    ./demo --rows 256 --width 512           or    ./run python -m examples.random_rows --rows 256 --width 512

x ~ N(mean, sigma), gamma ~ N(1, 0.2), beta ~ N(0, 0.5), all rounded to bfloat16; epsilon 1e-5.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from examples.normalise import NamedRows, run_and_show
from layernorm_fused_rm import draws
from simulator import session

PICTURE = Path(__file__).resolve().parents[1] / ".cache" / "demo" / "random_rows.png"


def draw_rows(rows: int, width: int, mean: float, sigma: float, seed: int) -> NamedRows:
    drawn = draws.draw_rows((rows, width), mean, sigma, seed=seed)
    return NamedRows(**vars(drawn), name=f"N({mean:g}, {sigma:g})", epsilon=1e-5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--width", type=int, default=384, help="a multiple of 32, which ttnn.layer_norm needs")
    parser.add_argument("--mean", type=float, default=0.5)
    parser.add_argument("--sigma", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--picture", type=Path, default=PICTURE, help="PNG to write (default: %(default)s)")
    options = parser.parse_args()
    if options.rows < 1 or options.width < 32 or options.width % 32:
        given = f"--rows {options.rows} --width {options.width}"
        parser.error(f"{given}: at least one row is needed, and a width of 32, 64, 96, ...")
    rows = draw_rows(options.rows, options.width, options.mean, options.sigma, options.seed)
    return run_and_show(rows, options.picture)


if __name__ == "__main__":
    session.run_and_exit(main)
