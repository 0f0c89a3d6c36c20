"""Write the names of circular buffers and semaphores for the simulator's reports.

    python setup/buffer_names.py DESTINATION

{"0": "input rows", ..., "semaphore 0": "receivers ready", ...}. They are the planner's own: each buffer of a plan says
its purpose, and it is the same in every plan; a semaphore's name is that in kernels/contract.hpp.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from layernorm_fused_rm import Device, Problem, TensorSpec, _core, plan


def buffer_names() -> dict[str, str]:
    device = Device(grid=(1, 1), dram_banks=[(0, 0)], l1_banks=1, l1_bytes=1_000_000)
    vector = TensorSpec(shape=[64])
    smallest = Problem(input=TensorSpec(shape=[1, 64]), gamma=vector, beta=vector, device=device)
    return {str(buffer.index): buffer.purpose for buffer in plan(smallest).buffers}


def semaphore_names() -> dict[str, str]:
    named = [semaphore for semaphore in _core.Semaphore if semaphore != _core.Semaphore.COUNT]
    return {f"semaphore {int(semaphore)}": semaphore.name.lower().replace("_", " ") for semaphore in named}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("destination", type=Path)
    parser.parse_args().destination.write_text(json.dumps(buffer_names() | semaphore_names()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
