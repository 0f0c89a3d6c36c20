# SPDX-License-Identifier: Apache-2.0
"""ttnn's tensors as the planner sees them."""

from __future__ import annotations

import ttnn

from . import _core

LAYOUTS = {ttnn.ROW_MAJOR_LAYOUT: _core.Layout.ROW_MAJOR, ttnn.TILE_LAYOUT: _core.Layout.TILE}
# The first two are served, the others named in refusals.
_DTYPE_NAMES = ("BFLOAT16", "FLOAT32", "BFLOAT8_B", "BFLOAT4_B", "UINT8", "UINT16", "UINT32", "INT32")
DTYPES = {getattr(ttnn.DataType, name): getattr(_core.DataType, name) for name in _DTYPE_NAMES}
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
        shards=config.shards,
        padded_shape=list(tensor.padded_shape),
        tile=_tile(tensor.get_tile()),
    )


def dtype_of(dtype) -> _core.DataType:
    return DTYPES.get(dtype, _core.DataType.OTHER)


def memory_config_of(config) -> _core.MemoryConfig:
    """What the planner needs of a ttnn.MemoryConfig."""
    where = {"buffer_type": BUFFER_TYPES.get(config.buffer_type, _core.BufferType.DRAM)}
    if config.buffer_type not in BUFFER_TYPES or (config.is_sharded() and config.shard_spec is None):
        return _core.MemoryConfig(**where, memory_layout=_core.MemoryLayout.OTHER)
    if not config.is_sharded():
        return _core.MemoryConfig(**where)
    return _core.MemoryConfig(**where, memory_layout=_core.MemoryLayout.SHARDED, shards=_shards(config))


def _shards(config) -> _core.Shards:
    """Where ttnn puts which shard: one core behind the other, by the grid's rows or columns (the orientation); of
    BLOCK_SHARDED a row of shards begins with one of these (tt-metal, tech_reports/tensor_sharding).
    """
    spec = config.shard_spec
    is_row_major = spec.orientation == ttnn.ShardOrientation.ROW_MAJOR
    first, last = spec.grid.bounding_box().start, spec.grid.bounding_box().end
    line = last.x - first.x + 1 if is_row_major else last.y - first.y + 1
    return _core.Shards(
        height=spec.shape[0],
        width=spec.shape[1],
        cores=[(core.x, core.y) for core in ttnn.corerange_to_cores(spec.grid, None, is_row_major)],
        cores_per_row=line if config.memory_layout == ttnn.TensorMemoryLayout.BLOCK_SHARDED else 0,
    )


def _tile(tile) -> _core.Tile:
    height, width = tile.tile_shape
    return _core.Tile(
        height=height, width=width, is_transposed=bool(tile.transpose_within_face or tile.transpose_of_faces)
    )
