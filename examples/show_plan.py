# SPDX-License-Identifier: Apache-2.0
"""Plan a call from Python and say which core is busiest; `python -m layernorm_fused_rm plan` shows whole plans.

    ./run python examples/show_plan.py --rows 256 --width 384 --chip blackhole

Needs no device: cards as they are known to be are in `layernorm_fused_rm.cards`.
"""

from __future__ import annotations

import argparse

from layernorm_fused_rm import Problem, TensorSpec, cards, plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--chip", choices=("wormhole", "blackhole"), default="wormhole")
    arguments = parser.parse_args()
    vector = TensorSpec(shape=[arguments.width])
    problem = Problem(
        input=TensorSpec(shape=[arguments.rows, arguments.width]),
        gamma=vector,
        beta=vector,
        device=cards.card(arguments.chip),
    )
    planned = plan(problem)
    print(planned.describe())
    busiest = max(planned.cores, key=lambda work: work.rows)
    print(f"the busiest core, {busiest.core}, has {busiest.rows} of {planned.rows} rows")


if __name__ == "__main__":
    main()
