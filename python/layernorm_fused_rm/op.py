"""The operations: read the tensors' specs, plan, launch, and register themselves with ttnn. A call like an earlier one is
only launched, from C++ (bindings/calls.hpp).

    layernorm_fused_rm    y = (x - mean(x)) / sqrt(variance(x) + epsilon) * gamma + beta      variance biased
    rms_norm_fused_rm     y = x / sqrt(mean(x^2) + epsilon) * gamma + beta
"""

from __future__ import annotations

import functools

import ttnn

from . import _core, capture, golden, options, ttnn_version
from .device import describe
from .options import Options
from .program import PreparedProgram, fit_to_free_l1
from .specs import DTYPES, MEMORIES, is_on_device, tensor_spec

ttnn_version.check(ttnn)

_calls = _core.Calls()


def layernorm_fused_rm(
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
    memory_config=None,
    output_tensor=None,
    compute_kernel_config=None,
    **unknown,
):
    """LayerNorm over the rows of a ROW_MAJOR tensor, in one program, with no layout conversion before or after.

        y = (x - mean(x)) / sqrt(variance(x) + epsilon) * gamma + beta        over the last dimension, biased variance
        x = input + residual, in fp32

    Args:
        input (ttnn.Tensor): `[..., W]`, rank 1 to 8, any number of rows, any W >= 1; BFLOAT16 or FLOAT32, ROW_MAJOR,
            interleaved, DRAM or L1. Rows may be stored with padding, but not with padding between them.
        gamma (ttnn.Tensor, optional): W elements: `[W]` with any number of ones before it, ROW_MAJOR or TILE, or ROW_MAJOR
            `[1, 1, W / 32, 32]`; BFLOAT16 or FLOAT32, interleaved; tiles of any size, not transposed. 1 by default.
        beta (ttnn.Tensor, optional): likewise. 0 by default.
        epsilon (float): added to the variance; positive.
        residual (ttnn.Tensor, optional): of the input's shape, as the input otherwise; added to it before the norm.
        return_sum (bool): return input + residual too (prenorm).
        sum_dtype (ttnn.DataType): of that sum; the input's by default.
        return_statistics (bool): return mean and 1 / sqrt(variance + epsilon) of each row too, FLOAT32 `[..., 1]`.
        zero_centered_gamma (bool): gamma + 1 is the factor.
        normalized_shape (int or sequence of int): as in PyTorch, the trailing dimensions to normalise over together;
            the last one by default. More than one is reshaped on the device before and after (ttnn.reshape).
        activation: None. An activation is refused: apply it behind the norm.
        dtype (ttnn.DataType): of y, BFLOAT16 or FLOAT32; the input's by default.
        memory_config (ttnn.MemoryConfig): of all outputs, interleaved; the input's by default.
        output_tensor (ttnn.Tensor): to write y into, also the input itself; its dtype and memory count for y.
        compute_kernel_config: as ttnn's other operations take it, and of no effect: the arithmetic is fp32 at full
            fidelity always, also where a config has fp32_dest_acc_en=False or asks for approximations.

    Returns:
        ttnn.Tensor y, of the input's shape, ROW_MAJOR; or the tuple `(y[, sum][, mean, rstd])` of what was asked for.

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
    """
    if unknown:
        options.refuse_names("layernorm_fused_rm", unknown)
    del unknown
    return _run(_core.Norm.LAYER, locals())


def rms_norm_fused_rm(
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
    memory_config=None,
    output_tensor=None,
    compute_kernel_config=None,
    **unknown,
):
    """RMSNorm over the rows of a ROW_MAJOR tensor, in one program, with no layout conversion before or after.

        y = x / sqrt(mean(x^2) + epsilon) * gamma + beta        over the last dimension
        x = input + residual, in fp32

    Args: those of `layernorm_fused_rm`. `return_statistics` returns 1 / sqrt(mean(x^2) + epsilon) only.

    Returns:
        ttnn.Tensor y, of the input's shape, ROW_MAJOR; or the tuple `(y[, sum][, rstd])` of what was asked for.

    Raises: as `layernorm_fused_rm`.

    Example:
        >>> y = ttnn.rms_norm_fused_rm(x, gamma, epsilon=1e-6)

    Source: Zhang, Sennrich, "Root Mean Square Layer Normalization", 2019.
    """
    if unknown:
        options.refuse_names("rms_norm_fused_rm", unknown)
    del unknown
    return _run(_core.Norm.RMS, locals())


def _run(norm: _core.Norm, arguments: dict):
    """A call of either operation with its arguments by name."""
    results = _calls.run(norm, arguments)
    return _run_new(norm, arguments) if results is None else results


def _run_new(norm: _core.Norm, arguments: dict):
    """A call that is like none before."""
    name, keywords = options.NAMES[norm], dict(arguments)
    tensors = input, gamma, beta, residual = [keywords.pop(word) for word in ("input", "gamma", "beta", "residual")]
    options.require_tensors(name, input=input, gamma=gamma, beta=beta, residual=residual)
    asked = Options.check(name, input, **keywords)
    if asked.joined_dimensions > 1:
        return options.run_reshaped(asked, norm, _run, input, gamma, beta, residual, keywords)
    problem = _pose(norm, *tensors, asked)
    fitted = fit_to_free_l1(problem, input.device())
    call = _new_call(fitted, *tensors, asked)
    if fitted is problem:
        _calls.keep(call, norm, arguments)
    return call.run(norm, arguments)


def _pose(norm, input, gamma, beta, residual, asked: Options) -> _core.Problem:
    """The Problem of a call, for a device without tensors in L1; refuses what is wrong."""
    name = options.NAMES[norm]
    problem = _problem(norm, input, gamma, beta, residual, options.output_memory_config(name, input, asked), asked)
    _core.plan(problem)
    tensors = {"input": input, "gamma": gamma, "beta": beta, "residual": residual, "output_tensor": asked.output_tensor}
    options.require_one_device(name, **tensors)
    return _located(problem, input.device())


def _new_call(problem: _core.Problem, input, gamma, beta, residual, asked: Options) -> _core.Call:
    output, device = asked.output_tensor, input.device()
    output_config = options.output_memory_config(options.NAMES[problem.norm], input, asked)
    program = prepare(problem, device)
    allocated = lambda shape, dtype: (
        ttnn.TensorSpec(shape, dtype, ttnn.ROW_MAJOR_LAYOUT, output_config.buffer_type),
        device,
    )
    statistics = allocated(ttnn.Shape([*list(input.shape)[:-1], 1]), ttnn.float32)
    return _core.Call(
        ttnn=ttnn,
        device=device,
        specs=tuple(None if tensor is None else tensor.spec for tensor in (input, gamma, beta, residual, output)),
        launch=program.launch,
        outputs=(
            allocated(input.shape, asked.dtype) if output is None else None,
            allocated(input.shape, asked.sum_dtype) if asked.return_sum else None,
            statistics if asked.return_statistics and problem.norm == _core.Norm.LAYER else None,
            statistics if asked.return_statistics else None,
        ),
    )


@functools.lru_cache(maxsize=1024)
def prepare(problem: _core.Problem, device) -> PreparedProgram:
    """The program of a Problem; built once, so that a second call compiles nothing and builds no descriptor.

    Threads that ask for a new Problem at once may each build one; they are alike, and one of them is kept.
    """
    return PreparedProgram(problem, device)


def forget_calls() -> None:
    """Look at every call's tensors and options anew from now on; programs are kept."""
    _calls.forget()


def forget() -> None:
    """Prepare every program anew from now on."""
    prepare.cache_clear()
    forget_calls()


def make_problem(input, gamma=None, beta=None, *, residual=None, norm=_core.Norm.LAYER, **keywords) -> _core.Problem:
    """The Problem that a call with these arguments poses: `_core.plan(make_problem(...)).describe()` shows its plan."""
    name = options.NAMES[norm]
    options.require_tensors(name, input=input, gamma=gamma, beta=beta, residual=residual)
    problem = _pose(norm, input, gamma, beta, residual, Options.check(name, input, **keywords))
    return fit_to_free_l1(problem, input.device())


def _located(problem: _core.Problem, device) -> _core.Problem:
    """With the places of L1's banks, if the rows lie there, which are asked of the device."""
    if problem.input.memory != _core.Memory.L1:
        return problem
    return problem.on(describe(device, asks_for_l1_banks=True))


def _problem(norm, input, gamma, beta, residual, output_config, asked: Options) -> _core.Problem:
    given = (tensor for tensor in (input, gamma, beta, residual) if tensor is not None)
    memory = _core.Memory.DRAM if output_config is None else MEMORIES.get(output_config.buffer_type, _core.Memory.DRAM)
    on_device = next((tensor for tensor in given if is_on_device(tensor)), None)
    return _core.Problem(
        input=tensor_spec(input),
        gamma=None if gamma is None else tensor_spec(gamma),
        beta=None if beta is None else tensor_spec(beta),
        residual=None if residual is None else tensor_spec(residual),
        output=None if asked.output_tensor is None else tensor_spec(asked.output_tensor),
        norm=norm,
        gamma_is_zero_centred=asked.zero_centered_gamma,
        output_dtype=DTYPES.get(asked.dtype, _core.DataType.OTHER),
        sum_dtype=DTYPES.get(asked.sum_dtype, _core.DataType.OTHER) if asked.return_sum else None,
        returns_statistics=asked.return_statistics,
        output_memory=memory,
        epsilon=asked.epsilon,
        device=describe(on_device.device()) if on_device is not None else _NO_DEVICE,
    )


# For calls whose tensors are all on the host, which the planner refuses before it looks at the device.
_NO_DEVICE = _core.Device(grid=(1, 1), dram_banks=[(0, 0)], l1_banks=1, l1_bytes=0)


for _operation, _golden in ((layernorm_fused_rm, golden.layer_norm), (rms_norm_fused_rm, golden.rms_norm)):
    _register = ttnn.register_python_operation(name=f"ttnn.{_operation.__name__}", golden_function=_golden)
    capture.need_no_torch(_register(_operation))
