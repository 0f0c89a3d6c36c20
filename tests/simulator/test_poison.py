# SPDX-License-Identifier: Apache-2.0
"""Poison: memory nobody has written is NaN, what was written stays, and a tensor below a circular buffer is left alone."""

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from launcher import launch_message, poison
from launcher.launch_message import Buffer, LaunchMessage

L1_BYTES = 1464 * 1024
BASE = poison.FIRST_FREE_L1 - launch_message.KERNEL_CONFIG_BYTES
NAN_WORD = 0x7FC1


def put(memory, address, layout, *values):
    packed = struct.pack(layout, *values)
    memory[address : address + len(packed)] = np.frombuffer(packed, np.uint8)


def configured_l1(buffers, semaphores=(), base=BASE):
    """L1 as the host leaves it before GO; `buffers` is {index: (address, size, pages, page size)}."""
    memory = np.zeros(L1_BYTES, np.uint8)
    message = launch_message.LAUNCH_ADDRESS
    put(memory, message + launch_message.CONFIG_BASE_OFFSET, "<I", base)
    put(memory, message + launch_message.SEMAPHORES_OFFSET, "<H", 64)
    first_buffer = 64 + 16 * len(semaphores)
    put(memory, message + launch_message.BUFFERS_OFFSET, "<H", first_buffer)
    put(memory, message + launch_message.BUFFER_MASK_OFFSET, "<I", sum(1 << index for index in buffers))
    put(memory, message + launch_message.ENABLES_OFFSET, "<I", 0b11111)
    for index, values in buffers.items():
        put(memory, base + first_buffer + 16 * index, "<4I", *values)
    for index, value in enumerate(semaphores):
        put(memory, base + 64 + 16 * index, "<I", value)
    return memory


def test_launch_message_names_buffers_semaphores_and_kernels():
    memory = configured_l1({0: (0x20000, 4096, 2, 2048), 16: (0x21000, 2048, 1, 2048)}, semaphores=(0, 7))
    message = launch_message.read(memoryview(memory), launch_message.GO_ADDRESS)
    assert message.buffers == (Buffer(0, 0x20000, 4096, 2, 2048), Buffer(16, 0x21000, 2048, 1, 2048))
    assert message.semaphores == {0: BASE + 64, 1: BASE + 80}
    assert list(message.kernels) == ["brisc", "ncrisc", "trisc0", "trisc1", "trisc2"]


def test_another_place_of_the_go_message_is_refused():
    with pytest.raises(launch_message.UnexpectedLaunchMessage, match="another ttnn"):
        launch_message.read(memoryview(np.zeros(L1_BYTES, np.uint8)), launch_message.GO_ADDRESS + 16)


def test_buffers_of_a_program_become_nan_and_nothing_else():
    start = poison.FIRST_FREE_L1
    memory = configured_l1({0: (start, 4096, 2, 2048), 1: (start + 4096, 64, 1, 64)})
    poison.Poison().core_launched(None, SimpleNamespace(L1_mem=SimpleNamespace(memory=memory)), 1184)
    words = memory[start : start + 4160].view(np.uint16)
    assert (words == NAN_WORD).all() and np.isnan(memory[start : start + 4160].view(np.float32)).all()
    assert not memory[start + 4160 :].any()


def test_a_buffer_laid_over_a_tensor_keeps_its_contents():
    start = poison.FIRST_FREE_L1
    over_tensor = Buffer(1, L1_BYTES - 4096, 4096, 2, 2048)
    message = LaunchMessage(start, (over_tensor, Buffer(0, start, 2048, 1, 2048)), {}, {})
    assert [buffer.index for buffer in poison.own_buffers(message)] == [0]
    assert poison.own_buffers(LaunchMessage(start, (over_tensor,), {}, {})) == []


def test_another_start_of_the_buffers_is_refused():
    memory = configured_l1({0: (poison.FIRST_FREE_L1, 64, 1, 64)}, base=BASE + 1024)
    with pytest.raises(launch_message.UnexpectedLaunchMessage, match="circular buffers start at"):
        poison.Poison().core_launched(None, SimpleNamespace(L1_mem=SimpleNamespace(memory=memory)), 1184)


@pytest.fixture
def poisoned_dram(kept_attributes, monkeypatch):
    from framework.device.tiles import TensixTile
    from framework.memory.memory import SparseAddressableMemory

    kept_attributes(SparseAddressableMemory, "read", "write")
    kept_attributes(TensixTile, "__init__")
    monkeypatch.setenv(poison.POISON_VARIABLE, "1")
    poison.install()
    return SparseAddressableMemory(1 << 20, chunk_size=4096)


def test_unwritten_dram_reads_as_nan(poisoned_dram):
    assert poisoned_dram.read(0, 4) == bytes.fromhex("c17fc17f")
    assert poisoned_dram.read(4095, 2) == bytes.fromhex("7fc1")


def test_written_dram_keeps_its_bytes_and_the_padding_around_them_is_nan(poisoned_dram):
    poisoned_dram.write(4094, bytes(4))
    assert poisoned_dram.read(4092, 8) == bytes.fromhex("c17f00000000c17f")
    poisoned_dram.write(100, bytes(8), 2)
    assert poisoned_dram.read(100, 4) == bytes.fromhex("0000c17f")


def test_beyond_the_memory_is_still_an_error(poisoned_dram):
    with pytest.raises(IndexError):
        poisoned_dram.read((1 << 20) - 2, 4)


def test_without_the_variable_memory_stays_zero(kept_attributes, monkeypatch):
    from framework.memory.memory import SparseAddressableMemory

    monkeypatch.delenv(poison.POISON_VARIABLE, raising=False)
    poison.install()
    assert SparseAddressableMemory(4096).read(0, 4) == bytes(4)
