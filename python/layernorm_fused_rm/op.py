"""The operation: reads the tensors' specs, plans, allocates the output, runs, and registers itself with ttnn.

    y[r, c] = (x[r, c] - mean[r]) / sqrt(variance[r] + epsilon) * gamma[c] + beta[c]        variance biased
"""

from __future__ import annotations

import functools

import ttnn

from . import _core, reference, ttnn_version
from .device import describe
from .program import PreparedProgram

ttnn_version.check(ttnn)

_LAYOUTS = {ttnn.ROW_MAJOR_LAYOUT: _core.Layout.ROW_MAJOR, ttnn.TILE_LAYOUT: _core.Layout.TILE}
_DTYPES = {ttnn.bfloat16: _core.DataType.BFLOAT16, ttnn.float32: _core.DataType.FLOAT32}
_MEMORIES = {ttnn.BufferType.DRAM: _core.Memory.DRAM, ttnn.BufferType.L1: _core.Memory.L1}


def layernorm_fused_rm(input, gamma, beta, *, epsilon=1e-5, memory_config=None):
    """LayerNorm over the rows of a ROW_MAJOR tensor, in one program, with no layout conversion before or after.

        y = (x - mean(x)) / sqrt(variance(x) + epsilon) * gamma + beta        over the last dimension, biased variance

    Args:
        input (ttnn.Tensor): `[..., H, W]`, rank >= 2, W a multiple of 32; BFLOAT16, ROW_MAJOR, interleaved, DRAM or L1.
        gamma (ttnn.Tensor): `[W]`, `[1, W]`, `[1, 1, W]` or `[1, 1, 1, W]`; BFLOAT16, ROW_MAJOR, interleaved.
        beta (ttnn.Tensor): likewise.
        epsilon (float): added to the variance; positive.
        memory_config (ttnn.MemoryConfig): of the output, interleaved; the input's by default.

    Returns:
        ttnn.Tensor: shape, dtype and layout of `input`.

    Raises:
        ValueError: a tensor or epsilon is not as above; the text says what was given, what is needed and what to do.
            Nothing has been sent to the device.
        TypeError: an argument is of another type.
        RuntimeError: ttnn could not build or start the program; the text says what is wrong with the installation, as far
            as it can be told, and ttnn's own error is its `__cause__`.

    Threads:
        Any number may call this at once, on the same or on different tensors and devices: launches take turns, so each
        runs with its own addresses. What ttnn's other operations do in other threads is up to ttnn.

    Example:
        >>> import ttnn, layernorm_fused_rm
        >>> y = ttnn.layernorm_fused_rm(x, gamma, beta, epsilon=1e-12)

    Source: Ba, Kiros, Hinton, "Layer Normalization", 2016. fp32 statistics in two passes; one rounding to bfloat16.
    """
    _require_tensors(input=input, gamma=gamma, beta=beta)
    output_config = _output_memory_config(input, memory_config)
    program = prepare(_problem(input, gamma, beta, output_config, float(epsilon)), input.device())
    output = ttnn.allocate_tensor_on_device(
        input.shape, ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT, input.device(), output_config
    )
    return program.run(input, gamma, beta, output)


@functools.lru_cache(maxsize=1024)
def prepare(problem: _core.Problem, device) -> PreparedProgram:
    """The program of a Problem; built once, so that a second call compiles nothing and builds no descriptor.

    Threads that ask for a new Problem at once may each build one; they are alike, and one of them is kept.
    """
    return PreparedProgram(problem, device)


def make_problem(input, gamma, beta, *, epsilon=1e-5, memory_config=None) -> _core.Problem:
    """The Problem that a call with these arguments poses: `_core.plan(make_problem(...)).describe()` shows its plan."""
    _require_tensors(input=input, gamma=gamma, beta=beta)
    return _problem(input, gamma, beta, _output_memory_config(input, memory_config), float(epsilon))


def _problem(input, gamma, beta, output_config, epsilon: float) -> _core.Problem:
    on_device = next((tensor for tensor in (input, gamma, beta) if _is_on_device(tensor)), None)
    return _core.Problem(
        input=_tensor_spec(input),
        gamma=_tensor_spec(gamma),
        beta=_tensor_spec(beta),
        output_memory=_MEMORIES[output_config.buffer_type] if output_config is not None else _core.Memory.DRAM,
        epsilon=epsilon,
        device=describe(on_device.device()) if on_device is not None else _NO_DEVICE,
    )


# For calls whose tensors are all on the host, which the planner refuses before it looks at the device.
_NO_DEVICE = _core.Device(grid=(1, 1), dram_banks=[(0, 0)], l1_banks=1, l1_bytes=0)


def _is_on_device(tensor) -> bool:
    return tensor.storage_type() == ttnn.StorageType.DEVICE and tensor.is_allocated()


def _tensor_spec(tensor) -> _core.TensorSpec:
    """What the planner needs of a ttnn tensor; a host tensor has no memory, which is left at its default."""
    shape, dtype, layout = list(tensor.shape), _DTYPES.get(tensor.dtype, _core.DataType.OTHER), _LAYOUTS[tensor.layout]
    if not _is_on_device(tensor):
        return _core.TensorSpec(shape=shape, dtype=dtype, layout=layout, storage=_core.Storage.HOST)
    config = tensor.memory_config()
    return _core.TensorSpec(
        shape=shape,
        dtype=dtype,
        layout=layout,
        memory=_MEMORIES[config.buffer_type],
        placement=_core.Placement.SHARDED if config.is_sharded() else _core.Placement.INTERLEAVED,
    )


def _require_tensors(**tensors) -> None:
    for name, tensor in tensors.items():
        if not isinstance(tensor, ttnn.Tensor):
            raise TypeError(
                f"layernorm_fused_rm: {name} must be a ttnn.Tensor, but is {type(tensor).__name__}; "
                f"put it on the device with ttnn.Tensor(...) and ttnn.to_device"
            )


def _output_memory_config(input, memory_config):
    """The output's memory: as asked, else the input's; None for a host input, which is refused later."""
    if memory_config is None:
        return input.memory_config() if _is_on_device(input) else None
    if not isinstance(memory_config, ttnn.MemoryConfig):
        raise TypeError(
            f"layernorm_fused_rm: memory_config must be a ttnn.MemoryConfig, but is {type(memory_config).__name__}; "
            "pass ttnn.DRAM_MEMORY_CONFIG or ttnn.L1_MEMORY_CONFIG"
        )
    if memory_config.is_sharded() or memory_config.buffer_type not in _MEMORIES:
        raise ValueError(
            f"layernorm_fused_rm: memory_config must be in INTERLEAVED memory, DRAM or L1, but is {memory_config}; "
            "pass ttnn.DRAM_MEMORY_CONFIG or ttnn.L1_MEMORY_CONFIG"
        )
    return memory_config


def _golden_function(input, gamma, beta, *, epsilon=1e-5, **_):
    """The reference for ttnn's comparison mode: torch tensors in and out."""
    import torch

    as_numpy = [tensor.to(torch.float64).numpy() for tensor in (input, gamma, beta)]
    return torch.from_numpy(reference.layer_norm(*as_numpy, epsilon))


registered = ttnn.register_python_operation(name="ttnn.layernorm_fused_rm", golden_function=_golden_function)(
    layernorm_fused_rm
)
