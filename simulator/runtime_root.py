# SPDX-License-Identifier: Apache-2.0
"""Build the folder that TT_METAL_RUNTIME_ROOT points at, so that the pip package of ttnn stays untouched.

ttnn looks for its sources, its link scripts and its compiler below one root. This root is made of symbolic links to the
installed wheel, except for two things: the compiler (the stand-in of ./compiler with the headers of ./sfpi) and three
objects of each chip that hold another GCC's LTO code and are compiled anew from the wheel's own sources.

    python simulator/runtime_root.py DESTINATION

Idempotent: an existing root that was built from the same wheel and the same stand-in is left alone.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPILER_NAME = "riscv-tt-elf-g++"

# Folder in runtime/hw/lib, and wherever the wheel keeps what is one chip's -> how that chip is compiled for, and the
# include folders below its own that its sources name.
CHIPS = {
    "wormhole": (("-mcpu=tt-wh", "-DARCH_WORMHOLE"), (".", "wormhole_b0_defines", "noc", "overlay")),
    "blackhole": (("-mcpu=tt-bh", "-DARCH_BLACKHOLE"), (".", "noc")),
}

# Object in a chip's folder of runtime/hw/lib -> its source in the wheel.
REBUILT_OBJECTS = {
    "noc.o": "tt_metal/hw/firmware/src/tt-1xx/{chip}/noc.c",
    "substitutes.o": "tt_metal/hw/toolchain/substitutes.cpp",
    "tdma_xmov.o": "tt_metal/hw/firmware/src/tt-1xx/tdma_xmov.c",
}

# `static_assert(false)` in a template that is never instantiated: allowed since CWG 2518, an error in GCC 12. Copies of these
# headers say `true` there; every other assertion of the wheel's headers, and of ours, holds.
HEADERS_WITH_DEFERRED_ASSERTIONS = (
    "tt_metal/hw/inc/api/core_local_mem.h",
    "tt_metal/hw/inc/api/debug/checkpoint.h",
    "tt_metal/hw/inc/api/debug/device_print.h",
    "tt_metal/hw/inc/api/scratchpad.h",
    "tt_metal/hw/inc/api/tensor/local_tensor_accessor.h",
    "tt_metal/tt-llk/tt_llk_blackhole/common/inc/sfpu/ckernel_sfpu_fill.h",
    "tt_metal/tt-llk/tt_llk_wormhole_b0/common/inc/sfpu/ckernel_sfpu_fill.h",
    "ttnn/cpp/ttnn/kernel_lib/dest_helpers.hpp",
)

# The include folders of those sources, below the wheel's root (tt_metal/hw/firmware/src/tt-1xx/CMakeLists.txt).
INCLUDE_FOLDERS = (
    ".",
    "tt_metal",
    "tt_metal/hw/inc",
    "tt_metal/hw/firmware/src/tt-1xx",
)
CHIP_INCLUDES = "tt_metal/hw/inc/internal/tt-1xx"


def find_wheel() -> Path:
    """The folder of the installed ttnn package, found without importing it (an import starts the host runtime)."""
    spec = importlib.util.find_spec("ttnn")
    if spec is None or spec.origin is None:
        raise SystemExit("runtime_root: ttnn is not installed in this Python; run ./test or ./demo, which set it up")
    return Path(spec.origin).parent


def fingerprint(wheel: Path) -> str:
    """Changes when the wheel's place or any file of the stand-in compiler changes."""
    digest = hashlib.sha256(str(wheel).encode())
    for folder in ("compiler", "sfpi"):
        for path in sorted((HERE / folder).rglob("*")):
            if path.is_file():
                digest.update(path.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def link_all(source: Path, destination: Path, leave_out: frozenset[str] = frozenset()) -> None:
    """Link each entry of `source` into `destination`, except those named in `leave_out`."""
    destination.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.name not in leave_out:
            (destination / entry.name).symlink_to(entry)


def put_copy(root: Path, name: str, text: str) -> None:
    """A file of its own in the place of a linked one; the folders that lead to it become folders of links."""
    folder = root
    for part in Path(name).parent.parts:
        folder = folder / part
        if folder.is_symlink():
            source = folder.resolve()
            folder.unlink()
            link_all(source, folder)
    (root / name).unlink()
    (root / name).write_text(text)


def defer_assertions(root: Path, wheel: Path) -> None:
    for name in HEADERS_WITH_DEFERRED_ASSERTIONS:
        put_copy(root, name, (wheel / name).read_text().replace("static_assert(false", "static_assert(true"))


def install_compiler(root: Path) -> Path:
    """Put the stand-in compiler where libtt_metal looks for SFPI. Returns its path."""
    bin_folder = root / "runtime/sfpi/compiler/bin"
    bin_folder.mkdir(parents=True)
    shutil.copytree(HERE / "sfpi", root / "runtime/sfpi/include")
    shutil.copytree(HERE / "compiler/libstdcxx", bin_folder / "libstdcxx")
    for name in (COMPILER_NAME, "prelude.hpp"):
        shutil.copy2(HERE / "compiler" / name, bin_folder / name)
    compiler = bin_folder / COMPILER_NAME
    run([compiler, "-c", "-O2", HERE / "compiler/keep_data.cpp", "-o", bin_folder / "keep_data.o"])
    return compiler


def rebuild_objects(root: Path, wheel: Path, chip: str, compiler: Path) -> None:
    """Compile a chip's support objects anew (simulated-device facts: the wheel's are slim LTO objects)."""
    flags, own_folders = CHIPS[chip]
    library = root / "runtime/hw/lib" / chip
    link_all(wheel / "runtime/hw/lib" / chip, library, leave_out=frozenset(REBUILT_OBJECTS))
    includes = [wheel / folder for folder in INCLUDE_FOLDERS]
    includes += [wheel / CHIP_INCLUDES / chip / folder for folder in own_folders]
    command = [compiler, *flags, "-Os", "-fno-exceptions", "-DTENSIX_FIRMWARE", *(f"-I{folder}" for folder in includes)]
    for object_name, source in REBUILT_OBJECTS.items():
        run([*command, "-c", "-x", "c++", wheel / source.format(chip=chip), "-o", library / object_name])


def run(command: list[str | Path]) -> None:
    """Run one command; a failure ends the set-up with the command and its output."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        line = " ".join(str(part) for part in command)
        raise SystemExit(
            f"runtime_root: this command failed:\n  {line}\n{done.stderr}\nremedy: see simulator/README.md"
        )


def build_runtime_root(destination: Path) -> bool:
    """Build the root at `destination`. Returns False when a fitting one was already there."""
    wheel = find_wheel()
    stamp = destination / "fingerprint"
    wanted = fingerprint(wheel)
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    shutil.rmtree(destination, ignore_errors=True)
    link_all(wheel, destination, leave_out=frozenset({"runtime", "__pycache__"}))
    link_all(wheel / "runtime/hw/lib", destination / "runtime/hw/lib", leave_out=frozenset(CHIPS))
    (destination / "runtime/hw/toolchain").symlink_to(wheel / "runtime/hw/toolchain")
    defer_assertions(destination, wheel)
    compiler = install_compiler(destination)
    for chip in CHIPS:
        rebuild_objects(destination, wheel, chip, compiler)
    stamp.write_text(wanted)
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("destination", type=Path)
    destination = parser.parse_args().destination
    built = build_runtime_root(Path(os.path.abspath(destination)))
    print(f"runtime root: {'built' if built else 'up to date'}: {destination}")


if __name__ == "__main__":
    main()
