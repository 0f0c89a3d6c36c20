# SPDX-License-Identifier: Apache-2.0
"""What comes out of the measurements: a line a case, ratios, geometric means, what is moved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from . import chips, scaling, steady
from .cases import Case
from .measure import PEERS, Ledger, Measurement
from .providers import OURS, TTNN

HEADING = (
    "rows",
    "width",
    "dtype",
    "memory",
    "cores",
    "cycles",
    "B/cycle",
    "of DRAM",
    "bound",
    "over it",
    "x ttnn",
    "x composite",
    "x clone",
)
CASE_COLUMNS = 4
# Heading and attribute of a Measurement.
MOVED = {
    "DRAM bytes": "dram_bytes",
    "NoC commands": "noc_commands",
    "barriers": "barriers",
    "bytes unpacked": "unpacked_bytes",
    "bytes packed": "packed_bytes",
}


def ratio(ledger: Ledger, case: Case, provider: str) -> float | None:
    """How many times fewer cycles than the provider; None where one of the two is missing or refuses."""
    ours, other = ledger.get(case, OURS), ledger.get(case, provider)
    return other.cycles / ours.cycles if ours and other and ours.cycles and other.cycles else None


def geometric_mean(values: Iterable[float | None]) -> float | None:
    logarithms = [math.log(value) for value in values if value]
    return math.exp(sum(logarithms) / len(logarithms)) if logarithms else None


def bound(case: Case) -> float | None:
    """Cycles below which no norm of tensors in DRAM is expected: a page there and back, and all bytes at DRAM's peak."""
    chip = chips.simulated()
    return chip.page_cycles + case.moved_bytes / chip.dram_bytes_per_cycle if case.memory == "dram" else None


def over_bound(ledger: Ledger, case: Case) -> float | None:
    """Our cycles over the bound."""
    ours, least = ledger.get(case, OURS), bound(case)
    return ours.cycles / least if ours and ours.cycles and least else None


def line(ledger: Ledger, case: Case) -> list[str] | None:
    ours = ledger.get(case, OURS)
    if ours is None or not ours.cycles:
        return None
    rate, least = case.moved_bytes / ours.cycles, bound(case)
    return [
        str(case.rows), str(case.width), case.dtype, case.memory, str(ours.cores), f"{ours.cycles:,}", f"{rate:.0f}",
        f"{rate / chips.simulated().dram_bytes_per_cycle:.0%}" if case.memory == "dram" else "-",
        f"{least:,.0f}" if least else "-", _times(over_bound(ledger, case)),
        *(_times(ratio(ledger, case, provider)) for provider in PEERS),
    ]  # fmt: skip


def moved_line(ledger: Ledger, case: Case) -> list[str] | None:
    """What ours moves per 1,024 elements, and ttnn.layer_norm in brackets."""
    ours, ttnn = ledger.get(case, OURS), ledger.get(case, TTNN)
    if ours is None or not ours.cycles:
        return None
    figures = (_per_kilo(case, ours, ttnn, attribute) for attribute in MOVED.values())
    return [str(case.rows), str(case.width), case.dtype, case.memory, *figures]


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _per_kilo(case: Case, ours: Measurement, ttnn: Measurement | None, figure: str) -> str:
    def share(measurement):
        return f"{getattr(measurement, figure) * 1024 / case.elements:,.1f}"

    return share(ours) + (f" ({share(ttnn)})" if ttnn and ttnn.cycles else "")


def means(ledger: Ledger, cases: list[Case]) -> dict[str, list[float | None]]:
    """Geometric means by dtype and memory: of our cycles over the bound, and of the ratios to each peer."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(f"{case.dtype} {case.memory}", []).append(case)
    return {
        group: [
            geometric_mean(over_bound(ledger, case) for case in members),
            *(geometric_mean(ratio(ledger, case, provider) for case in members) for provider in PEERS),
        ]
        for group, members in groups.items()
    }


def as_markdown(ledger: Ledger, cases: list[Case]) -> str:
    text = _as_rows(HEADING, (line(ledger, case) for case in cases))
    text += refusals_as_markdown(ledger, cases)
    text += _bound_as_markdown()
    text += "\nGeometric means, of cycles over the bound and of times fewer cycles than peers:\n\n"
    groups = means(ledger, cases).items()
    heading = ("tensors", "over the bound", "than ttnn.layer_norm", "than the composite", "than ttnn.clone")
    text += _as_rows(heading, ([group, *map(_times, values)] for group, values in groups))
    text += "\nWhat is moved per 1,024 elements, ttnn.layer_norm's in brackets; no figure depends on a cost model:\n\n"
    return text + _as_rows((*HEADING[:CASE_COLUMNS], *MOVED), (moved_line(ledger, case) for case in cases))


def _bound_as_markdown() -> str:
    chip = chips.simulated()
    return (
        f"\nbound: {chip.page_cycles:,} cycles, which `ttnn.clone` of one page of 2 KB takes, and the bytes of input and "
        f"output at\n{chip.dram_bytes_per_cycle} B/cycle.\n"
    )


def differing_lines(ledger: Ledger, cases: Iterable[Case], before: Sequence[Measurement]) -> list[list[str]]:
    """A line for each measurement of the cases whose cycles differ from an earlier one's, whatever sources that was of."""
    lines = []
    for earlier in before:
        now = ledger.get(earlier.case, earlier.provider) if earlier.case in cases else None
        if now and now.cycles and earlier.cycles and now.cycles != earlier.cycles:
            change = now.cycles / earlier.cycles - 1
            lines.append([str(now.case), now.provider, f"{earlier.cycles:,}", f"{now.cycles:,}", f"{change:+.2%}"])
    return lines


def refusals_as_markdown(ledger: Ledger, cases: list[Case]) -> str:
    """Nothing, unless a peer refused a case or did not agree with itself."""
    found = (ledger.get(case, provider) for case in cases for provider in PEERS)
    lines = [f"- {line.provider} at {line.case}: {line.refusal}\n" for line in found if line and line.refusal]
    return "\nWithout a figure:\n\n" + "".join(lines) if lines else ""


def scaling_points(ledger: Ledger) -> list[tuple[Case, list[tuple[int, int]]]]:
    """(cores, cycles) on each grid, for each case that was measured on all of them."""
    providers = scaling.providers()
    points = {
        case: [(found.cores, found.cycles) for provider in providers if (found := ledger.get(case, provider.name))]
        for case in scaling.CASES
    }
    return [(case, measured) for case, measured in points.items() if len(measured) == len(providers)]


def scaling_as_markdown(ledger: Ledger) -> str:
    """Nothing, unless a case was measured on all grids."""
    lines = [
        [
            str(case.rows),
            str(case.width),
            str(cores),
            f"{cycles:,}",
            f"{points[0][1] / cycles:.1f}",
            f"{case.moved_bytes / cycles:.0f}",
        ]
        for case, points in scaling_points(ledger)
        for cores, cycles in points
    ]
    text = "\n## Strong scaling\n\nbfloat16, DRAM, on the first columns and rows of cores.\n\n"
    text += _as_rows(("rows", "width", "cores", "cycles", "x one core", "B/cycle"), lines)
    return text + "\n![cycles over the number of cores](scaling.png)\n" if lines else ""


def steady_as_markdown(ledger: Ledger) -> str:
    """Nothing, unless both cases of a width were measured."""
    measured = [(ledger.get(few, OURS), ledger.get(many, OURS)) for few, many in steady.pairs()]
    lines = [
        [str(few.width), f"{few.rows} and {many.rows}", f"{steady.cycles_per_kilo(few, many):.0f}"]
        for few, many in measured
        if few and many
    ]
    text = "\n## Steady state\n\nbfloat16 rows in L1, on the cores that hold them: what the further rows of the larger tensor add.\n\n"
    return text + _as_rows(("width", "rows", "cycles of a core per 1,024 elements"), lines) if lines else ""


def _as_rows(heading: Sequence[str], lines: Iterable[list[str] | None]) -> str:
    text = "| " + " | ".join(heading) + " |\n|" + "---|" * len(heading) + "\n"
    return text + "".join("| " + " | ".join(cells) + " |\n" for cells in lines if cells)
