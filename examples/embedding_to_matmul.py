# SPDX-License-Identifier: Apache-2.0
"""From an embedding to the first projection of attention: ROW_MAJOR rows -> LayerNorm -> TILE -> ttnn.matmul.

    ./run python -m examples.embedding_to_matmul

The sentences, embeddings, LayerNorm and query weights are those of all-MiniLM-L6-v2 (embedding_norm.py). Beside it what
users write today: ttnn.to_layout, ttnn.layer_norm, ttnn.matmul.
"""

from __future__ import annotations

import numpy as np
import ttnn

import layernorm_fused_rm
from examples.embedding_norm import SENTENCES, embed
from examples.minilm import MiniLM
from examples.normalise import NamedRows
from examples.side_by_side import print_side_by_side
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from simulator import session

QUERY = "encoder.layer.0.attention.self.query.weight"
TILE = ttnn.TILE_LAYOUT


def query_weights() -> np.ndarray:
    """[width, width], as y @ weights wants them."""
    return reference.round_to_bfloat16(MiniLM.load().state[QUERY].T)


def normalise_here(rows: NamedRows, x, device):
    gamma, beta = to_device(rows.gamma, device), to_device(rows.beta, device)
    return layernorm_fused_rm.layernorm_fused_rm(x, gamma, beta, epsilon=rows.epsilon, layout=TILE)


def normalise_with_ttnn(rows: NamedRows, x, device):
    gamma, beta = (to_device(vector[np.newaxis], device, layout=TILE) for vector in (rows.gamma, rows.beta))
    return ttnn.layer_norm(ttnn.to_layout(x, TILE), weight=gamma, bias=beta, epsilon=rows.epsilon)


def multiply(tiles, weights, device):
    """Without packer_l1_acc, which the simulator of ./run has not."""
    config = ttnn.init_device_compute_kernel_config(
        device.arch(), math_fidelity=ttnn.MathFidelity.HiFi4, fp32_dest_acc_en=True, packer_l1_acc=False
    )
    return ttnn.matmul(tiles, weights, compute_kernel_config=config)


def run(device, sentences: tuple[str, ...]) -> dict[str, float]:
    """Prints both ways, and returns the largest error of each."""
    rows, weights = embed(sentences), query_weights()
    exact = reference.layer_norm(rows.x, rows.gamma, rows.beta, rows.epsilon) @ weights.astype(np.float64)
    shape = " x ".join(map(str, rows.x.shape))
    x, on_device = to_device(rows.x, device), to_device(weights, device, layout=TILE)
    project = lambda y: to_numpy(multiply(y, on_device, device))
    return print_side_by_side(
        f"[{shape}] ROW_MAJOR -> LayerNorm -> TILE (-> matmul [{weights.shape[0]} x {weights.shape[1]}])",
        {
            "layernorm_fused_rm": (lambda: normalise_here(rows, x, device), project),
            "to_layout, ttnn.layer_norm": (lambda: normalise_with_ttnn(rows, x, device), project),
        },
        exact,
    )


def main() -> int:
    with session.open_device() as device:
        run(device, SENTENCES)
    return 0


if __name__ == "__main__":
    session.run_and_exit(main)
