# SPDX-License-Identifier: Apache-2.0
"""What patch(ttnn) puts in the place of ttnn's operations, and takes away again. No device is needed: the operations that
are patched are stand-ins, and no tensor is on a device, so all calls are left to them.
"""

from __future__ import annotations

import concurrent.futures
import sys
import types

import numpy as np
import pytest

ttnn = pytest.importorskip("ttnn")

import layernorm_fused_rm  # noqa: E402
from layernorm_fused_rm import _core, patching  # noqa: E402

LAYER, RMS = _core.Norm.LAYER, _core.Norm.RMS
X = ttnn.Tensor(np.zeros((4, 64), np.float32), ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT)  # on the host
ON_HOST = "input must be allocated on device, but is in host memory"


def module():
    """Two operations that return what they were called with, by name."""
    called = lambda name: lambda *arguments, **keywords: (name, arguments, keywords)
    return types.SimpleNamespace(layer_norm=called("layer_norm"), rms_norm=called("rms_norm"), __name__="fake")


def members(of) -> tuple:
    return of.layer_norm, of.rms_norm


def test_the_very_objects_are_put_back():
    fake = module()
    before = members(fake)
    served = layernorm_fused_rm.patch(fake)
    assert not set(members(fake)) & set(before)
    served.unpatch()
    assert members(fake) == before
    served.unpatch()
    assert members(fake) == before
    with layernorm_fused_rm.patch(fake):
        assert members(fake) != before
    assert members(fake) == before


def test_of_ttnn_only_two_attributes_are_replaced():
    before = dict(vars(ttnn))
    with layernorm_fused_rm.patch(ttnn):
        after = dict(vars(ttnn))
        assert {name for name in after if after[name] is not before.get(name)} == set(patching.OPERATIONS)
    assert all(vars(ttnn)[name] is value for name, value in before.items()) and vars(ttnn).keys() == before.keys()


def test_an_error_inside_restores_and_goes_on():
    fake = module()
    before = members(fake)
    with pytest.raises(KeyError, match="inside"), layernorm_fused_rm.patch(fake):
        raise KeyError("inside")
    assert members(fake) == before


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["outer first", "inner first"])
def test_nested_patches_each_count_and_the_last_restores(order):
    fake = module()
    before = members(fake)
    both = [layernorm_fused_rm.patch(fake)]
    fake.layer_norm(X)
    both.append(layernorm_fused_rm.patch(fake))
    fake.layer_norm(X)
    both[order[0]].unpatch()
    assert members(fake) != before
    assert fake.layer_norm(X) == ("layer_norm", (X,), {})
    both[order[1]].unpatch()
    assert members(fake) == before
    counts = [sum(calls.count for calls in served.calls()) for served in both]
    assert counts == ([2, 2] if order == (0, 1) else [3, 1])


def test_what_others_put_over_it_stays_and_is_passed_through(monkeypatch):
    fake = module()
    served = layernorm_fused_rm.patch(fake)
    ours = fake.layer_norm
    fake.layer_norm = theirs = lambda *arguments, **keywords: ours(*arguments, **keywords)
    served.unpatch()
    monkeypatch.setattr(patching, "translate", lambda *_: pytest.fail("was looked at"))
    assert fake.layer_norm is theirs
    assert fake.layer_norm(X) == ("layer_norm", (X,), {})
    assert served.calls() == []


def test_unpatch_ends_all_of_a_module():
    fake, other = module(), module()
    before = members(fake)
    layernorm_fused_rm.patch(fake)
    layernorm_fused_rm.patch(fake)
    elsewhere = layernorm_fused_rm.patch(other)
    layernorm_fused_rm.unpatch(fake)
    assert members(fake) == before
    other.rms_norm(X)
    assert len(elsewhere.calls()) == 1
    layernorm_fused_rm.unpatch(fake)  # of none there is nothing to end
    assert members(fake) == before


def test_what_has_no_such_operations_is_refused_untouched():
    fake = types.SimpleNamespace(layer_norm=len, __name__="fake")
    with pytest.raises(TypeError, match="^patch: 'fake' has no rms_norm; pass ttnn: patch"):
        layernorm_fused_rm.patch(fake)
    assert fake.layer_norm is len


class HalfReadOnly:
    """A module one of whose operations cannot be replaced."""

    layer_norm = len
    rms_norm = property(lambda self: len)


def test_both_are_patched_or_none():
    fake = HalfReadOnly()
    with pytest.raises(AttributeError, match="rms_norm"):
        layernorm_fused_rm.patch(fake)
    assert fake.layer_norm is len


def test_an_attribute_that_was_deleted_meanwhile_stays_so():
    fake = module()
    rms_norm = fake.rms_norm
    with layernorm_fused_rm.patch(fake):
        del fake.layer_norm
    assert not hasattr(fake, "layer_norm") and fake.rms_norm is rms_norm


def test_all_but_the_call_is_the_operations_own():
    before = ttnn.layer_norm
    with layernorm_fused_rm.patch(ttnn):
        assert ttnn.layer_norm.__doc__ == before.__doc__ and ttnn.layer_norm.__wrapped__ is before
        assert ttnn.layer_norm.python_fully_qualified_name == "ttnn.layer_norm"
        assert ttnn.get_golden_function(ttnn.layer_norm) is before.golden_function
        assert "ttnn.layer_norm, patched by layernorm_fused_rm" in repr(ttnn.layer_norm)
        with pytest.raises(AttributeError, match="no_such_thing"):
            ttnn.layer_norm.no_such_thing  # noqa: B018


def test_calls_that_are_left_are_passed_on_as_they_are_and_their_reasons_counted():
    fake = module()
    with layernorm_fused_rm.patch(fake) as served:
        assert fake.layer_norm(X, weight=X) == ("layer_norm", (X,), {"weight": X})
        assert fake.layer_norm(input_tensor=X) == ("layer_norm", (), {"input_tensor": X})
        assert fake.rms_norm(X, eps=1.0) == ("rms_norm", (X,), {"eps": 1.0})
    first, last = served.calls()
    assert (first.operation, first.count, last.operation, last.count) == ("ttnn.layer_norm", 2, "ttnn.rms_norm", 1)
    assert first.reason.startswith(ON_HOST)
    lines = served.summary().splitlines()
    assert lines[0] == "ttnn.layer_norm: 0 served here, 2 by ttnn"
    assert lines[1].startswith(f"  2 by ttnn: {ON_HOST}")
    assert lines[2:] == [
        "ttnn.rms_norm: 0 served here, 1 by ttnn",
        "  1 by ttnn: there is no argument eps; leave it away",
    ]
    assert str(served) == served.summary()


def test_an_error_of_ttnn_is_not_changed():
    fake = module()
    with layernorm_fused_rm.patch(ttnn), pytest.raises(TypeError) as found:
        ttnn.layer_norm(X, eps=1.0)
    with pytest.raises(TypeError) as wanted:
        ttnn.layer_norm(X, eps=1.0)
    assert str(found.value) == str(wanted.value)
    fake.rms_norm = lambda *_, **__: {}["theirs"]
    with layernorm_fused_rm.patch(fake), pytest.raises(KeyError, match="theirs"):
        fake.rms_norm(X)


def test_reasons_do_not_fill_the_memory():
    fake = module()
    with layernorm_fused_rm.patch(fake) as served:
        for i in range(150):
            fake.layer_norm(X, **{f"name_{i}": 1})
        fake.layer_norm(X, name_0=1)
    kept = {calls.reason: calls.count for calls in served.calls()}
    assert len(kept) == 101 and kept["other reasons"] == 50
    assert kept["there is no argument name_0; leave it away"] == 2


def test_threads_lose_no_count():
    fake, interval = module(), sys.getswitchinterval()

    def call(thread: int) -> None:
        for i in range(200):
            fake.rms_norm(X, **{f"name_{thread}_{i}": 1})
            served.calls()

    sys.setswitchinterval(1e-6)
    try:
        with layernorm_fused_rm.patch(fake) as served, concurrent.futures.ThreadPoolExecutor(4) as threads:
            list(threads.map(call, range(4)))
    finally:
        sys.setswitchinterval(interval)
    assert sum(calls.count for calls in served.calls()) == 800


def program(**options):
    return ttnn.LayerNormDefaultProgramConfig(**options)


SHARDED = {"subblock_w": 1, "block_h": 1, "block_w": 1, "inplace": False}


def test_arguments_are_taken_by_our_names():
    gamma, beta, residual, config = X, object(), object(), object()
    call = patching.translate(
        LAYER,
        (X,),
        {
            "weight": gamma,
            "bias": beta,
            "residual_input_tensor": residual,
            "memory_config": ttnn.L1_MEMORY_CONFIG,
            "compute_kernel_config": config,
        },
    )
    assert call == {
        "input": X,
        "gamma": gamma,
        "beta": beta,
        "residual": residual,
        "memory_config": ttnn.L1_MEMORY_CONFIG,
        "compute_kernel_config": config,
        "epsilon": 1e-12,
    }
    assert patching.translate(RMS, (), {"input_tensor": X, "epsilon": 0.5}) == {"input": X, "epsilon": 0.5}


@pytest.mark.parametrize(
    "keywords",
    [
        {"program_config": program(legacy_reduction=True, legacy_rsqrt=True, use_welford=True)},
        {"program_config": None, "recip_tensor": None},
        {"recip_tensor": X},
    ],
    ids=["program_config", "none", "recip_tensor"],
)
def test_what_is_tuning_only_is_left_away(keywords):
    assert patching.translate(LAYER, (X,), keywords) == {"input": X, "epsilon": 1e-12}


class ProgramOfALaterTtnn:
    fused_activation = None
    use_welford = False


@pytest.mark.parametrize(
    ("norm", "arguments", "keywords", "reason"),
    [
        (LAYER, (X, X), {}, "all arguments but input_tensor must be passed by name"),
        (LAYER, (X,), {"input_tensor": X}, "all arguments but input_tensor must be passed by name"),
        (LAYER, (), {"weight": X}, "all arguments but input_tensor must be passed by name"),
        (LAYER, (X,), {"activation": "relu"}, "there is no argument activation"),
        (LAYER, (X,), {"queue_id": 0}, "there is no argument queue_id"),
        (RMS, (X,), {"recip_tensor": X}, "there is no argument recip_tensor"),
        (LAYER, (X,), {"recip_tensor": 1}, "recip_tensor is a int"),
        (LAYER, (X,), {"program_config": "fast"}, "program_config is a str"),
        (
            LAYER,
            (X,),
            {
                "program_config": ttnn.LayerNormShardedMultiCoreProgramConfig(
                    compute_with_storage_grid_size=ttnn.CoreCoord(1, 1), **SHARDED
                )
            },
            "program_config is a LayerNormShardedMultiCoreProgramConfig",
        ),
    ],
)
def test_what_means_more_than_tuning_is_never_left_away(norm, arguments, keywords, reason):
    with pytest.raises((TypeError, ValueError), match=f"^{reason}"):
        patching.translate(norm, arguments, keywords)


def test_a_member_that_a_program_config_may_get_is_not_left_away(monkeypatch):
    monkeypatch.setattr(ttnn, "LayerNormDefaultProgramConfig", ProgramOfALaterTtnn)
    with pytest.raises(ValueError, match="^program_config has fused_activation, which is not known here"):
        patching.translate(LAYER, (X,), {"program_config": ProgramOfALaterTtnn()})


class OnAMesh:
    """A tensor over four chips."""

    def device(self):
        return types.SimpleNamespace(get_num_devices=lambda: 4)


def test_tensors_over_several_chips_are_left(monkeypatch):
    monkeypatch.setattr(ttnn, "Tensor", OnAMesh)
    with pytest.raises(ValueError, match="^input is on a mesh of 4 devices"):
        patching.translate(LAYER, (OnAMesh(),), {})
