# SPDX-License-Identifier: Apache-2.0
"""A call's arguments: what only Python can check of them, their types, and the Problem that they pose. All else is checked
by the planner (src/validate.cpp).

A call is a dictionary: the arguments by name, and `norm`.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable, Mapping

import ttnn

from . import _core
from .device import describe
from .specs import LAYOUTS, dtype_of, is_on_device, memory_config_of, tensor_spec

NAMES = {_core.Norm.LAYER: "layernorm_fused_rm", _core.Norm.RMS: "rms_norm_fused_rm"}
_STAGES = {
    _core.Stage.WHOLE: "",
    _core.Stage.PRE_ALL_GATHER: "_pre_all_gather",
    _core.Stage.POST_ALL_GATHER: "_post_all_gather",
}
TENSORS = ("input", "residual", "gamma", "beta", "output_tensor", "stats")

_FLAG = (bool, "True or False", bool)
_DTYPE = (
    (ttnn.DataType, type(None)),
    "ttnn.bfloat16 or ttnn.float32",
    lambda dtype: None if dtype is None else dtype_of(dtype),
)
_LAYOUT = (
    (ttnn.Layout, type(None)),
    "ttnn.ROW_MAJOR_LAYOUT or ttnn.TILE_LAYOUT",
    lambda layout: None if layout is None else LAYOUTS[layout],
)
# By the names that ttnn's own operations know them by.
ACTIVATIONS = {
    None: _core.Activation.NONE,
    "relu": _core.Activation.RELU,
    "silu": _core.Activation.SILU,
    "gelu": _core.Activation.GELU,
    "gelu_approx": _core.Activation.GELU_APPROX,
}
_NAMES_OF_ACTIVATIONS = ", ".join(f'"{name}"' for name in ACTIVATIONS if name)
# What an option must be, what to pass instead, and what makes the planner's value of it.
_OPTIONS: dict[str, tuple[object, str, Callable]] = {
    "epsilon": (numbers.Real, "a number such as 1e-5", lambda value: _as_float(value)),
    "zero_centered_gamma": _FLAG,
    "activation": (
        (str, type(None)),
        f"None or one of {_NAMES_OF_ACTIVATIONS}",
        lambda activation: ACTIVATIONS[activation],
    ),
    "return_sum": _FLAG,
    "sum_dtype": _DTYPE,
    "return_statistics": _FLAG,
    "dtype": _DTYPE,
    "layout": _LAYOUT,
    "sum_layout": _LAYOUT,
    "memory_config": (
        (ttnn.MemoryConfig, type(None)),
        "ttnn.DRAM_MEMORY_CONFIG or ttnn.L1_MEMORY_CONFIG",
        lambda config: None if config is None else memory_config_of(config),
    ),
}

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


def name_of(norm: _core.Norm, stage: _core.Stage = _core.Stage.WHOLE) -> str:
    """The operation's name, as ttnn knows it and refusals begin."""
    return NAMES[norm] + _STAGES[stage]


def refuse_unknown(name: str, unknown: Mapping) -> None:
    """TypeError for the first argument that the operation does not have; it names the one that is meant."""
    if not unknown:
        return
    argument = next(iter(unknown))
    if argument not in _NAMES_ELSEWHERE:
        raise TypeError(f"{name}: there is no argument {argument}; help(layernorm_fused_rm.{name}) lists what there is")
    ours = _NAMES_ELSEWHERE[argument]
    remedy = f"it is called {ours} here; pass {ours}=" if ours else "leave it away: each call is planned by itself"
    raise TypeError(f"{name}: there is no argument {argument}; {remedy}")


def check_types(call: dict) -> None:
    """TypeError for an argument of another type; ValueError for an activation that there is none of."""
    name = name_of(call["norm"], call["stage"])
    for argument in TENSORS:
        tensor = call[argument]
        if not isinstance(tensor, ttnn.Tensor) and not (tensor is None and argument != "input"):
            raise TypeError(
                f"{name}: {argument} must be a ttnn.Tensor, but is {type(tensor).__name__}; "
                f"put it on the device with ttnn.Tensor(...) and ttnn.to_device"
            )
    for argument, (types, wanted, _) in _OPTIONS.items():
        value = call[argument]
        if not isinstance(value, types) or (types is numbers.Real and isinstance(value, bool)):
            raise TypeError(f"{name}: {argument} must be {wanted}, but is {type(value).__name__}; pass {wanted}")
    if call["activation"] not in ACTIVATIONS:
        raise ValueError(
            f"{name}: activation must be None or one of {_NAMES_OF_ACTIVATIONS}, but is {call['activation']!r}; "
            "apply another one to the result"
        )
    # The arithmetic is fp32 in DEST and on the vector unit; what asks for less than that gets more.
    config = call["compute_kernel_config"]
    if config is not None and not hasattr(config, "fp32_dest_acc_en"):
        raise TypeError(
            f"{name}: compute_kernel_config must be a ttnn compute kernel config, but is {type(config).__name__}; "
            "make one with ttnn.init_device_compute_kernel_config"
        )


def problem_of(call: dict) -> _core.Problem:
    """The Problem of a call whose types are right, for a device without tensors in L1."""
    on_device = next((call[name] for name in TENSORS if call[name] is not None and is_on_device(call[name])), None)
    return _core.Problem(
        **{name: None if call[name] is None else tensor_spec(call[name]) for name in TENSORS},
        options=_core.Options(
            norm=call["norm"],
            stage=call["stage"],
            **{name: convert(call[name]) for name, (_, _, convert) in _OPTIONS.items()},
        ),
        device=_NO_DEVICE if on_device is None else describe(on_device.device()),
    )


# For calls whose tensors are all on the host, which the planner refuses before it looks at the device.
_NO_DEVICE = _core.Device(grid=(1, 1), dram_banks=[(0, 0)], l1_banks=1, l1_bytes=0)


def output_memory(call: dict):
    """The ttnn.MemoryConfig of the outputs that a call allocates (src/tensors.cpp, output_memory)."""
    if call["output_tensor"] is not None:
        return call["output_tensor"].memory_config()
    return call["memory_config"] or call["input"].memory_config()


def require_one_device(call: dict) -> None:
    """ValueError unless all tensors are on the input's device. After the planner has refused those that are on none."""
    name, device = name_of(call["norm"], call["stage"]), call["input"].device()
    for argument in TENSORS:
        tensor = call[argument]
        if tensor is not None and tensor.device().id() != device.id():
            raise ValueError(
                f"{name}: {argument} is on device {tensor.device().id()}, but input on device "
                f"{device.id()}; move it to the input's device"
            )


def run_reshaped(call: dict, joined_dimensions: int, run: Callable):
    """The call over one dimension that joins the normalised ones; `run` is op.run."""
    name = NAMES[call["norm"]]
    if call["output_tensor"] is not None:
        raise ValueError(
            f"{name}: output_tensor does not go with a normalized_shape of {joined_dimensions} dimensions, which is "
            "reshaped on the way; leave one of them away"
        )
    for argument in TENSORS:
        _require_no_padding(name, argument, call[argument])
    shape = list(call["input"].shape)
    rows, joined = shape[:-joined_dimensions], math.prod(shape[-joined_dimensions:])
    reshaped = {
        "input": _reshape(call["input"], shape, [*rows, joined]),
        "residual": _reshape(call["residual"], shape, [*rows, joined]),
        "gamma": _flatten(call["gamma"], joined),
        "beta": _flatten(call["beta"], joined),
        "normalized_shape": None,
    }
    results = run({**call, **reshaped})
    results = results if isinstance(results, tuple) else (results,)
    whole = 2 if call["return_sum"] else 1  # y and sum; statistics follow
    shapes = [shape if i < whole else [*rows, *[1] * joined_dimensions] for i in range(len(results))]
    back = tuple(ttnn.reshape(result, shape) for result, shape in zip(results, shapes))
    return back[0] if len(back) == 1 else back


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


def dimensions(normalized_shape) -> list[int] | None:
    """An integer or a sequence of integers (list, ttnn.Shape, torch.Size, array) as a list; None for anything else."""
    if isinstance(normalized_shape, numbers.Integral):
        normalized_shape = [normalized_shape]
    if isinstance(normalized_shape, (str, bytes, Mapping)) or not isinstance(normalized_shape, Iterable):
        return None
    every = list(normalized_shape)
    are_integers = all(isinstance(one, numbers.Integral) and not isinstance(one, bool) for one in every)
    return [int(one) for one in every] if are_integers else None


def joined_dimensions(call: dict) -> int:
    """How many trailing dimensions are normalised over together."""
    name, normalized_shape = NAMES[call["norm"]], call["normalized_shape"]
    if normalized_shape is None:
        return 1
    wanted, shape = dimensions(normalized_shape), list(call["input"].shape)
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
