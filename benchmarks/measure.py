"""How a case is measured: output checked, two runs in a row required equal within 1 % (or the jitter of
a launch), kept in a CSV file as it goes.

The CSV is long-form, a line a case and provider, so that an interrupted run goes on where it stopped; lines of another state
of the sources are measured anew.
"""

from __future__ import annotations

import csv
import hashlib
import subprocess
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from simulator import session

from .cases import Case
from .providers import Provider, check, draw, to_numpy

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("python/layernorm_fused_rm", "src", "include", "bindings", "simulator", "setup/versions.env")
ALLOWED_DIFFERENCE = 0.01
# By when each core's firmware looks for GO a program takes some 40 cycles more or fewer, which is 2 % of the shortest.
LAUNCH_CYCLES = 64
MOST_RUNS = 8


@dataclass(frozen=True)
class Measurement:
    """One case by one provider. Cycles and traffic are sums over its programs, cores the most of them."""

    sources: str
    provider: str
    rows: int
    width: int
    dtype: str
    memory: str
    cores: int
    programs: int
    cycles: int
    noc_commands: int
    noc_bytes: int
    refusal: str = ""  # what the provider said instead of running

    @property
    def case(self) -> Case:
        return Case(self.rows, self.width, self.dtype, self.memory)


def sources_now() -> str:
    """A short value for the sources that a measurement depends on."""
    names = subprocess.run(["git", "ls-files", *SOURCES], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256()
    for name in names.splitlines():
        if (ROOT / name).is_file():
            digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()[:12]


class Ledger:
    """The CSV file."""

    def __init__(self, path: Path):
        self.path = path
        self.sources = sources_now()
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [line for line in self._read() if line.sources == self.sources]
        self._measured = {(line.case, line.provider): line for line in kept}
        self._write(kept)

    def get(self, case: Case, provider: str) -> Measurement | None:
        return self._measured.get((case, provider))

    def add(self, measurement: Measurement) -> None:
        self._measured[measurement.case, measurement.provider] = measurement
        self._write(self._measured.values())

    def _read(self) -> list[Measurement]:
        if not self.path.is_file():
            return []
        numbers = {field.name for field in fields(Measurement) if field.type == "int"}
        with self.path.open(newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        return [Measurement(**{name: int(value) if name in numbers else value for name, value in line.items()}) for line in lines]

    def _write(self, lines) -> None:
        temporary = self.path.with_suffix(".part")
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(Measurement)])
            writer.writeheader()
            writer.writerows(asdict(line) for line in lines)
        temporary.replace(self.path)


def measure(case: Case, provider: Provider, device, sources: str) -> Measurement:
    """The slower of the first two runs in a row that agree, behind one that compiles."""
    described = {"sources": sources, "provider": provider.name, **asdict(case)}
    arrays = draw(case)
    try:
        call = provider.prepare(arrays, device)
        check(provider, arrays, _run(call).y)
        runs = [_run(call), _run(call)]
        while not _agree(*runs[-2:]) and len(runs) < MOST_RUNS:
            runs.append(_run(call))
    except RuntimeError as refusal:  # of ttnn, for a shape or a dtype that it does not take
        text = next((line for line in str(refusal).splitlines() if "TT_" not in line and line.strip()), "refused")
        return Measurement(**described, cores=0, programs=0, cycles=0, noc_commands=0, noc_bytes=0, refusal=text.strip()[:120])
    if not _agree(*runs[-2:]):
        raise ValueError(f"{provider.name} at {case}: {[run.cycles for run in runs]} cycles, no two in a row alike")
    slower = max(runs[-2:], key=lambda run: run.cycles)
    check(provider, arrays, slower.y)
    return Measurement(
        **described,
        cores=slower.cores,
        programs=slower.programs,
        cycles=slower.cycles,
        noc_commands=slower.noc_commands,
        noc_bytes=slower.noc_bytes,
    )


@dataclass(frozen=True)
class _Run:
    y: object
    cores: int
    programs: int
    cycles: int
    noc_commands: int
    noc_bytes: int


def _agree(one: _Run, other: _Run) -> bool:
    return abs(one.cycles - other.cycles) <= max(ALLOWED_DIFFERENCE * other.cycles, LAUNCH_CYCLES)


def _run(call) -> _Run:
    before = len(session.programs())
    output = call()
    y = to_numpy(output)
    programs, traffic = session.programs()[before:], session.traffic()[before:]
    return _Run(
        y,
        max(program.cores for program in programs),
        len(programs),
        sum(program.cycles for program in programs),
        sum(line["reads"] + line["writes"] + line["atomics"] for line in traffic),
        sum(line["read_bytes"] + line["written_bytes"] for line in traffic),
    )
