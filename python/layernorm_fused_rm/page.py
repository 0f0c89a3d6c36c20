# SPDX-License-Identifier: Apache-2.0
"""A plan as a page: its picture, its text, and tables of tensors, buffers and what each core does, in one HTML file.

Needs neither a device nor ttnn. The file fetches nothing, runs nothing, and can be sent to somebody.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from . import _core, picture, plan_data

_STYLE = """
:root { color-scheme: light; }
body { font: 14px/1.5 Helvetica, Arial, sans-serif; color: #202020; background: #ffffff; margin: 2rem; }
h2 { font-size: 1.05rem; margin-top: 2rem; }
svg { max-width: 100%; height: auto; }
svg rect:hover { stroke: #202020; stroke-width: 2; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.15rem 0.7rem; border-bottom: 1px solid #d8d8d8; text-align: right; }
th { position: sticky; top: 0; background: #f2f2f2; }
.text { text-align: left; }
tbody tr:hover { background: #f2f6ff; }
pre { overflow-x: auto; background: #f6f6f6; padding: 1rem; }
"""


def html(plan: _core.Plan, device: _core.Device) -> str:
    """A plan as the text of an HTML file; arguments as of `picture.svg`.

    Pointing at a core or a buffer of the picture, or at rows in the table of cores, shows all there is to it.

    Example:
        >>> from layernorm_fused_rm import Problem, TensorSpec, cards, page, plan
        >>> problem = Problem(input=TensorSpec(shape=[256, 512]), device=cards.card())
        >>> Path("plan.html").write_text(page.html(plan(problem), problem.device))
    """
    data = plan_data.as_dict(plan)
    title = f"{plan.describe().partition(chr(10))[0]}, on {plan.chip}"
    root = ElementTree.Element("html", lang="en")
    head, body = _add(root, "head"), _add(root, "body")
    _add(head, "meta", charset="utf-8")
    _add(head, "title").text = title
    _add(head, "style").text = _STYLE
    body.append(picture.image(plan, device))
    _add(body, "h2").text = "Tensors"
    _add_tensors(body, data["tensors"])
    _add(body, "h2").text = "Circular buffers of every core"
    _add_buffers(body, data["buffers"])
    _add(body, "h2").text = f"Cores: {len(plan.cores)}"
    _add_cores(body, plan, device)
    _add(body, "h2").text = "As text"
    _add(body, "pre").text = plan.describe()
    return f"<!doctype html>\n{ElementTree.tostring(root, encoding='unicode', method='html')}\n"


def _add_tensors(body: ElementTree.Element, tensors: dict[str, dict]) -> None:
    table = _table(body, ["tensor", "shape", "dtype", "layout", "memory"], "tensors", texts=range(5))
    for name, spec in tensors.items():
        shape = " x ".join(map(str, spec["shape"]))
        _row(table, [name, shape, spec["dtype"], spec["layout"], spec["buffer_type"]], texts=range(5))


def _add_buffers(body: ElementTree.Element, buffers: list[dict]) -> None:
    names = ["index", "purpose", "page_bytes", "pages", "bytes", "producer", "consumer"]
    texts = (1, 5, 6)
    table = _table(body, [name.replace("_", " ") for name in names], "buffers", texts)
    for buffer in buffers:
        _row(table, [_number(buffer[name]) for name in names], texts)


def _add_cores(body: ElementTree.Element, plan: _core.Plan, device: _core.Device) -> None:
    """What `Plan.describe()` lists, with the rows that it leaves to be reckoned."""
    texts = (2, 3, 4)
    table = _table(body, ["core (x, y)", "rows", "which", "from", "slice"], "cores", texts)
    for work in plan.cores:
        rows = picture.rows_of(plan, device, work)
        pages = (range(run.first_page, run.first_page + run.count) for run in work.runs)
        sources = (
            f"{'stored rows' if picture.takes_strips(plan) else f'bank {run.bank}: pages'} {picture.abbreviate(list(each))}"
            for run, each in zip(work.runs, pages, strict=True)
        )
        team = f"{work.slice + 1} of {len(work.team)}" if work.team else ""
        cells = [
            f"({work.core[0]}, {work.core[1]})",
            str(len(rows)),
            picture.abbreviate(rows),
            "; ".join(sources),
            team,
        ]
        titles = {2: ", ".join(map(str, rows)), 4: ", ".join(f"({x}, {y})" for x, y in work.team)}
        _row(table, cells, texts, titles)


def _number(value) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(body: ElementTree.Element, names: list[str], kind: str, texts: Iterable[int]) -> ElementTree.Element:
    """Where its rows go. `texts`: columns that hold words."""
    table = _add(body, "table", **{"class": kind})
    head = _add(_add(table, "thead"), "tr")
    for column, name in enumerate(names):
        _add(head, "th", **_of_column(column, texts)).text = name
    return _add(table, "tbody")


def _row(
    table: ElementTree.Element, cells: list[str], texts: Iterable[int], titles: dict[int, str] | None = None
) -> None:
    row = _add(table, "tr")
    for column, text in enumerate(cells):
        title = (titles or {}).get(column)
        _add(row, "td", **_of_column(column, texts), **({"title": title} if title else {})).text = text


def _of_column(column: int, texts: Iterable[int]) -> dict[str, str]:
    return {"class": "text"} if column in texts else {}


def _add(parent: ElementTree.Element, name: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, name, attributes)
