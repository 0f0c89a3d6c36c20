# SPDX-License-Identifier: Apache-2.0
"""Calls of either operation with any of its options, made from a seed, run on the device, and judged in float64."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import accuracy, reference
from layernorm_fused_rm.accuracy import LEAST_NORMAL
from layernorm_fused_rm.arrays import MEMORIES, to_device, to_numpy
from layernorm_fused_rm.draws import Rows, draw_rows

NAMES = {"bf16": "bfloat16", "fp32": "float32"}
DTYPES = {short: getattr(ttnn, name) for short, name in NAMES.items()}
LAYOUTS = {"rm": ttnn.ROW_MAJOR_LAYOUT, "tile": ttnn.TILE_LAYOUT}
OPERATIONS = {"layer": layernorm_fused_rm.layernorm_fused_rm, "rms": layernorm_fused_rm.rms_norm_fused_rm}
REFERENCES = {"layer": reference.layer_norm, "rms": reference.rms_norm}

TILE_SIDE = 32

# The numbers of docs/design.md: errors of fp32 results as a share of the row's largest, and the share of bfloat16 results
# that are correctly rounded.
FP32_SHARE = 2.0**-20
CORRECTLY_ROUNDED = 0.999
# The largest slope of an activation, which multiplies errors, and what it adds to them.
STEEPEST = 1.25


@dataclass(frozen=True)
class Call:
    """The options of a call. Vectors are None or "form dtype": form `vector` [W], `rank_4` [1, 1, 1, W], `cut`
    [1, 1, W / 32, 32], `tile` [1, 1, 1, W] in TILE layout. `output`: `new`, a dtype, `given` and a dtype, or `in_place`.
    Memories of rows: those of `memory_config`.
    """

    norm: str = "layer"
    width: int = 64
    x: str = "bf16"
    gamma: str | None = "vector bf16"
    beta: str | None = "vector bf16"
    residual: str | None = None
    input_layout: str = "rm"
    residual_layout: str = "rm"
    output_layout: str | None = None  # None: the input's
    sum_layout: str | None = None
    input_memory: str = "dram"
    residual_memory: str = "dram"
    vector_memory: str = "dram"
    output_memory: str | None = None
    output: str = "new"
    sum: str | None = None  # None, "new" for the input's dtype, or a dtype
    statistics: bool = False
    zero_centered: bool = False
    activation: str | None = None
    epsilon: float = 1e-5

    @property
    def output_dtype(self) -> str:
        kind = self.output.removeprefix("given ")
        return self.x if kind in ("new", "in_place") else kind

    @property
    def sum_dtype(self) -> str:
        return self.x if self.sum == "new" else self.sum

    def layout_of(self, result: str) -> str:
        layouts = {"y": self.output_layout or self.input_layout, "sum": self.sum_layout or self.input_layout}
        return layouts.get(result, "rm")


@dataclass
class Tally:
    """bfloat16 outputs, and how many of them are correctly rounded."""

    elements: int = 0
    rounded: int = 0
    cases: int = 0
    failures: list[str] = field(default_factory=list)

    def check(self) -> None:
        assert not self.failures, f"{len(self.failures)} of {self.cases} cases:\n" + "\n".join(self.failures)
        assert self.rounded >= CORRECTLY_ROUNDED * self.elements, f"{self.rounded} of {self.elements} correctly rounded"


def as_dtype(values, dtype: str) -> np.ndarray:
    return reference.round_to(np.asarray(values), NAMES[dtype])


def draw(call: Call, rows, mean: float = 0.5, sigma: float = 2.0, seed: int = 0) -> Rows:
    kinds = {"x": call.x, "gamma": call.gamma, "beta": call.beta, "residual": call.residual}
    dtypes = {name: NAMES[kind.split()[-1]] for name, kind in kinds.items() if kind is not None}
    shape = (*rows, call.width)
    return draw_rows(shape, mean, sigma, seed=seed, dtypes=dtypes, zero_centered_gamma=call.zero_centered)


def put_vector(kind: str | None, values: np.ndarray | None, device, memory: str):
    if kind is None:
        return None
    form, dtype = kind.split()
    width = values.size
    shape = {"vector": (width,), "cut": (1, 1, width // 32, 32)}.get(form, (1, 1, 1, width))
    layout = ttnn.TILE_LAYOUT if form == "tile" else ttnn.ROW_MAJOR_LAYOUT
    return to_device(values.reshape(shape), device, dtype=DTYPES[dtype], memory=memory, layout=layout)


def memory_config(name: str, shape, layout: str) -> ttnn.MemoryConfig:
    """`dram` or `l1`, interleaved; or of a tensor of rows `height`, `width` or `block` and the cores that it is sharded over
    in L1, as columns x rows of the grid from (1, 0) on; with `columns` behind it the columns come first.
    """
    if name in MEMORIES:
        return MEMORIES[name]
    kind, cores, *columns_first = name.split()
    x, y = map(int, cores.split("x"))
    in_tiles = layout == "tile"
    rows, width = int(np.prod(shape[:-1])), shape[-1]
    if in_tiles:
        rows = int(np.prod(shape[:-2])) * round_up(shape[-2], TILE_SIDE)
    down, across = {"height": (x * y, 1), "width": (1, x * y), "block": (x, y) if columns_first else (y, x)}[kind]
    height = round_up(-(-max(rows, 1) // down), TILE_SIDE if in_tiles else 1)
    part = width if across == 1 else round_up(-(-width // across), 8)
    grid = ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(1, 0), ttnn.CoreCoord(x, y - 1))])
    orientation = ttnn.ShardOrientation.COL_MAJOR if columns_first else ttnn.ShardOrientation.ROW_MAJOR
    spec = ttnn.ShardSpec(grid, [height, round_up(part, TILE_SIDE) if in_tiles else part], orientation)
    memory_layout = getattr(ttnn.TensorMemoryLayout, f"{kind.upper()}_SHARDED")
    return ttnn.MemoryConfig(memory_layout, ttnn.BufferType.L1, spec)


def round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def put_rows(values: np.ndarray, device, dtype: str, memory: str, layout: str):
    """A tensor of rows; in TILE layout its padding is NaN.

    It is sharded on the device: ttnn brings shards from the host wrongly where the last ones are not whole.
    """
    shape = values.shape if values.ndim > 1 else (1, *values.shape)
    if memory not in MEMORIES:
        return ttnn.to_memory_config(
            put_rows(values, device, dtype, "dram", layout), memory_config(memory, shape, layout)
        )
    where = {"dtype": DTYPES[dtype], "memory": memory, "layout": LAYOUTS[layout]}
    stored = (*shape[:-2], *(round_up(length, TILE_SIDE) for length in shape[-2:]))
    if layout == "rm" or values.size == 0 or stored == values.shape:
        return to_device(values, device, **where)
    padded = np.full(stored, np.nan, np.float32)
    padded[(..., *(slice(length) for length in shape[-2:]))] = values
    return ttnn.reshape(to_device(padded, device, **where), ttnn.Shape(values.shape), ttnn.Shape(stored))


def stored_elements(tensor) -> np.ndarray:
    """All that is stored of a tensor in TILE layout, as float32: `[matrices, rows, columns]` with the padding of its tiles."""
    buffer = np.from_dlpack(ttnn.from_device(tensor).host_buffer().get_shard(ttnn.MeshCoordinate([0, 0])))
    if tensor.dtype == ttnn.bfloat16:
        elements = (buffer.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    else:
        elements = buffer.view(np.float32)
    rows, columns = list(tensor.padded_shape)[-2:]
    faces = elements.reshape(-1, rows // TILE_SIDE, columns // TILE_SIDE, 2, 2, TILE_SIDE // 2, TILE_SIDE // 2)
    return faces.transpose(0, 1, 3, 5, 2, 4, 6).reshape(-1, rows, columns)


def padding_of(tensor) -> np.ndarray:
    """What a tensor in TILE layout has besides its elements, which count as zeros here."""
    stored = stored_elements(tensor)
    rows, columns = ([1, *tensor.shape])[-2:]
    stored[:, :rows, :columns] = 0
    return stored


def run(call: Call, data: Rows, device, operation=None) -> dict[str, np.ndarray]:
    """The call's results by name: y, and sum, mean and rstd where it returns them. Their shapes and dtypes are checked.
    Of another operation than that of its norm, if one is given.
    """
    x = put_rows(data.x, device, call.x, call.input_memory, call.input_layout)
    options = {"epsilon": call.epsilon, "return_statistics": call.statistics}
    options |= {"zero_centered_gamma": call.zero_centered, "activation": call.activation}
    if call.residual is not None:
        where = call.residual_memory, call.residual_layout
        options["residual"] = put_rows(data.residual, device, call.residual, *where)
    if call.sum is not None:
        options |= {"return_sum": True, "sum_dtype": DTYPES.get(call.sum), "sum_layout": LAYOUTS.get(call.sum_layout)}
    if call.output in DTYPES:
        options["dtype"] = DTYPES[call.output]
    elif call.output == "in_place":
        options["output_tensor"] = x
    elif call.output != "new":
        sevens = np.full(data.x.shape, 7.0)
        where = call.input_memory, call.layout_of("y")
        options["output_tensor"] = put_rows(sevens, device, call.output_dtype, *where)
    if "output_tensor" not in options:
        options["layout"] = LAYOUTS.get(call.output_layout)
    if call.output_memory is not None:
        options["memory_config"] = memory_config(call.output_memory, data.x.shape, call.layout_of("y"))
    vectors = [
        put_vector(kind, values, device, call.vector_memory)
        for kind, values in ((call.gamma, data.gamma), (call.beta, data.beta))
    ]
    returned = (operation or OPERATIONS[call.norm])(x, *vectors, **options)
    returned = returned if isinstance(returned, tuple) else (returned,)
    names = ["y", *["sum"] * (call.sum is not None)]
    names += ["mean"] * (call.statistics and call.norm == "layer") + ["rstd"] * call.statistics
    assert len(returned) == len(names)
    results = dict(zip(names, returned))
    check_specs(call, data, results, options.get("output_tensor"))
    return {name: to_numpy(tensor) for name, tensor in results.items()}


def check_specs(call: Call, data: Rows, results: dict, given) -> None:
    shapes = {"y": data.x.shape, "sum": data.x.shape}
    dtypes = {"y": call.output_dtype, "sum": call.sum_dtype}
    memory = memory_config(call.output_memory or call.input_memory, data.x.shape, call.layout_of("y"))
    for name, tensor in results.items():
        assert list(tensor.shape) == list(shapes.get(name, (*data.x.shape[:-1], 1))), name
        assert tensor.dtype == DTYPES[dtypes.get(name, "fp32")] and tensor.layout == LAYOUTS[call.layout_of(name)], name
        assert tensor.layout == ttnn.ROW_MAJOR_LAYOUT or not padding_of(tensor).any(), name
        assert tensor.memory_config().buffer_type == memory.buffer_type, name
        sharded_as = memory.memory_layout if name in shapes else ttnn.TensorMemoryLayout.INTERLEAVED
        assert tensor.memory_config().memory_layout == sharded_as, name
    assert given is None or results["y"].buffer_address() == given.buffer_address()


def judge(call: Call, data: Rows, results: dict[str, np.ndarray], tally: Tally, is_shifted=False) -> list[str]:
    """What is wrong with the results; correctly rounded outputs are counted in `tally`. `is_shifted`: also bfloat16 rows are
    centred by their first elements, as those with a residual are.
    """
    if data.x.size == 0:
        return []
    options = {"zero_centered_gamma": call.zero_centered}
    operands = data.joined, data.gamma, data.beta, call.epsilon
    exact, mean, rstd = REFERENCES[call.norm](*operands, return_statistics=True, **options)
    is_shifted = is_shifted or call.x == "fp32" or data.residual is not None
    terms = accuracy.terms(*operands, norm=REFERENCES[call.norm], is_shifted=is_shifted, **options)
    faults = judge_y(call, data, results["y"], exact, terms, tally)
    if "sum" in results:
        faults += judge_sum(call, results["sum"], data)
    largest = accuracy.row_maximum(data.joined)
    if "mean" in results:
        faults += beyond("mean", results["mean"], mean, FP32_SHARE * largest)
    if "rstd" in results:
        faults += beyond("rstd", results["rstd"], rstd, FP32_SHARE * rstd)
    return faults


def judge_y(call: Call, data: Rows, y, exact, terms, tally: Tally) -> list[str]:
    """Before rounding within `accuracy.error_bound`, and within 2^-20 of the row's largest |y|; rows of a few elements
    may cancel as a whole, and get four roundings (2^-24 each) of what is added up besides. bfloat16 is at most one ULP
    off where it has not cancelled, and counted whether correctly rounded. `exact` and `terms` are those of y before its
    activation, which makes of errors what its slope does.
    """
    is_bfloat16 = call.output_dtype == "bf16"
    bound = FP32_SHARE * accuracy.row_maximum(exact)
    if call.width < 32:
        beta = 0 if data.beta is None else data.beta.astype(np.float64)
        bound = bound + 2.0**-22 * (np.abs(exact - beta) + np.abs(beta))
    if call.activation is not None:
        exact, terms, bound = reference.activate(exact, call.activation), STEEPEST * terms, STEEPEST * bound
    bound = bound + is_bfloat16 * accuracy.half_ulp(exact, "bfloat16")
    faults = beyond("y", y, exact, bound)
    result = accuracy.compare(y, exact, terms, NAMES[call.output_dtype])
    if result.largest_error > accuracy.error_bound(call.width) or (is_bfloat16 and result.largest_ulp > 1):
        faults = faults or [f"y: {result}"]
    if is_bfloat16 and call.width >= 32:  # results of a few elements sit on ties of the rounding
        tally.elements += result.elements
        tally.rounded += result.correctly_rounded
    return faults


def judge_sum(call: Call, found, data: Rows) -> list[str]:
    """Correctly rounded in fp32; in bfloat16 the nearest to that, halves to even."""
    rounded = as_dtype(data.joined, call.sum_dtype)
    return beyond("sum", found, rounded.astype(np.float64), np.zeros(rounded.shape))


def beyond(name: str, found, exact, bound) -> list[str]:
    error = np.abs(found.astype(np.float64) - exact)
    wrong = ~(error <= bound + LEAST_NORMAL)
    if not wrong.any():
        return []
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    bound = np.broadcast_to(bound, exact.shape)
    return [
        f"{name}: {int(wrong.sum())} of {wrong.size} wrong, at {at} {found[at]!r} for {exact[at]!r}, bound {bound[at]:.3g}"
    ]


def try_call(call: Call, data: Rows, device, tally: Tally) -> None:
    """Run and judge; a failure is noted in `tally`, so that one test can try many calls."""
    tally.cases += 1
    faults = judge(call, data, run(call, data, device), tally)
    if faults:
        tally.failures.append(f"{call}, {list(data.x.shape)}: " + "; ".join(faults))
