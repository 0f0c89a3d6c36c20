# SPDX-License-Identifier: Apache-2.0
"""ttnn.graph captures our calls, by the operation's name, with torch installed or not."""

from __future__ import annotations

import inspect
import sys
import types

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import device as device_description
from layernorm_fused_rm import op
from layernorm_fused_rm.arrays import to_device

# Ways to call an operation -> its name in a capture.
WAYS = {
    "ttnn.layernorm_fused_rm": "ttnn.layernorm_fused_rm",
    "ttnn.rms_norm_fused_rm": "ttnn.rms_norm_fused_rm",
    "layernorm_fused_rm.layernorm_fused_rm": "ttnn.layernorm_fused_rm",
    "layernorm_fused_rm.rms_norm_fused_rm": "ttnn.rms_norm_fused_rm",
    "layer": "ttnn.layernorm_fused_rm",
}


def called(way: str, device):
    """What is called: a function of a module, or a layer."""
    if way == "layer":
        return layernorm_fused_rm.LayerNorm(np.ones(64), device=device)
    module, _, function = way.partition(".")
    return getattr({"ttnn": ttnn, "layernorm_fused_rm": layernorm_fused_rm}[module], function)


def capture(call, mode: str = "NORMAL") -> list[dict]:
    """The nodes of a capture."""
    ttnn.graph.begin_graph_capture(getattr(ttnn.graph.RunMode, mode))
    try:
        call()
    finally:
        captured = ttnn.graph.end_graph_capture()
    return captured


def names_of(captured: list[dict]) -> list[str]:
    return [node["params"]["name"] for node in captured if node["node_type"] == "function_start"]


@pytest.fixture(params=[False, True], ids=["without_torch", "with_torch"])
def torch(request, monkeypatch):
    """ttnn as it is where torch is installed, or not; of torch it wants one type."""
    if not request.param:
        if "torch" in sys.modules:
            pytest.skip("torch is installed")
        return
    if "torch" not in sys.modules:
        monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(Tensor=type("Tensor", (), {})))
    for operation in (ttnn.layernorm_fused_rm, ttnn.rms_norm_fused_rm):
        monkeypatch.setattr(operation, "__class__", ttnn.decorators.FastOperation)


@pytest.mark.parametrize("way, name", WAYS.items(), ids=WAYS)
@pytest.mark.parametrize("mode", ["NORMAL", "NO_DISPATCH"])
def test_a_call_is_captured_by_its_name(device, mode, way, name, torch):
    x = to_device(np.ones((4, 64)), device)
    call = called(way, device)
    names = names_of(capture(lambda: call(x), mode))
    assert names.count(name) == 1
    assert names.index(name) < names.index("GenericOpDeviceOperation")


def test_a_report_has_the_call_and_its_arguments(device, torch, tmp_path):
    """What ttnn-visualizer reads: the file of a capture, with what Python recorded."""
    x = to_device(np.ones((4, 64)), device)
    ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NORMAL)
    layernorm_fused_rm.layernorm_fused_rm(x, epsilon=0.25)
    recorded = list(ttnn.graph._python_io_data)
    ttnn.graph.end_graph_capture_to_file(str(tmp_path / "report.json"))
    assert "ttnn.layernorm_fused_rm" in (tmp_path / "report.json").read_text()
    (record,) = recorded
    assert record["name"] == "ttnn.layernorm_fused_rm" and record["arguments"]["epsilon"] == "0.25"
    assert "Shape([4, 64])" in record["arguments"]["0"] and len(record["input_tensor_ids"]) == 1


@pytest.mark.parametrize("mode", ["NORMAL", "NO_DISPATCH"])
def test_the_first_call_with_rows_in_l1_is_captured_alone(device, mode, monkeypatch):
    monkeypatch.setattr(device_description, "_described", {})  # as if nobody had asked which core holds which bank
    op.clear()
    x = to_device(np.ones((4, 64)), device, memory="l1")
    names = names_of(capture(lambda: ttnn.layernorm_fused_rm(x), mode))
    assert len([name for name in names if "GenericOp" in name]) == 1 and "ttnn.to_device" not in names
    assert not device_description.describe(device).l1_bank_places
    assert device_description.describe(device, asks_for_l1_banks=True).l1_bank_places


def test_a_refused_call_ends_its_part_of_the_capture(device, torch):
    x = to_device(np.ones((4, 64)), device)

    def call():
        with pytest.raises(ValueError, match="epsilon"):
            ttnn.layernorm_fused_rm(x, epsilon=0.0)

    kinds = [node["node_type"] for node in capture(call)]
    assert kinds.count("function_start") == kinds.count("function_end")


def test_the_functions_keep_what_help_shows():
    signature = inspect.signature(layernorm_fused_rm.layernorm_fused_rm)
    assert list(signature.parameters)[:3] == ["input", "gamma", "beta"] and "sum_layout" in signature.parameters
    assert layernorm_fused_rm.rms_norm_fused_rm.__name__ == "rms_norm_fused_rm"
    assert "Args:" in layernorm_fused_rm.layernorm_fused_rm.__doc__
