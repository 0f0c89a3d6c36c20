# SPDX-License-Identifier: Apache-2.0
"""Circular buffers beside tensors that lie in L1: what is free counts, at each call.

What does not fit is read again, or refused with what is free and what is needed.
"""

from __future__ import annotations

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import _core, op, reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.device import describe, free_l1_bytes
from layernorm_fused_rm.draws import draw_rows

WIDTH = 8192  # bfloat16: 16 KB a row, so L1 holds it, and a share of L1 does not
PAGE_BYTES = 1024
EPSILON = 1e-5


@pytest.fixture(autouse=True)
def nothing_is_known():
    op.clear()
    yield
    op.clear()


@pytest.fixture
def rows(device):
    """x [3, WIDTH], gamma [WIDTH] and their RMSNorm."""
    drawn = draw_rows((3, WIDTH))
    exact = reference.rms_norm(drawn.x, drawn.gamma, None, EPSILON)
    return to_device(drawn.x, device), to_device(drawn.gamma, device), exact


@pytest.fixture
def fill_l1(device):
    """Function (free) that fills L1 with tensors but for about `free` bytes of each core, until the test's end."""
    made = []
    yield lambda free: made.extend(fill(device, free)) or made[-2:]
    for tensor in made:
        ttnn.deallocate(tensor)


def fill(device, free: int):
    """Two tensors, the lower one with numbers to look after."""
    banks = ttnn.get_memory_view(device, ttnn.BufferType.L1).num_banks
    pages = (free_l1_bytes(device) - free) // PAGE_BYTES - 1
    of_pages = lambda count: ttnn.Shape([banks * count, PAGE_BYTES // 2])
    high = ttnn.allocate_tensor_on_device(
        of_pages(pages), ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT, device, ttnn.L1_MEMORY_CONFIG
    )
    low = to_device(np.full((banks, PAGE_BYTES // 2), 3.0), device, memory="l1")
    assert low.buffer_address() < high.buffer_address() and free <= free_l1_bytes(device) < free + PAGE_BYTES
    return low, high


def is_read_again(x, gamma) -> bool:
    return _core.plan(op.make_problem(x, gamma, norm=_core.Norm.RMS)).reads_again


def expect_norm(rows, **options) -> None:
    x, gamma, exact = rows
    y = to_numpy(layernorm_fused_rm.rms_norm_fused_rm(x, gamma, epsilon=EPSILON, **options))
    assert np.abs(y - exact).max() <= 2.0**-8 * np.abs(exact).max()


def is_intact(low) -> bool:
    return bool((to_numpy(low) == 3.0).all())


def test_an_empty_device_has_what_its_allocator_has(device):
    """Not ttnn.get_max_worker_l1_unreserved_size, by which a program was refused that took it all."""
    view = ttnn.get_memory_view(device, ttnn.BufferType.L1)
    assert view.total_bytes_allocated_per_bank == 0
    assert free_l1_bytes(device) == describe(device).l1_bytes == view.total_bytes_per_bank


def test_tensors_in_l1_lower_what_is_free_to_the_lowest_of_them(device, fill_l1):
    base = ttnn.get_allocator_base_address(device, ttnn.BufferType.L1)
    low, _high = fill_l1(500_000)
    assert free_l1_bytes(device) == low.buffer_address() - base


def test_rows_that_do_not_fit_beside_tensors_in_l1_are_read_again(rows, fill_l1):
    x, gamma, _ = rows
    assert not is_read_again(x, gamma)
    low, _high = fill_l1(30_000)
    assert is_read_again(x, gamma)
    expect_norm(rows)
    assert is_intact(low)


def test_what_is_free_may_change_between_calls(rows, fill_l1):
    expect_norm(rows)
    filling = fill_l1(30_000)
    for _ in range(2):
        expect_norm(rows)
    assert is_intact(filling[0])
    for tensor in filling:
        ttnn.deallocate(tensor)
    assert not is_read_again(*rows[:2])
    expect_norm(rows)
    assert not _was_refused_once(rows)


def _was_refused_once(rows) -> bool:
    """Whether the call is planned anew each time."""
    x, gamma, _ = rows
    return op._cache.find(op._call_of(_core.Norm.RMS, x, gamma, epsilon=EPSILON)) is None


def test_outputs_that_go_to_l1_count(rows, fill_l1):
    """They are allocated once the call is planned: what is free is looked at again when ttnn finds no room."""
    x, gamma, _ = rows
    used = _core.plan(op.make_problem(x, gamma, norm=_core.Norm.RMS)).l1_bytes_used
    low, _high = fill_l1(used + 100)
    assert not is_read_again(x, gamma)
    for _ in range(2):
        expect_norm(rows, memory_config=ttnn.L1_MEMORY_CONFIG)
    assert is_intact(low)


@pytest.mark.parametrize("planned_before", [False, True], ids=["at_its_first_call", "at_a_later_call"])
def test_what_does_not_fit_is_refused_with_what_is_free_and_what_is_needed(device, rows, fill_l1, planned_before):
    if planned_before:
        expect_norm(rows)
    low, _high = fill_l1(9_000)
    with pytest.raises(ValueError) as refusal:
        layernorm_fused_rm.rms_norm_fused_rm(rows[0], rows[1], epsilon=EPSILON)
    assert str(refusal.value) == (
        f"rms_norm_fused_rm: rows of {WIDTH} elements need 14336 bytes of each core's L1 for circular buffers, but "
        f"{free_l1_bytes(device)} are free below the tensors that lie in L1; deallocate some of them, or move them to "
        "DRAM with ttnn.to_memory_config(tensor, ttnn.DRAM_MEMORY_CONFIG)"
    )
    assert is_intact(low)


@pytest.mark.timeout(300)
def test_a_row_that_nearly_fills_l1_is_normalised(device):
    """bfloat16, 242,688 elements: ttnn refused the program that was planned for it."""
    x = draw_rows((1, 242_688)).x
    exact = reference.rms_norm(x, None, None, EPSILON)
    y = to_numpy(layernorm_fused_rm.rms_norm_fused_rm(to_device(x, device), epsilon=EPSILON))
    assert np.abs(y - exact).max() <= 2.0**-8 * np.abs(exact).max()
