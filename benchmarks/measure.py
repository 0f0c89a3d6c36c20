# SPDX-License-Identifier: Apache-2.0
"""How a case is measured: output checked, two runs in a row required equal within 1 % (or the jitter of
a launch), kept in a CSV file as it goes. The first run, which compiles, is as good as any: device cycles do not know of it.

The CSV is long-form, a line a case and provider, so that an interrupted run goes on where it stopped; lines of another state
of the sources they depend on are measured anew.
"""

from __future__ import annotations

import csv
import hashlib
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from layernorm_fused_rm.arrays import to_numpy
from simulator import session

from . import scaling
from .cases import Case
from .providers import CLONE, COMPOSITE, OURS, PROVIDERS, TTNN, Provider, check, draw

ROOT = Path(__file__).resolve().parents[1]
# In the order of the page's columns.
PEERS = (TTNN, COMPOSITE, CLONE)
# What the cycles of every provider depend on, and what ours depend on besides.
PEER_SOURCES = (
    "simulator/launcher", "simulator/compiler", "simulator/sfpi", "benchmarks/cases.py", "benchmarks/providers.py",
    "python/layernorm_fused_rm/arrays.py", "python/layernorm_fused_rm/draws.py",
    # What explains a hang and ends processes bears on no cycle of a program that ends well.
    *(f":!simulator/launcher/{name}" for name in ("README.md", "__main__.py", "coverage.py", "elf_lines.py", "end_state.py", "hang.py", "hang_report.py", "host_end.py")),
)  # fmt: skip
OUR_SOURCES = ("python/layernorm_fused_rm", "src", "include", "bindings")
# The versions that all cycles depend on: lines of this file that begin so.
VERSIONS = ROOT / "setup" / "versions.env"
COUNTING_VERSIONS = ("DEVICE_REQUIREMENTS", "SIMULATOR_REQUIREMENTS", "DEBIAN_SIMULATOR_PACKAGES")
ALLOWED_DIFFERENCE = 0.01
# By when each core's firmware looks for GO a program takes some 40 cycles more or fewer, which is 2 % of the shortest.
LAUNCH_CYCLES = 64
MOST_RUNS = 8
# Sums over the figures of a program in the simulator's traffic log (simulator/launcher/traffic.py).
TRAFFIC = {
    "noc_commands": ("reads", "writes", "atomics"),
    "noc_bytes": ("read_bytes", "written_bytes"),
    "dram_read_bytes": ("dram_read_bytes",),
    "dram_written_bytes": ("dram_written_bytes",),
    "barriers": ("barriers",),
    "unpacked_bytes": ("unpacked_bytes",),
    "packed_bytes": ("packed_bytes",),
}


@dataclass(frozen=True)
class Measurement:
    """One case by one provider. Cycles and traffic are sums over its programs, cores the most of them; 0 if it refused."""

    sources: str
    provider: str
    rows: int
    width: int
    dtype: str
    memory: str
    cores: int = 0
    programs: int = 0
    cycles: int = 0
    noc_commands: int = 0
    noc_bytes: int = 0
    dram_read_bytes: int = 0
    dram_written_bytes: int = 0
    barriers: int = 0
    unpacked_bytes: int = 0
    packed_bytes: int = 0
    refusal: str = (
        ""  # why there are no cycles: what the provider said instead of running, or that no two runs were alike
    )

    @property
    def dram_bytes(self) -> int:
        return self.dram_read_bytes + self.dram_written_bytes

    @property
    def case(self) -> Case:
        return Case(self.rows, self.width, self.dtype, self.memory)


def sources_now(wanted: Sequence[str]) -> str:
    """A short value for the sources that measurements depend on, and for the versions that count."""
    names = subprocess.run(["git", "ls-files", *wanted], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    versions = [
        line for line in VERSIONS.read_text(encoding="utf-8").splitlines() if line.startswith(COUNTING_VERSIONS)
    ]
    digest = hashlib.sha256("\n".join(versions).encode())
    for name in names.splitlines():
        if (ROOT / name).is_file():
            digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()[:12]


def read_lines(path: Path) -> list[Measurement]:
    """The lines of a CSV file of measurements; none if there is no such file, or one with other columns."""
    if not path.is_file():
        return []
    numbers = {field.name for field in fields(Measurement) if field.type == "int"}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        lines = list(reader) if reader.fieldnames == [field.name for field in fields(Measurement)] else []
    return [
        Measurement(**{name: int(value) if name in numbers else value for name, value in line.items()})
        for line in lines
    ]


class Ledger:
    """The CSV file. Lines of other sources are dropped, and so is a whole file with other columns."""

    def __init__(self, path: Path, providers: Sequence[Provider] = (), besides: Sequence[str] = ()):
        self.path = path
        of_peers = sources_now((*PEER_SOURCES, *besides))
        of_ours = sources_now((*PEER_SOURCES, *besides, *OUR_SOURCES))
        names = [provider.name for provider in providers or (*PROVIDERS, *scaling.providers())]
        self.sources = {name: of_ours if name.startswith(OURS) else of_peers for name in names}
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [line for line in read_lines(self.path) if line.sources == self.sources.get(line.provider)]
        self._measured = {(line.case, line.provider): line for line in kept}
        self._write(kept)

    def get(self, case: Case, provider: str) -> Measurement | None:
        return self._measured.get((case, provider))

    def add(self, measurement: Measurement) -> None:
        self._measured[measurement.case, measurement.provider] = measurement
        self._write(self._measured.values())

    def _write(self, lines) -> None:
        temporary = self.path.with_suffix(".part")
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Measurement)])
            writer.writeheader()
            writer.writerows(asdict(line) for line in lines)
        temporary.replace(self.path)


def measure(case: Case, provider: Provider, device, sources: str) -> Measurement:
    """The slower of the first two runs in a row that agree; a refusal if the provider's cycles differ as often as it is asked."""
    described = {"sources": sources, "provider": provider.name, **asdict(case)}
    arrays = draw(case)
    try:
        call = provider.prepare(arrays, device)
        runs = [_run(call)]
        check(provider, arrays, runs[0].y)
        runs.append(_run(call))
        while not _agree(*runs[-2:]) and len(runs) < MOST_RUNS:
            runs.append(_run(call))
    except RuntimeError as refusal:  # of ttnn, for a shape or a dtype that it does not take
        text = next((line for line in str(refusal).splitlines() if "TT_" not in line and line.strip()), "refused")
        return Measurement(**described, refusal=text.strip()[:120])
    if not _agree(*runs[-2:]):
        cycles = sorted(run.cycles for run in runs)
        return Measurement(
            **described, refusal=f"no two of {len(runs)} runs in a row alike: {cycles[0]} to {cycles[-1]} cycles"
        )
    slower = max(runs[-2:], key=lambda run: run.cycles)
    check(provider, arrays, slower.y)
    return Measurement(**described, **slower.figures)


@dataclass(frozen=True)
class _Run:
    y: object
    figures: dict[str, int]  # of a Measurement

    @property
    def cycles(self) -> int:
        return self.figures["cycles"]


def _agree(one: _Run, other: _Run) -> bool:
    return abs(one.cycles - other.cycles) <= max(ALLOWED_DIFFERENCE * other.cycles, LAUNCH_CYCLES)


def _run(call) -> _Run:
    before = len(session.programs())
    output = call()
    y = to_numpy(output)
    programs, traffic = session.programs()[before:], session.traffic()[before:]
    figures = {
        "cores": max(program.cores for program in programs),
        "programs": len(programs),
        "cycles": sum(program.cycles for program in programs),
    }
    return _Run(
        y, figures | {name: sum(line[part] for line in traffic for part in parts) for name, parts in TRAFFIC.items()}
    )
