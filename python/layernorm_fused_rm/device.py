# SPDX-License-Identifier: Apache-2.0
"""What ttnn says of a device, for the planner: grid, DRAM banks, L1. Read once a device and kept.

NoC places are physical NoC 0 coordinates. ttnn gives translated coordinates for workers, which say nothing about
distance on the NoC; the map back is the planner's (src/chip.cpp).
"""

from __future__ import annotations

from . import _core

_described: dict[tuple, _core.Device] = {}


def describe(device, asks_for_l1_banks: bool = False) -> _core.Device:
    """The `_core.Device` of a ttnn device. Which core holds which L1 bank has to be asked of it (l1_banks.py).

    A device that is opened anew has its id again, but its grid and its L1 may be others.
    """
    import ttnn

    grid = device.compute_with_storage_grid_size()
    l1 = ttnn.get_memory_view(device, ttnn.BufferType.L1)
    key = device.id(), (grid.x, grid.y), l1.total_bytes_per_bank, asks_for_l1_banks
    if key in _described:
        return _described[key]
    described = _describe(device, asks_for_l1_banks)
    if described.l1_bank_places or not asks_for_l1_banks:  # a device that could not answer now may later
        _described[key] = described
    return described


def free_l1_bytes(device) -> int:
    """What circular buffers may take of each core's L1 now.

    ttnn puts them at the bottom, one behind the other, and tensors at the top, each at one address of all banks; all is
    free from the bottom to the lowest tensor (tt_metal/impl/program/program.cpp, validate_circular_buffer_region).
    """
    import ttnn

    l1 = ttnn.get_memory_view(device, ttnn.BufferType.L1)
    if l1.total_bytes_allocated_per_bank == 0:
        return l1.total_bytes_per_bank
    return min(int(block["address"]) for block in l1.block_table if block["allocated"] == "yes")


def _describe(device, asks_for_l1_banks: bool) -> _core.Device:
    import ttnn

    from . import l1_banks

    archs = {ttnn.Arch.WORMHOLE_B0: _core.Arch.WORMHOLE, ttnn.Arch.BLACKHOLE: _core.Arch.BLACKHOLE}
    grid = device.compute_with_storage_grid_size()
    l1 = ttnn.get_memory_view(device, ttnn.BufferType.L1)
    return _core.Device(
        arch=archs.get(device.arch(), _core.Arch.OTHER),
        grid=(grid.x, grid.y),
        dram_banks=_dram_bank_places(device, ttnn),
        l1_banks=l1.num_banks,
        # Of an empty device. Not ttnn.get_max_worker_l1_unreserved_size, which counts what kernels' code and arguments
        # take by default.
        l1_bytes=l1.total_bytes_per_bank,
        l1_alignment_bytes=ttnn.get_l1_alignment(),
    ).with_places(l1_banks.bank_cores(device, l1.num_banks) if asks_for_l1_banks else [])


def _dram_bank_places(device, ttnn) -> list[tuple[int, int]]:
    """What ttnn says of where each DRAM bank is, in bank order: Wormhole's places on the NoC, Blackhole's translated."""
    banks = (device.dram_core_from_logical_core(ttnn.CoreCoord(bank, 0)) for bank in range(device.dram_grid_size().x))
    return [(bank.x, bank.y) for bank in banks]
