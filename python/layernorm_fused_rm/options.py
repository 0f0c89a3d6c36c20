"""The options of a call: their types and defaults, and what only Python can check. Values are checked by the planner."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ttnn

from . import _core
from .specs import MEMORIES, is_on_device

NAMES = {_core.Norm.LAYER: "layernorm_fused_rm", _core.Norm.RMS: "rms_norm_fused_rm"}

# What ttnn.layer_norm, ttnn.rms_norm and PyTorch call an argument, and what it is called here; None: it is not needed.
_NAMES_ELSEWHERE = {
    "input_tensor": "input",
    "x": "input",
    "weight": "gamma",
    "bias": "beta",
    "eps": "epsilon",
    "residual_input_tensor": "residual",
    "residual_tensor": "residual",
    "out": "output_tensor",
    "program_config": None,
}


@dataclass(frozen=True)
class Options:
    """Options with their defaults filled in."""

    epsilon: float
    return_sum: bool
    sum_dtype: object
    return_statistics: bool
    zero_centered_gamma: bool
    joined_dimensions: int  # trailing dimensions that are normalised over together
    dtype: object
    memory_config: object
    output_tensor: object

    @classmethod
    def check(
        cls,
        name: str,
        input,
        *,
        epsilon=1e-5,
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
    ) -> Options:
        """The options of a call, or an error that says what to do."""
        if activation is not None:
            raise ValueError(
                f"{name}: activation must be None, but is {activation!r}; apply ttnn.silu, ttnn.gelu or ttnn.relu to the result"
            )
        _check_compute_kernel_config(name, compute_kernel_config)
        flags = {
            "return_sum": return_sum,
            "return_statistics": return_statistics,
            "zero_centered_gamma": zero_centered_gamma,
        }
        for flag, value in flags.items():
            _require_type(name, flag, value, bool, "True or False")
        for option, value in (("dtype", dtype), ("sum_dtype", sum_dtype)):
            _require_type(name, option, value, (ttnn.DataType, type(None)), "ttnn.bfloat16 or ttnn.float32")
        _require_type(name, "output_tensor", output_tensor, (ttnn.Tensor, type(None)), "a tensor of the input's shape")
        if isinstance(epsilon, bool) or not isinstance(epsilon, numbers.Real):
            raise TypeError(f"{name}: epsilon must be a number, but is {type(epsilon).__name__}; pass one such as 1e-5")
        if sum_dtype is not None and not return_sum:
            raise ValueError(f"{name}: sum_dtype is set, but return_sum is not; pass return_sum=True, or no sum_dtype")
        if output_tensor is not None:
            _check_alone(name, output_tensor, dtype, memory_config)
        return cls(
            epsilon=_as_float(epsilon),
            sum_dtype=input.dtype if sum_dtype is None else sum_dtype,
            joined_dimensions=_joined_dimensions(name, input, normalized_shape),
            dtype=(input.dtype if dtype is None else dtype) if output_tensor is None else output_tensor.dtype,
            memory_config=memory_config if output_tensor is None else output_tensor.memory_config(),
            output_tensor=output_tensor,
            **flags,
        )


def refuse_names(name: str, unknown: Mapping) -> None:
    """TypeError for the first argument that the operation does not have; it names the one that is meant."""
    argument = next(iter(unknown))
    if argument not in _NAMES_ELSEWHERE:
        raise TypeError(f"{name}: there is no argument {argument}; help(layernorm_fused_rm.{name}) lists what there is")
    ours = _NAMES_ELSEWHERE[argument]
    remedy = f"it is called {ours} here; pass {ours}=" if ours else "leave it away: each call is planned by itself"
    raise TypeError(f"{name}: there is no argument {argument}; {remedy}")


def require_tensors(name: str, *, input, **optional) -> None:
    """TypeError unless the input is a tensor, and each of the others a tensor or None."""
    for argument, tensor in {"input": input, **optional}.items():
        if not isinstance(tensor, ttnn.Tensor) and not (tensor is None and argument != "input"):
            raise TypeError(
                f"{name}: {argument} must be a ttnn.Tensor, but is {type(tensor).__name__}; "
                f"put it on the device with ttnn.Tensor(...) and ttnn.to_device"
            )


def require_one_device(name: str, **tensors) -> None:
    """ValueError unless all are on the input's device. After the planner has refused tensors that are on none."""
    device = tensors["input"].device()
    for argument, tensor in tensors.items():
        if tensor is not None and tensor.device().id() != device.id():
            raise ValueError(
                f"{name}: {argument} is on device {tensor.device().id()}, but input on device {device.id()}; "
                "move it to the input's device"
            )


def output_memory_config(name: str, input, asked: Options):
    """The outputs' memory: as asked, else the input's; None for a host input, which is refused later."""
    config = asked.memory_config
    if config is None:
        config = input.memory_config() if is_on_device(input) else None
        if config is None or config.is_sharded() or config.buffer_type not in MEMORIES:
            return None  # refused with the input
        return config
    _require_type(name, "memory_config", config, ttnn.MemoryConfig, "ttnn.DRAM_MEMORY_CONFIG or ttnn.L1_MEMORY_CONFIG")
    if asked.output_tensor is None and (config.is_sharded() or config.buffer_type not in MEMORIES):
        raise ValueError(
            f"{name}: memory_config must be in INTERLEAVED memory, DRAM or L1, but is {config}; "
            "pass ttnn.DRAM_MEMORY_CONFIG or ttnn.L1_MEMORY_CONFIG"
        )
    return config


def run_reshaped(asked: Options, norm, run, input, gamma, beta, residual, keywords):
    """The call over one dimension that joins the normalised ones; `run` is op._run."""
    name = NAMES[norm]
    if asked.output_tensor is not None:
        raise ValueError(
            f"{name}: output_tensor does not go with a normalized_shape of {asked.joined_dimensions} dimensions, which is "
            "reshaped on the way; leave one of them away"
        )
    tensors = {"input": input, "gamma": gamma, "beta": beta, "residual": residual}
    for argument, tensor in tensors.items():
        _require_no_padding(name, argument, tensor)
    shape = list(input.shape)
    rows = shape[: -asked.joined_dimensions]
    joined = math.prod(shape[-asked.joined_dimensions :])
    tensors = {
        "input": _reshape(input, shape, [*rows, joined]),
        "gamma": _flatten(gamma, joined),
        "beta": _flatten(beta, joined),
        "residual": _reshape(residual, shape, [*rows, joined]),
    }
    results = run(norm, {**tensors, **keywords, "normalized_shape": None})
    results = results if isinstance(results, tuple) else (results,)
    whole = 2 if asked.return_sum else 1  # y and sum; statistics follow
    shapes = [shape if i < whole else [*rows, *[1] * asked.joined_dimensions] for i in range(len(results))]
    reshaped = tuple(ttnn.reshape(result, shape) for result, shape in zip(results, shapes))
    return reshaped[0] if len(reshaped) == 1 else reshaped


def _require_no_padding(name: str, argument: str, tensor) -> None:
    """ValueError for what ttnn.reshape would reshape together with its padding."""
    if tensor is None or not is_on_device(tensor) or tensor.layout != ttnn.ROW_MAJOR_LAYOUT:
        return
    shape, stored = list(tensor.shape), list(tensor.padded_shape)
    if shape != stored:
        raise ValueError(
            f"{name}: {argument} of shape {shape} is stored as {stored}, but a normalized_shape of several dimensions "
            f"needs it without padding; take it out of its padding with ttnn.slice(ttnn.reshape({argument}, "
            f"ttnn.Shape({stored}), ttnn.Shape({stored})), {[0] * len(shape)}, {shape})"
        )


def _reshape(tensor, shape: list[int], to: list[int]):
    """`tensor`, if it is of `shape` and on the device; anything else is left to the planner to refuse."""
    if tensor is None or not is_on_device(tensor) or list(tensor.shape) != shape:
        return tensor
    return ttnn.reshape(tensor, to)


def _flatten(vector, elements: int):
    """gamma or beta of several dimensions as one."""
    if vector is None or math.prod(list(vector.shape)) != elements or vector.layout != ttnn.ROW_MAJOR_LAYOUT:
        return vector
    return _reshape(vector, list(vector.shape), [elements])


def _as_float(value) -> float:
    """`value` as a float; infinite where it is too large for one, which is refused later."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _require_type(name: str, argument: str, value, types, wanted: str) -> None:
    if not isinstance(value, types):
        raise TypeError(f"{name}: {argument} must be {wanted}, but is {type(value).__name__}; pass {wanted}")


def dimensions(normalized_shape) -> list[int] | None:
    """An integer or a sequence of integers (list, ttnn.Shape, torch.Size, array) as a list; None for anything else."""
    if isinstance(normalized_shape, numbers.Integral):
        normalized_shape = [normalized_shape]
    if isinstance(normalized_shape, (str, bytes, Mapping)) or not isinstance(normalized_shape, Iterable):
        return None
    every = list(normalized_shape)
    are_integers = all(isinstance(one, numbers.Integral) and not isinstance(one, bool) for one in every)
    return [int(one) for one in every] if are_integers else None


def _joined_dimensions(name: str, input, normalized_shape) -> int:
    if normalized_shape is None:
        return 1
    wanted, shape = dimensions(normalized_shape), list(input.shape)
    if wanted is None:
        raise TypeError(
            f"{name}: normalized_shape must be an integer or a sequence of integers, but is {normalized_shape!r}; "
            "pass the input's trailing dimensions"
        )
    if not wanted or shape[-len(wanted) :] != wanted:
        raise ValueError(
            f"{name}: normalized_shape is {wanted}, but the input's shape is {shape}; pass its trailing dimensions"
        )
    return len(wanted)


def _check_alone(name: str, output, dtype, memory_config) -> None:
    """The output_tensor has what else dtype and memory_config ask for."""
    if dtype is not None and dtype != output.dtype:
        raise ValueError(f"{name}: dtype is {dtype}, but output_tensor is {output.dtype}; leave dtype away")
    if memory_config is not None:
        raise ValueError(f"{name}: memory_config does not go with output_tensor, which has a memory; leave it away")


def _check_compute_kernel_config(name: str, config) -> None:
    """The arithmetic is fp32 in DEST and on the vector unit; what asks for less than that gets more."""
    if config is not None and not hasattr(config, "fp32_dest_acc_en"):
        raise TypeError(
            f"{name}: compute_kernel_config must be a ttnn compute kernel config, but is {type(config).__name__}; "
            "make one with ttnn.init_device_compute_kernel_config"
        )
