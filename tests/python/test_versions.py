# SPDX-License-Identifier: Apache-2.0
"""What is said of versions in several places is said alike, and kernels know them in one; wheels beside each ttnn are
tried by tests/install/test_beside_ttnn.py.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from layernorm_fused_rm import _core, doctor, ttnn_version

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / "python" / "layernorm_fused_rm" / "kernels"
INSTRUCTIONS = "tensix/instructions.hpp"
SET_UP = dict(re.findall(r'^(\w+)="(.*)"$', (ROOT / "setup" / "versions.env").read_text(), re.MULTILINE))


def test_the_tested_versions_are_those_of_the_set_up_and_of_the_package():
    assert f"ttnn=={ttnn_version.TESTED_VERSION} " in SET_UP["DEVICE_REQUIREMENTS"]
    pythons = SET_UP["PYTHON_VERSIONS"].split()
    assert {tuple(map(int, version.split("."))) for version in pythons} == set(doctor.PYTHON_VERSIONS)
    wanted = {f"{version}/{pythons[0]}" for version in (ttnn_version.OLDEST_TESTED, ttnn_version.TESTED_VERSION)}
    beside = set(SET_UP["BESIDE"].split())
    assert wanted <= beside and {pair.partition("/")[2] for pair in beside} == set(pythons)
    wanted = f"ttnn>={ttnn_version.OLDEST_TESTED},<={ttnn_version.TESTED_VERSION}"
    assert f'device = ["{wanted}"]' in (ROOT / "pyproject.toml").read_text()
    for page in ("README.md", "docs/limits.md"):
        assert ttnn_version.TESTED_RANGE in " ".join((ROOT / page).read_text().split())


def test_the_version_is_said_alike_everywhere():
    """The wheel's comes from pyproject.toml, CMake's and the planner's from CMakeLists.txt."""
    (ours,) = re.findall(r'^version = "(\S+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert f"project(layernorm_fused_rm VERSION {ours} " in (ROOT / "CMakeLists.txt").read_text()
    needed = f"find_package(layernorm_fused_rm {ours.rpartition('.')[0]} "
    assert needed in (ROOT / "examples" / "cpp_plan" / "CMakeLists.txt").read_text()
    assert re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == ours


def test_the_planner_is_of_the_stable_abi_where_nanobind_has_it():
    assert _core.__file__.endswith(".abi3.so") == (sys.version_info >= (3, 12))


def test_kernels_take_instructions_from_one_header():
    for path in KERNELS.rglob("*.hpp"):
        name, text = str(path.relative_to(KERNELS)), path.read_text()
        code = re.sub("//.*", "", text)
        if name != INSTRUCTIONS:
            assert "INSTRUCTION_WORD" not in code and "ckernel_ops.h" not in code, name
            assert not re.search(r"\bTTI?_[A-Z]\w+\(", code) or f'#include "{INSTRUCTIONS}"' in code, name


def test_that_header_makes_expressions_of_what_older_versions_have_as_statements(tmp_path):
    """The macros as ttnn 0.79.0 has them; in parentheses and beside commas, as kernels write them."""
    (tmp_path / "ckernel_ops.h").write_text(
        '#define INSTRUCTION_WORD(x) __asm__ __volatile__(".ttinsn %0" : : "n"((x)))\n'
        "#define TT_OP_NOP (0x02 << 24)\n"
        "#define TTI_NOP INSTRUCTION_WORD(TT_OP_NOP)\n"
        "#define TT_SETC16(value) ckernel::instrn_buffer[0] = 0xb2000000 + (value)\n"
    )
    kernel = tmp_path / "kernel.cpp"
    kernel.write_text(
        "namespace ckernel { extern volatile unsigned instrn_buffer[]; }\n"
        f'#include "{INSTRUCTIONS}"\n'
        "template <unsigned... words> void issue(unsigned word) {\n"
        "    (TTI_NOP);\n"
        "    (TTI_INSN(words), ...);\n"
        "    (TT_INSN(word), TT_SETC16(word), TTI_NOP);\n"
        "}\n"
        "template void issue<0x80000000u, 1>(unsigned);\n"
    )
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{tmp_path}", f"-I{KERNELS}"]
    done = subprocess.run(["g++", *flags, kernel], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
