# SPDX-License-Identifier: Apache-2.0
"""What shape and layout do not show of a tensor's storage: padding, sizes of tiles, views of another tensor's pages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import ttnn

import layernorm_fused_rm
from calls import TILE_SIDE, Call, Tally, draw, judge, run
from layernorm_fused_rm.arrays import MEMORIES, to_device, to_numpy
from layernorm_fused_rm.draws import Rows, draw_rows
from levels import extended
from rows import bits

WIDTH = 64


def numbers(shape, seed: int = 0) -> np.ndarray:
    return draw_rows(shape, seed=seed).x


def with_padded_rows(values: np.ndarray, device, stored: tuple[int, ...], memory: str = "dram"):
    """A tensor of `values` that is stored in rows of a longer shape."""
    host = ttnn.Tensor(np.ascontiguousarray(values, np.float32), ttnn.bfloat16, layout=ttnn.ROW_MAJOR_LAYOUT)
    padded = host.pad(ttnn.Shape(list(stored)), ttnn.Shape([0] * len(stored)), 7.0)
    tensor = ttnn.to_device(padded, device, memory_config=MEMORIES[memory])
    assert list(tensor.shape) == list(values.shape) and list(tensor.padded_shape) == list(stored)
    return tensor


def expect_norm(y: np.ndarray, *tensors) -> None:
    """`y` is the norm of Rows of these tensors."""
    rows = Rows(*tensors)
    assert judge(Call(width=y.shape[-1]), rows, {"y": y}, Tally()) == []


# Padding in each row, behind the last row, and both; a row's page may outgrow its room in L1.
PADDED = [
    ((2, 5, 20), (2, 5, 80), "dram"),
    ((2, 5, 50), (2, 5, 1500), "dram"),
    ((2, 5, 64), (3, 5, 64), "l1"),
    ((2, 5, 50), (4, 5, 128), "l1"),
    ((1, 1, 5, 20), (1, 3, 32, 33), "l1"),
    ((3, 1100), (4, 3200), "dram"),
]


@pytest.mark.parametrize("shape, stored, memory", PADDED, ids=str)
def test_rows_with_padding_in_them_or_behind_them_are_normalised(device, shape, stored, memory):
    x = numbers(shape)
    y = layernorm_fused_rm.layernorm_fused_rm(with_padded_rows(x, device, stored, memory))
    assert list(y.padded_shape) == list(x.shape)
    expect_norm(to_numpy(y), x)


def test_a_residual_and_an_output_with_padding_are_used_and_their_neighbours_left_alone(device):
    x, residual = numbers((2, 5, 50)), numbers((2, 5, 50), seed=1)
    pattern = np.arange(640).reshape(10, 64) % 251 + 1.0
    before = to_device(pattern, device)
    output = with_padded_rows(np.zeros_like(x), device, (2, 5, 64))
    behind = to_device(pattern, device)
    y = layernorm_fused_rm.layernorm_fused_rm(
        with_padded_rows(x, device, (2, 5, 100)),
        residual=with_padded_rows(residual, device, (3, 5, 64)),
        output_tensor=output,
    )
    assert y.buffer_address() == output.buffer_address() and list(output.padded_shape) == [2, 5, 64]
    expect_norm(to_numpy(output), x, None, None, residual)
    for neighbour in (before, behind):
        np.testing.assert_array_equal(to_numpy(neighbour), pattern)


def test_in_place_keeps_the_padding(device):
    x = numbers((2, 5, 50))
    tensor = with_padded_rows(x, device, (2, 5, 64))
    layernorm_fused_rm.layernorm_fused_rm(tensor, output_tensor=tensor)
    expect_norm(to_numpy(tensor), x)


def between_rows(device):
    """x [2, 3, 64], stored as [2, 4, 64], and its numbers."""
    x = numbers((2, 4, WIDTH))
    tensor = ttnn.reshape(to_device(x, device), ttnn.Shape([2, 3, WIDTH]), ttnn.Shape([2, 4, WIDTH]))
    return tensor, x[:, :3]


@pytest.mark.parametrize("name", ["input", "residual", "output_tensor"])
@pytest.mark.parametrize("operation", ["layernorm_fused_rm", "rms_norm_fused_rm"])
def test_padding_between_rows_is_refused(device, name, operation):
    padded, x = between_rows(device)
    given = {"input": to_device(x, device), name: padded}
    text = f"^{operation}: {name} of shape .* is stored as .*, with padding between its rows"
    with pytest.raises(ValueError, match=text):
        getattr(ttnn, operation)(given.pop("input"), **given)


def test_rows_between_which_there_was_padding_are_normalised_once_they_are_sliced_as_the_refusal_says(device):
    padded, x = between_rows(device)
    with pytest.raises(ValueError) as refusal:
        layernorm_fused_rm.layernorm_fused_rm(padded)
    remedy = str(refusal.value).partition("take it out of its padding with ")[2]
    expect_norm(to_numpy(layernorm_fused_rm.layernorm_fused_rm(eval(remedy, {"ttnn": ttnn, "input": padded}))), x)


def test_padding_is_refused_where_a_normalized_shape_reshapes_the_tensor(device):
    padded, _ = between_rows(device)
    with pytest.raises(
        ValueError, match="input of shape .* is stored as .*, but a normalized_shape of several dimensions"
    ):
        layernorm_fused_rm.layernorm_fused_rm(padded, normalized_shape=[3, WIDTH])


def test_a_padded_tensor_behind_a_plain_one_of_its_shape_is_looked_at_anew(device):
    x = numbers((4, 50))
    for tensor in (to_device(x, device), with_padded_rows(x, device, (4, 64)), with_padded_rows(x, device, (4, 200))):
        expect_norm(to_numpy(layernorm_fused_rm.layernorm_fused_rm(tensor)), x)


def in_tiles(values: np.ndarray, device, tile, transposed: bool = False):
    shape = (1, 1, 1, values.size)
    form = ttnn.Tile(tile, transposed)
    host = ttnn.Tensor(values.reshape(shape).astype(np.float32), ttnn.bfloat16, layout=ttnn.TILE_LAYOUT, tile=form)
    return ttnn.to_device(host, device)


TILES = [(32, 32), (16, 32), (8, 32), (2, 32), (1, 32), (32, 16), (16, 16)]


@pytest.mark.parametrize("tiles", [((32, 32), (1, 32), (32, 16)), *extended(TILES)], ids=["some", "all"])
def test_gamma_and_beta_may_be_in_tiles_of_any_size(device, tiles):
    """One after the other, so that a kept call of one size is not taken for another's."""
    x, gamma, beta = numbers((5, 100)), numbers((100,), seed=1), numbers((100,), seed=2)
    for tile, other in zip(tiles, tiles[::-1]):
        vectors = in_tiles(gamma, device, tile), in_tiles(beta, device, other)
        expect_norm(to_numpy(layernorm_fused_rm.layernorm_fused_rm(to_device(x, device), *vectors)), x, gamma, beta)


# With helpers: rows by themselves and strips, a last share that is shorter, pieces that the memory's alignment puts elsewhere.
WIDE = [
    (Call(width=1024), 32),
    *extended(
        (Call(width=1303, x="fp32", residual="bf16", statistics=True), 40),
        (Call(width=4096, input_layout="tile"), 32),
        (Call(width=2048, norm="rms", beta=None, vector_memory="l1"), 30),
        (Call(width=1600, input_layout="tile", output_layout="rm"), 50),
    ),
]


@pytest.mark.parametrize("case", WIDE, ids=str)
def test_wide_vectors_of_many_pieces_are_read_by_many_cores_and_give_the_same_bits(device, case):
    call, rows = case
    forms = ["tile", *(["cut"] if call.width % TILE_SIDE == 0 else [])]
    data = draw(call, (rows,))
    wanted = run(call, data, device)
    for form in forms:
        of_form = {name: f"{form} bf16" for name in ("gamma", "beta") if getattr(call, name) is not None}
        found = run(replace(call, **of_form), data, device)
        for name, values in wanted.items():
            np.testing.assert_array_equal(bits(found[name]), bits(values), err_msg=f"{form}: {name}")


@pytest.mark.parametrize("name", ["gamma", "beta"])
def test_transposed_tiles_are_refused_also_behind_a_call_with_plain_ones(device, name):
    """ttnn takes the specs of both for equal."""
    x, vector = to_device(numbers((5, WIDTH)), device), numbers((WIDTH,), seed=1)
    plain, transposed = in_tiles(vector, device, (32, 32)), in_tiles(vector, device, (32, 32), transposed=True)
    for _ in range(2):
        layernorm_fused_rm.layernorm_fused_rm(x, **{name: plain})
        with pytest.raises(ValueError, match=f"{name} is in TILE layout of transposed tiles"):
            layernorm_fused_rm.layernorm_fused_rm(x, **{name: transposed})


def test_padded_vectors_are_read_without_their_padding(device):
    x, gamma = numbers((5, WIDTH)), numbers((WIDTH,), seed=1)
    for stored in ((1, 96), (3, WIDTH), (2, 2000)):
        padded = with_padded_rows(gamma.reshape(1, WIDTH), device, stored)
        expect_norm(to_numpy(layernorm_fused_rm.layernorm_fused_rm(to_device(x, device), padded)), x, gamma)
    cut = with_padded_rows(gamma.reshape(1, 1, 2, 32), device, (1, 1, 5, 48))
    expect_norm(to_numpy(layernorm_fused_rm.layernorm_fused_rm(to_device(x, device), cut)), x, gamma)


def test_views_of_another_tensors_pages_are_normalised_where_they_lie(device):
    """ttnn.narrow and ttnn.view give tensors that begin within, or are, another one's buffer."""
    banks = device.dram_grid_size().x
    x = numbers((1, 3 * banks, WIDTH))
    whole = to_device(x, device)
    part = ttnn.narrow(whole, 1, banks, banks)
    assert part.buffer_address() > whole.buffer_address()
    layernorm_fused_rm.layernorm_fused_rm(part, output_tensor=part)
    found = to_numpy(whole)
    within = np.arange(3 * banks) // banks == 1
    expect_norm(found[:, within], x[:, within])
    np.testing.assert_array_equal(found[:, ~within], x[:, ~within])
    view = ttnn.view(to_device(x, device), [banks, 3, WIDTH])
    expect_norm(to_numpy(layernorm_fused_rm.layernorm_fused_rm(view)), x.reshape(banks, 3, WIDTH))
