# SPDX-License-Identifier: Apache-2.0
"""The simulator folder: everything the device driver and the launcher look for, and no change when built again."""

import os
import subprocess
from pathlib import Path

import folder
import pytest


@pytest.mark.parametrize("chip", ["wormhole", "blackhole"])
def test_folder_holds_descriptors_launcher_and_script(tmp_path, chip):
    built = folder.build_simulator_folder(tmp_path / "simulator", folder.find_site_packages(), chip)
    assert "functional_workers" in (built / "soc_descriptor.yaml").read_text()
    assert "noc_translation: true" in (built / "cluster_descriptor.yaml").read_text()
    assert (built / "launcher" / "__main__.py").is_file()
    assert os.access(built / "run.sh", os.X_OK)
    assert f"LAYERNORM_SIM_CHIP={chip}" in (built / "run.sh").read_text()
    assert subprocess.run(["bash", "-n", built / "run.sh"], check=False).returncode == 0


def test_building_twice_changes_nothing(tmp_path):
    def contents(built: Path):
        return {path.name: (path.read_bytes() if path.is_file() else os.readlink(path)) for path in built.iterdir()}

    first = contents(folder.build_simulator_folder(tmp_path, folder.find_site_packages()))
    assert contents(folder.build_simulator_folder(tmp_path, folder.find_site_packages())) == first
