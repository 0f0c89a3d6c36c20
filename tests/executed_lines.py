# SPDX-License-Identifier: Apache-2.0
"""Which lines of the product a run of the tests has executed; called by ./test --coverage [--quick | --all].

    python tests/executed_lines.py LEVEL

Host lines: gcov of src, include and bindings, in the C++ tests and in the package that Python calls; coverage.py of the
package's Python. Kernel lines: addresses that the simulator has executed (simulator/launcher/coverage.py), by addr2line,
inlined calls included. Executed lines are kept in .cache/coverage/LEVEL.json; the table sets the last run of each level
beside the others, and what one of `--all` executes and another does not is listed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import coverage
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".cache" / "coverage"
PACKAGE = Path("python/layernorm_fused_rm")
KERNELS = PACKAGE / "kernels"
HOST_SOURCES = ("src", "include", "bindings")
LEVELS = ("quick", "usual", "all")

Lines = dict[str, set[int]]  # of files, relative to the checkout


def cpp_lines() -> Lines:
    """Executed lines of the host's C++."""
    command = [
        "gcovr",
        "--json",
        "-",
        "--root",
        str(ROOT),
        *(f"--filter={folder}/" for folder in HOST_SOURCES),
        "build",
    ]
    report = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {
        file["file"]: {line["line_number"] for line in file["lines"] if line["count"]}
        for file in json.loads(report)["files"]
    }


def python_lines() -> Lines:
    data = coverage.CoverageData(basename=str(FOLDER / "python"))
    data.read()
    return {
        str(Path(name).relative_to(ROOT)): set(data.lines(name))
        for name in data.measured_files()
        if name.startswith(str(ROOT))
    }


def kernel_lines() -> Lines:
    addresses: dict[str, set[int]] = defaultdict(set)
    for log in (FOLDER / "kernels").glob("*.jsonl"):
        for record in map(json.loads, log.read_text(encoding="utf-8").splitlines()):
            addresses[record["elf"]].update(record["addresses"])
    lines: Lines = defaultdict(set)
    for elf, executed in addresses.items():
        for file, line in places_of(elf, executed):
            lines[file].add(line)
    return lines


def places_of(elf: str, addresses: set[int]) -> list[tuple[str, int]]:
    """(file, line) of each address and of the calls it was inlined by, of those in our kernels."""
    command = ["riscv64-unknown-elf-addr2line", "--inlines", "--exe", elf]
    words = "\n".join(map(hex, sorted(addresses)))
    found = subprocess.run(command, input=words, check=True, capture_output=True, text=True).stdout
    mark = f"/{KERNELS}/"
    places = (line.split(" ")[0].rpartition(":") for line in found.splitlines() if mark in line)
    return [(f"{KERNELS}/{file.partition(mark)[2]}", int(line)) for file, _, line in places if line.isdigit()]


def executed_now() -> Lines:
    return {
        file: lines for part in (cpp_lines(), python_lines(), kernel_lines()) for file, lines in part.items() if lines
    }


def read(level: str) -> Lines | None:
    path = FOLDER / f"{level}.json"
    return {file: set(lines) for file, lines in json.loads(path.read_text()).items()} if path.is_file() else None


def show(console: Console, runs: dict[str, Lines]) -> None:
    table = Table("executed lines", *runs)
    parts = {"host, C++": HOST_SOURCES, "host, Python": (str(PACKAGE),), "kernels": (str(KERNELS),)}
    for name, folders in parts.items():
        table.add_row(name, *(str(count(lines, folders)) for lines in runs.values()))
    console.print(table)


def count(executed: Lines, folders: tuple[str, ...]) -> int:
    belongs = lambda file: file.startswith(folders) and (file.startswith(str(KERNELS)) == (folders == (str(KERNELS),)))
    return sum(len(lines) for file, lines in executed.items() if belongs(file))


def list_missing(console: Console, most: Lines, some: Lines, level: str) -> None:
    for file, lines in sorted(most.items()):
        missing = sorted(lines - some.get(file, set()))
        if missing:
            console.print(f"not by ./test of level {level}: {file}: {', '.join(map(str, missing))}", soft_wrap=True)


def main(level: str) -> None:
    (FOLDER / f"{level}.json").write_text(json.dumps({file: sorted(lines) for file, lines in executed_now().items()}))
    runs = {name: lines for name in LEVELS if (lines := read(name)) is not None}
    console = Console()
    show(console, runs)
    if "all" in runs:
        for name in runs.keys() - {"all"}:
            list_missing(console, runs["all"], runs[name], name)


if __name__ == "__main__":
    main(*sys.argv[1:])
