# SPDX-License-Identifier: Apache-2.0
"""Whether the pages of figures speak of the product as it is. Not part of ./test --all, from whose results one of them is
written; run it behind that, and write anew what it names:

    ./run python -m pytest tests/check_pages.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.measure import OUR_SOURCES, PEER_SOURCES, read_lines, sources_now  # noqa: E402
from benchmarks.providers import OURS  # noqa: E402

# Pages that say `Sources: HASH`, and what writes them.
PAGES = {
    "accuracy.md": "./run python examples/accuracy_table.py --write",
    "reliability.md": "./test --all && ./run python tests/reliability.py",
}
BENCHES = {
    "docs/bench": "./bench --providers ours --known --folder docs/bench",
    "docs/bench/blackhole": "./bench --chip blackhole --providers ours --known --folder docs/bench/blackhole",
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_of_these_sources(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = text.partition("\nSources: ")[2].split("\n")[0]
    now = sources_now(OUR_SOURCES)
    assert found == now, f"docs/{page} speaks of sources {found}, which are now {now}; write it anew: {PAGES[page]}"


@pytest.mark.parametrize("folder", BENCHES)
def test_a_benchmark_speaks_of_these_sources(folder):
    lines = [line for line in read_lines(ROOT / folder / "bench.csv") if line.provider == OURS]
    now = sources_now((*PEER_SOURCES, *OUR_SOURCES))
    old = [f"{line.case}" for line in lines if line.sources != now]
    assert lines and not old, f"cycles of earlier sources: {old}; measure them anew: {BENCHES[folder]}"
