# SPDX-License-Identifier: Apache-2.0
"""TILE on either side: this operation beside what users write today for the same tensors, conversions included.

./bench --layouts [--shapes 32x64,256x512] [--folder docs/bench]

A pair of layouts, of the input and of y, is measured by providers of its own, which are checked, measured twice and kept
in a CSV file (layouts.csv) as all others are.
"""

from __future__ import annotations

import functools
from pathlib import Path

import ttnn

import layernorm_fused_rm
from layernorm_fused_rm.arrays import to_device

from .cases import Case
from .measure import Ledger
from .providers import CLONE, EPSILON, Arrays, Provider
from .table import geometric_mean

SHAPES = ((32, 64), (32, 1024), (256, 512), (512, 768), (1024, 1024), (32, 4096), (64, 7168))
CASES = [Case(*shape) for shape in SHAPES]
FILE = "layouts.csv"
SOURCE = "benchmarks/layouts.py"  # what all of its cycles depend on besides

_LAYOUTS = {"TILE": ttnn.TILE_LAYOUT, "RM": ttnn.ROW_MAJOR_LAYOUT}
PAIRS = (("TILE", "TILE"), ("RM", "TILE"), ("TILE", "RM"))
# What the peer is called, of each pair.
PEERS = {
    ("TILE", "TILE"): "ttnn.layer_norm",
    ("RM", "TILE"): "to_layout, ttnn.layer_norm",
    ("TILE", "RM"): "ttnn.layer_norm, to_layout",
}


def name_of(pair: tuple[str, str]) -> str:
    return " -> ".join(pair)


def _put(arrays: Arrays, device, layout: str):
    where = {"dtype": getattr(ttnn, arrays.case.dtype), "memory": arrays.case.memory}
    return to_device(arrays.x, device, layout=_LAYOUTS[layout], **where)


def _put_in_tiles(vector, device):
    return to_device(vector.reshape(1, -1), device, layout=ttnn.TILE_LAYOUT)


def _ours(pair: tuple[str, str], put_vector, arrays: Arrays, device):
    x = _put(arrays, device, pair[0])
    gamma, beta = (put_vector(vector, device) for vector in (arrays.gamma, arrays.beta))
    return lambda: layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, epsilon=EPSILON, layout=_LAYOUTS[pair[1]])


def _peer(pair: tuple[str, str], arrays: Arrays, device):
    x = _put(arrays, device, pair[0])
    gamma, beta = (_put_in_tiles(vector, device) for vector in (arrays.gamma, arrays.beta))

    def call():
        tiles = x if pair[0] == "TILE" else ttnn.to_layout(x, ttnn.TILE_LAYOUT)
        y = ttnn.layer_norm(tiles, weight=gamma, bias=beta, epsilon=EPSILON)
        return y if pair[1] == "TILE" else ttnn.to_layout(y, ttnn.ROW_MAJOR_LAYOUT)

    return call


def _clone(arrays: Arrays, device):
    x = _put(arrays, device, "TILE")
    return lambda: ttnn.clone(x)


def ours(pair: tuple[str, str]) -> str:
    return f"ours, {name_of(pair)}"


def with_tiled_vectors(pair: tuple[str, str]) -> str:
    """Ours, given the peer's own gamma and beta."""
    return f"{ours(pair)}, gamma and beta in tiles"


def peer(pair: tuple[str, str]) -> str:
    return f"{PEERS[pair]}, {name_of(pair)}"


def providers() -> list[Provider]:
    """Ours and the peer of each pair, and the copy of a tensor in tiles."""
    made = [Provider(CLONE, _clone, 0.0)]
    for pair in PAIRS:
        made.append(Provider(ours(pair), functools.partial(_ours, pair, to_device), 2.0**-8))
        made.append(Provider(with_tiled_vectors(pair), functools.partial(_ours, pair, _put_in_tiles), 2.0**-8))
        made.append(Provider(peer(pair), functools.partial(_peer, pair), 0.05))
    return made


def cycles(ledger: Ledger, case: Case, name: str) -> int:
    """0 where it was not measured."""
    found = ledger.get(case, name)
    return found.cycles if found else 0


def _times(one: int, other: int, digits: int) -> str:
    return f"{one / other:.{digits}f}" if one and other else "-"


def write_page(folder: Path, ledger: Ledger, heading: str) -> Path:
    lines = [f"# Layouts\n\n{heading}\n"]
    for pair in PAIRS:
        ratios = []
        lines.append(
            f"\n## {name_of(pair)}\n\n| rows | width | cores | cycles | gamma and beta in tiles | {PEERS[pair]} | x |"
            " of ttnn.clone, TILE |"
        )
        lines.append("|---|---|---|---|---|---|---|---|")
        for case in CASES:
            names = ours(pair), with_tiled_vectors(pair), peer(pair), CLONE
            found, tiled, by_peer, copied = (cycles(ledger, case, name) for name in names)
            if found:
                cores = ledger.get(case, ours(pair)).cores
                others = " | ".join(f"{figure:,}" if figure else "-" for figure in (tiled, by_peer))
                ratio, share = _times(by_peer, found, 2), _times(found, copied, 2)
                lines.append(f"| {case.rows} | {case.width} | {cores} | {found:,} | {others} | {ratio} | {share} |")
                ratios += [by_peer / found] if by_peer else []
        if ratios:
            lines.append(f"\nGeometric mean: {geometric_mean(ratios):.2f} times fewer cycles; least {min(ratios):.2f}.")
    page = folder / "layouts.md"
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return page
