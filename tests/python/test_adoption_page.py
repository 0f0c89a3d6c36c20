# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/adoption.md have a line for each argument of what they speak of, with its default and its name here."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
from pathlib import Path

import pytest

ttnn = pytest.importorskip("ttnn")

import layernorm_fused_rm  # noqa: E402
from layernorm_fused_rm import patching  # noqa: E402

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "adoption.md").read_text(encoding="utf-8")
NONE = "-"  # in a table: no default, no argument here

# torch 2.8's; held against an installed one where there is one.
OF_TORCH = {
    "LayerNorm": {
        "normalized_shape": NONE,
        "eps": "1e-05",
        "elementwise_affine": "True",
        "bias": "True",
        "device": "None",
        "dtype": "None",
    },
    "RMSNorm": {
        "normalized_shape": NONE,
        "eps": "None",
        "elementwise_affine": "True",
        "device": "None",
        "dtype": "None",
    },
}


def table(heading: str) -> dict[str, tuple[str, str]]:
    """Of each argument its default, and its name here."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if re.match(r"\| `", line)]
    cells = [[cell.strip().strip("`") for cell in row] for row in rows]
    return {name: (default, here) for name, default, here, _ in cells}


def defaults_of_ttnn(operation) -> dict[str, str]:
    """Of each argument its default, from what nanobind keeps: a signature with numbers in the place of defaults."""
    text, _, values = type(operation.function).__call__.__nb_signature__[0]
    arguments = ast.parse(re.sub(r"\\(\d+)", r"\1", text) + ": ...").body[0].args
    positional = {argument.arg: NONE for argument in arguments.args[1:]}
    keywords = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return positional | {argument.arg: repr(values[default.value]) for argument, default in keywords}


def defaults_of_torch(name: str) -> dict[str, str]:
    torch = importlib.import_module("torch")
    parameters = inspect.signature(getattr(torch.nn, name)).parameters.values()
    return {one.name: NONE if one.default is one.empty else repr(one.default) for one in parameters}


@pytest.mark.parametrize("name", patching.OPERATIONS)
def test_every_argument_of_ttnn_has_its_line(name):
    found, theirs = table(f"ttnn.{name}"), defaults_of_ttnn(getattr(ttnn, name))
    assert "epsilon" in theirs  # it was read
    assert {argument: default for argument, (default, _) in found.items()} == theirs
    assert float(theirs["epsilon"]) == patching.EPSILON


@pytest.mark.parametrize("name", patching.OPERATIONS)
def test_the_names_are_those_that_a_patched_call_gets(name):
    norm = patching.OPERATIONS[name]
    tuning = dict.fromkeys(patching.TUNING[norm], NONE)
    assert {argument: here for argument, (_, here) in table(f"ttnn.{name}").items()} == patching.ARGUMENTS | tuning
    ours = inspect.signature(patching.op._OPERATIONS[norm]).parameters
    assert set(patching.ARGUMENTS.values()) < set(ours) and ours["epsilon"].default == 1e-5


@pytest.mark.parametrize("name", OF_TORCH)
def test_every_argument_of_torch_has_its_line(name):
    found = table(f"torch.nn.{name}")
    assert {argument: default for argument, (default, _) in found.items()} == OF_TORCH[name]
    if importlib.util.find_spec("torch") is not None:
        assert defaults_of_torch(name) == OF_TORCH[name]
    layer = getattr(layernorm_fused_rm, name)
    ours = {argument for one in layer.__mro__[:2] for argument in inspect.signature(one.__init__).parameters}
    assert {here for _, here in found.values()} <= ours
