# SPDX-License-Identifier: Apache-2.0
"""A block of a model that is written for ttnn.layer_norm and ttnn.rms_norm, as it is and with `patch(ttnn)`.

    ./run python -m examples.patched_model

The block is the first of all-MiniLM-L6-v2 up to its first residual, with the model's own weights and sentences: LayerNorm
of the embeddings, the value and output projections of attention (each token attends to itself only, which keeps this
short), LayerNorm with the residual; then each token brought to unit length, as sentence-transformers does at the end.
"""

from __future__ import annotations

import math

import numpy as np
import ttnn
from rich.console import Console
from rich.table import Table

import layernorm_fused_rm
from examples.embedding_norm import SENTENCES, embed
from examples.minilm import MiniLM
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import Rows
from simulator import session

ATTENTION = "encoder.layer.0.attention"
NAMES = {
    "value": f"{ATTENTION}.self.value",
    "output": f"{ATTENTION}.output.dense",
    "norm": f"{ATTENTION}.output.LayerNorm",
}


def block(x, weights: dict, epsilon: float, config) -> dict:
    """The model: it knows nothing of this package. Its norms' outputs by name."""
    dense = lambda y, name: ttnn.linear(
        y, weights[f"{name}.weight"], bias=weights[f"{name}.bias"], compute_kernel_config=config
    )
    norm = lambda y, name, **options: ttnn.layer_norm(
        y, weight=weights[f"{name}.weight"], bias=weights[f"{name}.bias"], epsilon=epsilon, **options
    )
    first = norm(x, "first")
    second = norm(dense(dense(first, "value"), "output"), "norm", residual_input_tensor=first)
    unit = ttnn.rms_norm(second, weight=weights["unit"])
    # As by the book, x / |x|. An epsilon of 0 is refused here, so patched or not this one is ttnn's.
    by_the_book = ttnn.rms_norm(second, weight=weights["unit"], epsilon=0.0)
    return {"first LayerNorm": first, "second LayerNorm": second, "unit": unit, "unit, epsilon 0": by_the_book}


def exact_block(x: np.ndarray, weights: dict[str, np.ndarray], epsilon: float) -> dict[str, np.ndarray]:
    """The same in float64."""
    dense = lambda y, name: y @ weights[f"{name}.weight"] + weights[f"{name}.bias"]
    norm = lambda y, name: reference.layer_norm(y, weights[f"{name}.weight"], weights[f"{name}.bias"], epsilon)
    first = norm(x, "first")
    second = norm(dense(dense(first, "value"), "output") + first, "norm")
    unit = reference.rms_norm(second, weights["unit"], None, 1e-12)
    return {"first LayerNorm": first, "second LayerNorm": second, "unit": unit, "unit, epsilon 0": unit}


def load(rows: Rows) -> dict[str, np.ndarray]:
    """The block's weights, rounded to bfloat16; matrices as y @ weights wants them."""
    state = MiniLM.load().state
    weights = {"first.weight": rows.gamma, "first.bias": rows.beta, "unit": np.full(rows.x.shape[-1], 1.0)}
    weights["unit"] /= math.sqrt(rows.x.shape[-1])
    for short, name in NAMES.items():
        weights[f"{short}.weight"], weights[f"{short}.bias"] = state[f"{name}.weight"].T, state[f"{name}.bias"]
    return {name: reference.round_to_bfloat16(values) for name, values in weights.items()}


def run(device, sentences: tuple[str, ...]):
    """The largest error of each output as it is and patched, and who served what meanwhile."""
    rows = embed(sentences)
    weights = load(rows)
    exact = exact_block(
        rows.x.astype(np.float64), {name: w.astype(np.float64) for name, w in weights.items()}, rows.epsilon
    )
    tiles = lambda values: to_device(np.atleast_2d(values), device, layout=ttnn.TILE_LAYOUT)
    x, on_device = tiles(rows.x), {name: tiles(values) for name, values in weights.items()}
    # Without packer_l1_acc, which the simulator of ./run has not.
    config = ttnn.init_device_compute_kernel_config(
        device.arch(), math_fidelity=ttnn.MathFidelity.HiFi4, fp32_dest_acc_en=True, packer_l1_acc=False
    )

    def errors() -> dict[str, float]:
        found = block(x, on_device, rows.epsilon, config)
        return {name: float(np.abs(to_numpy(y) - exact[name]).max()) for name, y in found.items()}

    as_it_is = errors()
    with layernorm_fused_rm.patch(ttnn) as served:
        patched = errors()
    return as_it_is, patched, served


def main() -> int:
    with session.open_device() as device:
        as_it_is, patched, served = run(device, SENTENCES)
    table = Table(title="largest error, against float64")
    for column in ("", "ttnn", "patched"):
        table.add_column(column)
    for name, error in as_it_is.items():
        table.add_row(name, f"{error:.3g}", f"{patched[name]:.3g}")
    Console(width=100).print(table)
    print(served.summary())
    return 0


if __name__ == "__main__":
    session.run_and_exit(main)
