# SPDX-License-Identifier: Apache-2.0
"""Build the folder that TT_METAL_SIMULATOR points at: wolfpine's descriptors with our launcher behind run.sh.

    python simulator/folder.py DESTINATION [--chip wormhole|blackhole] [--site-packages FOLDER]

The folder holds run.sh, links to soc_descriptor.yaml and cluster_descriptor.yaml of the installed wolfpine, and a link
to ./launcher. Point TT_METAL_SIMULATOR at it, TT_METAL_MOCK_CLUSTER_DESC_PATH at its cluster_descriptor.yaml, and
WOLFPINE_PYTHON at the Python that has wolfpine. Idempotent.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

LAUNCHER = Path(__file__).resolve().parent / "launcher"
DESCRIPTORS = ("soc_descriptor.yaml", "cluster_descriptor.yaml")

# The TT_SIM_* options wolfpine's own run.sh turns into arguments; the rest it reads from the environment itself.
RUN_SCRIPT = """\
#!/usr/bin/env bash
# Started by ttnn's device driver (UMD) with NNG_SOCKET_ADDR in the environment. Written by simulator/folder.py.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export PYTHONPATH="$here:${PYTHONPATH:-}" LAYERNORM_SIM_CHIP=CHIP
options=()
[ -n "${TT_SIM_RECORD:-}" ] && options+=(--record "$TT_SIM_RECORD")
[ -n "${TT_SIM_LOG_PROTOCOL:-}" ] && options+=(--log-protocol)
exec "${WOLFPINE_PYTHON:-python3}" -u -m launcher "${options[@]}" "$@"
"""


def find_site_packages() -> Path:
    """The folder that holds the installed wolfpine (its import name is `framework`)."""
    spec = importlib.util.find_spec("framework")
    if spec is None or spec.origin is None:
        raise SystemExit("simulator/folder.py: wolfpine is not installed in this Python; pip install wolfpine==2.2")
    return Path(spec.origin).parent.parent


def build_simulator_folder(destination: Path, wolfpine_site_packages: Path, chip: str = "wormhole") -> Path:
    """Create or complete the folder at `destination` and return it."""
    descriptors = wolfpine_site_packages / "framework" / "sim" / chip
    destination.mkdir(parents=True, exist_ok=True)
    for name in DESCRIPTORS:
        if not (descriptors / name).is_file():
            raise SystemExit(f"simulator/folder.py: {descriptors / name} is missing; is this wolfpine 2.2?")
        _link(destination / name, descriptors / name)
    _link(destination / "launcher", LAUNCHER)
    script = destination / "run.sh"
    script.write_text(RUN_SCRIPT.replace("=CHIP", f"={chip}"), encoding="utf-8")
    script.chmod(0o755)
    return destination


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.resolve() == target.resolve():
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("destination", type=Path)
    parser.add_argument("--chip", choices=("wormhole", "blackhole"), default="wormhole")
    parser.add_argument("--site-packages", type=Path, default=None)
    options = parser.parse_args()
    print(build_simulator_folder(options.destination, options.site_packages or find_site_packages(), options.chip))


if __name__ == "__main__":
    main()
