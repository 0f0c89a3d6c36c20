# SPDX-License-Identifier: Apache-2.0
"""The launcher's tests need wolfpine, but no device, no compiler and no ttnn; without wolfpine they are skipped."""

import os
import sys
from pathlib import Path

import pytest

SIMULATOR = Path(__file__).resolve().parents[2] / "simulator"
# As in the simulator's own folder, where run.sh starts `python -m launcher`.
sys.path.insert(0, str(SIMULATOR))
# wolfpine reads this when it is imported; the cost model decides cycles, so the tests of exactness need it.
os.environ.setdefault("TT_SIM_COST_MODEL", "1")

collect_ignore_glob = []
try:
    import framework  # noqa: F401
except ImportError:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture
def kept_attributes(monkeypatch):
    """Function (owner, name, ...) that lets a test patch these attributes of wolfpine and puts them back afterwards."""

    def keep(owner, *names):
        for name in names:
            monkeypatch.setattr(owner, name, vars(owner)[name])

    return keep
