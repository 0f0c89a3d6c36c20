# SPDX-License-Identifier: Apache-2.0
"""The cards that calls are planned for without a device are what ttnn says of the simulated ones."""

from __future__ import annotations

import pytest

from layernorm_fused_rm import _core, cards
from layernorm_fused_rm.device import describe
from simulator import session

pytestmark = pytest.mark.skipif(not session.is_simulated(), reason="a card may have lost rows, columns or a bank")


def test_a_card_is_what_ttnn_says_of_the_simulated_one(device):
    there = describe(device)
    planned_for = cards.card(there.arch.name.lower())
    for name in ("grid", "workers", "noc_size", "l1_banks", "l1_bytes", "dram_read_places", "dram_write_places"):
        assert getattr(planned_for, name) == getattr(there, name), name
    for name in ("dram_alignment_bytes", "l1_alignment_bytes"):
        assert getattr(planned_for, name) == getattr(there, name), name
    assert len(planned_for.dram_banks) == len(there.dram_banks)
    if there.arch == _core.Arch.WORMHOLE:
        assert planned_for.dram_banks == there.dram_banks
