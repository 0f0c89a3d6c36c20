# SPDX-License-Identifier: Apache-2.0
"""What the tools that write a record of a script share: whose calls, from where to where, and by which names.

A recording is a context manager. It begins when a script has opened its first device (opening one within a capture of
ttnn.graph begins another), and ends before that device is closed, or else with the process.
"""

from __future__ import annotations

import contextlib
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from simulator import session

# Frames of a call's stack that are not its caller's.
_OWN_FRAMES = (f'File "{__file__}"', "layernorm_fused_rm/capture.py")


def run_script(script: str, arguments: list[str], recording: Callable[[], AbstractContextManager]) -> None:
    """Run a script inside a recording, and end the process with the script's status."""
    sys.argv = [script, *arguments]
    # As Python does it for a script: what lies beside it can be imported.
    sys.path.insert(0, str(Path(script).resolve().parent))
    session.own_logs()
    # Scripts of this repository end their process before Python does (session.run_and_exit).
    session.at_exit(_begin_with_the_first_device(recording).close)
    session.run_and_exit(lambda: runpy.run_path(script, run_name="__main__") and None)


def _begin_with_the_first_device(recording: Callable[[], AbstractContextManager]) -> contextlib.ExitStack:
    """What ends the recording."""
    import ttnn

    recorded = contextlib.ExitStack()
    open_device, close_device = ttnn.open_device, ttnn.close_device

    def open_and_begin(*arguments, **keywords):
        ttnn.open_device = open_device
        device = open_device(*arguments, **keywords)
        ttnn.close_device = end_and_close
        recorded.enter_context(recording())
        return device

    def end_and_close(device):
        ttnn.close_device = close_device
        try:
            ttnn.synchronize_device(device)
            recorded.close()
        finally:
            close_device(device)

    ttnn.open_device = open_and_begin
    return recorded


@contextlib.contextmanager
def named_operations(ttnn, calls: list[dict] | None = None) -> Iterator[None]:
    """Python's names of operations around the device's in a capture that C++ has begun, where ttnn leaves them out.

    ttnn.graph's own functions would do it, but they have ttnn's own operations fail without torch. `calls` gets the
    record of each call that ttnn.graph_report reads beside a capture (python_io): arguments, tensors and stack.
    """
    operation, graph = ttnn.decorators.FastOperation, ttnn.graph
    original = operation.__call__

    def call(self, *arguments, **keywords):
        name = self.python_fully_qualified_name
        record = {"name": name, "arguments": {}, "input_tensor_ids": []}
        graph.track_function_start(name)
        try:
            if calls is not None:
                calls.append(record)
                graph.record_python_operation(name, arguments, keywords, record=record)
                stack = record.get("python_stack_trace", [])
                record["python_stack_trace"] = [
                    frame for frame in stack if not any(own in frame for own in _OWN_FRAMES)
                ]
            result = original(self, *arguments, **keywords)
            record["output_tensor_ids"] = [tensor.tensor_id for tensor in ttnn.decorators.get_ttnn_tensors(result)]
            return result
        except Exception as error:
            graph.record_python_operation_error(record, type(error).__name__, str(error))
            raise
        finally:
            graph.track_function_end()

    operation.__call__ = call
    try:
        yield
    finally:
        operation.__call__ = original
