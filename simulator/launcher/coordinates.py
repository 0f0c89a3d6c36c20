# SPDX-License-Identifier: Apache-2.0
"""Names of worker cores: wolfpine's tile key to tt-metal's logical core and to the physical NoC 0 coordinate.

wolfpine keys tiles by a "unified" coordinate of its own; a user knows the logical core (the one in a CoreCoord), and
the hardware documents speak of NoC coordinates. Without harvesting (wolfpine models none) a logical coordinate is the
index of the worker's column and row among all worker columns and rows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Core:
    """One worker: logical (column, row) as tt-metal counts them, and its NoC 0 coordinate."""

    logical: tuple[int, int]
    noc0: tuple[int, int]

    def __str__(self) -> str:
        return f"core {self.logical} (NoC {self.noc0[0]}-{self.noc0[1]})"


def cores_by_tile(tensix_coord_map: dict[tuple[int, int], tuple[int, int]]) -> dict[tuple[int, int], Core]:
    """From wolfpine's {NoC 0 coordinate: tile key} to {tile key: Core}."""
    columns = sorted({x for x, _ in tensix_coord_map})
    rows = sorted({y for _, y in tensix_coord_map})
    return {
        tile: Core(logical=(columns.index(x), rows.index(y)), noc0=(x, y)) for (x, y), tile in tensix_coord_map.items()
    }
