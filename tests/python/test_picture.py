# SPDX-License-Identifier: Apache-2.0
"""The picture of a plan: well-formed, and every core, row, bank, buffer and source is in it. No device is needed."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from layernorm_fused_rm import Device, Problem, TensorSpec, _core, cards, picture, plan

SVG = "{http://www.w3.org/2000/svg}"
TILE = _core.Layout.TILE
CALLS = {
    "rows": {"shape": [256, 512]},
    "few_rows": {"shape": [3, 64]},
    "one_wide_row": {"shape": [1, 8192]},
    "strips": {"shape": [2, 40, 96], "padded_shape": [2, 64, 96], "layout": TILE},
    "shared_strips": {"shape": [32, 1024], "layout": TILE},
    "in_l1": {"shape": [100, 64], "buffer_type": _core.BufferType.L1},
    "no_rows": {"shape": [0, 64]},
}


def pose(call: str, device: Device) -> Problem:
    spec = TensorSpec(**CALLS[call])
    vector = TensorSpec(shape=spec.shape[-1:])
    return Problem(input=spec, gamma=vector, beta=vector, device=device)


class Drawn:
    """A plan and its picture, parsed."""

    def __init__(self, call: str, device: Device):
        self.device = device
        self.plan = plan(pose(call, device))
        self.image = ElementTree.fromstring(picture.svg(self.plan, device))

    def boxes(self, kind: str) -> list[ElementTree.Element]:
        return [box for box in self.image.iter(f"{SVG}rect") if box.get("class") == kind]

    def texts(self) -> list[str]:
        return [text.text for text in self.image.iter(f"{SVG}text")]


def tooltip(box: ElementTree.Element) -> str:
    return box.find(f"{SVG}title").text


@pytest.fixture(params=["wormhole", "blackhole"])
def device(request) -> Device:
    return cards.card(request.param)


@pytest.fixture(params=CALLS)
def drawn(request, device) -> Drawn:
    return Drawn(request.param, device)


def test_each_core_of_the_grid_is_drawn_once(drawn):
    columns, rows = drawn.device.grid
    places = [(box.get("x"), box.get("y")) for kind in ("core", "idle") for box in drawn.boxes(kind)]
    assert len(places) == len(set(places)) == columns * rows
    assert len(drawn.boxes("core")) == len(drawn.plan.cores)


def test_everything_is_inside_the_picture(drawn):
    width, height = float(drawn.image.get("width")), float(drawn.image.get("height"))
    for box in drawn.image.iter(f"{SVG}rect"):
        assert float(box.get("x")) + float(box.get("width")) <= width
        assert float(box.get("y")) + float(box.get("height")) <= height


def test_each_row_is_on_a_core_and_on_no_other_but_of_its_team(drawn):
    owners: dict[int, set] = {}
    for work in drawn.plan.cores:
        rows = picture.rows_of(drawn.plan, drawn.device, work)
        assert len(rows) == len(set(rows)) <= work.rows
        for row in rows:
            owners.setdefault(row, set()).add(tuple(work.team) or work.core)
    assert sorted(owners) == list(range(drawn.plan.rows))
    assert all(len(of_row) == 1 for of_row in owners.values())


def test_tooltips_name_all_rows_of_a_core(drawn):
    written = {tooltip(box).partition(")")[0]: tooltip(box) for box in drawn.boxes("core")}
    for work in drawn.plan.cores:
        x, y = work.core
        rows = picture.rows_of(drawn.plan, drawn.device, work)
        assert written[f"core ({x}, {y}"].endswith(": " + ", ".join(map(str, rows)))


def test_banks_stand_where_they_are_read_and_written(drawn):
    device = drawn.device
    places = [*(device.dram_read_places or device.dram_banks), *device.dram_write_places]
    corner = {place: (box.get("x"), box.get("y")) for place, box in zip(places, drawn.boxes("bank"), strict=True)}
    assert len(set(corner.values())) == len(set(places))
    cores = {(box.get("x"), box.get("y")) for kind in ("core", "idle") for box in drawn.boxes(kind)}
    assert not cores & set(corner.values())


def test_buffers_fill_their_share_of_l1(drawn):
    (bar,) = drawn.boxes("l1")
    parts = [float(box.get("width")) for box in drawn.boxes("buffer")]
    assert len(parts) == len(drawn.plan.buffers)
    share = drawn.plan.l1_bytes_used / drawn.plan.l1_bytes_budget
    assert sum(parts) == pytest.approx(share * float(bar.get("width")), abs=0.01 * len(parts))
    for buffer in drawn.plan.buffers:
        assert any(f"{buffer.purpose}: {buffer.bytes:,} bytes" in text for text in drawn.texts())


def test_sources_of_gamma_and_beta_are_marked(drawn):
    letters = [text for text in drawn.texts() if text in "\N{GREEK SMALL LETTER GAMMA}\N{GREEK SMALL LETTER BETA}"]
    assert len(letters) == (0 if drawn.plan.sharing is None else 2)
    assert len(drawn.boxes("multicast")) == (0 if drawn.plan.sharing is None else 1)


def test_a_missing_beta_has_no_source(device):
    problem = Problem(input=TensorSpec(shape=[256, 512]), gamma=TensorSpec(shape=[512]), device=device)
    planned = plan(problem)
    assert planned.sharing is not None
    assert "\N{GREEK SMALL LETTER BETA}" not in picture.svg(planned, device)


def test_cores_have_the_colour_of_their_bank(device):
    drawn = Drawn("rows", device)
    banks = {tooltip(box).split()[1]: box.get("fill") for box in drawn.boxes("bank")}
    assert len(set(banks.values())) == len(device.dram_banks)
    fills = {tooltip(box).partition(")")[0]: box.get("fill") for box in drawn.boxes("core")}
    for work in drawn.plan.cores:
        for run in work.runs:
            assert fills[f"core ({work.core[0]}, {work.core[1]}"] == banks[str(run.bank)]


def test_cores_have_the_colour_of_their_team(device):
    drawn = Drawn("shared_strips", device)
    fills = {tooltip(box).partition(")")[0]: box.get("fill") for box in drawn.boxes("core")}
    colours: dict[tuple, set] = {}
    for work in drawn.plan.cores:
        if work.team:
            colours.setdefault(tuple(work.team), set()).add(fills[f"core ({work.core[0]}, {work.core[1]}"])
    assert len(colours) > 1 and all(len(of_team) == 1 for of_team in colours.values())
    assert len({next(iter(of_team)) for of_team in colours.values()}) == len(colours)


@pytest.mark.parametrize("call", CALLS)
def test_a_device_that_does_not_say_where_its_cores_are_is_drawn_too(call):
    drawn = Drawn(call, Device(grid=(3, 2), dram_banks=[(0, 0)] * 5, l1_banks=6, l1_bytes=1_000_000))
    assert len(drawn.boxes("core")) + len(drawn.boxes("idle")) == 6 and not drawn.boxes("bank")


def test_a_card_that_has_lost_a_bank_is_drawn_without_numbers():
    whole = cards.card("blackhole")
    device = Device(
        arch=whole.arch, grid=whole.grid, dram_banks=whole.dram_banks[:7], l1_banks=130, l1_bytes=whole.l1_bytes
    ).with_places([])
    drawn = Drawn("rows", device)
    assert {tooltip(box) for box in drawn.boxes("bank")} == {"DRAM", "DRAM out"}


@pytest.mark.parametrize(
    "rows, text",
    [
        ([], ""),
        ([3], "3"),
        ([3, 15], "3, 15"),
        ([0, 1, 2, 3], "0\N{EN DASH}3"),
        ([1, 5, 9, 13], "1, 5 \N{HORIZONTAL ELLIPSIS} 13"),
    ],
)
def test_rows_are_abbreviated(rows, text):
    assert picture.abbreviate(rows) == text
