"""Calls of either operation with any of its options, made from a seed, run on the device, and judged in float64."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import ttnn

import layernorm_fused_rm
from layernorm_fused_rm import reference
from rows import MEMORIES, to_device, to_numpy

DTYPES = {"bf16": ttnn.bfloat16, "fp32": ttnn.float32}
OPERATIONS = {"layer": layernorm_fused_rm.layernorm_fused_rm, "rms": layernorm_fused_rm.rms_norm_fused_rm}
REFERENCES = {"layer": reference.layer_norm, "rms": reference.rms_norm}

# The numbers of docs/design.md: errors of fp32 results as a share of the row's largest, and the share of bfloat16 results
# that are correctly rounded.
FP32_SHARE = 2.0**-20
CORRECTLY_ROUNDED = 0.999
LEAST_NORMAL = 2.0**-126  # what is below counts as zero on the device


@dataclass(frozen=True)
class Call:
    """The options of a call. Vectors are None or "form dtype": form `vector` [W], `rank_4` [1, 1, 1, W], `cut`
    [1, 1, W / 32, 32], `tile` [1, 1, 1, W] in TILE layout. `output`: `new`, a dtype, `given` and a dtype, or `in_place`.
    """

    norm: str = "layer"
    width: int = 64
    x: str = "bf16"
    gamma: str | None = "vector bf16"
    beta: str | None = "vector bf16"
    residual: str | None = None
    input_memory: str = "dram"
    residual_memory: str = "dram"
    vector_memory: str = "dram"
    output_memory: str | None = None
    output: str = "new"
    sum: str | None = None  # None, "new" for the input's dtype, or a dtype
    statistics: bool = False
    zero_centered: bool = False
    epsilon: float = 1e-5

    @property
    def output_dtype(self) -> str:
        kind = self.output.removeprefix("given ")
        return self.x if kind in ("new", "in_place") else kind

    @property
    def sum_dtype(self) -> str:
        return self.x if self.sum == "new" else self.sum


@dataclass(frozen=True)
class Data:
    """float32 arrays, rounded to the tensors' dtypes; None where the call has no such tensor."""

    x: np.ndarray
    gamma: np.ndarray | None = None
    beta: np.ndarray | None = None
    residual: np.ndarray | None = None

    @property
    def joined(self) -> np.ndarray:
        """What is normalised: input + residual in fp32."""
        return self.x if self.residual is None else self.x + self.residual


@dataclass
class Tally:
    """bfloat16 outputs of at least a 4,096th of their row's largest, and how many of them are correctly rounded."""

    elements: int = 0
    rounded: int = 0
    cases: int = 0
    failures: list[str] = field(default_factory=list)

    def check(self) -> None:
        assert not self.failures, f"{len(self.failures)} of {self.cases} cases:\n" + "\n".join(self.failures)
        assert self.rounded >= CORRECTLY_ROUNDED * self.elements, f"{self.rounded} of {self.elements} correctly rounded"


def as_dtype(values, dtype: str) -> np.ndarray:
    return reference.round_to_bfloat16(values) if dtype == "bf16" else np.asarray(values, np.float32)


def draw(call: Call, rows, mean: float = 0.5, sigma: float = 2.0, seed: int = 0) -> Data:
    """x ~ N(mean, sigma), the residual ~ N(0, sigma), gamma ~ N(1, 0.2) (N(0, 0.2) if zero-centered), beta ~ N(0, 0.5)."""
    random = np.random.default_rng(seed)
    shape = (*rows, call.width)
    vector = lambda kind, centre, spread: (
        None if kind is None else as_dtype(random.normal(centre, spread, call.width), kind.split()[1])
    )
    return Data(
        x=as_dtype(random.normal(mean, sigma, shape), call.x),
        gamma=vector(call.gamma, 0 if call.zero_centered else 1, 0.2),
        beta=vector(call.beta, 0, 0.5),
        residual=None if call.residual is None else as_dtype(random.normal(0, sigma, shape), call.residual),
    )


def put_vector(kind: str | None, values: np.ndarray | None, device, memory: str):
    if kind is None:
        return None
    form, dtype = kind.split()
    width = values.size
    shape = {"vector": (width,), "cut": (1, 1, width // 32, 32)}.get(form, (1, 1, 1, width))
    layout = ttnn.TILE_LAYOUT if form == "tile" else ttnn.ROW_MAJOR_LAYOUT
    return to_device(values.reshape(shape), device, memory, layout, DTYPES[dtype])


def run(call: Call, data: Data, device) -> dict[str, np.ndarray]:
    """The call's results by name: y, and sum, mean and rstd where it returns them. Their shapes and dtypes are checked."""
    x = to_device(data.x, device, call.input_memory, dtype=DTYPES[call.x])
    options = {"epsilon": call.epsilon, "return_statistics": call.statistics, "zero_centered_gamma": call.zero_centered}
    if call.residual is not None:
        options["residual"] = to_device(data.residual, device, call.residual_memory, dtype=DTYPES[call.residual])
    if call.sum is not None:
        options |= {"return_sum": True, "sum_dtype": DTYPES.get(call.sum)}
    if call.output in DTYPES:
        options["dtype"] = DTYPES[call.output]
    elif call.output == "in_place":
        options["output_tensor"] = x
    elif call.output != "new":
        sevens = np.full(data.x.shape, 7.0)
        options["output_tensor"] = to_device(sevens, device, call.input_memory, dtype=DTYPES[call.output_dtype])
    if call.output_memory is not None:
        options["memory_config"] = MEMORIES[call.output_memory]
    vectors = [
        put_vector(kind, values, device, call.vector_memory)
        for kind, values in ((call.gamma, data.gamma), (call.beta, data.beta))
    ]
    returned = OPERATIONS[call.norm](x, *vectors, **options)
    returned = returned if isinstance(returned, tuple) else (returned,)
    names = ["y", *["sum"] * (call.sum is not None)]
    names += ["mean"] * (call.statistics and call.norm == "layer") + ["rstd"] * call.statistics
    assert len(returned) == len(names)
    results = dict(zip(names, returned))
    check_specs(call, data, results, options.get("output_tensor"))
    return {name: to_numpy(tensor) for name, tensor in results.items()}


def check_specs(call: Call, data: Data, results: dict, given) -> None:
    shapes = {"y": data.x.shape, "sum": data.x.shape}
    dtypes = {"y": call.output_dtype, "sum": call.sum_dtype}
    memory = call.output_memory or call.input_memory
    for name, tensor in results.items():
        assert list(tensor.shape) == list(shapes.get(name, (*data.x.shape[:-1], 1))), name
        assert tensor.dtype == DTYPES[dtypes.get(name, "fp32")] and tensor.layout == ttnn.ROW_MAJOR_LAYOUT, name
        assert tensor.memory_config().buffer_type == MEMORIES[memory].buffer_type, name
    assert given is None or results["y"].buffer_address() == given.buffer_address()


def judge(call: Call, data: Data, results: dict[str, np.ndarray], tally: Tally) -> list[str]:
    """What is wrong with the results; correctly rounded outputs are counted in `tally`."""
    if data.x.size == 0:
        return []
    joined = data.joined
    arguments = (joined, data.gamma, data.beta, call.epsilon)
    options = {"zero_centered_gamma": call.zero_centered}
    exact, mean, rstd = REFERENCES[call.norm](*arguments, return_statistics=True, **options)
    scaled = np.abs(REFERENCES[call.norm](joined, data.gamma, None, call.epsilon, **options))
    terms = scaled + (0 if data.beta is None else np.abs(data.beta.astype(np.float64)))
    faults = judge_y(call, results["y"], exact, terms, tally)
    if "sum" in results:
        faults += judge_sum(call, results["sum"], data)
    largest = np.abs(joined).max(axis=-1, keepdims=True)
    if "mean" in results:
        faults += beyond("mean", results["mean"], mean, FP32_SHARE * largest)
    if "rstd" in results:
        faults += beyond("rstd", results["rstd"], rstd, FP32_SHARE * rstd)
    return faults


def judge_y(call: Call, y, exact, terms, tally: Tally) -> list[str]:
    """fp32: within 2^-20 of the row's largest |y|; rows of a few elements may cancel as a whole, and get four roundings
    (2^-24 each) of the terms besides. bfloat16: that and half an ULP, and counted whether correctly rounded.
    """
    largest = np.abs(exact).max(axis=-1, keepdims=True)
    bound = FP32_SHARE * largest + (2.0**-22 * terms if call.width < 32 else 0)
    if call.output_dtype == "fp32":
        return beyond("y", y, exact, bound)
    if call.width >= 32:  # results of a few elements sit on ties of the rounding
        kept = np.abs(exact) >= 2.0**-12 * largest
        tally.elements += int(kept.sum())
        tally.rounded += int((y == reference.round_to_bfloat16(exact))[kept].sum())
    return beyond("y", y, exact, bound + half_ulp(exact))


def judge_sum(call: Call, found, data: Data) -> list[str]:
    """Correctly rounded in fp32; in bfloat16 the nearest to that, halves to even."""
    rounded = as_dtype(data.joined, call.sum_dtype)
    return beyond("sum", found, rounded.astype(np.float64), np.zeros(rounded.shape))


def half_ulp(values: np.ndarray) -> np.ndarray:
    """Half a bfloat16 ULP at `values`: 2^-8 of their power of two."""
    _, exponent = np.frexp(np.maximum(np.abs(values), LEAST_NORMAL))
    return np.ldexp(1.0, exponent - 9)


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


def try_call(call: Call, data: Data, device, tally: Tally) -> None:
    """Run and judge; a failure is noted in `tally`, so that one test can try many calls."""
    tally.cases += 1
    faults = judge(call, data, run(call, data, device), tally)
    if faults:
        tally.failures.append(f"{call}, {list(data.x.shape)}: " + "; ".join(faults))
