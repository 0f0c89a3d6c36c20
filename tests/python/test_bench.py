# SPDX-License-Identifier: Apache-2.0
"""The bench's ledger: what it keeps from an interrupted run, and what it does with a provider that never agrees with itself."""

from __future__ import annotations

import dataclasses
import subprocess

import numpy as np
import pytest

pytest.importorskip("ttnn")

from benchmarks import layouts, measure, plots, scaling, steady, table
from benchmarks.cases import Case
from benchmarks.measure import Ledger, Measurement, _Run
from benchmarks.providers import CLONE, OURS, TTNN, Provider

CASE = Case(32, 64)


def measured(ledger: Ledger, provider: str, **figures) -> Measurement:
    return Measurement(ledger.sources[provider], provider, **dataclasses.asdict(CASE), cycles=100, **figures)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A checkout with one source of each kind."""
    for name in (
        "src/plan.cpp",
        "simulator/launcher/traffic.py",
        "simulator/launcher/hang.py",
        "benchmarks/providers.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    for command in ("init -q", "add -A"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    monkeypatch.setattr(measure, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "kept"),
    [
        ("src/plan.cpp", {TTNN}),
        ("simulator/launcher/traffic.py", set()),
        ("simulator/launcher/hang.py", {OURS, TTNN}),
        ("benchmarks/providers.py", set()),
    ],
)
def test_a_change_throws_away_what_depends_on_it(repository, changed, kept):
    ledger = Ledger(repository / "bench.csv")
    for provider in (OURS, TTNN):
        ledger.add(measured(ledger, provider))
    again = Ledger(ledger.path)
    assert again.get(CASE, OURS) == ledger.get(CASE, OURS) and again.get(CASE, TTNN) == ledger.get(CASE, TTNN)
    (repository / changed).write_text("2")
    again = Ledger(ledger.path)
    assert {provider for provider in (OURS, TTNN) if again.get(CASE, provider)} == kept


def test_a_file_with_other_columns_is_begun_anew(repository):
    (repository / "bench.csv").write_text("sources,provider,cycles\nabc,ours,7\n")
    assert Ledger(repository / "bench.csv").get(CASE, OURS) is None


def fake_runs(monkeypatch, *cycles: int) -> Provider:
    """A copy that takes these cycles, run by run, and then the last ones; what it gives is right."""
    left = list(cycles)

    def run(call):
        return _Run(call(), {"cycles": left.pop(0) if len(left) > 1 else left[0]})

    monkeypatch.setattr(measure, "_run", run)
    return Provider(CLONE, lambda arrays, device: lambda: arrays.x, 0.0)


def test_the_slower_of_the_first_two_alike_counts_the_first_run_among_them(monkeypatch):
    assert measure.measure(CASE, fake_runs(monkeypatch, 1010, 1000, 5000), None, "").cycles == 1010
    assert measure.measure(CASE, fake_runs(monkeypatch, 5000, 1000, 2000, 2005, 1000), None, "").cycles == 2005


def test_runs_never_alike_are_a_refusal_that_the_page_shows(repository, monkeypatch):
    cycles = [1000 * 2**run for run in range(measure.MOST_RUNS)]
    ledger = Ledger(repository / "bench.csv")
    ledger.add(measure.measure(CASE, fake_runs(monkeypatch, *cycles), None, ledger.sources[CLONE]))
    assert Ledger(ledger.path).get(CASE, CLONE).cycles == 0
    assert (
        "- clone at 32 x 64 bfloat16 dram: no two of 8 runs in a row alike: 1000 to 128000 cycles"
        in table.as_markdown(ledger, [CASE])
    )


def test_a_wrong_output_is_not_measured(monkeypatch):
    fake_runs(monkeypatch, 1000)
    provider = Provider(CLONE, lambda arrays, device: lambda: np.zeros_like(arrays.x), 0.0)
    with pytest.raises(ValueError, match="clone is wrong"):
        measure.measure(CASE, provider, None, "")


def test_what_is_moved_is_shown_per_1024_elements_beside_ttnns(repository):
    ledger = Ledger(repository / "bench.csv")
    ledger.add(measured(ledger, OURS, dram_read_bytes=4096, dram_written_bytes=2048, barriers=4))
    ledger.add(measured(ledger, TTNN, dram_read_bytes=8192, barriers=10))
    line = table.moved_line(ledger, CASE)
    assert line[:6] == ["32", "64", "bfloat16", "dram", "3,072.0 (4,096.0)", "0.0 (0.0)"]
    assert line[6] == "2.0 (5.0)"


def test_the_bound_is_a_page_there_and_back_and_all_bytes_at_the_peak(repository, monkeypatch):
    monkeypatch.setattr(table.chips, "simulated", lambda: table.chips.CHIPS["Wormhole"])
    ledger, in_l1 = Ledger(repository / "bench.csv"), dataclasses.replace(CASE, memory="l1")
    for case, cycles in ((CASE, 1518 * 2), (in_l1, 1000)):  # 1,490 + 2 * 32 * 64 * 2 B / 288
        ledger.add(Measurement(ledger.sources[OURS], OURS, **dataclasses.asdict(case), cycles=cycles))
    text = table.as_markdown(ledger, [CASE, in_l1])
    assert "| 3,036 | 3 | 1% | 1,518 | 2.00 | - |" in text and "| 1,000 | 8 | - | - | - | - |" in text
    assert "| bfloat16 dram | 2.00 | - |" in text and "1,490 cycles" in text and "288 B/cycle" in text


def test_scaling_is_kept_like_the_rest_and_shown_once_all_grids_are_measured(repository):
    case = scaling.CASES[0]
    ledger = Ledger(repository / "bench.csv")
    for cores, provider in enumerate(scaling.providers(), start=1):
        assert table.scaling_points(ledger) == []
        ledger.add(
            Measurement(
                ledger.sources[OURS], provider.name, **dataclasses.asdict(case), cores=cores, cycles=64000 // cores
            )
        )
    again = Ledger(ledger.path)
    [(shown, points)] = table.scaling_points(again)
    assert shown == case and points[:2] == [(1, 64000), (2, 32000)] and len(points) == len(scaling.providers())
    assert "| 256 | 512 | 2 | 32,000 | 2.0 | 16 |" in table.scaling_as_markdown(again)
    plots.draw_scaling(again, repository / "scaling.png")
    assert (repository / "scaling.png").stat().st_size > 10_000
    (repository / "src/plan.cpp").write_text("2")
    assert table.scaling_points(Ledger(ledger.path)) == []


def test_the_steady_state_is_what_more_rows_take_longer(repository):
    ledger = Ledger(repository / "bench.csv")
    few, many = steady.pairs()[0]
    ledger.add(Measurement(ledger.sources[OURS], OURS, **dataclasses.asdict(few), cycles=3000))
    assert table.steady_as_markdown(ledger) == ""
    ledger.add(Measurement(ledger.sources[OURS], OURS, **dataclasses.asdict(many), cycles=3000 + 12 * 397))
    assert "| 1024 | 864 and 1728 | 397 |" in table.steady_as_markdown(ledger)


def test_what_differs_from_another_page_is_listed_whatever_its_sources(repository):
    ledger, other = Ledger(repository / "bench.csv"), Case(64, 64)
    ledger.add(measured(ledger, OURS))
    ledger.add(measured(ledger, TTNN))
    earlier = dataclasses.replace(measured(ledger, OURS), sources="of long ago", cycles=80)
    same = dataclasses.replace(measured(ledger, TTNN), sources="of long ago")
    elsewhere = dataclasses.replace(earlier, rows=other.rows)
    assert table.differing_lines(ledger, [CASE, other], [earlier, same, elsewhere]) == [
        [str(CASE), OURS, "80", "100", "+25.00%"]
    ]
    assert table.differing_lines(ledger, [other], [earlier]) == []


def test_the_page_of_layouts_puts_each_pair_beside_its_peer_and_the_copy(tmp_path):
    providers = layouts.providers()
    assert len({provider.name for provider in providers}) == len(providers) == 1 + 3 * len(layouts.PAIRS)
    ledger = Ledger(tmp_path / layouts.FILE, providers, (layouts.SOURCE,))
    assert ledger.sources[CLONE] != ledger.sources[layouts.ours(layouts.PAIRS[0])]
    for i, case in enumerate(layouts.CASES[:2]):
        for provider, cycles in zip(providers, (100, 200, 250, 1000 * (i + 1), 50, 60, 100, 150, 160, 300)):
            figures = {"cycles": cycles, "cores": 8}
            ledger.add(Measurement(ledger.sources[provider.name], provider.name, **dataclasses.asdict(case), **figures))
    text = layouts.write_page(tmp_path, ledger, "of a test").read_text(encoding="utf-8")
    assert (
        "| 32 | 64 | 8 | 200 | 250 | 1,000 | 5.00 | 2.00 |" in text
        and "| 32 | 1024 | 8 | 200 | 250 | 2,000 | 10.00 | 2.00 |" in text
    )
    assert "Geometric mean: 7.07 times fewer cycles; least 5.00." in text
    assert text.count("Geometric mean: 2.00 times fewer cycles; least 2.00.") == 2
