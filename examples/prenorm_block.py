# SPDX-License-Identifier: Apache-2.0
"""A prenorm transformer block: h = x + f(norm(x)), y = h + g(norm(h)), with each sum of residuals within the next norm.

    ./run python -m examples.prenorm_block

x is in ROW_MAJOR, as an embedding gives it, and norms give TILE, as ttnn.matmul wants it; a norm takes both at once. f
and g are a ttnn.matmul each, where a model has attention and a feed-forward part; weights are drawn. Beside it what
users write today: ttnn.to_layout, ttnn.rms_norm, ttnn.matmul, ttnn.add.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import ttnn

import layernorm_fused_rm
from examples.side_by_side import print_side_by_side
from layernorm_fused_rm import reference
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import draw_rows
from simulator import session

TILE = ttnn.TILE_LAYOUT
EPSILON = 1e-6
NORMS = ("before_f", "before_g", "last")


@dataclass(frozen=True)
class Block:
    """float32 arrays of bfloat16 numbers: x [rows, width], f and g [width, width], three norms' gammas [width]."""

    x: np.ndarray
    f: np.ndarray
    g: np.ndarray
    gammas: dict[str, np.ndarray]

    @classmethod
    def draw(cls, rows: int, width: int) -> Block:
        draw = lambda shape, seed: draw_rows(shape, 0, shape[-1] ** -0.5, seed=seed).x
        gammas = {name: draw_rows((1, width), seed=seed).gamma for seed, name in enumerate(NORMS)}
        return cls(draw_rows((rows, width), seed=9).x, draw((width, width), 10), draw((width, width), 11), gammas)

    def exact(self) -> np.ndarray:
        """norm(y) in float64."""
        norm = lambda values, name: reference.rms_norm(values, self.gammas[name], epsilon=EPSILON)
        h = self.x + norm(self.x, "before_f") @ self.f.astype(np.float64)
        y = h + norm(h, "before_g") @ self.g.astype(np.float64)
        return norm(y, "last")


def multiplier(device) -> Callable:
    """ttnn.matmul without packer_l1_acc, which the simulator of ./run has not."""
    config = ttnn.init_device_compute_kernel_config(
        device.arch(), math_fidelity=ttnn.MathFidelity.HiFi4, fp32_dest_acc_en=True, packer_l1_acc=False
    )
    return lambda y, weights: ttnn.matmul(y, weights, compute_kernel_config=config)


def prepare_here(block: Block, device) -> Callable:
    """Five programs: each norm adds what came before to the residual, and gives that sum too."""
    x, f, g = to_device(block.x, device), *(to_device(one, device, layout=TILE) for one in (block.f, block.g))
    norms = {
        name: layernorm_fused_rm.RMSNorm(gamma, device=device, epsilon=EPSILON, layout=TILE)
        for name, gamma in block.gammas.items()
    }
    matmul = multiplier(device)

    def run():
        a = matmul(norms["before_f"](x), f)
        normed, h = norms["before_g"](a, residual=x, return_sum=True)  # h = a + x: TILE and ROW_MAJOR
        b = matmul(normed, g)
        return norms["last"](b, residual=h)

    return run


def prepare_with_ttnn(block: Block, device) -> Callable:
    x, f, g = to_device(block.x, device), *(to_device(one, device, layout=TILE) for one in (block.f, block.g))
    gammas = {name: to_device(gamma[np.newaxis], device, layout=TILE) for name, gamma in block.gammas.items()}
    norm = lambda y, name: ttnn.rms_norm(y, weight=gammas[name], epsilon=EPSILON)
    matmul = multiplier(device)

    def run():
        tiles = ttnn.to_layout(x, TILE)
        h = ttnn.add(tiles, matmul(norm(tiles, "before_f"), f))
        y = ttnn.add(h, matmul(norm(h, "before_g"), g))
        return norm(y, "last")

    return run


def main() -> int:
    block = Block.draw(32, 128)
    shape = " x ".join(map(str, block.x.shape))
    with session.open_device() as device:
        ways = {
            "layernorm_fused_rm": (prepare_here(block, device), to_numpy),
            "ttnn": (prepare_with_ttnn(block, device), to_numpy),
        }
        print_side_by_side(f"prenorm block of [{shape}]", ways, block.exact())
    return 0


if __name__ == "__main__":
    session.run_and_exit(main)
