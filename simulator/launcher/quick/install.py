"""Put the quick parts in the place of wolfpine's, before the device is built."""

from __future__ import annotations

import os

QUICK_VARIABLE = "LAYERNORM_SIM_QUICK"


def is_quick() -> bool:
    return os.environ.get(QUICK_VARIABLE, "1") != "0"


def install() -> None:
    """Does nothing with LAYERNORM_SIM_QUICK=0, which gives wolfpine's own speed, for comparison."""
    if not is_quick():
        return
    from framework.device import tiles, tt_device
    from framework.device.tiles import TensixTile
    from framework.device.wormhole import Wormhole

    from . import lookups, packer, sfpu
    from .core import QuickCore
    from .pump import EventClock, EventTileClock
    from .tile import QuickTileClock

    lookups.install()
    sfpu.install()
    packer.install()
    tt_device.MultiTileClock = EventClock
    tt_device.TileClock = EventTileClock

    class QuickTensixTile(TensixTile):
        def __init__(self, *arguments, **options):
            tiles.BabyRISCV = QuickCore
            try:
                super().__init__(*arguments, **options)
            finally:
                tiles.BabyRISCV = QuickCore.__base__

        def _bind_clock(self, tile_clock) -> None:
            super()._bind_clock(tile_clock)
            QuickTileClock.adopt(tile_clock, self)

    Wormhole.tensix_tile_class = QuickTensixTile
