"""ttnn's tensors as the planner sees them."""

from __future__ import annotations

import ttnn

from . import _core

LAYOUTS = {ttnn.ROW_MAJOR_LAYOUT: _core.Layout.ROW_MAJOR, ttnn.TILE_LAYOUT: _core.Layout.TILE}
DTYPES = {ttnn.bfloat16: _core.DataType.BFLOAT16, ttnn.float32: _core.DataType.FLOAT32}
MEMORIES = {ttnn.BufferType.DRAM: _core.Memory.DRAM, ttnn.BufferType.L1: _core.Memory.L1}


def is_on_device(tensor) -> bool:
    return tensor.storage_type() == ttnn.StorageType.DEVICE and tensor.is_allocated()


def tensor_spec(tensor) -> _core.TensorSpec:
    """What the planner needs of a ttnn tensor; a host tensor has no memory, which is left at its default."""
    shape, dtype, layout = list(tensor.shape), DTYPES.get(tensor.dtype, _core.DataType.OTHER), LAYOUTS[tensor.layout]
    if not is_on_device(tensor):
        return _core.TensorSpec(shape=shape, dtype=dtype, layout=layout, storage=_core.Storage.HOST)
    config = tensor.memory_config()
    is_simple = not config.is_sharded() and config.buffer_type in MEMORIES
    return _core.TensorSpec(
        shape=shape,
        dtype=dtype,
        layout=layout,
        memory=MEMORIES.get(config.buffer_type, _core.Memory.DRAM),
        placement=_core.Placement.INTERLEAVED if is_simple else _core.Placement.SHARDED,
    )
