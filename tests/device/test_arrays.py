# SPDX-License-Identifier: Apache-2.0
"""numpy arrays to tensors and back, without torch."""

from __future__ import annotations

import numpy as np
import pytest
import ttnn

from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.reference import round_to_bfloat16


@pytest.mark.parametrize("shape", [(), (7,), (33, 45), (2, 3, 5), (2, 0, 3)], ids=str)
def test_what_goes_to_the_device_comes_back(device, shape):
    values = np.random.default_rng(0).integers(-128, 128, shape)
    for dtype in (ttnn.bfloat16, ttnn.float32):
        for memory, kind in (("dram", "DRAM"), ("l1", "L1"), (ttnn.L1_MEMORY_CONFIG, "L1")):
            for layout in (ttnn.ROW_MAJOR_LAYOUT, *[ttnn.TILE_LAYOUT] * (len(shape) > 1)):
                tensor = to_device(values, device, dtype=dtype, memory=memory, layout=layout)
                assert (tensor.dtype, tensor.layout) == (dtype, layout)
                assert tensor.memory_config().buffer_type == getattr(ttnn.BufferType, kind)
                found = to_numpy(tensor)
                assert found.dtype == np.float32 and found.shape == shape
                np.testing.assert_array_equal(found, values)


def test_numbers_are_rounded_to_the_dtype(device):
    values = [1 / 3, 1.00390625]
    np.testing.assert_array_equal(to_numpy(to_device(values, device)), round_to_bfloat16(values))
    np.testing.assert_array_equal(to_numpy(to_device(values, device, dtype=ttnn.float32)), np.float32(values))


def test_integers_lists_and_tensors_of_the_host_are_taken(device):
    np.testing.assert_array_equal(to_numpy(to_device([[1, 2], [3, 4]], device)), [[1, 2], [3, 4]])
    np.testing.assert_array_equal(to_numpy(ttnn.Tensor(np.arange(4, dtype=np.int32), ttnn.int32)), range(4))


def test_another_word_for_a_memory_is_refused(device):
    with pytest.raises(ValueError, match='^layernorm_fused_rm: memory must be "dram", "l1" or a .* but is \'sram\''):
        to_device(np.ones(4), device, memory="sram")


def test_a_deallocated_tensor_is_refused_instead_of_ending_the_process(device):
    tensor = to_device(np.ones(4), device)
    ttnn.deallocate(tensor)
    with pytest.raises(ValueError, match="^layernorm_fused_rm: the tensor has been deallocated"):
        to_numpy(tensor)
