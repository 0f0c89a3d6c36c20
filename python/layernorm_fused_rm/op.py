# SPDX-License-Identifier: Apache-2.0
"""The operations: check a call, plan it, build its program, launch it; and register with ttnn. A call like an earlier one is
only launched, from C++ (bindings/calls.hpp).

    layernorm_fused_rm    y = (x - mean(x)) / sqrt(variance(x) + epsilon) * gamma + beta      variance biased
    rms_norm_fused_rm     y = x / sqrt(mean(x^2) + epsilon) * gamma + beta
"""

from __future__ import annotations

import inspect

import ttnn

from . import _core, arguments, capture, golden, program, ttnn_version
from .arguments import NAMES
from .device import describe, free_l1_bytes

ttnn_version.check(ttnn)

_cache = _core.CallCache()

# What only calls have whose rows several chips share (parts.py).
_WHOLE = {"stage": _core.Stage.WHOLE, "stats": None}


def _operation(norm: _core.Norm, docstring: str):
    """The public function of a norm."""

    def operation(
        input,
        gamma=None,
        beta=None,
        *,
        epsilon=1e-5,
        residual=None,
        return_sum=False,
        sum_dtype=None,
        return_statistics=False,
        zero_centered_gamma=False,
        normalized_shape=None,
        activation=None,
        dtype=None,
        layout=None,
        sum_layout=None,
        memory_config=None,
        output_tensor=None,
        compute_kernel_config=None,
        **unknown,
    ):
        call = {**locals(), "norm": norm, **_WHOLE}
        arguments.refuse_unknown(NAMES[norm], call.pop("unknown"))
        return run(call)

    operation.__name__ = operation.__qualname__ = NAMES[norm]
    operation.__doc__ = docstring
    return operation


layernorm_fused_rm = _operation(
    _core.Norm.LAYER,
    """LayerNorm over the rows of a tensor, ROW_MAJOR or TILE in and out, in one program, with no layout conversion.

    y = (x - mean(x)) / sqrt(variance(x) + epsilon) * gamma + beta        over the last dimension, biased variance
    x = input + residual, in fp32

Args:
    input (ttnn.Tensor): `[..., W]`, rank 1 to 8, any number of rows, any W >= 1; BFLOAT16 or FLOAT32, ROW_MAJOR or
        TILE of 32 x 32; interleaved in DRAM or L1, or HEIGHT, WIDTH or BLOCK_SHARDED in L1. ROW_MAJOR rows may be stored
        with padding, but not with padding between them; the padding of tiles is never taken for data.
    gamma (ttnn.Tensor, optional): W elements: `[W]` with any number of ones before it, ROW_MAJOR or TILE, or ROW_MAJOR
        `[1, 1, W / 32, 32]`; BFLOAT16 or FLOAT32, interleaved; tiles of any size, not transposed. 1 by default.
    beta (ttnn.Tensor, optional): likewise. 0 by default.
    epsilon (float): added to the variance; positive.
    residual (ttnn.Tensor, optional): of the input's shape, otherwise any that an input may be; added before the norm.
    return_sum (bool): return input + residual too (prenorm).
    sum_dtype (ttnn.DataType): of that sum; the input's by default.
    return_statistics (bool): return mean and 1 / sqrt(variance + epsilon) of each row too, FLOAT32 `[..., 1]`, ROW_MAJOR.
    zero_centered_gamma (bool): gamma + 1 is the factor.
    normalized_shape (int or sequence of int): as in PyTorch, the trailing dimensions to normalise over together;
        the last one by default. More than one is reshaped on the device before and after (ttnn.reshape).
    activation (str): what y is put through, in fp32, before it is rounded: "relu", "silu", "gelu" (y Phi(y), by erf) or
        "gelu_approx" (by tanh); none by default. Where y is no finite number, the result is none either.
    dtype (ttnn.DataType): of y, BFLOAT16 or FLOAT32; the input's by default.
    layout (ttnn.Layout): of y, ROW_MAJOR or TILE; the input's by default. Padding in tiles is written as zeros.
    sum_layout (ttnn.Layout): of the sum, likewise.
    memory_config (ttnn.MemoryConfig): of all outputs, interleaved, or sharded in L1 with a shard_spec; the input's by
        default. Mean and rstd are interleaved always.
    output_tensor (ttnn.Tensor): to write y into, also the input itself; its dtype, layout and memory count for y.
    compute_kernel_config: as ttnn's other operations take it, and of no effect: the arithmetic is fp32 at full
        fidelity always, also where a config has fp32_dest_acc_en=False or asks for approximations.

Returns:
    ttnn.Tensor y, of the input's shape; or the tuple `(y[, sum][, mean, rstd])` of what was asked for.

Raises:
    ValueError: a tensor or an option is not as above; the text says what was given, what is needed and what to do.
        Nothing has been sent to the device. Also where tensors that lie in L1 leave no room for circular buffers.
    TypeError: an argument is of another type, or there is none of that name.
    RuntimeError: ttnn could not build or start the program; the text says what is wrong with the installation, as far
        as it can be told, and ttnn's own error is its `__cause__`.

Threads:
    Any number may call this at once, on the same or on different tensors and devices: launches take turns, so each
    runs with its own addresses. What ttnn's other operations do in other threads is up to ttnn.

Example:
    >>> import ttnn, layernorm_fused_rm
    >>> y, sum, mean, rstd = ttnn.layernorm_fused_rm(x, gamma, beta, residual=r, return_sum=True, return_statistics=True)

Source: Ba, Kiros, Hinton, "Layer Normalization", 2016. fp32 throughout, one rounding to the output's dtype; accuracy in
docs/design.md, "Numbers".
""",
)

rms_norm_fused_rm = _operation(
    _core.Norm.RMS,
    """RMSNorm over the rows of a tensor, ROW_MAJOR or TILE in and out, in one program, with no layout conversion.

    y = x / sqrt(mean(x^2) + epsilon) * gamma + beta        over the last dimension
    x = input + residual, in fp32

Args: those of `layernorm_fused_rm`. `return_statistics` returns 1 / sqrt(mean(x^2) + epsilon) only.

Returns:
    ttnn.Tensor y, of the input's shape; or the tuple `(y[, sum][, rstd])` of what was asked for.

Raises: as `layernorm_fused_rm`.

Example:
    >>> y = ttnn.rms_norm_fused_rm(x, gamma, epsilon=1e-6)

Source: Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019.
""",
)

_OPERATIONS = {_core.Norm.LAYER: layernorm_fused_rm, _core.Norm.RMS: rms_norm_fused_rm}
DEFAULTS = {
    name: parameter.default
    for name, parameter in inspect.signature(layernorm_fused_rm).parameters.items()
    if parameter.kind is not parameter.VAR_KEYWORD
}
_GOLDEN = {_core.Norm.LAYER: golden.layer_norm, _core.Norm.RMS: golden.rms_norm}


def run(call: dict):
    """A call: its arguments by name, and its norm."""
    results = _cache.run(call)
    return _run_new(call) if results is None else results


def _run_new(call: dict):
    """A call that is like none before."""
    arguments.check_types(call)
    joined = arguments.joined_dimensions(call)
    if joined > 1:
        return arguments.run_reshaped(call, joined, run)
    problem = _pose(call)
    device = call["input"].device()
    plan, free = _core.plan(problem), free_l1_bytes(device)
    if plan.l1_bytes_used > free:  # tensors in L1 leave less than that
        call = {**call, "l1_bytes": free}
        results = _cache.run(call)
        if results is not None:
            return results
        plan = _core.plan(program.fit(problem, free))
    new = _core.Call(
        ttnn=ttnn,
        device=device,
        specs=tuple(None if call[name] is None else call[name].spec for name in arguments.TENSORS),
        launch=program.build(plan, problem, device),
        outputs=tuple(program.allocations(plan, call["output_tensor"], arguments.output_memory(call), device)),
    )
    _cache.insert(call, new)
    return new.run(call)


def _pose(call: dict) -> _core.Problem:
    """The Problem of a call whose arguments have the right types, with what only the device knows; refuses what is wrong."""
    problem = arguments.problem_of(call)
    _core.check(problem)
    arguments.require_one_device(call)
    if problem.input.buffer_type != _core.BufferType.L1 or problem.input.memory_layout == _core.MemoryLayout.SHARDED:
        return problem
    return problem.on(describe(call["input"].device(), asks_for_l1_banks=True))


def make_problem(input, gamma=None, beta=None, *, norm=_core.Norm.LAYER, **keywords) -> _core.Problem:
    """The Problem that a call with these arguments poses: `_core.plan(make_problem(...)).describe()` shows its plan."""
    return _fitted(_call_of(norm, input, gamma, beta, **keywords))


def check(norm: _core.Norm, input, **keywords) -> None:
    """Raises what a call with these arguments would be refused with, and sends nothing of it to the device. Without a
    normalized_shape, which is reshaped before it is checked.
    """
    call = _call_of(norm, input, **keywords)
    if _cache.find(call) is None:
        _core.plan(_fitted(call))  # which needs room


def _call_of(norm: _core.Norm, input, gamma=None, beta=None, **keywords) -> dict:
    """The call that the operation makes of these arguments, in its order, by which an earlier one is found."""
    unknown = {name: value for name, value in keywords.items() if name not in DEFAULTS}
    arguments.refuse_unknown(NAMES[norm], unknown)
    return {**DEFAULTS, "input": input, "gamma": gamma, "beta": beta, **keywords, "norm": norm, **_WHOLE}


def _fitted(call: dict) -> _core.Problem:
    """The Problem of a call, within the L1 that is free; refuses what is wrong."""
    arguments.check_types(call)
    problem = _pose(call)
    free = free_l1_bytes(call["input"].device())
    return problem if _core.plan(problem).l1_bytes_used <= free else program.fit(problem, free)


def clear() -> None:
    """Check, plan and build every call anew from now on."""
    _cache.clear()


layernorm_fused_rm, rms_norm_fused_rm = (
    capture.register(function, f"ttnn.{NAMES[norm]}", _GOLDEN[norm]) for norm, function in _OPERATIONS.items()
)
