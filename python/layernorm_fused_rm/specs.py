"""ttnn's tensors as the planner sees them."""

from __future__ import annotations

import ttnn

from . import _core

LAYOUTS = {ttnn.ROW_MAJOR_LAYOUT: _core.Layout.ROW_MAJOR, ttnn.TILE_LAYOUT: _core.Layout.TILE}
DTYPES = {ttnn.bfloat16: _core.DataType.BFLOAT16, ttnn.float32: _core.DataType.FLOAT32}
BUFFER_TYPES = {ttnn.BufferType.DRAM: _core.BufferType.DRAM, ttnn.BufferType.L1: _core.BufferType.L1}


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
        "dtype": dtype_of(tensor.dtype),
        "layout": LAYOUTS[tensor.layout],
        "storage": stored,
    }
    if stored != _core.Storage.DEVICE:
        return _core.TensorSpec(**what)
    config = memory_config_of(tensor.memory_config())
    return _core.TensorSpec(
        **what,
        buffer_type=config.buffer_type,
        memory_layout=config.memory_layout,
        padded_shape=list(tensor.padded_shape),
        tile=_tile(tensor.get_tile()),
    )


def dtype_of(dtype) -> _core.DataType:
    return DTYPES.get(dtype, _core.DataType.OTHER)


def memory_config_of(config) -> _core.MemoryConfig:
    """What the planner needs of a ttnn.MemoryConfig."""
    is_simple = not config.is_sharded() and config.buffer_type in BUFFER_TYPES
    return _core.MemoryConfig(
        buffer_type=BUFFER_TYPES.get(config.buffer_type, _core.BufferType.DRAM),
        memory_layout=_core.MemoryLayout.INTERLEAVED if is_simple else _core.MemoryLayout.SHARDED,
    )


def _tile(tile) -> _core.Tile:
    height, width = tile.tile_shape
    return _core.Tile(
        height=height, width=width, is_transposed=bool(tile.transpose_within_face or tile.transpose_of_faces)
    )
