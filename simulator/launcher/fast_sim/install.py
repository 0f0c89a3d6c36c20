# SPDX-License-Identifier: Apache-2.0
"""Put the fast parts in the place of wolfpine's, before the device is built."""

from __future__ import annotations

import os

QUICK_VARIABLE = "LAYERNORM_SIM_QUICK"


def is_fast() -> bool:
    return os.environ.get(QUICK_VARIABLE, "1") != "0"


def install() -> None:
    """Does nothing with LAYERNORM_SIM_QUICK=0, which gives wolfpine's own speed, for comparison."""
    if not is_fast():
        return
    from framework.device import tiles, tt_device

    from .. import chips
    from . import lookups, packer, sfpu
    from .core import FastCore
    from .pump import EventClock, EventTileClock
    from .tile import FastTileClock

    lookups.install()
    sfpu.install()
    packer.install()
    tt_device.MultiTileClock = EventClock
    tt_device.TileClock = EventTileClock

    device = chips.simulated().device

    class FastTensixTile(device.tensix_tile_class):
        def __init__(self, *arguments, **options):
            tiles.BabyRISCV = FastCore
            try:
                super().__init__(*arguments, **options)
            finally:
                tiles.BabyRISCV = FastCore.__base__

        def _bind_clock(self, tile_clock) -> None:
            super()._bind_clock(tile_clock)
            FastTileClock.adopt(tile_clock, self)

    device.tensix_tile_class = FastTensixTile
