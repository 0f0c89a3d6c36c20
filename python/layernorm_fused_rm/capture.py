"""ttnn.graph's capture of a call where there is no torch.

While a graph is captured, ttnn's Python around an operation looks for tensors of torch too, and fails where that is not
installed (ttnn/decorators.py, get_all_tensors), in each of ttnn's own operations. Ours need none.
"""

from __future__ import annotations

import importlib.util

import ttnn


def need_no_torch(operation) -> None:
    """Have a registered operation captured without torch, if that is not installed; else it stays as it is."""
    if type(operation) is ttnn.decorators.FastOperation and importlib.util.find_spec("torch") is None:
        operation.__class__ = _OperationWithoutTorch


class _OperationWithoutTorch(ttnn.decorators.FastOperation):
    """ttnn's own, but for its record of arguments, which no graph shows."""

    __hash__ = ttnn.decorators.FastOperation.__hash__

    def __call__(self, *arguments, **keywords):
        if not ttnn.graph.is_python_io_recording_enabled() or self._requires_slow_runtime():
            return super().__call__(*arguments, **keywords)
        ttnn.graph.track_function_start(self.python_fully_qualified_name)
        try:
            return self.function(*arguments, **keywords)
        finally:
            ttnn.graph.track_function_end()
