# SPDX-License-Identifier: Apache-2.0
"""Memory nobody has written holds NaN, with LAYERNORM_SIM_POISON=1: what a kernel reads beyond its data shows in results.

wolfpine's memories start as zeros, which hides such reads: a zero adds nothing to a sum. On a chip they hold whatever the
last program left. With poison
 - L1 behind the firmware's and the host's own part, and all of DRAM, start as NaN (padding between a tensor's pages is
   never written, so it stays NaN);
 - the circular buffers of a program are filled with NaN again on each of its cores before its GO.
The pattern is a NaN as bfloat16 and as fp32. No timing depends on it.
"""

from __future__ import annotations

import os

import numpy as np

from . import chips, launch_message
from .launch_message import Buffer, LaunchMessage

POISON_VARIABLE = "LAYERNORM_SIM_POISON"
# bfloat16 0x7fc1, twice fp32 0x7fc17fc1, in memory order: even addresses hold 0xc1.
PATTERN = bytes((0xC1, 0x7F))
# Where circular buffers begin on an unharvested chip; below lie firmware, mailboxes and the host's configuration. Known
# before the first launch message, so as a number; the launches check it.
FIRST_FREE_L1 = chips.simulated().map_end + launch_message.KERNEL_CONFIG_BYTES


def is_wanted() -> bool:
    return os.environ.get(POISON_VARIABLE, "") not in ("", "0")


def fill(memory: np.ndarray, start: int, end: int) -> None:
    """Poison memory[start:end], bytes; `memory` begins at an even address."""
    start, end = start + (start & 1), end - (end & 1)
    memory[start:end].view(np.uint16)[:] = int.from_bytes(PATTERN, "little")


def own_buffers(message: LaunchMessage) -> list[Buffer]:
    """The circular buffers that lie in memory of their own, not in a tensor's.

    tt-metal stacks them from the first free address upwards, without gaps; one that a program lays over an L1 tensor
    lies elsewhere, since tensors are allocated from the other end. The tensor's contents must stay.
    """
    own, end = [], message.first_free
    for buffer in sorted(message.buffers, key=lambda buffer: buffer.address):
        if buffer.address > end:
            break
        own.append(buffer)
        end = max(end, buffer.address + buffer.size)
    return own


class Poison:
    """Watches programs (time_policy.py): poisons a core's circular buffers when it is launched."""

    def core_launched(self, core, tile, go_address: int) -> None:
        message = launch_message.read(memoryview(tile.L1_mem.memory), go_address)
        if message.first_free != FIRST_FREE_L1:
            raise launch_message.UnexpectedLaunchMessage(
                f"circular buffers start at {message.first_free:#x}, not at {FIRST_FREE_L1:#x}: another ttnn, or another "
                f"worker_l1_size, than simulator/launcher/poison.py knows; leave {POISON_VARIABLE} unset"
            )
        for buffer in own_buffers(message):
            fill(tile.L1_mem.memory, buffer.address, buffer.address + buffer.size)

    def program_ended(self, cycle: int) -> None:
        pass


def install() -> None:
    """Let L1 of workers and DRAM start poisoned. Before the device is built; does nothing unless wanted."""
    if not is_wanted():
        return
    from framework.device.tiles import TensixTile
    from framework.memory.memory import SparseAddressableMemory

    build_tile = TensixTile.__init__

    def build_poisoned_tile(self, *arguments, **options):
        build_tile(self, *arguments, **options)
        fill(self.L1_mem.memory, FIRST_FREE_L1, self.L1_mem.getSize())

    TensixTile.__init__ = build_poisoned_tile
    for name in ("read", "write"):
        setattr(SparseAddressableMemory, name, _after_poisoning(getattr(SparseAddressableMemory, name)))


def _after_poisoning(access):
    """`access` (self, address, value or size, size) to a sparse memory, whose missing chunks are poisoned, not zero."""

    def poisoned_access(self, addr, value, size=None):
        length = size if size is not None else value if isinstance(value, int) else len(value)
        first, last = addr // self.chunk_size, (addr + max(length, 1) - 1) // self.chunk_size
        for index in range(first, min(last, (self.size - 1) // self.chunk_size) + 1):
            if index not in self.chunks:
                self.chunks[index] = np.empty(self.chunk_size, np.uint8)
                fill(self.chunks[index], 0, self.chunk_size)
        return access(self, addr, value) if size is None else access(self, addr, value, size)

    return poisoned_access
