# SPDX-License-Identifier: Apache-2.0
"""From a matmul's tiles to rows that a gather, a reshape or a convolution wants: TILE -> LayerNorm, SiLU -> ROW_MAJOR.

    ./run python -m examples.silu_to_rows

The rows, gamma and beta are those of all-MiniLM-L6-v2's embedding (embedding_norm.py), in tiles. Beside it what users
write today, ttnn.layer_norm, ttnn.silu, ttnn.to_layout, without their SiLU: Debian's compiler, which stands in for
Tenstorrent's here, does not take ttnn.silu's kernel. So the host applies it and rounds, and it costs nothing.
"""

from __future__ import annotations

import numpy as np
import ttnn

import layernorm_fused_rm
from examples.embedding_norm import SENTENCES, embed
from examples.normalise import NamedRows
from examples.side_by_side import print_side_by_side
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from simulator import session

ROWS, TILE = ttnn.ROW_MAJOR_LAYOUT, ttnn.TILE_LAYOUT


def run_here(rows: NamedRows, x, device):
    gamma, beta = to_device(rows.gamma, device), to_device(rows.beta, device)
    options = {"epsilon": rows.epsilon, "activation": "silu", "layout": ROWS}
    return layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, **options)


def run_with_ttnn(rows: NamedRows, x, device):
    gamma, beta = (to_device(vector[np.newaxis], device, layout=TILE) for vector in (rows.gamma, rows.beta))
    return ttnn.to_layout(ttnn.layer_norm(x, weight=gamma, bias=beta, epsilon=rows.epsilon), ROWS)


def run(device, sentences: tuple[str, ...]) -> dict[str, float]:
    """Prints both ways, and returns the largest error of each."""
    rows = embed(sentences)
    exact = reference.layer_norm(rows.x, rows.gamma, rows.beta, rows.epsilon, activation="silu")
    shape = " x ".join(map(str, rows.x.shape))
    x = to_device(rows.x, device, layout=TILE)
    return print_side_by_side(
        f"[{shape}] TILE -> LayerNorm, SiLU -> ROW_MAJOR",
        {
            "layernorm_fused_rm": (lambda: run_here(rows, x, device), to_numpy),
            "ttnn.layer_norm, to_layout": (
                lambda: run_with_ttnn(rows, x, device),
                lambda y: reference.round_to_bfloat16(reference.activate(to_numpy(y).astype(np.float64), "silu")),
            ),
        },
        exact,
    )


def main() -> int:
    with session.open_device() as device:
        run(device, SENTENCES)
    return 0


if __name__ == "__main__":
    session.run_and_exit(main)
