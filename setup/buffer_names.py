# SPDX-License-Identifier: Apache-2.0
"""Write the names of circular buffers and semaphores for the simulator's reports.

    python setup/buffer_names.py DESTINATION

{"0": "input rows", ..., "semaphore 0": "gamma arrived", ...}. They are the planner's own: each buffer of a plan says
its purpose, and it is the same in every plan that has it; a semaphore's name is that in kernels/contract.hpp.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from layernorm_fused_rm import _core, triage


def buffer_names() -> dict[str, str]:
    return {str(index): purpose for index, purpose in triage.buffer_names().items()}


def semaphore_names() -> dict[str, str]:
    named = [semaphore for semaphore in _core.Semaphore if semaphore != _core.Semaphore.COUNT]
    return {f"semaphore {int(semaphore)}": semaphore.name.lower().replace("_", " ") for semaphore in named}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("destination", type=Path)
    parser.parse_args().destination.write_text(json.dumps(buffer_names() | semaphore_names()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
