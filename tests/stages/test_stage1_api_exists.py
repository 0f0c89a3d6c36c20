# SPDX-License-Identifier: Apache-2.0
"""Stage 1 of the implementation report: the API exists, with the report's name and arguments."""

from __future__ import annotations

import inspect

import ttnn

import layernorm_fused_rm


def test_the_function_can_be_imported():
    assert callable(layernorm_fused_rm.layernorm_fused_rm)


def test_its_arguments_are_the_reports():
    parameters = inspect.signature(layernorm_fused_rm.layernorm_fused_rm).parameters
    assert list(parameters)[:3] == ["input", "gamma", "beta"]
    assert parameters["epsilon"].default == 1e-5
    assert parameters["epsilon"].kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters["memory_config"].default is None


def test_its_docstring_gives_shapes_errors_and_an_example():
    text = layernorm_fused_rm.layernorm_fused_rm.__doc__
    for part in ("Args:", "Returns:", "Raises:", "Example:", "Source:"):
        assert part in text


def test_it_is_in_ttnns_namespace():
    assert callable(ttnn.layernorm_fused_rm)
