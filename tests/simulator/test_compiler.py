# SPDX-License-Identifier: Apache-2.0
"""The stand-in compiler is as strict with our device code as the JIT's own: C++17, every static_assert, warnings are errors."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.simulator

COMPILER = "runtime/sfpi/compiler/bin/riscv-tt-elf-g++"
# Of the JIT's command lines.
OPTIONS = ("-std=c++17", "-Wall", "-Werror", "-Wno-unused-variable", "-mcpu=tt-wh-tensix", "-O3", "-c")
MIXED_SIGNS = "inline bool is_less(int a, unsigned b) { return a < b; }\n"


def compile_device_code(folder: Path, text: str, *options: str, root: Path | None = None) -> str:
    """What the compiler says of a source; nothing if it is content."""
    (folder / "kernel.cpp").write_text(text)
    own_root = Path(os.environ["TT_METAL_RUNTIME_ROOT"])
    command = [own_root / COMPILER, *OPTIONS, *options, "kernel.cpp", "-o", "kernel.o"]
    variables = os.environ | {"TT_METAL_RUNTIME_ROOT": str(root or own_root)}
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) == (done.stderr == ""), done.stderr
    return done.stderr


def test_what_is_right_compiles(tmp_path):
    assert compile_device_code(tmp_path, "#include <stdint.h>\nstatic_assert(sizeof(uint32_t) == 4);\n") == ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('static_assert(1 == 2, "no plan promises that");', "no plan promises that"),
        ("template <typename T>\nconcept Any = true;", "'concept'"),
        (MIXED_SIGNS, "different signedness"),
    ],
    ids=["a broken promise", "C++20", "a warning"],
)
def test_what_is_wrong_does_not(tmp_path, text, named):
    assert named in compile_device_code(tmp_path, text)


def test_warnings_in_the_runtime_roots_headers_are_the_vendors(tmp_path):
    """The JIT names its include folders by the root."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "vendor.h").write_text(MIXED_SIGNS)
    include = f"-I{tmp_path}/root"
    assert "different signedness" in compile_device_code(tmp_path, '#include "vendor.h"\n', include)
    assert compile_device_code(tmp_path, '#include "vendor.h"\n', include, root=tmp_path / "root") == ""


def test_a_compute_kernel_is_ours_though_a_header_of_the_runtime_root_includes_it(tmp_path):
    """Warned about, and among the files by whose change the JIT knows that it is to be compiled anew."""
    common = tmp_path / "root" / "metal" / "common"
    common.mkdir(parents=True)
    (common / "chlkc_list.h").write_text('#include "chlkc_math.cpp"\n')
    (tmp_path / "chlkc_math.cpp").write_text('#include "compute.cpp"\n')
    (tmp_path / "compute.cpp").write_text(MIXED_SIGNS)
    command = ('#include "chlkc_list.h"\n', f"-I{common}", "-I.", "-MMD")
    assert "different signedness" in compile_device_code(tmp_path, *command, root=tmp_path / "root")
    (tmp_path / "compute.cpp").write_text("inline bool is_less(int a, int b) { return a < b; }\n")
    assert compile_device_code(tmp_path, *command, root=tmp_path / "root") == ""
    assert "compute.cpp" in (tmp_path / "kernel.d").read_text()
