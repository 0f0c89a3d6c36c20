# SPDX-License-Identifier: Apache-2.0
"""RMSNorm of rows that four chips share, as a model in tensor parallel has them: what one of the chips does of it.

    ./run python -m examples.rows_over_chips

32 rows of 4,096, the batch of a decoding step: each chip has 1,024 elements of each. Before an all_gather a chip tells the
others four numbers a row; behind it, it normalises its part by what all have told. There is one simulated chip here, so
the parts of the other three are told by it too, and numpy gathers; on a mesh ttnn.all_gather does. Beside it ttnn's pair.
"""

from __future__ import annotations

import numpy as np
import ttnn

import layernorm_fused_rm
from examples.side_by_side import print_side_by_side
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import draw_rows
from simulator import session

CHIPS = 4
ROWS, WIDTH = 32, 1024  # of a part
EPSILON = 1e-6
TILE = ttnn.TILE_LAYOUT


def run_here(parts: list, gamma, device):
    """The first chip's y; the others' stats are told before."""
    others = [to_numpy(layernorm_fused_rm.rms_norm_fused_rm_pre_all_gather(x)) for x in parts[1:]]

    def on_first_chip():
        own = layernorm_fused_rm.rms_norm_fused_rm_pre_all_gather(parts[0])
        stats = to_device(np.concatenate([to_numpy(own), *others], axis=-1), device, dtype=ttnn.float32)
        return layernorm_fused_rm.rms_norm_fused_rm_post_all_gather(parts[0], stats, gamma, epsilon=EPSILON)

    return on_first_chip


def run_with_ttnn(parts: list, gamma, device):
    others = [to_numpy(ttnn.rms_norm_pre_all_gather(x)) for x in parts[1:]]

    def on_first_chip():
        own = ttnn.rms_norm_pre_all_gather(parts[0])
        stats = to_device(np.concatenate([to_numpy(own), *others], axis=-1), device, layout=TILE)
        return ttnn.rms_norm_post_all_gather(parts[0], stats, epsilon=EPSILON, weight=gamma)

    return on_first_chip


def run(device) -> dict[str, float]:
    """Prints both ways, and returns the largest error of each."""
    rows = draw_rows((1, 1, ROWS, WIDTH * CHIPS), dtypes={"x": "bfloat16", "gamma": "bfloat16"})
    exact = reference.rms_norm(rows.x, rows.gamma, None, EPSILON)[..., :WIDTH]
    parts = [to_device(part, device, layout=TILE) for part in np.split(rows.x, CHIPS, axis=-1)]
    gamma = to_device(rows.gamma[:WIDTH].reshape(1, 1, -1, 32), device)
    return print_side_by_side(
        f"[{ROWS} x {WIDTH}] of rows over {CHIPS} chips, TILE, RMSNorm",
        {
            "layernorm_fused_rm": (run_here(parts, gamma, device), to_numpy),
            "ttnn.rms_norm_pre_all_gather, post": (run_with_ttnn(parts, gamma, device), to_numpy),
        },
        exact,
    )


def main() -> int:
    with session.open_device() as device:
        run(device)
    return 0


if __name__ == "__main__":
    session.run_and_exit(main)
