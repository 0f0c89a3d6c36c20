# SPDX-License-Identifier: Apache-2.0
"""A plan as a picture: the chip's grid with the rows of each core, DRAM banks where they lie, and what L1 is used for.

Needs neither a device nor ttnn, and nothing besides Python: `svg(plan, device)` is the text of an SVG file.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from xml.etree import ElementTree

from . import _core

# In pixels.
_CELL_WIDTH, _CELL_HEIGHT = 84, 56
_MARGIN = 24
_LINE = 18
_BAR_HEIGHT = 28
_FONT = "Helvetica, Arial, sans-serif"

_TILE_SIDE = 32
_SHOWN_ROWS = 2  # of a core; more would not fit its cell
# Neighbouring numbers get colours that are far apart.
_GOLDEN_RATIO = 0.618
_PLAIN, _EMPTY, _LINES, _TEXT = "#ffffff", "#e8e8e8", "#9a9a9a", "#202020"

Place = tuple[int, int]


def svg(plan: _core.Plan, device: _core.Device) -> str:
    """A plan as the text of an SVG file.

    Cores have the colour of the bank that their rows come from, or, where cores share rows, of their team; a core whose
    rows come from everywhere is grey. Each says its logical place, how many rows and which, all of them in its tooltip.
    DRAM banks stand where they lie on the NoC. Cores that read gamma and beta for the others are marked with the letter,
    those that they send them to have a dashed line around them. Below, circular buffers as shares of a core's L1.

    Args:
        plan: of a call with any tensors and options.
        device: that of the plan's `Problem`; one that does not say where its cores are is drawn by logical places.

    Example:
        >>> from layernorm_fused_rm import Problem, TensorSpec, cards, picture, plan
        >>> problem = Problem(input=TensorSpec(shape=[256, 512]), device=cards.card())
        >>> Path("plan.svg").write_text(picture.svg(plan(problem), problem.device))
    """
    return ElementTree.tostring(image(plan, device), encoding="unicode") + "\n"


def image(plan: _core.Plan, device: _core.Device) -> ElementTree.Element:
    """The same as an element, to be put into a page."""
    return _Picture(plan, device).draw()


def rows_of(plan: _core.Plan, device: _core.Device, work: _core.CoreWork) -> list[int]:
    """The rows of a core, in its order: of the tensor as `[rows, W]`, without those that only fill up tiles."""
    return [row for run in work.runs for row in _rows_of_run(plan, device, run)]


def _rows_of_run(plan: _core.Plan, device: _core.Device, run: _core.Run) -> Iterator[int]:
    entries = range(run.first_page, run.first_page + run.count)
    if not takes_strips(plan):
        banks = _count_banks(plan, device)
        yield from (page * banks + run.bank for page in entries)
        return
    stored_rows = -(-plan.rows_per_matrix // _TILE_SIDE) * _TILE_SIDE
    for entry in entries:
        matrix, row = divmod(entry, stored_rows)
        if row < plan.rows_per_matrix:
            yield matrix * plan.rows_per_matrix + row


def takes_strips(plan: _core.Plan) -> bool:
    """Rows are taken as strips where a tensor of rows is in tiles (docs/design.md, "Strips")."""
    of_rows = (_core.Tensor.INPUT, _core.Tensor.RESIDUAL, _core.Tensor.OUTPUT, _core.Tensor.SUM)
    specs = [plan.tensors[int(tensor)] for tensor in of_rows]
    return any(spec is not None and spec.layout == _core.Layout.TILE for spec in specs)


def _is_in_l1(plan: _core.Plan) -> bool:
    return plan.tensors[int(_core.Tensor.INPUT)].buffer_type == _core.BufferType.L1


def _count_banks(plan: _core.Plan, device: _core.Device) -> int:
    return device.l1_banks if _is_in_l1(plan) else len(device.dram_banks)


def abbreviate(rows: list[int]) -> str:
    """Row numbers for a cell: "3", "3, 15", "0-3" for rows side by side, "3, 15 ... 39" for many."""
    if len(rows) > 1 and rows == list(range(rows[0], rows[0] + len(rows))):
        return f"{rows[0]}\N{EN DASH}{rows[-1]}"
    if len(rows) <= _SHOWN_ROWS + 1:
        return ", ".join(map(str, rows))
    return f"{', '.join(map(str, rows[:_SHOWN_ROWS]))} \N{HORIZONTAL ELLIPSIS} {rows[-1]}"


class _Picture:
    """Of one plan: cells first, then what is written below them, each a little further down."""

    def __init__(self, plan: _core.Plan, device: _core.Device):
        self.plan, self.device = plan, device
        columns, _ = device.grid
        self.cores = [(index % columns, index // columns) for index in range(columns * device.grid[1])]
        # A device that does not say where its cores are is drawn by their logical places.
        self.has_places = len(device.workers) == len(self.cores)
        self.places = dict(zip(self.cores, device.workers if self.has_places else self.cores))
        self.columns, self.lines = device.noc_size if self.has_places else device.grid
        self.work = {work.core: work for work in plan.cores}
        teams = dict.fromkeys(tuple(work.team) for work in plan.cores if work.team)
        self.teams = {team: index for index, team in enumerate(teams)}

    def draw(self) -> ElementTree.Element:
        self.width = self.columns * _CELL_WIDTH + 2 * _MARGIN
        self.image = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg")
        background = self._rectangle(0, 0, self.width, 0, _PLAIN)
        title = self.plan.describe().partition("\n")[0]
        self._text(_MARGIN, _MARGIN, f"{title}, on {self.plan.chip}", size=16, weight="bold")
        self.top = _MARGIN + _LINE
        self._draw_banks()
        self._draw_cores()
        self._draw_multicast()
        self.y = self.top + self.lines * _CELL_HEIGHT + 2 * _LINE
        self._write_legend()
        self._draw_l1()
        height = self.y + _MARGIN
        background.set("height", str(height))
        for name, value in (("width", self.width), ("height", height), ("viewBox", f"0 0 {self.width} {height}")):
            self.image.set(name, str(value))
        ElementTree.indent(self.image)
        return self.image

    def _draw_banks(self) -> None:
        """Each bank where it is read, and where it is written if that is elsewhere. Of a chip that has lost a bank nobody
        says which: its places have no numbers then."""
        if not self.has_places:
            return
        banks = len(self.device.dram_banks)
        read = self.device.dram_read_places or self.device.dram_banks
        for kind, places in (("", read), (" out", self.device.dram_write_places)):
            for bank, place in enumerate(places):
                is_known = len(places) == banks
                colour = _colour(bank) if is_known and self._has_bank_colours() and not _is_in_l1(self.plan) else _EMPTY
                name = f"DRAM {bank}{kind}" if is_known else f"DRAM{kind}"
                self._cell(place, colour, [("", 9), (name, 12), ("", 9)], name, "bank")

    def _has_bank_colours(self) -> bool:
        return not self.teams and not takes_strips(self.plan)

    def _draw_cores(self) -> None:
        for core in self.cores:
            work = self.work.get(core)
            logical = f"{core[0]}, {core[1]}"
            if work is None:
                self._cell(self.places[core], _PLAIN, [(logical, 9)], f"core ({logical}): takes no part", "idle")
                continue
            rows = rows_of(self.plan, self.device, work)
            counted = _count(len(rows), "row") + (f", {work.slice + 1}/{len(work.team)}" if work.team else "")
            tooltip = f"core ({logical}): {counted}: {', '.join(map(str, rows))}"
            lines = [(logical, 9), (counted, 12), (abbreviate(rows), 10)]
            self._cell(self.places[core], self._colour_of(work), lines, tooltip, "core")
            self._mark_source(core)

    def _colour_of(self, work: _core.CoreWork) -> str:
        if not work.runs:
            return _EMPTY
        if work.team:
            return _colour(self.teams[tuple(work.team)])
        banks = {run.bank for run in work.runs}
        return _colour(banks.pop()) if self._has_bank_colours() and len(banks) == 1 else _EMPTY

    def _mark_source(self, core: Place) -> None:
        x, y = self._corner(self.places[core])
        for letter in self._vectors_from(core):  # gamma's and beta's are different cores
            self._add("circle", cx=x + _CELL_WIDTH - 14, cy=y + 13, r=9, fill=_TEXT)
            self._text(x + _CELL_WIDTH - 14, y + 17, letter, fill=_PLAIN, anchor="middle")

    def _vectors_from(self, core: Place) -> Iterator[str]:
        """The letters of the vectors that a core reads for the others."""
        sharing = self.plan.sharing
        if sharing is None:
            return
        readers = (
            (_core.Tensor.GAMMA, [sharing.gamma_source, *sharing.gamma_helpers], "\N{GREEK SMALL LETTER GAMMA}"),
            (_core.Tensor.BETA, [sharing.beta_source, *sharing.beta_helpers], "\N{GREEK SMALL LETTER BETA}"),
        )
        for tensor, cores, letter in readers:
            if self.plan.tensors[int(tensor)] is not None and core in cores:
                yield letter

    def _draw_multicast(self) -> None:
        if self.plan.sharing is None:
            return
        left, top = self._corner(self.places[self.plan.sharing.first])
        right, bottom = self._corner(self.places[self.plan.sharing.last])
        size = right + _CELL_WIDTH - left, bottom + _CELL_HEIGHT - top
        line = {"stroke": _TEXT, "stroke-width": "3", "stroke-dasharray": "8 5"}
        self._rectangle(left, top, *size, "none", **line).set("class", "multicast")

    def _write_legend(self) -> None:
        if self.teams:
            self._line(f"cores of one colour share rows, a slice each: {_count(len(self.teams), 'team')}")
        elif takes_strips(self.plan):
            self._line("rows in tiles lie in all banks: strips of four rows are spread evenly")
        else:
            memory = "L1" if _is_in_l1(self.plan) else "DRAM"
            self._line(f"a core's colour is that of the bank of {memory} that its rows lie in")
        for line in self.plan.describe().splitlines():
            if line.startswith(("gamma", "beta", "neither")):
                self._line(line)

    def _draw_l1(self) -> None:
        used, budget = self.plan.l1_bytes_used, self.plan.l1_bytes_budget
        self._line(f"L1 of every core: {used:,} of {budget:,} bytes in circular buffers")
        width, x = self.width - 2 * _MARGIN, _MARGIN
        bar = self._rectangle(x, self.y, width, _BAR_HEIGHT, _EMPTY, stroke=_LINES)
        bar.set("class", "l1")
        bottom = self.y + _BAR_HEIGHT
        for index, buffer in enumerate(self.plan.buffers):
            share = width * buffer.bytes / budget
            part = self._rectangle(round(x, 2), self.y, round(share, 2), _BAR_HEIGHT, _colour(index), stroke=_LINES)
            part.set("class", "buffer")
            x += share
            key = bottom + 8 + index * _LINE
            self._rectangle(_MARGIN, key, 12, 12, _colour(index), stroke=_LINES)
            size = f"{buffer.bytes:,} bytes, {_count(buffer.pages, 'page')} of {buffer.page_bytes:,}"
            text = f"{buffer.index} {buffer.purpose}: {size}, {buffer.producer} to {buffer.consumer}"
            self._text(_MARGIN + 18, key + 11, text)
            _title(part, text)
        self.y = bottom + 8 + len(self.plan.buffers) * _LINE

    def _corner(self, place: Place) -> Place:
        return _MARGIN + place[0] * _CELL_WIDTH, self.top + place[1] * _CELL_HEIGHT

    def _cell(self, place: Place, colour: str, lines: list[tuple[str, int]], tooltip: str, kind: str) -> None:
        x, y = self._corner(place)
        box = self._rectangle(x + 2, y + 2, _CELL_WIDTH - 4, _CELL_HEIGHT - 4, colour, stroke=_LINES, rx="4")
        box.set("class", kind)
        _title(box, tooltip)
        for offset, (text, size) in zip((14, 31, 46), lines):
            if text:
                self._text(x + _CELL_WIDTH / 2, y + offset, text, size=size, anchor="middle")

    def _line(self, text: str) -> None:
        self._text(_MARGIN, self.y, text)
        self.y += _LINE - 4

    def _rectangle(self, x: float, y: float, width: float, height: float, fill: str, **more) -> ElementTree.Element:
        return self._add("rect", x=x, y=y, width=width, height=height, fill=fill, **more)

    def _text(self, x: float, y: float, text: str, size=12, anchor="start", weight="normal", fill=_TEXT) -> None:
        font = {"font-family": _FONT, "font-size": size, "font-weight": weight, "text-anchor": anchor}
        self._add("text", x=x, y=y, fill=fill, **font).text = text

    def _add(self, kind: str, **attributes) -> ElementTree.Element:
        return ElementTree.SubElement(self.image, kind, {name: str(value) for name, value in attributes.items()})


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _title(element: ElementTree.Element, text: str) -> None:
    """What a viewer shows where the pointer is."""
    ElementTree.SubElement(element, "title").text = text


def _colour(number: int) -> str:
    """A light colour, a different one for each number."""
    parts = colorsys.hls_to_rgb(number * _GOLDEN_RATIO % 1, 0.8, 0.65)
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)
