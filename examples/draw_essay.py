# SPDX-License-Identifier: Apache-2.0
"""Draws the pictures of docs/memory-limit.md into docs/pictures:

    ./run python -m examples.draw_essay                     all of them; runs two calls on the simulated Wormhole
    ./run python -m examples.draw_essay --planned           those of plans alone, which need no device
    ./run python -m examples.draw_essay --blind             draws nothing: cycles with cores near banks and by index

plan-*.svg: which core has which rows (`layernorm_fused_rm.picture`). links-*.svg: rows that cross each link of the NoCs,
by the planner's placement and with rows dealt out in order. timeline-*.svg: when pages and NoC commands of a few cores
came and went in a simulated run (LAYERNORM_SIM_TIMELINE_LOG), the second launch of its call.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from layernorm_fused_rm import Device, Problem, TensorSpec, cards, picture, plan

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
PLANNED = (256, 512)
RUN = ((32, 1024), (256, 512))

Place = tuple[int, int]
Link = tuple[int, int, Place]  # NoC, axis, from where
INPUT, OUTPUT, GAMMA, BETA = range(4)  # circular buffers of these calls (`plan.buffers`)
FONT = "Helvetica, Arial, sans-serif"
TEXT, LINES, PLAIN, GREY = "#202020", "#9a9a9a", "#ffffff", "#e8e8e8"
NOC_COLOURS = ("#1f77b4", "#d95f02")
READ, WAIT, COMPUTE, WRITE = "#9ecae1", "#dddddd", "#a1d99b", "#fdae6b"


def planned(rows: int, width: int, device: Device):
    vector = TensorSpec(shape=[width])
    return plan(Problem(input=TensorSpec(shape=[rows, width]), gamma=vector, beta=vector, device=device))


class Image:
    """The few shapes of SVG that are needed here."""

    def __init__(self, width: int, height: int):
        self.root = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg")
        for name, value in (("width", width), ("height", height), ("viewBox", f"0 0 {width} {height}")):
            self.root.set(name, str(value))
        self.box(0, 0, width, height, PLAIN)

    def add(self, kind: str, **attributes) -> ElementTree.Element:
        names = {name.replace("_", "-"): str(value) for name, value in attributes.items()}
        return ElementTree.SubElement(self.root, kind, names)

    def box(self, x: float, y: float, width: float, height: float, fill: str, title: str = "", **more) -> None:
        drawn = self.add("rect", x=round(x, 1), y=round(y, 1), width=round(width, 1), height=height, fill=fill, **more)
        if title:
            ElementTree.SubElement(drawn, "title").text = title

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, title: str = "") -> None:
        ends = {"x1": round(x1, 1), "y1": round(y1, 1), "x2": round(x2, 1), "y2": round(y2, 1)}
        drawn = self.add("line", **ends, stroke=colour, stroke_width=round(width, 1))
        if title:
            ElementTree.SubElement(drawn, "title").text = title

    def text(
        self, x: float, y: float, text: str, size: int = 12, anchor: str = "start", weight: str = "normal"
    ) -> None:
        font = {"font_family": FONT, "font_size": size, "font_weight": weight, "text_anchor": anchor, "fill": TEXT}
        self.add("text", x=round(x, 1), y=round(y, 1), **font).text = text

    def save(self, path: Path) -> None:
        ElementTree.indent(self.root, space="")
        path.write_text(ElementTree.tostring(self.root, encoding="unicode") + "\n", encoding="utf-8")


# ---- links


def route(start: Place, end: Place, noc: int, size: Place) -> Iterator[Link]:
    """NoC 0 goes right, then down; NoC 1 up, then left; each once round its axis (src/noc.hpp)."""
    at = list(start)
    for axis in (0, 1) if noc == 0 else (1, 0):
        while at[axis] != end[axis]:
            yield noc, axis, (at[0], at[1])
            at[axis] = (at[axis] + (1 if noc == 0 else -1)) % size[axis]


def link_loads(rows_of: dict[Place, list[int]], device: Device) -> Counter[Link]:
    """Rows that cross each link, read over NoC 0 and written over NoC 1; `rows_of` by places on the NoC."""
    loads: Counter[Link] = Counter()
    for core, rows in rows_of.items():
        for row in rows:
            bank = device.dram_banks[row % len(device.dram_banks)]
            loads.update(route(bank, core, 0, device.noc_size))
            loads.update(route(core, bank, 1, device.noc_size))
    return loads


def placements(rows: int, width: int, device: Device) -> dict[str, dict[Place, list[int]]]:
    """Rows of each core by the planner, and as many for each core in order, from the first core on."""
    columns, _ = device.grid
    call = planned(rows, width, device)
    by_bank = {
        device.workers[work.core[1] * columns + work.core[0]]: picture.rows_of(call, device, work)
        for work in call.cores
        if work.rows
    }
    shares = sorted(map(len, by_bank.values()), reverse=True)
    in_order, first = {}, 0
    for core, share in zip(device.workers, shares):
        in_order[core] = list(range(first, first + share))
        first += share
    return {"placed by bank": by_bank, "the same numbers of rows in order": in_order}


def draw_links(path: Path, rows: int, width: int) -> None:
    device = cards.card("wormhole")
    cell, margin, top = 48, 40, 96
    columns, lines = device.noc_size
    panel = columns * cell + 2 * margin
    image = Image(2 * panel, top + lines * cell + margin)
    image.text(margin, 24, f"{rows} x {width}: rows that cross each link of the NoCs, Wormhole", 16, weight="bold")
    for index, (name, rows_of) in enumerate(placements(rows, width, device).items()):
        loads = link_loads(rows_of, device)
        left = index * panel + margin
        crossed = sum(loads.values())
        image.text(left, 46, f"{name}: {max(loads.values())} rows on the busiest link, {crossed:,} crossings in all")
        for key, colour in enumerate(NOC_COLOURS):
            image.box(left + key * 220, 54, 12, 12, colour)
            image.text(left + key * 220 + 18, 65, ("NoC 0, read: right and down", "NoC 1, written: up and left")[key])
        _draw_network(image, device, rows_of, loads, (left, top, cell))
    image.save(path)


def _draw_network(image: Image, device: Device, rows_of, loads: Counter[Link], at: tuple[int, int, int]) -> None:
    left, top, cell = at
    widest = 9 / 40  # of a pixel a row

    def middle(place: Place) -> tuple[float, float]:
        return left + (place[0] + 0.5) * cell, top + (place[1] + 0.5) * cell

    for (noc, axis, place), rows in sorted(loads.items()):
        x, y = middle(place)
        step = cell if noc == 0 else -cell
        aside = -5 if noc == 0 else 5  # the two networks side by side
        beyond = place[axis] + (1 if noc == 0 else -1)
        if not 0 <= beyond < device.noc_size[axis]:  # round to the other end
            step *= 0.7
        ends = (x, y + aside, x + step, y + aside) if axis == 0 else (x + aside, y, x + aside, y + step)
        image.line(*ends, NOC_COLOURS[noc], max(0.4, rows * widest), f"{rows} rows")
    banks = {place: bank for bank, place in enumerate(device.dram_banks)}
    for x in range(device.noc_size[0]):
        for y in range(device.noc_size[1]):
            place = (x, y)
            mx, my = middle(place)
            if place in banks:
                image.box(mx - 13, my - 8, 26, 16, TEXT, stroke=TEXT)
                image.text(mx, my + 4, f"D{banks[place]}", 10, "middle")
                image.root[-1].set("fill", PLAIN)
            elif place in rows_of:
                image.box(mx - 8, my - 8, 16, 16, PLAIN, f"{place}: rows {rows_of[place]}", stroke=LINES)
                image.text(mx, my + 4, str(len(rows_of[place])), 10, "middle")
            else:
                image.box(mx - 3, my - 3, 6, 6, GREY, stroke=LINES)


# ---- timelines


def run_calls(shapes) -> dict[tuple[int, int], tuple[int, dict]]:
    """Of each shape the cycles and the events of the cores of its second launch, on the simulated device."""
    import numpy as np

    from layernorm_fused_rm import layernorm_fused_rm
    from layernorm_fused_rm.arrays import to_device, to_numpy
    from simulator import session
    from simulator.launcher.timeline import TIMELINE_LOG_VARIABLE

    os.environ[session.COST_MODEL_VARIABLE] = "1"
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "timeline.jsonl"
        os.environ[TIMELINE_LOG_VARIABLE] = str(log)
        with session.open_device() as device:
            random = np.random.default_rng(1)
            for rows, width in shapes:
                shapes_of = (rows, width), width, width
                x, gamma, beta = (to_device(random.normal(0.5, 2.0, shape), device) for shape in shapes_of)
                for _ in range(2):
                    to_numpy(layernorm_fused_rm(x, gamma, beta))  # a result that is read is there
                events = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])["cores"]
                cores = {tuple(map(int, name.split(","))): listed for name, listed in events.items()}
                found[rows, width] = session.last_program().cycles, cores
    return found


def run_blind(rows: int, width: int) -> dict[str, list[int]]:
    """Cycles of three launches by the planner, and of three where it is not told where cores are: the same shares, by
    cores in order."""
    import numpy as np

    from layernorm_fused_rm import arguments, layernorm_fused_rm, op
    from layernorm_fused_rm.arrays import to_device, to_numpy
    from simulator import session

    def without_places(device) -> Device:
        known = describe(device)
        named = {name: getattr(known, name) for name in ("arch", "grid", "dram_banks", "l1_banks", "l1_bytes")}
        return Device(**named)

    describe = arguments.describe
    os.environ[session.COST_MODEL_VARIABLE] = "1"
    found = {}
    with session.open_device() as device:
        random = np.random.default_rng(1)
        x, gamma, beta = (to_device(random.normal(0.5, 2.0, shape), device) for shape in ((rows, width), width, width))
        for name, said in (("near their banks", describe), ("by index", without_places)):
            arguments.describe = said
            op.clear()
            before = len(session.programs())
            for _ in range(3):
                to_numpy(layernorm_fused_rm(x, gamma, beta))
            found[f"cores {name}"] = [program.cycles for program in session.programs()[before:]]
    return found


class Core:
    """What one core did, as intervals of cycles."""

    def __init__(self, events: list):
        times = defaultdict(list)
        for cycle, what, where, _ in events:
            times[what, where].append(cycle)
        self.read_started = times["read", 0]
        self.read = times["push", INPUT]
        self.vectors = times["push", GAMMA] + times["push", BETA]
        # By a source since it reads them, by others since their kernels run.
        self.vectors_wanted = min(times["read", 1] or [cycle for cycle, *_ in events])
        self.multicast = times["write multicast", 1]
        self.normalised = times["push", OUTPUT]
        self.write_started = times["write", 1]
        self.left = times["pop", OUTPUT]  # L1; the NoC has taken it

    def reads(self) -> list[tuple[int, int]]:
        return list(zip(self.read_started, self.read))

    def blocks(self) -> list[tuple[int, int]]:
        """Compute has a block from when all that it needs is there and the one before is out."""
        if not self.read:
            return []
        ready = [max(self.read[0], *self.vectors), *self.read[1:]]
        before = [0, *self.normalised[:-1]]
        return [(max(there, out), end) for there, out, end in zip(ready, before, self.normalised)]


def choose(cores: dict[Place, Core], source: Place) -> dict[str, Core]:
    """The core that reads gamma for all, and of those with most rows the first and the last to be through."""
    most = max(len(core.read) for core in cores.values())
    full = sorted((core for core in cores if len(cores[core].read) == most), key=lambda core: cores[core].left[-1])
    names = {source: "reads gamma for all", full[0]: "the first to be through", full[-1]: "the last"}
    return {f"core {core}: {name}": cores[core] for core, name in names.items()}


def draw_timeline(path: Path, rows: int, width: int, cycles: int, events: dict[Place, list]) -> None:
    cores = {place: Core(listed) for place, listed in events.items()}
    call = planned(rows, width, cards.card("wormhole"))
    shown = choose(cores, call.sharing.gamma_source)
    left, top, lane, wide = 110, 78, 16, 840
    reads = max(len(core.read) for core in shown.values())
    block = 22 + lane * (reads + 3)
    image = Image(left + wide + 30, top + block * len(shown) + 24)
    head = f"{rows} x {width}, bfloat16, DRAM: {cycles:,} simulated cycles on {len(cores)} cores of a Wormhole"
    image.text(20, 24, head, 16, weight="bold")
    keys = {
        READ: "a read under way",
        WAIT: "gamma and beta awaited",
        COMPUTE: "a block in compute",
        WRITE: "a block leaves L1",
    }
    for index, (colour, name) in enumerate(keys.items()):
        image.box(20 + index * 190, 36, 12, 12, colour, stroke=LINES)
        image.text(38 + index * 190, 47, name)
    scale = wide / cycles
    for cycle in range(0, cycles + 1, 250):
        x = left + cycle * scale
        image.line(x, top - 8, x, top + block * len(shown), GREY)
        image.text(x, top - 12, f"{cycle:,}", 10, "middle")
    for index, (name, core) in enumerate(shown.items()):
        _draw_core(image, name, core, (left, top + index * block, lane), scale, reads)
    end = left + cycles * scale
    image.line(end, top - 8, end, top + block * len(shown), TEXT, 1.5, f"the program ends in {cycles:,}")
    image.save(path)


def _draw_core(image: Image, name: str, core: Core, at: tuple[int, int, int], scale: float, reads: int) -> None:
    left, top, lane = at

    def bar(row: int, begin: int, end: int, colour: str, what: str) -> None:
        title = f"{what}: {begin:,} to {end:,}"
        image.box(
            left + begin * scale, top + 20 + row * lane, (end - begin) * scale, lane - 3, colour, title, stroke=LINES
        )

    image.text(20, top + 14, name, weight="bold")
    named = (("reader", 0), ("gamma, beta", reads), ("compute", reads + 1), ("writer", reads + 2))
    for text, row in named:
        image.text(left - 10, top + 31 + row * lane, text, 11, "end")
    for row, (begin, end) in enumerate(core.reads()):
        bar(row, begin, end, READ, f"read {row + 1} under way")
    bar(reads, core.vectors_wanted, max(core.vectors), WAIT, "gamma and beta awaited")
    for cycle in core.multicast[:1]:
        x = left + cycle * scale
        image.line(
            x, top + 20 + reads * lane, x, top + 17 + (reads + 1) * lane, TEXT, 2, f"multicast starts in {cycle:,}"
        )
    for number, (begin, end) in enumerate(core.blocks(), 1):
        bar(reads + 1, begin, end, COMPUTE, f"block {number}")
    for number, (begin, end) in enumerate(zip(core.write_started, core.left), 1):
        bar(reads + 2, begin, end, WRITE, f"block {number} written")


def draw_planned(folder: Path) -> None:
    rows, width = PLANNED
    device = cards.card("wormhole")
    drawn = picture.svg(planned(rows, width, device), device)
    (folder / f"plan-{rows}x{width}.svg").write_text(drawn, encoding="utf-8")
    draw_links(folder / f"links-{rows}x{width}.svg", rows, width)


def say_periods(shape: tuple[int, int], cycles: int, events: dict[Place, list]) -> None:
    """The figures that the essay takes from a timeline."""
    cores = [Core(listed) for listed in events.values()]
    with_rows = [core for core in cores if core.read]

    def span(times) -> str:
        times = list(times)
        return f"{min(times):,} to {max(times):,}"

    print(f"{shape[0]} x {shape[1]}: {cycles:,} simulated cycles, {len(with_rows)} of {len(cores)} cores have rows")
    print("  first reads start", span(core.read_started[0] for core in with_rows))
    print("  first rows are there", span(core.read[0] for core in with_rows))
    print("  gamma's and beta's multicasts start", [core.multicast[0] for core in cores if core.multicast])
    print("  gamma and beta are there", span(max(core.vectors) for core in cores))
    print("  first blocks are normalised", span(core.normalised[0] for core in with_rows))
    print("  last blocks have left L1", span(core.left[-1] for core in with_rows))
    gaps = [later - earlier for core in with_rows for earlier, later in pairwise(core.read)]
    if gaps:
        print("  from one row's arrival to the next", span(gaps), f"mean {sum(gaps) / len(gaps):.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planned", action="store_true", help="those that need no device")
    parser.add_argument("--folder", type=Path, default=PICTURES)
    parser.add_argument("--blind", action="store_true", help="cycles with cores near banks and by index")
    arguments = parser.parse_args()
    if arguments.blind:
        print(f"{PLANNED[0]} x {PLANNED[1]}, simulated cycles: {run_blind(*PLANNED)}")
        return
    arguments.folder.mkdir(parents=True, exist_ok=True)
    draw_planned(arguments.folder)
    if arguments.planned:
        return
    for shape, (cycles, events) in run_calls(RUN).items():
        draw_timeline(arguments.folder / f"timeline-{shape[0]}x{shape[1]}.svg", *shape, cycles, events)
        say_periods(shape, cycles, events)


if __name__ == "__main__":
    main()
