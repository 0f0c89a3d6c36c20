"""ttnn's tensors as the planner sees them."""

from __future__ import annotations

import ttnn

from . import _core

LAYOUTS = {ttnn.ROW_MAJOR_LAYOUT: _core.Layout.ROW_MAJOR, ttnn.TILE_LAYOUT: _core.Layout.TILE}
DTYPES = {ttnn.bfloat16: _core.DataType.BFLOAT16, ttnn.float32: _core.DataType.FLOAT32}
MEMORIES = {ttnn.BufferType.DRAM: _core.Memory.DRAM, ttnn.BufferType.L1: _core.Memory.L1}


def storage(tensor) -> _core.Storage:
    if tensor.storage_type() != ttnn.StorageType.DEVICE:
        return _core.Storage.HOST
    return _core.Storage.DEVICE if tensor.is_allocated() else _core.Storage.DEALLOCATED


def is_on_device(tensor) -> bool:
    return storage(tensor) == _core.Storage.DEVICE


def tensor_spec(tensor) -> _core.TensorSpec:
    """What the planner needs of a ttnn tensor; one without device memory has no place, which is left at its default."""
    stored = storage(tensor)
    what = {
        "shape": list(tensor.shape),
        "dtype": DTYPES.get(tensor.dtype, _core.DataType.OTHER),
        "layout": LAYOUTS[tensor.layout],
        "storage": stored,
    }
    if stored != _core.Storage.DEVICE:
        return _core.TensorSpec(**what)
    config = tensor.memory_config()
    is_simple = not config.is_sharded() and config.buffer_type in MEMORIES
    return _core.TensorSpec(
        **what,
        memory=MEMORIES.get(config.buffer_type, _core.Memory.DRAM),
        placement=_core.Placement.INTERLEAVED if is_simple else _core.Placement.SHARDED,
        padded_shape=list(tensor.padded_shape),
        tile=_tile(tensor.get_tile()),
    )


def _tile(tile) -> _core.Tile:
    height, width = tile.tile_shape
    return _core.Tile(
        height=height, width=width, is_transposed=bool(tile.transpose_within_face or tile.transpose_of_faces)
    )
