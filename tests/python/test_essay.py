# SPDX-License-Identifier: Apache-2.0
"""The pictures of docs/memory-limit.md are what examples/draw_essay.py draws now, and the essay's counts are theirs."""

from __future__ import annotations

from pathlib import Path

from examples import draw_essay
from layernorm_fused_rm import cards

ROOT = Path(__file__).resolve().parents[2]
ESSAY = (ROOT / "docs" / "memory-limit.md").read_text(encoding="utf-8")
MOST_BYTES = 150_000


def busiest(grid: tuple[int, int], rows: int) -> list[int]:
    """Rows on the busiest link, placed by bank and dealt out in order."""
    device = cards.card("wormhole", grid=grid)
    placed = draw_essay.placements(rows, draw_essay.PLANNED[1], device).values()
    return [max(draw_essay.link_loads(rows_of, device).values()) for rows_of in placed]


def test_pictures_of_plans_are_up_to_date(tmp_path):
    draw_essay.draw_planned(tmp_path)
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert len(drawn) == 2
    for name in drawn:
        now, committed = ((folder / name).read_text(encoding="utf-8") for folder in (tmp_path, draw_essay.PICTURES))
        assert now == committed, f"docs/pictures/{name} is out of date: ./run python -m examples.draw_essay --planned"


def test_pictures_are_small_and_on_their_page():
    """Of the essay, or of ttnn's tools; each page has some, and no page wants one that is not there (test_site.py)."""
    tools = (draw_essay.PICTURES.parent / "tools.md").read_text(encoding="utf-8")
    pages = dict.fromkeys(("essay", "tools"), 0)
    for path in draw_essay.PICTURES.iterdir():
        shown = [name for name, text in (("essay", ESSAY), ("tools", tools)) if f"](pictures/{path.name})" in text]
        assert path.stat().st_size < MOST_BYTES and len(shown) == 1, path.name
        pages[shown[0]] += 1
    assert all(pages.values())


def test_links_are_those_of_the_planner():
    """A row a core on 64 cores: as many on the busiest link as link_loads of src/noc.cpp counts (assignment_test)."""
    assert busiest((8, 8), 64) == [7, 9]


def test_the_essay_says_what_links_carry():
    by_bank, in_order = busiest((8, 9), draw_essay.PLANNED[0])
    assert f"The busiest link has {by_bank} rows instead of {in_order}" in " ".join(ESSAY.split())


def test_a_core_computes_when_all_it_needs_is_there():
    events = [[5, "atomic", 1, 4], [10, "read", 0, 64], [20, "read", 0, 64], [30, "push", 0, 1], [40, "push", 2, 1]]
    events += [[45, "push", 3, 1], [60, "push", 1, 1], [65, "write", 1, 64], [70, "push", 0, 1], [75, "pop", 1, 1]]
    events += [[90, "push", 1, 1], [95, "write", 1, 64], [99, "pop", 1, 1]]
    core = draw_essay.Core(events)
    assert core.reads() == [(10, 30), (20, 70)] and core.blocks() == [(45, 60), (70, 90)]


def test_a_timeline_is_drawn(tmp_path):
    vectors = [[50, "read", 1, 8], [60, "write multicast", 1, 8], [70, "push", 2, 1], [71, "push", 3, 1]]
    rows = [[55, "read", 0, 64], [80, "push", 0, 1], [90, "push", 1, 1], [92, "write", 1, 64], [95, "pop", 1, 1]]
    draw_essay.draw_timeline(tmp_path / "a.svg", 32, 1024, 100, {(3, 0): vectors, (0, 0): vectors + rows})
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "core (3, 0): reads gamma for all" in text and "block 1: 80 to 90" in text
