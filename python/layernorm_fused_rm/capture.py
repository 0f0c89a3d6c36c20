# SPDX-License-Identifier: Apache-2.0
"""Our operations in ttnn.graph's captures: each call by its own name, whichever way it is called, with torch or without.

While a graph is captured, ttnn's Python around an operation looks for tensors of torch too, and fails where that is not
installed (ttnn/decorators.py, get_all_tensors), in each of ttnn's own operations. Ours need none.
"""

from __future__ import annotations

import functools
import importlib.util

import ttnn


def register(function, name: str, golden_function):
    """Register a function with ttnn as the operation `name`; returns the function, which a capture shows by that name too."""
    operation = ttnn.register_python_operation(name=name, golden_function=golden_function)(function)
    if type(operation) is ttnn.decorators.FastOperation and importlib.util.find_spec("torch") is None:
        operation.__class__ = _OperationWithoutTorch

    @functools.wraps(function)
    def call(*arguments, **keywords):
        called = operation if ttnn.graph.is_graph_capture_active() else function
        return called(*arguments, **keywords)

    return call


class _OperationWithoutTorch(ttnn.decorators.FastOperation):
    """ttnn's own, but for tensors of torch, which there are none of."""

    __hash__ = ttnn.decorators.FastOperation.__hash__

    def __call__(self, *arguments, **keywords):
        graph, name = ttnn.graph, self.python_fully_qualified_name
        if not graph.is_python_io_recording_enabled() or self._requires_slow_runtime():
            return super().__call__(*arguments, **keywords)
        record = graph.append_python_io_record(name)
        graph.track_function_start(name)
        try:
            graph.record_python_operation(name, arguments, keywords, record=record)
            return self.function(*arguments, **keywords)
        except Exception as error:
            graph.record_python_operation_error(record, type(error).__name__, str(error))
            raise
        finally:
            graph.track_function_end()
