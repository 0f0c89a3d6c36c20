# SPDX-License-Identifier: Apache-2.0
"""What programs move, by the simulator's traffic log, against what their tensors make inevitable."""

from __future__ import annotations

import pytest
import ttnn

from benchmarks.cases import ELEMENT_BYTES, Case
from benchmarks.providers import CLONE, OURS, PROVIDERS, draw
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.device import describe
from simulator import session

pytestmark = pytest.mark.simulator


def moved_by(call) -> dict[str, int]:
    """The figures of the one program that `call` runs."""
    before = len(session.traffic())
    to_numpy(call())
    (program,) = session.traffic()[before:]
    return program


def moved(provider: str, case: Case, device) -> dict[str, int]:
    (found,) = (candidate for candidate in PROVIDERS if candidate.name == provider)
    return moved_by(found.prepare(draw(case), device))


@pytest.mark.parametrize("case", [Case(32, 1024), Case(12, 64, "float32")], ids=str)
def test_ours_reads_its_operands_once_and_writes_its_output_once(device, case):
    found = moved(OURS, case, device)
    tensor_bytes, vector_bytes = case.moved_bytes // 2, case.width * ELEMENT_BYTES[case.dtype]
    assert found["dram_written_bytes"] == tensor_bytes
    # Gamma and beta: once each, or once a core that has no sender.
    vectors = found["dram_read_bytes"] - tensor_bytes
    assert vectors % (2 * vector_bytes) == 0 and 1 <= vectors // (2 * vector_bytes) <= session.last_program().cores
    assert found["unpacked_bytes"] >= tensor_bytes + 2 * vector_bytes
    assert found["packed_bytes"] >= tensor_bytes
    assert found["barriers"] >= 2


def test_ours_packs_no_more_than_its_output_and_shares_gamma_and_beta_where_tiles_are_full(device):
    case = Case(32, 1024)
    found = moved(OURS, case, device)
    assert found["dram_read_bytes"] == 32 * 1024 * 2 + 2 * 1024 * 2
    assert found["packed_bytes"] == 32 * 1024 * 2


def test_a_tensor_in_l1_leaves_dram_gamma_and_beta(device):
    describe(device, asks_for_l1_banks=True)  # or the first call with an L1 tensor does, in a program of its own
    case = Case(4, 64, memory="l1")
    found = moved(OURS, case, device)
    assert found["dram_written_bytes"] == 0
    assert 0 < found["dram_read_bytes"] <= 2 * 64 * 2 * session.last_program().cores


@pytest.mark.parametrize("memory", ["dram", "l1"])
def test_a_copy_reads_and_writes_the_tensor_and_waits_twice_a_page(device, memory):
    case = Case(32, 64, memory=memory)
    found = moved(CLONE, case, device)
    tensor_bytes = case.moved_bytes // 2
    expected = tensor_bytes if memory == "dram" else 0
    assert (found["dram_read_bytes"], found["dram_written_bytes"]) == (expected, expected)
    assert found["barriers"] == 2 * case.rows
    assert (found["unpacked_bytes"], found["packed_bytes"]) == (0, 0)


@pytest.mark.parametrize("dtype", ELEMENT_BYTES)
def test_a_change_of_layout_unpacks_and_packs_every_byte_once(device, dtype):
    case = Case(32, 64, dtype)
    x = to_device(draw(case).x, device, dtype=getattr(ttnn, dtype))
    found = moved_by(lambda: ttnn.to_layout(x, ttnn.TILE_LAYOUT))
    tensor_bytes = case.moved_bytes // 2
    figures = ("dram_read_bytes", "dram_written_bytes", "unpacked_bytes", "packed_bytes")
    assert [found[name] for name in figures] == [tensor_bytes] * 4
