"""Write the names of the circular buffers, {"0": "input rows", ...}, for the simulator's hang report.

    python setup/buffer_names.py DESTINATION

They are the planner's own: each buffer of a plan says its purpose, and it is the same in every plan.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from layernorm_fused_rm import Device, Problem, TensorSpec, plan


def buffer_names() -> dict[str, str]:
    device = Device(grid=(1, 1), dram_banks=[(0, 0)], l1_banks=1, l1_bytes=1_000_000)
    vector = TensorSpec(shape=[64])
    smallest = Problem(input=TensorSpec(shape=[1, 64]), gamma=vector, beta=vector, device=device)
    return {str(buffer.index): buffer.purpose for buffer in plan(smallest).buffers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("destination", type=Path)
    parser.parse_args().destination.write_text(json.dumps(buffer_names()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
