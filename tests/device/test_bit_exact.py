# SPDX-License-Identifier: Apache-2.0
"""The device's bits are those of the host's interpreter (tests/arithmetic), and its additions are the simulator's.

The interpreter runs the same compute kernel on the host, by the ISA documents. It is an executable of the C++ tests:
`build/dev/tests/arithmetic/interpret`, or where LAYERNORM_FUSED_RM_INTERPRETER says.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import ttnn
from test_repetition import run_on_grid

import layernorm_fused_rm
from layernorm_fused_rm import _core, op
from layernorm_fused_rm.arrays import to_device, to_numpy
from layernorm_fused_rm.draws import draw_rows
from levels import extended
from rows import Case, bits, normal_case, run

PROJECT = Path(__file__).resolve().parents[2]
INTERPRETER = Path(
    os.environ.get("LAYERNORM_FUSED_RM_INTERPRETER", PROJECT / "build" / "dev" / "tests" / "arithmetic" / "interpret")
)


def interpret(*words) -> None:
    """Run the interpreter; it has to be built."""
    if not INTERPRETER.exists():
        pytest.fail(f"{INTERPRETER} is not built; run cmake --preset dev && cmake --build --preset dev")
    subprocess.run([INTERPRETER, *map(str, words)], check=True, timeout=120)


def interpret_rows(case: Case, rows_per_batch: int, folder: Path) -> np.ndarray:
    """The output for a bfloat16 case of two dimensions as the host computes it, in batches of `rows_per_batch` rows."""
    tensors = {"x": case.x, "gamma": case.gamma, "beta": case.beta}
    return interpret_call(tensors, case.x.shape, rows_per_batch, "", folder)["y"]


def interpret_call(tensors: dict, shape, rows_per_batch: int, options: str, folder: Path) -> dict[str, np.ndarray]:
    """What a call with these options (tests/arithmetic/generate_configurations.cpp) returns as the host computes it."""
    for name, values in tensors.items():
        bits(values).astype("<u4").tofile(folder / name)
    interpret("rows", shape[1], rows_per_batch, options, folder)
    results = {name: np.fromfile(folder / name, "<f4") for name in ("y", "sum", "mean", "rstd")}
    return {name: values.reshape(shape[0], -1) for name, values in results.items() if values.size}


def planned_rows_per_batch(case: Case, device) -> int:
    x, gamma, beta = (to_device(values, device) for values in (case.x, case.gamma, case.beta))
    plan = _core.plan(op.make_problem(x, gamma, beta, epsilon=case.epsilon))
    return dict(plan.compile_time_arguments)["rows_per_batch"]


@pytest.mark.parametrize(
    "shape", [(9, 96), (6, 1000), (3, 1056), *extended((12, 64), (7, 384), (13, 760), (6, 1024), (4, 2048))]
)
@pytest.mark.parametrize("spread", [(100, 1), *extended((0.5, 2))], ids=str)
def test_rows_spread_over_cores(device, tmp_path, shape, spread):
    case = normal_case(shape, *spread, seed=shape[1])
    expected = interpret_rows(case, planned_rows_per_batch(case, device), tmp_path)
    np.testing.assert_array_equal(bits(run(case, device)), bits(expected))


# Shape, and rows of a batch.
BATCHES = [((48, 96), 4), ((9, 20), 6), ((36, 2048), 3), *extended(((1, 96), 1), ((36, 1024), 3), ((48, 32), 8))]


@pytest.mark.parametrize("batches", BATCHES, ids=str)
def test_whole_batches_on_one_core(device, tmp_path, batches):
    """Twelve banks give runs of a twelfth of the rows: one batch each."""
    shape, rows_per_batch = batches
    case = normal_case(shape, 3, 2, seed=rows_per_batch)
    expected = interpret_rows(case, rows_per_batch, tmp_path)
    np.testing.assert_array_equal(bits(run_on_grid(case, device, (1, 1))), bits(expected))


@pytest.mark.parametrize("width", [96, *extended(1056)])
def test_rows_that_are_no_ordinary_numbers(device, tmp_path, width):
    """NaN, infinities, zeros of both signs, denormals, numbers whose squares overflow, and constant rows."""
    case = normal_case((14, width), 0, 1, seed=width)
    x = case.x.copy()
    x[0, 5], x[1, 0], x[2, width - 1] = np.nan, np.inf, -np.inf
    x[3, :2] = np.inf, -np.inf
    x[4], x[5], x[6, ::2], x[7] = 0.0, -0.0, -0.0, 1e-39
    x[8], x[9], x[10], x[11] = x[8] * 1e18, x[9] * 1e25, x[10] * 1e37, x[11] * 1e-25
    x[12] = 3.359375
    case = replace(case, x=(bits(x) & 0xFFFF0000).view(np.float32))
    rows_per_batch = planned_rows_per_batch(case, device)
    expected = interpret_rows(case, rows_per_batch, tmp_path)
    scales = scales_of_redone(x, expected)
    assert (scales != 0).sum() == 2
    redone = interpret_rows(replace(case, x=np.ldexp(case.x, -scales)), rows_per_batch, tmp_path)
    np.testing.assert_array_equal(bits(run(case, device)), bits(np.where(scales == 0, expected, redone)))


def scales_of_redone(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of finite rows that came out without a finite element, the power of two that the writer takes out (kernels/dataflow/redo.hpp)."""
    is_redone = np.isfinite(x).all(axis=-1, keepdims=True) & ~np.isfinite(y).any(axis=-1, keepdims=True)
    largest = np.abs(np.where(is_redone, x, 1)).max(axis=-1, keepdims=True)
    return np.where(is_redone, np.frexp(largest)[1] - 51, 0)


# Width and options of the interpreter: the operation, the tensors' dtypes, keywords.
CALLS = [
    (257, "f32:residual:sum:statistics"),
    (20, "f32:residual:sum:statistics"),
    (1057, "rms:f32:residual:sum:statistics"),
    (257, "f32:zero-centered"),
    (1057, "residual32:sum32:statistics"),
    *extended(
        (64, "f32"),
        (257, "f32"),
        (1000, "f32"),
        (1057, "f32"),
        (96, "input32"),
        (96, "output32"),
        (64, "residual:sum:statistics"),
        (257, "rms:f32:statistics"),
        (45, "f32:no-gamma:no-beta"),
    ),
]


# Of tensors: arguments of the operation and words of the interpreter's options, and files of the interpreter.
NAMES = {"input": "x", "gamma": "gamma", "beta": "beta", "residual": "residual"}


def draw_call(shape, options: str, mean: float, sigma: float) -> dict[str, np.ndarray]:
    """The tensors of a call with these options, numbers of their dtypes."""
    words = options.split(":")
    absent = {"gamma": "no-gamma" in words, "beta": "no-beta" in words, "residual": "residual" not in options}
    dtypes = {key: dtype_of(name, words) for name, key in NAMES.items() if not absent.get(key)}
    rows = draw_rows(shape, mean, sigma, seed=shape[1], dtypes=dtypes, zero_centered_gamma="zero-centered" in words)
    return {key: values for key, values in vars(rows).items() if values is not None}


def dtype_of(name: str, words: list[str]) -> str:
    return "float32" if "f32" in words or f"{name}32" in words else "bfloat16"


def call_on_device(tensors: dict, options: str, device) -> dict[str, np.ndarray]:
    words = options.split(":")
    operation = layernorm_fused_rm.rms_norm_fused_rm if "rms" in words else layernorm_fused_rm.layernorm_fused_rm
    dtype = lambda name: getattr(ttnn, dtype_of(name, words))
    on_device = {
        name: to_device(tensors[key], device, dtype=dtype(name)) for name, key in NAMES.items() if key in tensors
    }
    returns_sum, returns_statistics = "sum" in words or "sum32" in words, "statistics" in words
    results = operation(
        on_device.pop("input"),
        **on_device,
        dtype=dtype("output"),
        return_sum=returns_sum,
        sum_dtype=dtype("sum") if returns_sum else None,
        return_statistics=returns_statistics,
        zero_centered_gamma="zero-centered" in words,
    )
    returned = ["y"] + ["sum"] * returns_sum
    returned += (["rstd"] if "rms" in words else ["mean", "rstd"]) * returns_statistics
    results = results if isinstance(results, tuple) else (results,)
    return {name: to_numpy(tensor) for name, tensor in zip(returned, results, strict=True)}


def assert_same_bits(tensors: dict, shape, options: str, device, folder: Path) -> None:
    expected = interpret_call(tensors, shape, 0, options, folder)
    returned = call_on_device(tensors, options, device)
    assert returned.keys() == expected.keys()
    for name, values in returned.items():
        np.testing.assert_array_equal(bits(values), bits(expected[name]), err_msg=name)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_every_kind_of_call(device, tmp_path, call):
    """Batch and block decide no bit (tests/arithmetic/determinism_test.cpp), so any that is compiled will do."""
    width, options = call
    shape = (15, width)
    assert_same_bits(draw_call(shape, options, 100, 1), shape, options, device, tmp_path)


@pytest.mark.parametrize("call", [(257, "f32"), *extended((1057, "f32"), (257, "rms:f32:statistics"))], ids=str)
def test_float32_rows_that_are_no_ordinary_numbers(device, tmp_path, call):
    width, options = call
    shape = (10, width)
    tensors = draw_call(shape, options, 0, 1)
    x = tensors["x"]
    x[0, 0], x[1, 5], x[2, width - 1] = np.inf, -np.inf, np.inf
    x[3], x[4, ::2], x[5], x[6] = 0.0, -0.0, 1e-39, 3.3593751
    x[7], x[8], x[9] = x[7] * np.float32(1e18), x[8] * np.float32(1e25), x[9] * np.float32(1e-25)
    expected = interpret_call(tensors, shape, 0, options, tmp_path)
    scales = scales_of_redone(x, expected["y"])
    assert (scales != 0).sum() == 1
    redone = interpret_call(tensors | {"x": np.ldexp(x, -scales)}, shape, 0, options, tmp_path)
    if "rstd" in redone:
        redone["rstd"] = np.ldexp(redone["rstd"], -scales)
    expected = {
        name: np.where(scales == 0, values, redone[name]).astype(np.float32) for name, values in expected.items()
    }
    returned = call_on_device(tensors, options, device)
    for name, values in returned.items():  # of a NaN only that it is one: its payload is nobody's
        same = (bits(values) == bits(expected[name])) | (np.isnan(values) & np.isnan(expected[name]))
        assert same.all(), name


@pytest.mark.simulator
def test_multiply_add_is_the_simulators(tmp_path):
    """100,000 triples, of which many cancel, under- or overflow, or are no numbers."""
    vector = pytest.importorskip("framework.pe.tensix.backends.vector")
    triples = draw_triples(100_000, seed=1)
    triples.tofile(tmp_path / "triples")
    interpret("multiply-add", tmp_path / "triples", tmp_path / "results")
    expected = [vector.fma_model_wh(*triple) for triple in triples.tolist()]
    np.testing.assert_array_equal(np.fromfile(tmp_path / "results", "<u4"), np.array(expected, np.uint32))


def test_matrix_add_is_the_simulators(tmp_path):
    """100,000 fp32 numbers and bfloat16 ones added to them, from the triples: many cancel, also to a few units."""
    unit = pytest.importorskip("framework.pe.tensix.backends.matrix").MatrixUnit
    pairs = np.ascontiguousarray(draw_triples(100_000, seed=2)[:, [2, 0]])
    pairs[:, 1] &= 0xFFFF0000
    near = slice(0, 25_000)
    few_units = np.random.default_rng(3).integers(-3, 4, 25_000)
    pairs[near, 0] = ((pairs[near, 1] ^ 0x80000000).astype(np.int64) + few_units).astype("<u4")
    pairs.tofile(tmp_path / "pairs")
    interpret("matrix-add", tmp_path / "pairs", tmp_path / "results")
    dest, source = pairs.astype(np.int64).T
    expected = unit._fpu_accumulate_batch(unit._fpu_sum_batch(source, np.zeros_like(source)), dest, True, True)
    np.testing.assert_array_equal(np.fromfile(tmp_path / "results", "<u4"), expected.astype(np.uint32))


def draw_triples(count: int, seed: int) -> np.ndarray:
    """fp32 bits [count, 3]: exponents near each other and near both ends, short mantissas, c near -a * b, specials."""
    random = np.random.default_rng(seed)
    specials = np.array([0, 1, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000])
    shape = (count, 3)
    sign, mantissa = random.integers(0, 2, shape) << 31, random.integers(0, 1 << 23, shape)
    exponents = [random.integers(low, high, shape) << 23 for low, high in ((120, 135), (0, 6), (245, 256), (60, 68))]
    kinds = [exponent | mantissa for exponent in exponents]
    kinds += [exponents[0] | mantissa & 0x7F8000, random.choice(specials, shape)]
    triples = (np.choose(random.integers(0, len(kinds), shape), kinds) | sign).astype("<u4")
    cancelling = slice(0, count // 4)
    with np.errstate(all="ignore"):
        factors = triples[cancelling].view(np.float32)
        products = (-factors[:, 0] * factors[:, 1]).view(np.uint32).astype(np.int64)
    triples[cancelling, 2] = (products + random.integers(-3, 4, count // 4)).astype("<u4")
    return triples
