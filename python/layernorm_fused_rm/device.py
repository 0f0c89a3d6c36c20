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

_described: dict[int, _core.Device] = {}


def describe(device) -> _core.Device:
    """The `_core.Device` of a ttnn device."""
    key = device.id()
    if key not in _described:
        _described[key] = _describe(device)
    return _described[key]


def _describe(device) -> _core.Device:
    import ttnn

    grid = device.compute_with_storage_grid_size()
    return _core.Device(
        grid=(grid.x, grid.y),
        workers=_worker_places(device, ttnn),
        dram_banks=_dram_bank_places(device, ttnn),
        noc_size=_WORMHOLE_NOC_SIZE if _is_wormhole(device, ttnn) else (0, 0),
        l1_banks=ttnn.get_memory_view(device, ttnn.BufferType.L1).num_banks,
        l1_bytes=ttnn.get_max_worker_l1_unreserved_size(),
        dram_alignment_bytes=32 if _is_wormhole(device, ttnn) else 64,
        l1_alignment_bytes=ttnn.get_l1_alignment(),
    )


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
