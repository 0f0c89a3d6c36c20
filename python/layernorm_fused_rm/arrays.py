# SPDX-License-Identifier: Apache-2.0
"""numpy arrays to tensors on a device and back, without torch."""

from __future__ import annotations

import numpy as np
import ttnn

MEMORIES = {"dram": ttnn.DRAM_MEMORY_CONFIG, "l1": ttnn.L1_MEMORY_CONFIG}


def to_device(values, device, *, dtype=ttnn.bfloat16, memory="dram", layout=ttnn.ROW_MAJOR_LAYOUT):
    """A tensor on the device with the numbers and the shape of an array.

    Args:
        values (array_like): real numbers, taken as float32 ones.
        device (ttnn.Device): where the tensor is allocated.
        dtype (ttnn.DataType): BFLOAT16, to which numbers are rounded to nearest, ties to even, or FLOAT32.
        memory (str or ttnn.MemoryConfig): "dram" or "l1", both interleaved, or any other config.
        layout (ttnn.Layout): ROW_MAJOR or TILE.

    Raises:
        ValueError: `memory` is another word.
        RuntimeError: of ttnn, which has no room for the tensor or none of this shape.

    Example:
        >>> x = to_device(numpy.random.normal(size=(32, 1024)), device)
        >>> y = to_numpy(ttnn.layernorm_fused_rm(x))
    """
    if isinstance(memory, str) and memory not in MEMORIES:
        raise ValueError(f'layernorm_fused_rm: memory must be "dram", "l1" or a ttnn.MemoryConfig, but is {memory!r}')
    host = ttnn.Tensor(np.asarray(values, np.float32, order="C"), dtype, layout=layout)
    return ttnn.to_device(host, device, memory_config=MEMORIES.get(memory, memory))


def to_numpy(tensor) -> np.ndarray:
    """The numbers of a tensor as a float32 array of its shape, once they are computed.

    Args:
        tensor (ttnn.Tensor): on a device or on the host, of any dtype and layout; without its padding.

    Raises:
        ValueError: the tensor has been deallocated, at which ttnn would end the process.

    Example:
        >>> to_numpy(to_device([[1.0, 2.0]], device))
        array([[1., 2.]], dtype=float32)
    """
    if not tensor.is_allocated():
        raise ValueError("layernorm_fused_rm: the tensor has been deallocated; read it before that")
    host = ttnn.from_device(tensor)
    values = (host if tensor.dtype == ttnn.float32 else ttnn.to_dtype(host, ttnn.float32)).to_numpy()
    return values.reshape(list(tensor.shape))
