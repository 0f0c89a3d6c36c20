# SPDX-License-Identifier: Apache-2.0
"""The pipeline of the report that this project grew out of (examples/report_pipeline), cured: measured where asked for.

./bench --providers ours,ttnn,report --shapes 32x64

What is measured with it is kept in a CSV file of its own, report.csv, so that bench.csv and its page do not know of it.
"""

from __future__ import annotations

from rich.table import Table

from examples.report_pipeline.pipeline import normalise

from .cases import Case
from .measure import Ledger
from .providers import EPSILON, PROVIDERS, Arrays, Provider, put

REPORT = "report"
FILE = "report.csv"
SOURCES = ("examples/report_pipeline", "benchmarks/report_pipeline.py")  # what its cycles depend on besides


def _report(arrays: Arrays, device):
    """Refuses a case as ttnn does, with a RuntimeError."""
    x, gamma, beta = put(arrays, device)

    def call():
        try:
            return normalise(x, gamma, beta, EPSILON)
        except ValueError as refusal:
            raise RuntimeError(str(refusal)) from refusal

    return call


PROVIDER = Provider(REPORT, _report, 0.05)  # as of its bfloat16 peers (providers.py)
ALL = (*PROVIDERS, PROVIDER)


def as_table(ledger: Ledger, cases: list[Case], providers: list[Provider]) -> Table:
    """A line a measurement: cycles, or what was said instead."""
    listing = Table("case", "provider", "cores", "simulated cycles")
    for case in cases:
        for provider in providers:
            found = ledger.get(case, provider.name)
            if found:
                listing.add_row(str(case), provider.name, str(found.cores), found.refusal or f"{found.cycles:,}")
    return listing
