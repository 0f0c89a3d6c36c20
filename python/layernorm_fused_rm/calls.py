"""Calls that passed their checks, kept so that the next one like it goes straight to the launch.

What is checked, planned and allocated for a call depends on its options and on the specs and the device of its tensors,
nothing else. Comparing specs costs less than a microsecond a tensor; checking options and posing a Problem cost twenty,
and ten times that on a host whose caches other work has emptied (benchmarks/host_time.py).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import ttnn

from .program import PreparedProgram, Tensors

# Calls kept of those that are alike in all but their tensors' specs, the latest first.
_KEPT = 16


@dataclass(frozen=True)
class Output:
    """What to allocate for one output."""

    shape: ttnn.Shape
    dtype: ttnn.DataType


@dataclass(frozen=True)
class Call:
    """Everything but the tensors: what they have to be, the program, and what to allocate in `memory_config`.

    `specs` are those of input, gamma, beta, residual and output_tensor, None for what is not given. `outputs` are y, sum,
    mean and rstd, None for what is not asked for and for a y that goes into an output_tensor.
    """

    device: ttnn.MeshDevice
    specs: tuple
    program: PreparedProgram
    memory_config: ttnn.MemoryConfig
    outputs: tuple

    def fits(self, tensors: tuple) -> bool:
        """Whether these arguments need the same of everything. A tensor on the host, or deallocated, is on no device."""
        for tensor, spec in zip(tensors, self.specs):
            if spec is None:
                if tensor is not None:
                    return False
            elif not isinstance(tensor, ttnn.Tensor) or tensor.device() is not self.device or tensor.spec != spec:
                return False
        return True

    def run(self, tensors: tuple):
        """Allocate the outputs and launch: the output, or a tuple of what was asked for."""
        input, gamma, beta, residual, output_tensor = tensors
        output, *others = [None if wanted is None else self._allocate(wanted) for wanted in self.outputs]
        output = output_tensor if output is None else output
        self.program.run(Tensors(input, output, gamma, beta, residual, *others))
        others = [tensor for tensor in others if tensor is not None]
        return (output, *others) if others else output

    def _allocate(self, wanted: Output):
        return ttnn.allocate_tensor_on_device(
            wanted.shape, wanted.dtype, ttnn.ROW_MAJOR_LAYOUT, self.device, self.memory_config
        )


def find(tensors: tuple, options: tuple) -> Call | None:
    """The kept call with these options that fits these tensors, if there is one. Raises nothing, whatever is passed."""
    for call in _alike(tensors, options):
        if call.fits(tensors):
            return call
    return None


def keep(call: Call, tensors: tuple, options: tuple) -> None:
    """Have `find` find the call from now on. Threads may do so at once: at worst one of two calls is not kept."""
    alike = _alike(tensors, options)
    alike.insert(0, call)
    del alike[_KEPT:]


def forget() -> None:
    """Keep no call any longer."""
    _calls_with.cache_clear()


def _alike(tensors: tuple, options: tuple) -> list[Call]:
    """Kept calls with these options and an input of as many elements; a list that is not kept where nothing can be."""
    if not isinstance(tensors[0], ttnn.Tensor):
        return []
    try:
        return _calls_with(tensors[0].logical_volume(), *options)
    except TypeError:  # an option that has no hash, such as a list
        return []


@functools.lru_cache(maxsize=1024, typed=True)
def _calls_with(elements: int, *options) -> list[Call]:
    """The list of an option set, empty at first. Typed, since 1 is refused where True is taken."""
    return []
