# SPDX-License-Identifier: Apache-2.0
"""Which core holds which bank of interleaved L1 tensors, asked of the device itself.

ttnn numbers L1 banks in a shuffled order (tt_metal/impl/allocator/l1_banking_allocator.cpp) and has no query for it. Page i
of an interleaved tensor lies in bank i, so a tensor whose page i says i, read by each core from its own L1, tells. One
small program a device, before the first call with an L1 tensor.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import ttnn

KERNEL = Path(__file__).parent / "kernels" / "query" / "own_bank.cpp"
# A page: the bank's number, then what no L1 holds by chance. Eight words, which is a whole page in DRAM as well.
_MARK = (0x6C6E6F72, 0x6D2D726D, 0x2D62616E, 0x6B206F66, 0x20636F72, 0x65732E2E, 0x2E2E2E2E)
_PAGE_WORDS = 1 + len(_MARK)


def bank_cores(device, banks: int) -> list[tuple[int, int]]:
    """The logical core (x, y) of each L1 bank; empty where the device does not tell, which costs speed only."""
    if ttnn.graph.is_python_io_recording_enabled():  # the question would be part of the graph, and needs torch there
        return []
    grid = device.compute_with_storage_grid_size()
    cores = [(x, y) for y in range(grid.y) for x in range(grid.x)]
    try:
        answers = _ask(device, cores, banks)
    except RuntimeError:  # nothing can be launched now: an L1 that is full, a trace being captured, a missing compiler
        return []
    core_of_bank = {
        int(words[0]): core
        for core, words in zip(cores, answers, strict=True)
        if tuple(int(word) for word in words[1:]) == _MARK
    }
    return [core_of_bank[bank] for bank in range(banks)] if sorted(core_of_bank) == list(range(banks)) else []


def _ask(device, cores: list[tuple[int, int]], banks: int) -> np.ndarray:
    """What each core has in its own L1 where its bank's page would be: [cores, words of a page]."""
    numbers = np.array([(bank, *_MARK) for bank in range(banks)], np.uint32)
    host = ttnn.Tensor(numbers, ttnn.uint32)
    question = ttnn.to_device(host, device, memory_config=ttnn.L1_MEMORY_CONFIG)
    answers = ttnn.allocate_tensor_on_device(
        ttnn.Shape([len(cores), _PAGE_WORDS]), ttnn.uint32, ttnn.ROW_MAJOR_LAYOUT, device, ttnn.DRAM_MEMORY_CONFIG
    )
    places = ttnn.RuntimeArgs()
    dram_banks, page_bytes = device.dram_grid_size().x, answers.buffer_aligned_page_size()
    for page, (x, y) in enumerate(cores):
        places[x][y] = [page % dram_banks, page // dram_banks * page_bytes]
    kernel = ttnn.KernelDescriptor(
        kernel_source=str(KERNEL),
        core_ranges=ttnn.CoreRangeSet([ttnn.CoreRange(ttnn.CoreCoord(*cores[0]), ttnn.CoreCoord(*cores[-1]))]),
        runtime_args=places,
        common_runtime_args=[question.buffer_address(), answers.buffer_address()],
        config=ttnn.ReaderConfigDescriptor(),
    )
    ttnn.generic_op([question, answers], ttnn.ProgramDescriptor(kernels=[kernel], semaphores=[], cbs=[]))
    return ttnn.from_device(answers).to_numpy()
