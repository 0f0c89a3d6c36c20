"""What comes out of the measurements: a line a case, ratios, geometric means."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .cases import DRAM_BYTES_PER_CYCLE, Case
from .measure import Ledger, Measurement
from .providers import CLONE, COMPOSITE, OURS, TTNN

HEADING = (
    "rows", "width", "dtype", "memory", "cores", "cycles", "B/cycle", "of 288", "x ttnn", "x composite", "x clone",
    "NoC commands per 1,024 (ttnn)", "NoC bytes per 1,024 (ttnn)",
)  # fmt: skip


def ratio(ledger: Ledger, case: Case, provider: str) -> float | None:
    """How many times fewer cycles than the provider; None where one of the two is missing or refuses."""
    ours, other = ledger.get(case, OURS), ledger.get(case, provider)
    return other.cycles / ours.cycles if ours and other and ours.cycles and other.cycles else None


def geometric_mean(values: Iterable[float | None]) -> float | None:
    logarithms = [math.log(value) for value in values if value]
    return math.exp(sum(logarithms) / len(logarithms)) if logarithms else None


def line(ledger: Ledger, case: Case) -> list[str] | None:
    ours = ledger.get(case, OURS)
    if ours is None or not ours.cycles:
        return None
    rate = case.moved_bytes / ours.cycles
    ttnn = ledger.get(case, TTNN)
    return [
        str(case.rows), str(case.width), case.dtype, case.memory, str(ours.cores), f"{ours.cycles:,}", f"{rate:.0f}",
        f"{rate / DRAM_BYTES_PER_CYCLE:.0%}" if case.memory == "dram" else "-",
        *(_times(ratio(ledger, case, provider)) for provider in (TTNN, COMPOSITE, CLONE)),
        _per_kilo(case, ours, ttnn, "noc_commands"), _per_kilo(case, ours, ttnn, "noc_bytes"),
    ]  # fmt: skip


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _per_kilo(case: Case, ours: Measurement, ttnn: Measurement | None, figure: str) -> str:
    def share(measurement):
        return f"{getattr(measurement, figure) * 1024 / case.elements:,.1f}"

    return share(ours) + (f" ({share(ttnn)})" if ttnn and ttnn.cycles else "")


def means(ledger: Ledger, cases: list[Case]) -> dict[str, dict[str, float | None]]:
    """Geometric means of the ratios, by dtype and memory."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(f"{case.dtype} {case.memory}", []).append(case)
    return {
        group: {provider: geometric_mean(ratio(ledger, case, provider) for case in members) for provider in (TTNN, COMPOSITE, CLONE)}
        for group, members in groups.items()
    }


def as_markdown(ledger: Ledger, cases: list[Case]) -> str:
    lines = [cells for case in cases if (cells := line(ledger, case))]
    text = "| " + " | ".join(HEADING) + " |\n|" + "---|" * len(HEADING) + "\n"
    text += "".join("| " + " | ".join(cells) + " |\n" for cells in lines)
    text += "\nGeometric means, times fewer cycles:\n\n| tensors | than ttnn.layer_norm | than the composite | than ttnn.clone |\n|---|---|---|---|\n"
    for group, values in means(ledger, cases).items():
        text += f"| {group} | " + " | ".join(_times(value) for value in values.values()) + " |\n"
    return text
