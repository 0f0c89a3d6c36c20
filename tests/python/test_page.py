# SPDX-License-Identifier: Apache-2.0
"""A plan as a page: all of it is there, well-formed, and nothing is fetched. No device is needed."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from test_picture import CALLS, pose

from layernorm_fused_rm import cards, cli, page, picture, plan

VOID = {"meta"}


class Page(HTMLParser):
    """Tables by their class, rows of cells; titles of cells; text by element. Every element is closed in its order."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.titles: list[str] = []
        self.text: dict[str, str] = {}
        self.elements: list[tuple[str, dict]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.table = self.tables.setdefault(attributes["class"], [])
        elif tag == "tr":
            self.table.append([])
        elif tag in ("td", "th"):
            self.table[-1].append("")
            self.titles += [attributes["title"]] if "title" in attributes else []

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.table[-1][-1] += data
        elif self.open:
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data


@pytest.fixture(params=CALLS)
def call(request) -> str:
    return request.param


@pytest.fixture
def posed(call):
    return pose(call, cards.card())


@pytest.fixture
def planned(posed):
    return plan(posed)


@pytest.fixture
def shown(posed, planned) -> Page:
    return Page(page.html(planned, posed.device))


def test_it_has_the_text_and_the_picture(posed, planned, shown):
    assert shown.text["pre"] == planned.describe()
    boxes = [attributes["class"] for tag, attributes in shown.elements if tag == "rect" and "class" in attributes]
    assert boxes.count("core") == len(planned.cores) and boxes.count("buffer") == len(planned.buffers)
    assert "<title>core (" in page.html(planned, posed.device) or not planned.cores


def test_each_core_has_its_line(posed, planned, shown):
    head, *lines = shown.tables["cores"]
    assert head[:2] == ["core (x, y)", "rows"] and len(lines) == len(planned.cores)
    for work, line in zip(planned.cores, lines, strict=True):
        rows = picture.rows_of(planned, posed.device, work)
        assert line[:3] == [f"({work.core[0]}, {work.core[1]})", str(len(rows)), picture.abbreviate(rows)]
        sources = [source for source in line[3].split("; ") if source]
        assert len(sources) == len(work.runs) and bool(line[4]) == bool(work.team)
        for source, run in zip(sources, work.runs, strict=True):
            assert source.startswith("stored rows " if picture.takes_strips(planned) else f"bank {run.bank}: pages ")
        assert not rows or ", ".join(map(str, rows)) in shown.titles


def test_tensors_and_buffers_have_theirs(posed, planned, shown):
    names = [line[0] for line in shown.tables["tensors"][1:]]
    assert names[:3] == ["input", "gamma", "beta"] and "output" in names
    assert shown.tables["tensors"][1][1] == " x ".join(map(str, posed.input.shape))
    buffers = [(line[1], line[4].replace(",", "")) for line in shown.tables["buffers"][1:]]
    assert buffers == [(buffer.purpose, str(buffer.bytes)) for buffer in planned.buffers]


def test_nothing_is_fetched_or_run(shown):
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in shown.elements}
    fetched = [name for _, attributes in shown.elements for name in attributes if name in ("src", "href", "xlink:href")]
    assert not fetched and "url(" not in shown.text["style"] and "@import" not in shown.text["style"]


def test_the_command_writes_it(capsys, tmp_path):
    assert cli.main(["plan", "32x1024", "--layout", "tile", "--gamma", "--html", str(tmp_path / "plan.html")]) == 0
    assert capsys.readouterr().out == f"page of the plan: {tmp_path}/plan.html\n"
    text = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>\n")
    lines = Page(text).tables["cores"][1:]
    assert any(" of " in line[4] for line in lines)


def test_a_page_with_an_unclosed_element_is_found():
    with pytest.raises(AssertionError):
        Page("<table class='cores'><tr></table>")
