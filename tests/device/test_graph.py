"""ttnn.graph captures our calls, by the operation's name, with torch installed or not."""

from __future__ import annotations

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import device as device_description
from layernorm_fused_rm import op
from layernorm_fused_rm.arrays import to_device


@pytest.mark.parametrize(
    "operation",
    [lambda: ttnn.layernorm_fused_rm, lambda: ttnn.rms_norm_fused_rm, lambda: layernorm_fused_rm.layernorm_fused_rm],
    ids=["ttnn.layernorm_fused_rm", "ttnn.rms_norm_fused_rm", "layernorm_fused_rm"],
)
@pytest.mark.parametrize("mode", ["NORMAL", "NO_DISPATCH"])
def test_a_call_is_captured(device, mode, operation, request):
    x = to_device(np.ones((4, 64)), device)
    ttnn.graph.begin_graph_capture(getattr(ttnn.graph.RunMode, mode))
    try:
        operation()(x)
    finally:
        captured = ttnn.graph.end_graph_capture()
    names = [node["params"]["name"] for node in captured if node["node_type"] == "function_start"]
    asked = request.node.callspec.id
    assert [name for name in names if "GenericOp" in name]
    assert not asked.endswith("ttnn.layernorm_fused_rm") or "ttnn.layernorm_fused_rm" in names


@pytest.mark.parametrize("mode", ["NORMAL", "NO_DISPATCH"])
def test_the_first_call_with_rows_in_l1_is_captured_alone(device, mode, monkeypatch):
    monkeypatch.setattr(device_description, "_described", {})  # as if nobody had asked which core holds which bank
    op.clear()
    x = to_device(np.ones((4, 64)), device, memory="l1")
    ttnn.graph.begin_graph_capture(getattr(ttnn.graph.RunMode, mode))
    try:
        ttnn.layernorm_fused_rm(x)
    finally:
        captured = ttnn.graph.end_graph_capture()
    names = [node["params"]["name"] for node in captured if node["node_type"] == "function_start"]
    assert len([name for name in names if "GenericOp" in name]) == 1 and "ttnn.to_device" not in names
    assert not device_description.describe(device).l1_bank_places
    assert device_description.describe(device, asks_for_l1_banks=True).l1_bank_places


def test_a_refused_call_ends_its_part_of_the_capture(device):
    x = to_device(np.ones((4, 64)), device)
    ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NORMAL)
    try:
        with pytest.raises(ValueError, match="epsilon"):
            ttnn.layernorm_fused_rm(x, epsilon=0.0)
    finally:
        captured = ttnn.graph.end_graph_capture()
    kinds = [node["node_type"] for node in captured]
    assert kinds.count("function_start") == kinds.count("function_end")
