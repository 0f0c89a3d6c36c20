# SPDX-License-Identifier: Apache-2.0
"""Checks of an installation, each with a remedy: what `python -m layernorm_fused_rm doctor` prints.

Nothing here opens a device or imports ttnn into this process, so a stuck device or a broken library cannot hang it:
other programs are run as subprocesses with a time limit.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import ttnn_version

PACKAGE = Path(__file__).resolve().parent
KERNELS = PACKAGE / "kernels"
SFPI_FOLDER = Path("/opt/tenstorrent/sfpi")
DEVICE_FILES = Path("/dev/tenstorrent")
PYTHON_VERSIONS = ((3, 10), (3, 12))  # those that ttnn has wheels for
WOLFPINE_VERSION = "2.2"
REINSTALL = "install it again: pip install --force-reinstall --no-deps layernorm_fused_rm (or . in a checkout)"
SECONDS_FOR_A_PROGRAM = 60
# Precompiled headers of ttnn take 124 MB, a program of ours 1 MB (0.81.1, `du` of a kernel cache).
NEEDED_CACHE_BYTES = 500 * 2**20


@dataclass(frozen=True)
class Finding:
    """What one check found; no remedy means that all is well."""

    name: str
    text: str
    remedy: str = ""

    @property
    def is_ok(self) -> bool:
        return not self.remedy

    def __str__(self) -> str:
        return (
            f"ok       {self.name}: {self.text}" if self.is_ok else f"problem  {self.name}: {self.text}; {self.remedy}"
        )


def check_all() -> Iterator[Finding]:
    """All checks, in the order in which an installation is put together."""
    yield check_python()
    yield check_ttnn()
    yield check_numpy()
    yield check_planner()
    yield check_kernels()
    yield check_compiler()
    yield from check_simulator() if is_simulated() else [check_card()]
    yield check_cache()


def is_simulated() -> bool:
    return "TT_METAL_SIMULATOR" in os.environ


def check_python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = " or ".join(".".join(map(str, version)) for version in PYTHON_VERSIONS)
    fits = sys.version_info[:2] in PYTHON_VERSIONS
    return Finding("Python", version, "" if fits else f"ttnn has wheels for Python {wanted} only: use one of these")


def check_ttnn() -> Finding:
    if importlib.util.find_spec("ttnn") is None:
        return Finding("ttnn", "is not installed", ttnn_version.REMEDY)
    version = ttnn_version.version_of("ttnn")
    # In a process of its own: a library that does not load may take the process along.
    script = (
        "import ttnn, importlib.util as u\n"
        f"spec = u.spec_from_file_location('ttnn_version', {ttnn_version.__file__!r})\n"
        "module = u.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "print('missing:' + ' '.join(module.missing_names(ttnn)))"
    )
    status, output = _run([sys.executable, "-c", script])
    if status != 0:
        return Finding("ttnn", f"{version} does not import ({_last_line(output)})", ttnn_version.REMEDY)
    missing = output.rpartition("missing:")[2].split()
    if missing:
        return Finding("ttnn", f"{version} has no {', '.join(missing)}", ttnn_version.REMEDY)
    if not ttnn_version.is_tested(version):
        return Finding("ttnn", f"{version}, but {ttnn_version.TESTED_RANGE} is tested", ttnn_version.REMEDY)
    return Finding("ttnn", version)


def check_numpy() -> Finding:
    if importlib.util.find_spec("numpy") is None:
        return Finding("numpy", "is not installed", 'pip install "numpy>=1.24,<2"')
    return Finding("numpy", ttnn_version.version_of("numpy"))


def check_planner() -> Finding:
    name = "planner (_core)"
    try:
        from . import _core

        version, contract = _core.__version__, _core.CONTRACT_SHA256
    except ImportError as error:
        return Finding(name, f"does not import ({error})", REINSTALL)
    except AttributeError:
        return Finding(name, "is of an earlier version", REINSTALL)
    installed = ttnn_version.version_of("layernorm_fused_rm")
    if version != installed:
        return Finding(name, f"is of version {version}, but the package of {installed}", REINSTALL)
    if (KERNELS / "contract").is_dir() and _hash_of_contract() != contract:
        return Finding(name, "was built with another kernels/contract", REINSTALL)
    return Finding(name, version)


def _hash_of_contract() -> str:
    """As CMakeLists.txt has it: of the headers' hashes, in the order of their names."""
    hashes = [
        hashlib.sha256(header.read_bytes()).hexdigest() for header in sorted((KERNELS / "contract").glob("*.hpp"))
    ]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def check_kernels() -> Finding:
    try:
        from ._core import KERNEL_FILES
    except ImportError:
        return Finding("kernels", "cannot be checked without the planner", REINSTALL)
    missing = [name for name in KERNEL_FILES if not (KERNELS / name).is_file()]
    if missing:
        return Finding("kernels", f"{', '.join(missing)} missing in {KERNELS}", REINSTALL)
    return Finding("kernels", f"{len(KERNEL_FILES)} files in {KERNELS}")


def check_compiler() -> Finding:
    """SFPI's compiler, where ttnn looks for it: its runtime root, then /opt."""
    places = [folder / "compiler" / "bin" / "riscv-tt-elf-g++" for folder in _sfpi_folders()]
    compiler = next((place for place in places if place.is_file()), None)
    remedy = (
        "install Tenstorrent's sfpi package, or without hardware work in a checkout with ./run, which brings a stand-in"
    )
    if compiler is None:
        return Finding("compiler", f"no {' and no '.join(map(str, places))}", remedy)
    status, output = _run([str(compiler), "--version"])
    if status != 0:
        return Finding("compiler", f"{compiler} does not run ({_last_line(output)})", remedy)
    is_stand_in = compiler.read_bytes()[:2] == b"#!"
    if is_stand_in and not is_simulated():
        return Finding("compiler", f"{compiler} is the simulator's stand-in", "install Tenstorrent's sfpi package")
    return Finding("compiler", f"{compiler}{' (the stand-in)' if is_stand_in else ''}")


def list_cards() -> list[Path]:
    return sorted(DEVICE_FILES.glob("[0-9]*"))


def check_card() -> Finding:
    cards = list_cards()
    if not cards:
        return Finding(
            "device",
            f"no card in {DEVICE_FILES}, and TT_METAL_SIMULATOR is not set",
            "install Tenstorrent's kernel driver (tt-kmd), or in a checkout use ./run for the simulated device",
        )
    closed = [card for card in cards if not os.access(card, os.R_OK | os.W_OK)]
    if closed:
        return Finding("device", f"{closed[0]} is not yours to open", f"as root: chmod a+rw {closed[0]}")
    return Finding("device", ", ".join(map(str, cards)))


def check_simulator() -> Iterator[Finding]:
    remedy = "in a checkout: setup/environment.sh, then ./run COMMAND"
    folder = Path(os.environ["TT_METAL_SIMULATOR"])
    script = folder / "run.sh"
    if not os.access(script, os.X_OK) or script.is_dir():
        yield Finding("simulator", f"TT_METAL_SIMULATOR is {folder}, without a run.sh to execute", remedy)
    else:
        yield Finding("simulator", str(folder))
    python = os.environ.get("WOLFPINE_PYTHON", "python3")
    status, output = _run([python, "-c", "import framework, importlib.metadata as m; print(m.version('wolfpine'))"])
    install = f"WOLFPINE_PYTHON must name a Python with it: {python} -m pip install wolfpine=={WOLFPINE_VERSION}"
    if status != 0:
        yield Finding("wolfpine", f"{python} does not import it ({_last_line(output)})", install)
    elif (version := _last_line(output)) != WOLFPINE_VERSION:
        yield Finding("wolfpine", f"{version}, but {WOLFPINE_VERSION} is tested", install)
    else:
        yield Finding("wolfpine", f"{version} in {python}")
    unset = [name for name in ("TT_METAL_SLOW_DISPATCH_MODE", "TT_METAL_MOCK_CLUSTER_DESC_PATH") if not os.getenv(name)]
    if unset:
        yield Finding("simulator's environment", f"{' and '.join(unset)} not set", remedy)


def check_cache() -> Finding:
    """ttnn's cache of compiled kernels: whether something can be written there, and how much."""
    folder = cache_folder()
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    text = f"{folder} (TT_METAL_CACHE)" if "TT_METAL_CACHE" in os.environ else str(folder)
    elsewhere = "or name another folder: export TT_METAL_CACHE=FOLDER"
    try:
        free_bytes = shutil.disk_usage(existing).free
        with tempfile.NamedTemporaryFile(dir=existing, prefix=".layernorm_fused_rm-") as trial:
            trial.write(bytes(4096))
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as error:
        if shutil.disk_usage(existing).free < NEEDED_CACHE_BYTES:
            return Finding(
                "kernel cache", f"the disk of {text} is full ({error.strerror})", f"free some space, {elsewhere}"
            )
        return Finding("kernel cache", f"{text} cannot be written ({error.strerror})", f"make it writable, {elsewhere}")
    free = f"{free_bytes // 2**20} MB free"
    if free_bytes < NEEDED_CACHE_BYTES:
        return Finding(
            "kernel cache", f"{text}: {free}, needs {NEEDED_CACHE_BYTES // 2**20} MB", f"free some space, {elsewhere}"
        )
    return Finding("kernel cache", f"{text}: {free}")


def cache_folder() -> Path:
    """Where ttnn keeps compiled kernels."""
    if "TT_METAL_CACHE" in os.environ:
        return Path(os.environ["TT_METAL_CACHE"]).absolute()
    return Path(os.environ.get("HOME") or tempfile.gettempdir()) / ".cache" / "tt-metal-cache"


def _sfpi_folders() -> list[Path]:
    root = os.environ.get("TT_METAL_RUNTIME_ROOT")
    if root is None:
        spec = importlib.util.find_spec("ttnn")
        root = str(Path(spec.origin).parent) if spec is not None and spec.origin else None
    return ([Path(root) / "runtime" / "sfpi"] if root else []) + [SFPI_FOLDER]


def _run(command: list[str]) -> tuple[int, str]:
    """Exit status and output of a program; its failure to start or to end counts as a status too."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS_FOR_A_PROGRAM,
        )
    except subprocess.TimeoutExpired:
        return 124, f"no answer in {SECONDS_FOR_A_PROGRAM} s"
    except OSError as error:
        return 127, error.strerror or str(error)
    return done.returncode, done.stdout


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1] if lines else "no message"
