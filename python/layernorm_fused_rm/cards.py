# SPDX-License-Identifier: Apache-2.0
"""The cards that calls can be planned for without one: what the simulators, and ttnn on a card, say of each kind."""

from __future__ import annotations

from . import _core

# As ttnn 0.81.1 gives them: the grid of a card with one row (Wormhole) or one column (Blackhole) of workers off, the L1 that
# an empty device has for circular buffers, and Wormhole's DRAM banks in its order. Where Blackhole's are the planner knows.
_BANKS_OF_WORMHOLE = [(0, 11), (0, 1), (0, 5), (0, 7), (5, 1), (5, 11), (5, 2), (5, 9), (5, 8), (5, 3), (5, 5), (5, 7)]
_BANKS_OF_BLACKHOLE = [(0, 0)] * 8
_CARDS = {
    "wormhole": (_core.Arch.WORMHOLE, (8, 9), _BANKS_OF_WORMHOLE, 1_393_312),
    "blackhole": (_core.Arch.BLACKHOLE, (13, 10), _BANKS_OF_BLACKHOLE, 1_461_120),
}


def card(chip: str = "wormhole", *, grid: tuple[int, int] | None = None, l1_bytes: int | None = None) -> _core.Device:
    """The `Device` of a card, for `Problem(device=...)`.

    Which core holds which bank of L1 only a device can tell: rows in L1 are planned for cores in the order of banks.

    Args:
        chip: "wormhole" or "blackhole".
        grid: columns and rows of its workers; those of the simulated chip by default.
        l1_bytes: for circular buffers on each core; that of a device without tensors in L1 by default.

    Raises:
        ValueError: there is no such chip.

    Example:
        >>> from layernorm_fused_rm import Problem, TensorSpec, cards, plan
        >>> print(plan(Problem(input=TensorSpec(shape=[256, 512]), device=cards.card("blackhole"))))
    """
    if chip not in _CARDS:
        raise ValueError(f"there is no card {chip!r}; pass one of {', '.join(_CARDS)}")
    arch, whole_grid, banks, whole_l1_bytes = _CARDS[chip]
    columns, rows = grid or whole_grid
    return _core.Device(
        arch=arch,
        grid=(columns, rows),
        dram_banks=banks,
        l1_banks=columns * rows,
        l1_bytes=whole_l1_bytes if l1_bytes is None else l1_bytes,
    ).with_places([])
