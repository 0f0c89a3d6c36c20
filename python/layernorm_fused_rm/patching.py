# SPDX-License-Identifier: Apache-2.0
"""`patch(ttnn)`: ttnn.layer_norm and ttnn.rms_norm are ours where a call is one that we serve, and ttnn's where it is not.

Which of them takes a call is decided before anything is sent to the device, by the check that refuses calls of our own
operations. docs/adoption.md has the arguments one by one.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

import ttnn

from . import _core, op
from .arguments import NAMES

# ttnn's operations, and what each is called where it lies.
OPERATIONS = {"layer_norm": _core.Norm.LAYER, "rms_norm": _core.Norm.RMS}

# What ttnn calls an argument, and what it is called here.
ARGUMENTS = {
    "input_tensor": "input",
    "epsilon": "epsilon",
    "weight": "gamma",
    "bias": "beta",
    "residual_input_tensor": "residual",
    "memory_config": "memory_config",
    "compute_kernel_config": "compute_kernel_config",
}
EPSILON = 1e-12  # ttnn's, where none is given

# What says how ttnn is to compute, not what: left away. The second is a table of 1 / n for Welford's algorithm.
TUNING = {
    _core.Norm.LAYER: frozenset({"program_config", "recip_tensor"}),
    _core.Norm.RMS: frozenset({"program_config"}),
}
# Members of a LayerNormDefaultProgramConfig that choose between ways to the same result.
_TUNING_OF_PROGRAMS = frozenset({"legacy_reduction", "legacy_rsqrt", "use_welford"})

# A model has few reasons; one whose shapes differ from call to call must not fill the memory with them.
_MOST_REASONS = 100
_OTHER_REASONS = "other reasons"

_lock = threading.RLock()


@dataclass(frozen=True)
class Calls:
    """Calls of one operation that went the same way."""

    operation: str  # such as "ttnn.layer_norm"
    reason: str | None  # why they were left to ttnn; None: they were served by us
    count: int


class Served:
    """A patch that is in place, and who served what since: what `patch` returns."""

    def __init__(self):
        self._counts: Counter[tuple[str, str | None]] = Counter()
        self._replaced: list[tuple[object, str, _Operation]] = []

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *error) -> None:
        self.unpatch()

    def unpatch(self) -> None:
        """Ends this patch; the last one to end puts back the very objects that were there. Once more does nothing."""
        with _lock:
            for module, name, operation in self._replaced:
                operation.remove(self)
                # What somebody else has put over ours is theirs to take away; ours below it passes calls on from now on.
                if not operation.patches and getattr(module, name, None) is operation:
                    setattr(module, name, operation.__wrapped__)

    def calls(self) -> list[Calls]:
        """Who served how many calls and why: of each operation those that we served, then the others, most first."""
        with _lock:
            counted = [Calls(operation, reason, count) for (operation, reason), count in self._counts.items()]
        return sorted(counted, key=lambda calls: (calls.operation, calls.reason is not None, -calls.count))

    def summary(self) -> str:
        """`calls` as text: two lines, and one for each reason for which calls were left to ttnn."""
        lines, counted = [], self.calls()
        for name in OPERATIONS:
            of_it = [calls for calls in counted if calls.operation == f"ttnn.{name}"]
            left = [calls for calls in of_it if calls.reason is not None]
            here = sum(calls.count for calls in of_it) - sum(calls.count for calls in left)
            lines.append(f"ttnn.{name}: {here} served here, {sum(calls.count for calls in left)} by ttnn")
            lines += [f"  {calls.count} by ttnn: {calls.reason}" for calls in left]
        return "\n".join(lines)

    __str__ = summary

    def _count(self, operation: str, reason: str | None) -> None:
        with _lock:
            if (operation, reason) not in self._counts and len(self._counts) >= _MOST_REASONS:
                reason = reason and _OTHER_REASONS
            self._counts[operation, reason] += 1


def patch(module) -> Served:
    """Has `module.layer_norm` and `module.rms_norm` served by this package where it can, until that is ended.

    A call is ours if every argument is one of ttnn's and means the same here: tensors of BFLOAT16 or FLOAT32, ROW_MAJOR or
    TILE, interleaved or sharded in L1, as `layernorm_fused_rm` takes them; any other is ttnn's as before. y has the dtype,
    the layout and the memory that ttnn gives it; its numbers are those of fp32 arithmetic, rounded once.

    Only these two attributes are replaced. What was taken from them before (`from ttnn import layer_norm`) stays ttnn's.

    Args:
        module: `ttnn`.

    Returns:
        Served: counts calls (`calls()`, `summary()`), and ends the patch with `unpatch()` or at the end of a `with`. Any
        number may be in place at once; each counts all calls, and the last to end restores what there was.

    Raises:
        TypeError: `module` has no layer_norm or no rms_norm.

    Patched operations raise what ttnn's raise for calls that are left to them, and what `layernorm_fused_rm` raises at a
    launch.

    Threads:
        Any number may call patched operations, patch and unpatch at once. A patch counts in all threads.

    Example:
        >>> with layernorm_fused_rm.patch(ttnn) as served:
        ...     y = model(x)
        >>> print(served.summary())
        ttnn.layer_norm: 24 served here, 1 by ttnn
          1 by ttnn: input must be BFLOAT16 or FLOAT32, but is BFLOAT8_B; convert it with ...
        ttnn.rms_norm: 0 served here, 0 by ttnn
    """
    for name in OPERATIONS:
        if not callable(getattr(module, name, None)):
            raise TypeError(f"patch: {getattr(module, '__name__', module)!r} has no {name}; pass ttnn: patch(ttnn)")
    served = Served()
    with _lock:
        try:
            for name, norm in OPERATIONS.items():
                current = getattr(module, name)
                operation = current if isinstance(current, _Operation) else _Operation(current, f"ttnn.{name}", norm)
                setattr(module, name, operation)
                operation.add(served)
                served._replaced.append((module, name, operation))
        except BaseException:  # both or none
            served.unpatch()
            raise
    return served


def unpatch(module) -> None:
    """Ends every patch of `module` that is in place, such as one whose `Served` was not kept."""
    with _lock:
        for name in OPERATIONS:
            operation = getattr(module, name, None)
            for served in operation.patches if isinstance(operation, _Operation) else ():
                served.unpatch()


class _Operation:
    """Stands for one of ttnn's operations while it is patched. All but its call is the operation's own."""

    def __init__(self, original, name: str, norm: _core.Norm):
        self.__wrapped__ = original
        self.__doc__ = original.__doc__
        self.patches: tuple[Served, ...] = ()  # replaced as a whole, so that calls need no lock to read it
        self._name, self._norm = name, norm

    def __getattr__(self, attribute):
        return getattr(self.__wrapped__, attribute)

    def __repr__(self) -> str:
        return f"<{self._name}, patched by layernorm_fused_rm, over {self.__wrapped__!r}>"

    def add(self, served: Served) -> None:
        self.patches = (*self.patches, served)

    def remove(self, served: Served) -> None:
        self.patches = tuple(other for other in self.patches if other is not served)

    def __call__(self, *arguments, **keywords):
        patches = self.patches
        if not patches:
            return self.__wrapped__(*arguments, **keywords)
        reason = None
        try:
            call = translate(self._norm, arguments, keywords)
            op.check(self._norm, **call)
        except (TypeError, ValueError) as refusal:
            reason = str(refusal).removeprefix(f"{NAMES[self._norm]}: ")
        for served in patches:
            served._count(self._name, reason)
        if reason is not None:
            return self.__wrapped__(*arguments, **keywords)
        return getattr(ttnn, NAMES[self._norm])(**call)


def translate(norm: _core.Norm, arguments: tuple, keywords: dict) -> dict:
    """A call of ttnn's operation as one of ours: its arguments by our names.

    Raises:
        TypeError: ttnn has no such argument, or not by position.
        ValueError: an argument, or where the input lies, asks for what we have not.
    """
    if len(arguments) + ("input_tensor" in keywords) != 1:
        raise TypeError("all arguments but input_tensor must be passed by name; ttnn takes no others")
    given = {"input_tensor": arguments[0], **keywords} if arguments else keywords
    call = {"epsilon": EPSILON}
    for name, value in given.items():
        if name in ARGUMENTS:
            call[ARGUMENTS[name]] = value
        elif name not in TUNING[norm]:
            raise TypeError(f"there is no argument {name}; leave it away")
        elif value is not None:
            _require_tuning_only(name, value)
    _require_one_chip(call["input"])
    return call


def _require_tuning_only(name: str, value) -> None:
    """ValueError for what says more than how to compute: where y goes, an activation, or what a later ttnn may add."""
    if name == "recip_tensor" and isinstance(value, ttnn.Tensor):
        return
    if type(value) is not ttnn.LayerNormDefaultProgramConfig:
        raise ValueError(f"{name} is a {type(value).__name__}; leave it away, or pass a LayerNormDefaultProgramConfig")
    for member in dir(value):
        if not member.startswith("_") and member not in _TUNING_OF_PROGRAMS:
            raise ValueError(f"{name} has {member}, which is not known here; leave {name} away")


def _require_one_chip(tensor) -> None:
    """ValueError for a tensor over several chips, on which nothing of ours was tried."""
    device = tensor.device() if isinstance(tensor, ttnn.Tensor) else None
    if device is not None and device.get_num_devices() != 1:
        raise ValueError(f"input is on a mesh of {device.get_num_devices()} devices; shards are normalised one by one")
