"""What the planner needs to know of a ttnn device: grid, DRAM banks, NoC places, L1. Read once a device and kept.

NoC places are physical NoC 0 coordinates. ttnn gives translated coordinates for workers, which say nothing about
distance on the NoC, so the map back is needed; it is known for Wormhole. Elsewhere the planner falls back to an assignment
that is balanced but blind to distance.
"""

from __future__ import annotations

from . import _core

# Physical columns and rows of Wormhole's workers on its 10 x 12 NoC (tt_metal/soc_descriptors/wormhole_b0_80_arch.yaml,
# functional_workers). ttnn does not say which rows of a harvested card are off, so a row's place is exact on an unharvested
# card and up to two rows off on others; a trial lost at most 2 % by a row (docs/design.md, "Placement").
_WORMHOLE_NOC_SIZE = (10, 12)
_WORMHOLE_COLUMNS = (1, 2, 3, 4, 6, 7, 8, 9)
_WORMHOLE_ROWS = (1, 2, 3, 4, 5, 7, 8, 9, 10, 11)

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

    grid = device.compute_with_storage_grid_size()
    workers = _worker_places(device, ttnn)
    l1 = ttnn.get_memory_view(device, ttnn.BufferType.L1)
    return _core.Device(
        grid=(grid.x, grid.y),
        workers=workers,
        dram_banks=_dram_bank_places(device, ttnn),
        noc_size=_WORMHOLE_NOC_SIZE if _is_wormhole(device, ttnn) else (0, 0),
        l1_banks=l1.num_banks,
        l1_bank_places=_l1_bank_places(device, l1.num_banks, workers) if asks_for_l1_banks else [],
        # Of an empty device. Not ttnn.get_max_worker_l1_unreserved_size, which counts what kernels' code and arguments
        # take by default.
        l1_bytes=l1.total_bytes_per_bank,
        dram_alignment_bytes=32 if _is_wormhole(device, ttnn) else 64,
        l1_alignment_bytes=ttnn.get_l1_alignment(),
    )


def _l1_bank_places(device, banks: int, workers: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """NoC place of each L1 bank, in bank order; empty where those of the cores are."""
    from . import l1_banks

    columns = device.compute_with_storage_grid_size().x
    return [workers[y * columns + x] for x, y in l1_banks.bank_cores(device, banks)] if workers else []


def _is_wormhole(device, ttnn) -> bool:
    return device.arch() == ttnn.Arch.WORMHOLE_B0


def _worker_places(device, ttnn) -> list[tuple[int, int]]:
    """NoC place of each logical core, row by row; empty where the map is unknown."""
    grid = device.compute_with_storage_grid_size()
    known = grid.x <= len(_WORMHOLE_COLUMNS) and grid.y <= len(_WORMHOLE_ROWS)
    if not (_is_wormhole(device, ttnn) and known):
        return []
    return [(_WORMHOLE_COLUMNS[x], _WORMHOLE_ROWS[y]) for y in range(grid.y) for x in range(grid.x)]


def _dram_bank_places(device, ttnn) -> list[tuple[int, int]]:
    """NoC place of each DRAM bank, in bank order; Wormhole's DRAM cores are not translated."""
    banks = (device.dram_core_from_logical_core(ttnn.CoreCoord(bank, 0)) for bank in range(device.dram_grid_size().x))
    return [(bank.x, bank.y) for bank in banks]
