# SPDX-License-Identifier: Apache-2.0
"""ttnn.layer_norm and ttnn.rms_norm while they are patched: what is served gives what ttnn gives, only more accurate; what
is not is decided before anything is sent.
"""

from __future__ import annotations

import types

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from calls import Call, Tally, draw, judge
from layernorm_fused_rm import op, reference
from layernorm_fused_rm.arrays import to_device, to_numpy

ROWS, WIDTH = 40, 96
TILE = ttnn.TILE_LAYOUT


@pytest.fixture
def nothing_is_sent(monkeypatch):
    """Fails the test if we allocate an output or start a program."""
    for name in ("generic_op", "allocate_tensor_on_device"):
        monkeypatch.setattr(ttnn, name, lambda *_, **__: pytest.fail("something was sent to the device"))


def counts(served) -> dict[str, tuple[int, int]]:
    """Calls that we served, and those that ttnn did, by operation."""
    both = {}
    for calls in served.calls():
        here, left = both.get(calls.operation, (0, 0))
        is_ours = calls.reason is None
        both[calls.operation] = (here + calls.count * is_ours, left + calls.count * (not is_ours))
    return both


def spec_without_running(operation, *arguments, **keywords):
    """How y would be stored."""
    ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NO_DISPATCH)
    try:
        return operation(*arguments, **keywords).spec
    finally:
        ttnn.graph.end_graph_capture()


STORED = {
    "tile": ((ROWS, WIDTH), {"layout": TILE}, {}),
    "float32": ((ROWS, WIDTH), {"layout": TILE, "dtype": ttnn.float32}, {}),
    "row-major": ((ROWS, WIDTH), {}, {}),
    "rank 1": ((WIDTH,), {"layout": TILE}, {}),
    "rank 4": ((2, 3, 5, 33), {"layout": TILE}, {}),
    "from L1": ((ROWS, WIDTH), {"layout": TILE, "memory": "l1"}, {}),
    "to L1": ((ROWS, WIDTH), {"layout": TILE}, {"memory_config": ttnn.L1_MEMORY_CONFIG}),
    "to DRAM": ((ROWS, WIDTH), {"layout": TILE, "memory": "l1"}, {"memory_config": ttnn.DRAM_MEMORY_CONFIG}),
}


@pytest.mark.parametrize("case", STORED)
def test_y_is_stored_as_ttnn_stores_it(device, case):
    shape, where, options = STORED[case]
    x = to_device(np.ones(shape), device, **where)
    # The operation's C++: the Python around it captures nothing without torch.
    theirs = spec_without_running(ttnn.layer_norm.function, x, **options)
    with layernorm_fused_rm.patch(ttnn) as served:
        assert spec_without_running(ttnn.layer_norm, x, **options) == theirs
    assert counts(served) == {"ttnn.layer_norm": (1, 0)}


@pytest.mark.parametrize("norm", ["layer", "rms"])
def test_numbers_are_those_of_ttnn_but_closer(device, norm):
    """Rows as small as the square root of ttnn's epsilon, which any other epsilon would show in."""
    call = Call(norm, WIDTH, gamma="tile bf16", beta="tile bf16", residual="bf16", input_layout="tile", epsilon=1e-12)
    data = draw(call, (ROWS,), mean=1e-7, sigma=1e-6)
    on_device = lambda values: to_device(values.reshape(-1, WIDTH), device, layout=TILE)
    x, weight, bias, residual = map(on_device, (data.x, data.gamma, data.beta, data.residual))
    run = lambda: to_numpy(getattr(ttnn, f"{norm}_norm")(x, weight=weight, bias=bias, residual_input_tensor=residual))
    theirs = run()
    with layernorm_fused_rm.patch(ttnn) as served:
        ours = run()
    assert counts(served) == {f"ttnn.{norm}_norm": (1, 0)}
    tally = Tally()
    assert judge(call, data, {"y": ours}, tally) == []
    tally.check()
    of_norm = {"layer": reference.layer_norm, "rms": reference.rms_norm}[norm]
    exact = of_norm(data.joined, data.gamma, data.beta, 1e-12)
    error = lambda y: np.abs(y - exact).max()
    assert error(ours) <= error(theirs) < 0.2
    np.testing.assert_array_equal(run(), theirs)


def test_options_that_are_tuning_change_nothing(device):
    x = to_device(np.random.default_rng(0).normal(size=(ROWS, WIDTH)), device)
    plain = to_numpy(layernorm_fused_rm.layernorm_fused_rm(x, epsilon=1e-5))
    config = ttnn.init_device_compute_kernel_config(device.arch(), math_fidelity=ttnn.MathFidelity.LoFi)
    with layernorm_fused_rm.patch(ttnn) as served:
        y = ttnn.layer_norm(
            x,
            epsilon=1e-5,
            program_config=ttnn.LayerNormDefaultProgramConfig(use_welford=True),
            compute_kernel_config=config,
        )
    assert counts(served) == {"ttnn.layer_norm": (1, 0)}
    np.testing.assert_array_equal(to_numpy(y), plain)


def of_dtype(device, dtype):
    values = np.ones((ROWS, WIDTH), np.float32 if dtype == ttnn.bfloat8_b else np.int32)
    return ttnn.to_device(ttnn.Tensor(values, dtype, layout=TILE), device)


def sharded_vector(device):
    config = ttnn.create_sharded_memory_config(
        shape=(32, WIDTH), core_grid=ttnn.CoreGrid(x=1, y=1), strategy=ttnn.ShardStrategy.BLOCK
    )
    return to_device(np.ones((1, WIDTH)), device, memory=config, layout=TILE)


def deallocated(device):
    tensor = to_device(np.ones((ROWS, WIDTH)), device)
    ttnn.deallocate(tensor)
    return tensor


WIDTH_SHARDED = ttnn.MemoryConfig(ttnn.TensorMemoryLayout.WIDTH_SHARDED, ttnn.BufferType.L1)

# What is passed in place of one argument of a call that is served, and why that is left.
LEFT = {
    "bfloat8_b": (
        "input_tensor",
        lambda device: of_dtype(device, ttnn.bfloat8_b),
        "input must be BFLOAT16 or FLOAT32, but is BFLOAT8_B",
    ),
    "sharded weight": ("weight", sharded_vector, "gamma must be in INTERLEAVED memory"),
    "deallocated": ("input_tensor", deallocated, "input must be allocated on device, but has been deallocated"),
    "no tensor": ("input_tensor", lambda device: np.ones(4), "input must be a ttnn.Tensor"),
    "integers": ("weight", lambda device: of_dtype(device, ttnn.int32), "gamma must be BFLOAT16 or FLOAT32"),
    "weight of tiles": (
        "weight",
        lambda device: to_device(np.ones((32, WIDTH)), device, layout=TILE),
        "gamma has shape [32, 96], but",
    ),
    "residual": (
        "residual_input_tensor",
        lambda device: to_device(np.ones((ROWS, 64)), device),
        "residual has shape [40, 64], but",
    ),
    "epsilon": ("epsilon", lambda device: 0.0, "epsilon must be positive"),
    "epsilon of words": ("epsilon", lambda device: "small", "epsilon must be a number"),
    "to shards": ("memory_config", lambda device: WIDTH_SHARDED, "memory_config must be INTERLEAVED in DRAM or L1, or"),
    "no config": ("compute_kernel_config", lambda device: "HiFi4", "compute_kernel_config must be"),
}


@pytest.mark.parametrize("case", LEFT)
def test_what_is_left_is_passed_on_before_anything_is_sent(device, request, case):
    name, make, reason = LEFT[case]
    keywords = {"input_tensor": to_device(np.ones((ROWS, WIDTH)), device), name: make(device)}
    request.getfixturevalue("nothing_is_sent")
    theirs = types.SimpleNamespace(layer_norm=lambda **given: given, rms_norm=lambda **given: given)
    with layernorm_fused_rm.patch(theirs) as served:
        assert theirs.layer_norm(**keywords) == keywords
        assert theirs.rms_norm(**keywords) == keywords
    assert counts(served) == {"ttnn.layer_norm": (0, 1), "ttnn.rms_norm": (0, 1)}
    assert all(calls.reason.startswith(reason) for calls in served.calls()), served.summary()


def test_what_has_no_room_beside_tensors_in_l1_is_left(device, monkeypatch, nothing_is_sent):
    op.clear()
    x = to_device(np.ones((ROWS, WIDTH)), device)
    monkeypatch.setattr(op, "free_l1_bytes", lambda device: 1000)
    theirs = types.SimpleNamespace(layer_norm=lambda given: given, rms_norm=len)
    with layernorm_fused_rm.patch(theirs) as served:
        assert theirs.layer_norm(x) is x
    assert counts(served) == {"ttnn.layer_norm": (0, 1)}


def test_ttnn_serves_what_is_left(device):
    """As before, to the bit, and after it what is not left is ours."""
    x = to_device(np.random.default_rng(0).normal(size=(ROWS, WIDTH)), device, layout=TILE)
    theirs = to_numpy(ttnn.rms_norm(x, epsilon=0.0))
    with layernorm_fused_rm.patch(ttnn) as served:
        np.testing.assert_array_equal(to_numpy(ttnn.rms_norm(x, epsilon=0.0)), theirs)
        ttnn.rms_norm(x)
    assert counts(served) == {"ttnn.rms_norm": (1, 1)}


def test_an_error_at_the_launch_of_what_is_served_is_not_taken_for_a_refusal(device, monkeypatch):
    x = to_device(np.ones((ROWS, WIDTH)), device)

    def fail(call):
        raise ValueError("at the launch")

    monkeypatch.setattr(op, "run", fail)
    theirs = types.SimpleNamespace(layer_norm=lambda x: pytest.fail("was called"), rms_norm=len)
    with layernorm_fused_rm.patch(theirs) as served, pytest.raises(ValueError, match="at the launch"):
        theirs.layer_norm(x)
    assert counts(served) == {"ttnn.layer_norm": (1, 0)}


def test_a_call_like_an_earlier_one_is_not_checked_again(device, monkeypatch):
    x = to_device(np.ones((ROWS, WIDTH)), device)
    with layernorm_fused_rm.patch(ttnn) as served:
        first = to_numpy(ttnn.layer_norm(x, epsilon=2e-5))
        monkeypatch.setattr(op, "_pose", lambda call: pytest.fail("was checked again"))
        np.testing.assert_array_equal(to_numpy(ttnn.layer_norm(x, epsilon=2e-5)), first)
    assert counts(served) == {"ttnn.layer_norm": (2, 0)}


def test_a_graph_shows_our_operation(device):
    x = to_device(np.ones((ROWS, WIDTH)), device)
    with layernorm_fused_rm.patch(ttnn):
        ttnn.graph.begin_graph_capture(ttnn.graph.RunMode.NO_DISPATCH)
        try:
            ttnn.layer_norm(x)
        finally:
            captured = ttnn.graph.end_graph_capture()
    names = [node["params"]["name"] for node in captured if node["node_type"] == "function_start"]
    assert "ttnn.layernorm_fused_rm" in names
