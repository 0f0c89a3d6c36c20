# SPDX-License-Identifier: Apache-2.0
"""wolfpine and the vendor's simulator give the same bits for more than 200 varied calls. Where both are at hand:

LAYERNORM_TTSIM=<folder with libttsim.so> ./test --all
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simulator import session

ROOT = Path(__file__).resolve().parents[2]
PARTS = 36  # a program each, and six calls
SCRIPT = "import test_both_simulators; test_both_simulators.main()"

pytestmark = [
    pytest.mark.extended,
    pytest.mark.simulator,
    pytest.mark.skipif("LAYERNORM_TTSIM" not in os.environ, reason="LAYERNORM_TTSIM names no vendor's simulator"),
]


def outputs(device, part: int) -> dict[str, np.ndarray]:
    """The results of a part's calls by name."""
    from test_matrix import CALLS, PAIRWISE

    from calls import Call, draw, run

    call, found = Call(**PAIRWISE[part]), {}
    for i, (rows, mean, sigma) in enumerate(CALLS):
        results = run(call, draw(call, rows, mean, sigma, seed=1000 * part + i), device)
        found |= {f"{part} {i} {name}": values for name, values in results.items()}
    return found


def main() -> None:
    """What the process on the vendor's simulator does: the outputs of a part into a file, both as its arguments say."""
    with session.open_device() as device:
        np.savez(sys.argv[2], **outputs(device, int(sys.argv[1])))
        session.exit_now(0)


@pytest.mark.parametrize("part", range(PARTS))
def test_both_simulators_give_the_same_bits(part, device, tmp_path):
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'tests' / 'device'}:{ROOT / 'tests'}:{ROOT}"}
    command = [ROOT / "run", "--device", "vendor", "python", "-c", SCRIPT, str(part), tmp_path / "vendor.npz"]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    expected = np.load(tmp_path / "vendor.npz")
    found = outputs(device, part)
    assert len({name.rpartition(" ")[0] for name in found}) * PARTS > 200 and set(found) == set(expected.files)
    different = [name for name, values in found.items() if not _are_same(values, expected[name])]
    assert not different


def _are_same(a: np.ndarray, b: np.ndarray) -> bool:
    """Of a NaN only that it is one: its payload is nobody's."""
    return bool(((a.view(np.uint32) == b.view(np.uint32)) | (np.isnan(a) & np.isnan(b))).all())
