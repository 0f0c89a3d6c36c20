# SPDX-License-Identifier: Apache-2.0
"""Tensors sharded in L1: this operation beside ttnn's on the same shards, with the program config that these need.

./bench --shards [--shapes 32x4096] [--folder docs/bench]

A case's memory says how it is sharded: `width 8x4` is WIDTH_SHARDED over 8 columns and 4 rows of cores. What ttnn does not
take in shards is measured as users write it today: to interleaved memory, normalised, and back.
"""

from __future__ import annotations

import functools
from pathlib import Path

import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device

from .cases import Case
from .layouts import cycles
from .measure import Ledger
from .providers import EPSILON, OURS, Arrays, Provider

CASES = [
    Case(32, 4096, memory="width 8x4"),
    Case(32, 8192, memory="width 8x4"),
    Case(256, 1024, memory="block 8x8"),
    Case(64, 128, memory="height 8x8"),
]
FILE = "shards.csv"
SOURCE = "benchmarks/shards.py"  # what all of its cycles depend on besides

NORMS = ("layer_norm", "rms_norm")
_OURS = {"layer_norm": layernorm_fused_rm.layernorm_fused_rm, "rms_norm": layernorm_fused_rm.rms_norm_fused_rm}
_TTNN = {"layer_norm": ttnn.layer_norm, "rms_norm": ttnn.rms_norm}


def _is_in_tiles(case: Case) -> bool:
    """Shards of rows are ROW_MAJOR here, all others TILE, which is what ttnn takes."""
    return not case.memory.startswith("height")


def _grid(case: Case) -> tuple[int, int]:
    """Columns and rows."""
    columns, rows = case.memory.split()[1].split("x")
    return int(columns), int(rows)


def _shard(case: Case) -> tuple[int, int]:
    """Rows and elements of one."""
    columns, rows = _grid(case)
    kind = case.memory.split()[0]
    down, across = {"height": (columns * rows, 1), "width": (1, columns * rows), "block": (rows, columns)}[kind]
    return case.rows // down, case.width // across


def memory_config(case: Case) -> ttnn.MemoryConfig:
    columns, rows = _grid(case)
    cores = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(0, 0), ttnn.CoreCoord(columns - 1, rows - 1))])
    memory_layout = getattr(ttnn.TensorMemoryLayout, f"{case.memory.split()[0].upper()}_SHARDED")
    shards = ttnn.ShardSpec(cores, list(_shard(case)), ttnn.ShardOrientation.ROW_MAJOR)
    return ttnn.MemoryConfig(memory_layout, ttnn.BufferType.L1, shards)


def _put(arrays: Arrays, device):
    layout = ttnn.TILE_LAYOUT if _is_in_tiles(arrays.case) else ttnn.ROW_MAJOR_LAYOUT
    return to_device(arrays.x, device, memory=memory_config(arrays.case), layout=layout)


def _vectors(norm: str, arrays: Arrays) -> dict:
    """gamma and, for LayerNorm, beta, by ttnn's names."""
    return {"weight": arrays.gamma} | ({"bias": arrays.beta} if norm == "layer_norm" else {})


def _ours(norm: str, arrays: Arrays, device):
    x = _put(arrays, device)
    vectors = [to_device(vector, device) for vector in _vectors(norm, arrays).values()]
    return lambda: _OURS[norm](x, *vectors, epsilon=EPSILON)


def _ttnn(norm: str, arrays: Arrays, device):
    case, x = arrays.case, _put(arrays, device)
    options = {"epsilon": EPSILON}
    if _is_in_tiles(case):
        height, width = _shard(case)
        options["program_config"] = ttnn.LayerNormShardedMultiCoreProgramConfig(
            compute_with_storage_grid_size=_grid(case),
            subblock_w=1,
            block_h=height // 32,
            block_w=width // 32,
            inplace=False,
        )
        options["memory_config"] = memory_config(case)
    for name, vector in _vectors(norm, arrays).items():
        options[name] = to_device(vector.reshape(1, 1, -1, 32), device)

    def call():
        if _is_in_tiles(case):
            return _TTNN[norm](x, **options)
        tiles = ttnn.to_layout(ttnn.to_memory_config(x, ttnn.L1_MEMORY_CONFIG), ttnn.TILE_LAYOUT)
        rows = ttnn.to_layout(_TTNN[norm](tiles, **options), ttnn.ROW_MAJOR_LAYOUT)
        return ttnn.to_memory_config(rows, memory_config(case))

    return call


def _exact_rms_norm(arrays: Arrays):
    return reference.rms_norm(arrays.x, arrays.gamma, None, EPSILON)


_EXACT = {"layer_norm": Arrays.exact, "rms_norm": _exact_rms_norm}


def ours(norm: str) -> str:
    return f"{OURS}, {norm}"


def peer(norm: str) -> str:
    return f"ttnn, {norm}"


def providers() -> list[Provider]:
    made = []
    for norm in NORMS:
        made.append(Provider(ours(norm), functools.partial(_ours, norm), 2.0**-8, _EXACT[norm]))
        made.append(Provider(peer(norm), functools.partial(_ttnn, norm), 0.05, _EXACT[norm]))
    return made


def write_page(folder: Path, ledger: Ledger, heading: str) -> Path:
    lines = [f"# Shards\n\n{heading}"]
    lines.append("| rows | width | layout | sharded | norm | cycles | ttnn | x |\n|---|---|---|---|---|---|---|---|")
    for case in CASES:
        for norm in NORMS:
            found, by_peer = cycles(ledger, case, ours(norm)), cycles(ledger, case, peer(norm))
            if found:
                layout = "TILE" if _is_in_tiles(case) else "ROW_MAJOR"
                peers = f"{by_peer:,} | {by_peer / found:.2f}" if by_peer else "- | -"
                lines.append(
                    f"| {case.rows} | {case.width} | {layout} | {case.memory} | {norm} | {found:,} | {peers} |"
                )
    lines.append("\nROW_MAJOR: to interleaved memory in L1 and to tiles, ttnn's norm, and back.")
    page = folder / "shards.md"
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return page
