# SPDX-License-Identifier: Apache-2.0
"""What the host has told a core about the program it is about to run: its circular buffers, semaphores and kernels.

tt-metal writes one launch message a core into L1 and a configuration block that it points to (tt_metal/hw/inc/hostdev/
dev_msgs.h: mailboxes_t, kernel_config_msg_t; wormhole/core_config.h and dev_mem_map.h give the array lengths and the
mailbox's address). The places below follow from those structures; `read` checks them against the GO message's address,
which is learned from the host, so another layout is refused instead of misread.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from . import chips

# mailboxes_t: ncrisc_halt 8, subordinate_sync 4, launch_msg_rd_ptr 4, then 8 launch messages of 144 bytes, then the GO
# messages; on both chips.
READ_INDEX_ADDRESS = chips.simulated().mailbox_address + 12
LAUNCH_ADDRESS, LAUNCH_BYTES, LAUNCH_COUNT = chips.simulated().mailbox_address + 16, 144, 8
GO_ADDRESS = LAUNCH_ADDRESS + LAUNCH_COUNT * LAUNCH_BYTES
# Offsets in kernel_config_msg_t, packed; index 0 of each array is the Tensix core type.
CONFIG_BASE_OFFSET, SEMAPHORES_OFFSET, BUFFERS_OFFSET = 0, 16, 24
TEXT_OFFSET, BUFFER_MASK_OFFSET, ENABLES_OFFSET = 52, 96, 112
# TensixProcessorTypes: the order of the processors in `enables` and in the kernels' text offsets.
PROCESSORS = ("brisc", "ncrisc", "trisc0", "trisc1", "trisc2")
# Wormhole's firmware sets up the lower 32 buffers only (brisc.cc), Blackhole's 64, of which ours are the lower ones; four
# words each (circular_buffer_constants.h).
BUFFER_COUNT, BUFFER_CONFIG_BYTES = 32, 16
# Semaphores lie L1_ALIGNMENT apart, directly before the buffers' configuration (program.cpp, finalize).
SEMAPHORE_BYTES = 16
# The region of configuration and kernels starts at MEM_MAP_END and is 69 KiB long (kDefaultKernelConfigSize of the HAL); circular buffers and L1 tensors lie behind it. Without fast dispatch every program is configured at its start.
KERNEL_CONFIG_BYTES = 69 * 1024


class UnexpectedLaunchMessage(RuntimeError):
    """The host's launch message does not lie where this ttnn's headers say."""


@dataclass(frozen=True)
class Buffer:
    """A circular buffer as configured for the program: address and size in L1, bytes."""

    index: int
    address: int
    size: int
    pages: int
    page_size: int


@dataclass(frozen=True)
class LaunchMessage:
    """One core's program. `semaphores` is {id: L1 address}; `kernels` is {processor: L1 address of its text}.

    `first_free` is the L1 address behind everything the host keeps for launching programs.
    """

    first_free: int
    buffers: tuple[Buffer, ...]
    semaphores: dict[int, int]
    kernels: dict[str, int]


def read(l1: memoryview, go_address: int) -> LaunchMessage:
    """The launch message the core will take at its next GO."""
    if go_address != GO_ADDRESS:
        raise UnexpectedLaunchMessage(
            f"the host's GO message lies at {go_address:#x}, not at {GO_ADDRESS:#x}: another ttnn than the launcher "
            "knows; compare simulator/launcher/launch_message.py with its dev_msgs.h"
        )
    message = LAUNCH_ADDRESS + LAUNCH_BYTES * _word(l1, READ_INDEX_ADDRESS)
    base = _word(l1, message + CONFIG_BASE_OFFSET)
    first_semaphore = base + _half(l1, message + SEMAPHORES_OFFSET)
    first_buffer = base + _half(l1, message + BUFFERS_OFFSET)
    mask, enables = _word(l1, message + BUFFER_MASK_OFFSET), _word(l1, message + ENABLES_OFFSET)
    return LaunchMessage(
        first_free=base + KERNEL_CONFIG_BYTES,
        buffers=tuple(
            Buffer(index, *struct.unpack_from("<4I", l1, first_buffer + BUFFER_CONFIG_BYTES * index))
            for index in range(BUFFER_COUNT)
            if mask >> index & 1
        ),
        semaphores=dict(enumerate(range(first_semaphore, first_buffer, SEMAPHORE_BYTES))),
        kernels={
            name: base + _word(l1, message + TEXT_OFFSET + 4 * index)
            for index, name in enumerate(PROCESSORS)
            if enables >> index & 1
        },
    )


def _word(l1: memoryview, address: int) -> int:
    return struct.unpack_from("<I", l1, address)[0]


def _half(l1: memoryview, address: int) -> int:
    return struct.unpack_from("<H", l1, address)[0]
