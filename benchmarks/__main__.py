# SPDX-License-Identifier: Apache-2.0
"""Measures, prints the table as it grows, and writes CSV, Markdown and pictures.

./bench [--quick] [--shapes 32x64,1024x1024] [--dtypes bfloat16] [--memories dram] [--folder docs/bench]
./bench --providers ours --shapes 32x1024 --compare docs/bench/bench.csv       what a change costs, in a minute
./bench --providers ours,ttnn,report --shapes 32x64                            the report's pipeline beside them
"""

from __future__ import annotations

import argparse
import importlib.metadata
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from simulator import session

from . import layouts, plots, report_pipeline, scaling, shards, steady, table
from .cases import ELEMENT_BYTES, Case, list_cases
from .host_time import CASE as HOST_CASE
from .host_time import measure_host_time
from .measure import ROOT, Ledger, measure, read_lines
from .providers import OURS, PROVIDERS, Provider


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./bench", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="four small shapes")
    parser.add_argument("--shapes", help="only these, as 32x64,1024x1024")
    parser.add_argument("--dtypes", help=f"only these of {', '.join(ELEMENT_BYTES)}")
    parser.add_argument("--memories", help="only these of dram, l1")
    parser.add_argument(
        "--providers",
        help="only these of ours, ttnn, composite, clone and, only where named, report (report_pipeline.py); without "
        "ours, or with report, no page is written",
    )
    parser.add_argument(
        "--known", action="store_true", help="only the cases that the CSV file has, of whatever sources"
    )
    parser.add_argument(
        "--cases-only",
        action="store_true",
        help="without strong scaling, steady state and host; so too where cases are chosen",
    )
    parser.add_argument("--layouts", action="store_true", help="TILE on either side, beside conversions (layouts.py)")
    parser.add_argument("--shards", action="store_true", help="tensors sharded in L1, beside ttnn's norms (shards.py)")
    parser.add_argument(
        "--compare", type=Path, metavar="CSV", help="list what differs in cycles from the lines of this file"
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".cache" / "bench", help="for results (default: %(default)s)"
    )
    options = parser.parse_args()
    if options.compare and not read_lines(options.compare):
        parser.error(f"--compare {options.compare}: no CSV file of this benchmark; docs/bench/bench.csv is one")
    options.cases_only |= bool(options.shapes or options.dtypes or options.memories)
    return options


def chosen_cases(options: argparse.Namespace, known: set[Case]) -> list[Case]:
    cases = [case for case in list_cases(options.quick) if not options.known or case in known]
    for option, text in (
        ("shapes", lambda case: f"{case.rows}x{case.width}"),
        ("dtypes", lambda case: case.dtype),
        ("memories", lambda case: case.memory),
    ):
        wanted = getattr(options, option)
        if wanted:
            cases = [case for case in cases if text(case) in wanted.split(",")]
    return cases


def chosen_providers(options: argparse.Namespace) -> list[Provider]:
    if not options.providers:
        return list(PROVIDERS)
    return [provider for provider in report_pipeline.ALL if provider.name in options.providers.split(",")]


def parts_behind_the_cases(options: argparse.Namespace) -> list[tuple[list[Case], list[Provider]]]:
    """What is measured of ours alone."""
    if options.cases_only:
        return []
    if options.quick:
        return [(scaling.CASES[:1], scaling.providers())]
    ours = [provider for provider in PROVIDERS if provider.name == OURS]
    return [(scaling.CASES, scaling.providers()), ([*chain(*steady.pairs())], ours)]


def measure_all(ledger: Ledger, cases: list[Case], providers: list[Provider], device, console: Console) -> int:
    """Measures what the ledger lacks; gives how many measurements of ours came to nothing. A peer's refusal is a result."""
    failures = 0
    columns = (*Progress.get_default_columns(), TimeElapsedColumn(), TextColumn("{task.fields[now]}"))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("measuring", total=len(cases) * len(providers), now="")
        for case in cases:
            for provider in providers:
                progress.update(task, now=f"{case}, {provider.name}")
                if ledger.get(case, provider.name) is None:
                    found = measure(case, provider, device, ledger.sources[provider.name])
                    if found.refusal and provider.name.startswith(OURS):
                        progress.console.print(f"not measured: {provider.name} at {case}: {found.refusal}")
                        failures += 1
                    else:
                        ledger.add(found)
                progress.advance(task)
            progress.console.print(" ".join(table.line(ledger, case) or [str(case)]))
    return failures


def heading(command: str) -> str:
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("layernorm_fused_rm", "ttnn", "wolfpine")
    )
    return f"Simulated {session.chip()}, cost model on; {versions};\n`{command}`. Cycles are simulated ones.\n"


def write_page(folder: Path, ledger: Ledger, cases: list[Case], host: dict[str, float], command: str) -> Path:
    page = folder / "bench.md"
    text = f"# Benchmark\n\n{heading(command)}\n"
    text += table.as_markdown(ledger, cases)
    if host:
        text += (
            f"\nA warm call on the host, {HOST_CASE}, device time left out: {host['ours'] / host['ttnn']:.2f} of "
            f"ttnn.layer_norm's in the same process.\n"
        )
    text += "\n![bytes a cycle over the size of the tensor](roofline.png)\n"
    text += table.scaling_as_markdown(ledger) + table.steady_as_markdown(ledger)
    page.write_text(text, encoding="utf-8")
    return page


def show_differences(ledger: Ledger, cases: list[Case], compared: Path, console: Console) -> None:
    lines = table.differing_lines(ledger, cases, read_lines(compared))
    listing = Table("case", "provider", f"cycles in {compared}", "cycles now", "change", title="What differs")
    for line in lines:
        listing.add_row(*line)
    console.print(listing if lines else f"no cycles differ from {compared}")


def measure_page(of, option: str, options: argparse.Namespace, console: Console) -> int:
    """A page of its own, of one of the modules `layouts` and `shards`."""
    providers = [provider for provider in of.providers() if not options.providers or provider.name.startswith(OURS)]
    ledger = Ledger(options.folder / of.FILE, of.providers(), (of.SOURCE,))
    cases = [
        case for case in of.CASES if not options.shapes or f"{case.rows}x{case.width}" in options.shapes.split(",")
    ]
    with session.open_device() as device:
        failures = measure_all(ledger, cases, providers, device, console)
    page = of.write_page(options.folder, ledger, heading(f"./bench {option}"))
    console.print(f"results: {page}, {ledger.path}")
    return int(failures > 0)


def measure_report(options: argparse.Namespace, cases: list[Case], providers: list[Provider], console: Console) -> int:
    ledger = Ledger(options.folder / report_pipeline.FILE, report_pipeline.ALL, report_pipeline.SOURCES)
    with session.open_device() as device:
        failures = measure_all(ledger, cases, providers, device, console)
    console.print(report_pipeline.as_table(ledger, cases, providers))
    console.print(f"results: {ledger.path}")
    return int(failures > 0)


def main() -> int:
    options = parse()
    console = Console()
    if options.layouts:
        return measure_page(layouts, "--layouts", options, console)
    if options.shards:
        return measure_page(shards, "--shards", options, console)
    file = options.folder / "bench.csv"
    known = {line.case for line in read_lines(file) if line.provider == OURS}  # of earlier sources too
    cases = chosen_cases(options, known)
    providers = chosen_providers(options)
    if report_pipeline.PROVIDER in providers:
        return measure_report(options, cases, providers, console)
    ledger = Ledger(file)
    command = "./bench" + ("" if session.chip() == "Wormhole" else f" --chip {session.chip().lower()}")
    command += "".join(
        f" --{name} {value}" if value is not True else f" --{name}"
        for name, value in vars(options).items()
        if value and name in ("quick", "shapes", "dtypes", "memories", "providers", "known")
    )
    with session.open_device() as device:
        if OURS not in (provider.name for provider in providers):
            failures = measure_all(ledger, cases, providers, device, console)
            console.print(f"results: {ledger.path}; the page needs {OURS} among the providers")
            return int(failures > 0)
        host = {} if options.cases_only else measure_host_time(device)
        if host:
            console.print(", ".join(f"host, {name}: {value:.0f} us a warm call" for name, value in host.items()))
        parts = [(cases, providers), *parts_behind_the_cases(options)]
        failures = sum(measure_all(ledger, *part, device, console) for part in parts)
    plots.draw_roofline(ledger, cases, options.folder / "roofline.png")
    plots.draw_scaling(ledger, options.folder / "scaling.png")
    if options.compare:
        show_differences(ledger, [case for some, _ in parts for case in some], options.compare, console)
    page = write_page(options.folder, ledger, cases, host, command)
    console.print(f"results: {page}, {ledger.path}")
    return int(failures > 0)


if __name__ == "__main__":
    session.run_and_exit(main)
