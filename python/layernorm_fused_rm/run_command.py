# SPDX-License-Identifier: Apache-2.0
"""The command `run`: a call that its options describe, on random rows and the device at hand, judged in float64."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from . import plan_command

DESCRIPTION = """\
Run one call on the device at hand, a card or under ./run a simulated one, and say how near its results are to float64:
x ~ N(0.5, 2), gamma ~ N(1, 0.2), beta ~ N(0, 0.5), residual ~ N(0, 2), rounded to their dtypes.
"""

EXAMPLES = """\
examples:
  python -m layernorm_fused_rm run 64x256 --gamma --beta
  python -m layernorm_fused_rm run 32x1024 --norm rms --gamma --layout tile --output-layout row_major
  ./run --chip blackhole python -m layernorm_fused_rm run 40x96 --dtype float32 --residual --return-sum --memory l1

The exit status is 1 if a result is further from float64 than fp32 has to be, 2 if there is no such call or no device.
"""

# Where a simulated device leaves the cycles of each program, a JSON line each (simulator/launcher).
CYCLES_LOG_VARIABLE = "LAYERNORM_SIM_CYCLES_LOG"
# Of mean and rstd, as a share of the row's largest and of rstd; the largest slope of an activation, which multiplies
# errors (docs/design.md, "Numbers").
_SHARE = 2.0**-20
_STEEPEST = 1.25


@dataclass(frozen=True)
class Outcome:
    """What a call took, what it returned, and what is wrong with that."""

    lines: list[str]
    faults: list[str]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `run`: those of a call as `plan` has them, its rows, the device."""
    plan_command.add_call_options(parser)
    rows = parser.add_argument_group("rows and device")
    rows.add_argument("--seed", type=int, default=0, help="of the random rows (default: %(default)s)")
    rows.add_argument("--device-id", type=int, default=0, metavar="N", help="which card (default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Run the call and print what is measured. The exit status, as EXAMPLES says; stderr says why."""
    try:
        import ttnn

        from . import _core, cards

        # What is refused on any device needs none.
        _core.check(plan_command.problem_of(options, cards.card()))
        device = ttnn.open_device(device_id=options.device_id)
        try:
            outcome = measure(options, device)
        finally:
            ttnn.close_device(device)
    except ImportError as error:
        print(f"{error}; ask python -m layernorm_fused_rm doctor", file=sys.stderr)
        return 2
    except (ValueError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(outcome.lines))
    for fault in outcome.faults:
        print(fault, file=sys.stderr)
    return 1 if outcome.faults else 0


def measure(options: argparse.Namespace, device) -> Outcome:
    """Run the call on an open device, and judge it.

    Raises:
        ValueError: there is no such call; the text says why.
    """
    from . import arrays, draws, op

    kinds = {"x": options.dtype}
    kinds |= {name: options.vector_dtype or options.dtype for name in ("gamma", "beta") if getattr(options, name)}
    if options.residual:
        kinds["residual"] = options.residual_dtype or options.dtype
    rows = draws.draw_rows(
        tuple(options.shape), seed=options.seed, dtypes=kinds, zero_centered_gamma=options.zero_centered_gamma
    )
    tensors, keywords = _arguments(options, rows, kinds, device)
    problem = op.make_problem(*tensors, norm=_norm(options), **keywords)
    before = len(_programs())
    returned = _operation(options)(*tensors, **keywords)
    returned = returned if isinstance(returned, tuple) else (returned,)
    names = ["y", *["sum"] * options.return_sum]
    names += [*["mean"] * (options.norm == "layer"), "rstd"] * options.return_statistics
    results = {name: arrays.to_numpy(tensor) for name, tensor in zip(names, returned, strict=True)}
    lines, faults = _judge(options, rows, results)
    return Outcome([*_describe(problem), *lines, *_cycles(before)], faults)


def _norm(options: argparse.Namespace):
    from . import _core

    return getattr(_core.Norm, options.norm.upper())


def _operation(options: argparse.Namespace):
    from . import op

    return {"layer": op.layernorm_fused_rm, "rms": op.rms_norm_fused_rm}[options.norm]


def _arguments(options: argparse.Namespace, rows, kinds: dict, device) -> tuple[list, dict]:
    """Input, gamma and beta on the device, and the keywords of the call."""
    import ttnn

    from . import arrays

    layouts = {"row_major": ttnn.ROW_MAJOR_LAYOUT, "tile": ttnn.TILE_LAYOUT, None: None}

    def put(name: str, layout: str, memory: str):
        values = getattr(rows, name)
        if values is None:
            return None
        values = values[None] if layout == "tile" and values.ndim == 1 else values
        dtype = getattr(ttnn, kinds[name])
        return arrays.to_device(values, device, dtype=dtype, memory=memory, layout=layouts[layout])

    tensors = [put("x", options.layout, options.memory)]
    tensors += [put(name, options.vector_layout, options.vector_memory) for name in ("gamma", "beta")]
    keywords = {name: getattr(options, name) for name in ("epsilon", "zero_centered_gamma", "activation")}
    keywords |= {name: getattr(options, name) for name in ("return_sum", "return_statistics")}
    if options.residual:
        where = options.residual_layout or options.layout, options.residual_memory or options.memory
        keywords["residual"] = put("residual", *where)
    for name, given in (("dtype", options.output_dtype), ("sum_dtype", options.sum_dtype)):
        keywords[name] = given and getattr(ttnn, given)
    for name, given in (("layout", options.output_layout), ("sum_layout", options.sum_layout)):
        keywords[name] = layouts[given]
    if options.output_memory:
        keywords["memory_config"] = arrays.MEMORIES[options.output_memory]
    return tensors, keywords


def _describe(problem) -> list[str]:
    """The plan in short: what it is of, buffers in L1, who reads gamma and beta, how many cores."""
    from . import _core, doctor

    plan = _core.plan(problem)
    title, *lines = plan.describe().splitlines()
    kind = "a simulated " if doctor.is_simulated() else ""
    chosen = [line for line in lines if line.startswith(("L1 ", "gamma", "beta", "neither"))]
    return [f"{title}, on {kind}{plan.chip}", f"plan: {len(plan.cores)} cores", *(f"plan: {line}" for line in chosen)]


def _judge(options: argparse.Namespace, rows, results: dict) -> tuple[list[str], list[str]]:
    """What is measured, and what is wrong."""
    import numpy as np

    from . import accuracy, reference

    if not rows.x.size:
        return ["no elements"], []
    norm = {"layer": reference.layer_norm, "rms": reference.rms_norm}[options.norm]
    dtype = options.output_dtype or options.dtype
    operands = rows.joined, rows.gamma, rows.beta, options.epsilon
    centred = {"zero_centered_gamma": options.zero_centered_gamma}
    exact, mean, rstd = norm(*operands, return_statistics=True, **centred)
    is_shifted = options.dtype == "float32" or options.residual
    terms = accuracy.terms(*operands, norm=norm, is_shifted=is_shifted, **centred)
    if options.activation:
        exact, terms = reference.activate(exact, options.activation), _STEEPEST * terms
    found = accuracy.compare(results["y"], exact, terms, dtype)
    lines = [
        f"y: {found}",
        f"y: largest error {found.largest_error_of_row:.3g} of the row's largest, "
        f"{found.largest_absolute_error:.3g} absolute",
    ]
    faults = []
    if found.largest_error > accuracy.error_bound(rows.x.shape[-1]) or (dtype == "bfloat16" and found.largest_ulp > 1):
        faults.append(f"y is further from float64 than fp32 has to be: {found}")
    largest = accuracy.row_maximum(rows.joined)
    expected = {
        "sum": (reference.round_to(rows.joined, options.sum_dtype or options.dtype), 0.0),
        "mean": (mean, _SHARE * largest),
        "rstd": (rstd, _SHARE * rstd),
    }
    for name, values in results.items():
        if name == "y":
            continue
        wanted, bound = expected[name]
        error = np.abs(values.astype(np.float64) - wanted)
        lines.append(f"{name}: largest error {error.max():.3g} absolute")
        if not (error <= bound + accuracy.LEAST_NORMAL).all():
            faults.append(f"{name} is further from float64 than fp32 has to be: {error.max():.3g}")
    return lines, faults


def _programs() -> list[dict]:
    path = Path(os.environ.get(CYCLES_LOG_VARIABLE, ""))
    return list(map(json.loads, path.read_text(encoding="utf-8").splitlines())) if path.is_file() else []


def _cycles(before: int) -> list[str]:
    """The call's own program is the last one: which core has which bank of L1 may be asked before it."""
    launched = _programs()[before:]
    # Without a cost model all cycles are of no meaning (simulator/README.md).
    if not launched or not os.environ.get("TT_SIM_COST_MODEL"):
        return []
    return [f"simulated cycles: {launched[-1]['cycles']:,} on {launched[-1]['cores']} cores"]
