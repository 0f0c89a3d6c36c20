# SPDX-License-Identifier: Apache-2.0
"""The command `plan`: the plan of a call that its options describe, for a card that need not be there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# Names of the planner's values, in lower case. They are written out, since the planner must not be needed for `--help`, nor
# for the other commands; tests/python/test_plan_command.py holds them to it.
DTYPES = ("bfloat16", "float32")
LAYOUTS = ("row_major", "tile")
MEMORIES = ("dram", "l1")
NORMS = ("layer", "rms")
ACTIVATIONS = ("relu", "silu", "gelu", "gelu_approx")
CHIPS = ("wormhole", "blackhole")

_TILE_SIDE = 32

DESCRIPTION = """\
Show the plan of a call: circular buffers, L1 use, which core takes which rows, kernel arguments. No device is needed.
"""

EXAMPLES = """\
examples:
  python -m layernorm_fused_rm plan 256x512 --gamma --beta
  python -m layernorm_fused_rm plan 32x1024 --norm rms --gamma --layout tile --output-layout row_major --chip blackhole
  python -m layernorm_fused_rm plan 8x128x768 --dtype float32 --residual --return-sum --activation silu --svg plan.svg
  python -m layernorm_fused_rm plan 32x1024 --layout tile --gamma --html plan.html
  python -m layernorm_fused_rm plan 32x1024 --norm rms --gamma --after-all-gather 8
  python -m layernorm_fused_rm plan 256x512 --gamma --memory l1 --json | python -m json.tool
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `plan`."""
    add_call_options(parser)
    part = parser.add_argument_group("rows over several chips: SHAPE is a chip's part").add_mutually_exclusive_group()
    part.add_argument("--before-all-gather", action="store_true", help="what the chip tells the others of its part")
    part.add_argument("--after-all-gather", type=int, metavar="CHIPS", help="y of its part by what so many have told")
    card = parser.add_argument_group("the card")
    card.add_argument("--chip", choices=CHIPS, default="wormhole", help="default: %(default)s")
    card.add_argument("--grid", type=_grid, metavar="CxR", help="its columns and rows of workers (default: 8x9, 13x10)")
    card.add_argument("--l1-bytes", type=int, metavar="N", help="L1 that a core has for circular buffers")
    shown = parser.add_argument_group("what is shown").add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="all of the plan as JSON (default: as text)")
    shown.add_argument("--svg", type=Path, metavar="FILE", help="write a picture of the plan: cores, rows, banks, L1")
    shown.add_argument("--html", type=Path, metavar="FILE", help="write all of it as a page: picture, text, tables")


def add_call_options(parser: argparse.ArgumentParser) -> None:
    """Those of a call, by its own names where it has them."""
    parser.add_argument("shape", type=_shape, metavar="SHAPE", help="of the input, as 256x512 or 8x128x768")
    call = parser.add_argument_group("the call")
    call.add_argument("--norm", choices=NORMS, default="layer", help="LayerNorm or RMSNorm (default: %(default)s)")
    call.add_argument("--dtype", choices=DTYPES, default="bfloat16", help="of the input (default: %(default)s)")
    call.add_argument("--layout", choices=LAYOUTS, default="row_major", help="of the input (default: %(default)s)")
    call.add_argument("--memory", choices=MEMORIES, default="dram", help="of the input (default: %(default)s)")
    call.add_argument("--output-dtype", choices=DTYPES, help="of y (default: the input's)")
    call.add_argument("--output-layout", choices=LAYOUTS, help="of y (default: the input's)")
    call.add_argument("--output-memory", choices=MEMORIES, help="of all outputs (default: the input's)")
    call.add_argument("--gamma", action="store_true", help="with a factor for each column")
    call.add_argument("--beta", action="store_true", help="with a summand for each column")
    call.add_argument("--vector-dtype", choices=DTYPES, help="of gamma and beta (default: the input's)")
    call.add_argument(
        "--vector-layout", choices=LAYOUTS, default="row_major", help="of gamma and beta (default: %(default)s)"
    )
    call.add_argument(
        "--vector-memory", choices=MEMORIES, default="dram", help="of gamma and beta (default: %(default)s)"
    )
    call.add_argument("--zero-centered-gamma", action="store_true", help="gamma + 1 is the factor")
    call.add_argument("--residual", action="store_true", help="with a tensor that is added to the input first")
    call.add_argument("--residual-dtype", choices=DTYPES, help="of the residual (default: the input's)")
    call.add_argument("--residual-layout", choices=LAYOUTS, help="of the residual (default: the input's)")
    call.add_argument("--residual-memory", choices=MEMORIES, help="of the residual (default: the input's)")
    call.add_argument("--return-sum", action="store_true", help="return input + residual too")
    call.add_argument("--sum-dtype", choices=DTYPES, help="of the sum (default: the input's)")
    call.add_argument("--sum-layout", choices=LAYOUTS, help="of the sum (default: the input's)")
    call.add_argument("--return-statistics", action="store_true", help="return mean and 1 / deviation of each row too")
    call.add_argument("--activation", choices=ACTIVATIONS, help="behind gamma and beta (default: none)")
    call.add_argument("--epsilon", type=float, default=1e-5, help="default: %(default)s")


def run(options: argparse.Namespace) -> int:
    """Print what the options ask for. The exit status: 2 if there is no such call, or no planner; stderr says why."""
    try:
        print(_show(options))
    except ImportError as error:
        print(f"the planner does not load ({error}); ask python -m layernorm_fused_rm doctor", file=sys.stderr)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
    else:
        return 0
    return 2


def _show(options: argparse.Namespace) -> str:
    from . import _core, cards, page, picture

    problem = problem_of(options, cards.card(options.chip, grid=options.grid, l1_bytes=options.l1_bytes))
    plan = _core.plan(problem)
    for kind, path, write in (("picture", options.svg, picture.svg), ("page", options.html, page.html)):
        if path is not None:
            path.write_text(write(plan, problem.device), encoding="utf-8")
            return f"{kind} of the plan: {path}"
    return plan.describe_json() if options.json else plan.describe()


def problem_of(options: argparse.Namespace, device):
    """The `Problem` that the options of a call describe on a `Device`."""
    from . import _core

    def value(kind, name: str | None):
        return None if name is None else getattr(kind, name.upper())

    def spec(shape, dtype: str | None, layout: str | None, memory: str | None):
        layout = layout or options.layout
        shape = [1, *shape] if layout == "tile" and len(shape) == 1 else shape
        return _core.TensorSpec(
            shape=shape,
            dtype=value(_core.DataType, dtype or options.dtype),
            layout=value(_core.Layout, layout),
            buffer_type=value(_core.BufferType, memory or options.memory),
            padded_shape=_stored_in_tiles(shape) if layout == "tile" else [],
        )

    def vector():
        return spec(options.shape[-1:], options.vector_dtype, options.vector_layout, options.vector_memory)

    def residual():
        return spec(options.shape, options.residual_dtype, options.residual_layout, options.residual_memory)

    memory = value(_core.BufferType, options.output_memory)
    stage, stats = _core.Stage.WHOLE, None
    if vars(options).get("before_all_gather"):
        stage = _core.Stage.PRE_ALL_GATHER
    elif (chips := vars(options).get("after_all_gather")) is not None:
        stage = _core.Stage.POST_ALL_GATHER
        stats = spec([*options.shape[:-1], 4 * chips], "float32", "row_major", options.output_memory)
    return _core.Problem(
        input=spec(options.shape, options.dtype, options.layout, options.memory),
        residual=residual() if options.residual else None,
        gamma=vector() if options.gamma else None,
        beta=vector() if options.beta else None,
        stats=stats,
        options=_core.Options(
            norm=value(_core.Norm, options.norm),
            stage=stage,
            epsilon=options.epsilon,
            zero_centered_gamma=options.zero_centered_gamma,
            activation=value(_core.Activation, options.activation or "none"),
            return_sum=options.return_sum,
            sum_dtype=value(_core.DataType, options.sum_dtype),
            return_statistics=options.return_statistics,
            dtype=value(_core.DataType, options.output_dtype),
            layout=value(_core.Layout, options.output_layout),
            sum_layout=value(_core.Layout, options.sum_layout),
            memory_config=None if memory is None else _core.MemoryConfig(buffer_type=memory),
        ),
        device=device,
    )


def _stored_in_tiles(shape: list[int]) -> list[int]:
    return [*shape[:-2], *(-(-length // _TILE_SIDE) * _TILE_SIDE for length in shape[-2:])]


def _shape(text: str) -> list[int]:
    try:
        return [int(length) for length in text.split("x")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no shape such as 256x512 or 8x128x768") from None


def _grid(text: str) -> tuple[int, int]:
    sides = _shape(text)
    if len(sides) != 2:
        raise argparse.ArgumentTypeError(f"{text!r} is no grid such as 8x9")
    return sides[0], sides[1]
