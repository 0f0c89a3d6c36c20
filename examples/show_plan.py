"""Print the plan of a call: circular buffers, cores and their rows, L1 use, kernel arguments.

    ./run python examples/show_plan.py --rows 256 --width 384

Needs no device: the device is described by hand, as an unharvested Wormhole card with an 8 x 9 grid of workers.
"""

from __future__ import annotations

import argparse

from layernorm_fused_rm import Device, Problem, TensorSpec, plan

WORMHOLE = Device(
    grid=(8, 9),
    workers=[(x, y) for y in (1, 2, 3, 4, 5, 7, 8, 9, 10) for x in (1, 2, 3, 4, 6, 7, 8, 9)],
    dram_banks=[(0, 11), (0, 1), (0, 5), (0, 7), (5, 1), (5, 11), (5, 2), (5, 9), (5, 8), (5, 3), (5, 5), (5, 7)],
    noc_size=(10, 12),
    l1_banks=72,
    l1_bytes=1_393_312,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--width", type=int, default=384)
    arguments = parser.parse_args()
    vector = TensorSpec(shape=[arguments.width])
    problem = Problem(
        input=TensorSpec(shape=[arguments.rows, arguments.width]), gamma=vector, beta=vector, device=WORMHOLE
    )
    print(plan(problem).describe())


if __name__ == "__main__":
    main()
