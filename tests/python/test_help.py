# SPDX-License-Identifier: Apache-2.0
"""The help of every entry script and command names all options that it takes, and no other. No device is needed."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from layernorm_fused_rm import cli

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ("run", "test", "bench", "demo", *sorted(f"setup/{path.name}" for path in (ROOT / "setup").glob("*.sh")))
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
# What a script hands its other arguments to, and what of theirs it does not take.
BEHIND = {"bench": ["benchmarks"], "demo": ["examples.random_rows", "examples.embedding_norm"]}
# Of other programs, named in the text as advice.
OTHERS = {"setup/visualizer.sh": {"--port"}, "test": {"--help"}, "setup/site.sh": {"--help"}}


def is_entry(script: str) -> bool:
    return (ROOT / script).stat().st_mode & 0o100 != 0


ENTRIES = [script for script in SCRIPTS if is_entry(script)]


def help_of(command: list[str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def parsed_by(text: str) -> set[str]:
    """The options that a shell script parses itself: those of its cases, and those of a device where it takes them."""
    found = set()
    for line in text.splitlines():
        before, is_case, _ = line.partition(")")
        if is_case and re.match(r"\s+(--|-h)", before):
            found |= set(OPTION.findall(before))
    if "take_device_option" in text:
        found |= {"--device", "--chip"}
    return found - {"--help"}


def options_of_module(module: str) -> set[str]:
    return set(OPTION.findall(help_of([sys.executable, "-m", module, "--help"]).partition("options:")[2])) - {"--help"}


@pytest.mark.parametrize("script", ENTRIES)
def test_a_scripts_help_names_its_options(script):
    text = help_of([str(ROOT / script), "--help"])
    assert text.strip() and "set -" not in text and "SPDX" not in text
    assert f"./{script}" in text or script in text
    taken = parsed_by((ROOT / script).read_text(encoding="utf-8"))
    if script in BEHIND:
        pytest.importorskip("ttnn")
        taken |= set().union(*map(options_of_module, BEHIND[script]))
    assert set(OPTION.findall(text)) - OTHERS.get(script, set()) == taken


def test_an_option_that_the_help_leaves_out_is_found():
    text = 'case "$argument" in\n    --quick | --all) level=1 ;;\n    --help | -h) exit ;;\nesac\ntake_device_option "$@"\n'
    assert parsed_by(text) == {"--quick", "--all", "--device", "--chip"}


def commands() -> dict[str, argparse.ArgumentParser]:
    (action,) = (entry for entry in cli._parser()._actions if isinstance(entry, argparse._SubParsersAction))
    return action.choices


@pytest.mark.parametrize("name", commands())
def test_a_commands_help_names_its_options_and_has_examples(name):
    parser = commands()[name]
    text = parser.format_help()
    taken = {option for action in parser._actions for option in action.option_strings if option.startswith("--")}
    assert taken <= set(OPTION.findall(text)) and "example" in text
    for line in parser.epilog.splitlines():
        if "layernorm_fused_rm " in line:
            assert f"-m layernorm_fused_rm {name}" in line
    assert not [action.dest for action in parser._actions if not action.help]


@pytest.mark.parametrize("name", [name for name in commands() if name != "doctor"])
def test_the_examples_are_calls(name):
    lines = [line for line in commands()[name].epilog.splitlines() if f"layernorm_fused_rm {name} " in line]
    assert lines
    for line in lines:
        words = line.partition(f"layernorm_fused_rm {name} ")[2].partition(" | ")[0].split()
        assert cli._parser().parse_args([name, *words]).shape


@pytest.mark.parametrize("module", ["simulator.perf_csv", "simulator.visualizer_report"])
def test_a_modules_help_says_how_to_call_it(module):
    assert f"./run python -m {module} " in help_of([sys.executable, "-m", module, "--help"])
