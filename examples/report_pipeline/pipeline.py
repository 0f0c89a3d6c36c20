# SPDX-License-Identifier: Apache-2.0
"""The pipeline of the report that this project grew out of: thirteen circular buffers, on one core.

tilize -> mean, variance, 1 / std -> normalise -> gamma, beta -> pack_untilize; every intermediate is bfloat16. With the
pages that the report gives the output buffer it hangs: docs/report-pipeline.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import ttnn

from layernorm_fused_rm.reference import round_to_bfloat16

KERNELS = Path(__file__).parent
AS_REPORTED, CURED = PAGES = ("as reported", "cured")
TILE = 32
TILE_BYTES = TILE * TILE * 2
TILES_IN_HALF_OF_DEST = 8
OUTPUT = 16

_CORE = ttnn.CoreCoord(0, 0)
_CORES = ttnn.CoreRangeSet([ttnn.CoreRange(_CORE, _CORE)])


@dataclass(frozen=True)
class Buffer:
    """A line of the report's table."""

    purpose: str
    page_bytes: int
    pages: int


def buffers(width: int, pages: str) -> dict[int, Buffer]:
    """The report's table by CB ID, for rows of `width` elements. Cured, c_16 has the same bytes in other pages, and c_4
    and c_5 have room for all that tilize reads."""
    stick, tiles = 2 * width, width // TILE
    output, vector_sticks = {AS_REPORTED: ((stick, TILE), 1), CURED: ((TILE_BYTES, tiles), TILE)}[pages]
    return {
        0: Buffer("Input RM sticks", stick, TILE),
        1: Buffer("Tiled input", TILE_BYTES, 2 * tiles),
        2: Buffer("Scaler (1/W)", TILE_BYTES, 2),
        3: Buffer("Epsilon", TILE_BYTES, 1),
        4: Buffer("Gamma RM", stick, vector_sticks),
        5: Buffer("Beta RM", stick, vector_sticks),
        6: Buffer("Gamma tiled", TILE_BYTES, tiles),
        7: Buffer("Beta tiled", TILE_BYTES, tiles),
        OUTPUT: Buffer("Output RM sticks", *output),
        24: Buffer("Centered", TILE_BYTES, tiles),
        25: Buffer("Mean", TILE_BYTES, 1),
        26: Buffer("Variance", TILE_BYTES, 1),
        27: Buffer("Inv std", TILE_BYTES, 1),
    }


def normalise(x, gamma, beta, epsilon: float = 1e-5, *, pages: str = CURED):
    """LayerNorm of the rows of `x`.

    Args:
        x (ttnn.Tensor): [H, W], BFLOAT16, ROW_MAJOR, interleaved. H and W are multiples of 32, W at most what L1 holds
            of nine rows of tiles: 2,368 on a Wormhole.
        gamma, beta (ttnn.Tensor): [W], likewise.
        epsilon: taken as a bfloat16.
        pages: "cured", or "as reported", which ends at W = 1,024 only.

    Raises:
        ValueError: the pipeline cannot do such tensors.
        RuntimeError: of ttnn, where the buffers do not fit in L1.
    """
    shape = list(x.shape)
    if len(shape) != 2 or any(size == 0 or size % TILE for size in shape):
        raise ValueError(f"the report's pipeline wants [H, W] in whole tiles of {TILE}, not {shape}")
    for tensor, wanted in ((x, shape), (gamma, shape[1:]), (beta, shape[1:])):
        if (list(tensor.shape), tensor.dtype, tensor.layout) != (wanted, ttnn.bfloat16, ttnn.ROW_MAJOR_LAYOUT):
            found = f"{list(tensor.shape)} {tensor.dtype.name} {tensor.layout.name}"
            raise ValueError(f"the report's pipeline wants {wanted} BFLOAT16 ROW_MAJOR, not {found}")
    place = x.memory_config().buffer_type
    y = ttnn.allocate_tensor_on_device(ttnn.TensorSpec(x.shape, x.dtype, x.layout, place), x.device())
    return ttnn.generic_op([x, gamma, beta, y], _describe(x, gamma, beta, y, epsilon, buffers(shape[1], pages)))


def _describe(x, gamma, beta, y, epsilon: float, table: dict[int, Buffer]):
    tiles = x.shape[1] // TILE
    tiles_per_call = next(count for count in range(TILES_IN_HALF_OF_DEST, 0, -1) if tiles % count == 0)
    epsilon_bits = int(round_to_bfloat16(np.array([epsilon])).view(np.uint32)[0] >> 16)
    compute = ttnn.ComputeConfigDescriptor(math_fidelity=ttnn.MathFidelity.HiFi4)
    kernels = [
        _kernel("reader", ttnn.ReaderConfigDescriptor(), x, [epsilon_bits], [x, gamma, beta]),
        _kernel("compute", compute, x, [tiles_per_call], []),
        # A block is all of the buffer, in whatever pages.
        _kernel("writer", ttnn.WriterConfigDescriptor(), x, [table[OUTPUT].pages], [y]),
    ]
    return ttnn.ProgramDescriptor(
        kernels=kernels, semaphores=[], cbs=[_describe_buffer(index, buffer) for index, buffer in table.items()]
    )


def _kernel(name: str, config, x, arguments: list[int], tensors: list):
    """Compile-time arguments: those of buffers.hpp, the kernel's own, where each tensor's pages are."""
    rows, width = x.shape
    places = [word for tensor in tensors for word in ttnn.TensorAccessorArgs(tensor).get_compile_time_args()]
    addresses = ttnn.RuntimeArgs()
    addresses[_CORE.x][_CORE.y] = [tensor.buffer_address() for tensor in tensors]
    return ttnn.KernelDescriptor(
        kernel_source=str(KERNELS / f"{name}.cpp"),
        core_ranges=_CORES,
        compile_time_args=[width, rows // TILE, *arguments, *places],
        runtime_args=addresses,
        config=config,
        compiler_include_paths=[str(KERNELS)],
    )


def _describe_buffer(index: int, buffer: Buffer):
    page = ttnn.CBFormatDescriptor(buffer_index=index, data_format=ttnn.bfloat16, page_size=buffer.page_bytes)
    return ttnn.CBDescriptor(total_size=buffer.pages * buffer.page_bytes, core_ranges=_CORES, format_descriptors=[page])
