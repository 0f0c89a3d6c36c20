// SPDX-License-Identifier: Apache-2.0
// One core's work as the three kernels see it: its runs, block by block, and each block's steps, in the same order in
// each of them. Equal loops are what makes every push meet its pop: a step is kPagesPerStep pages of kInput (and of
// kResidual) and of kOutput (and of kSum).
#pragma once

#include <stdint.h>

#include "arguments.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {

// `rows` pages of one input bank, side by side; or rows of strips.
struct Run {
    uint32_t bank;
    uint32_t first_page;  // within the bank
    uint32_t rows;
};

// Rows of a run that are normalised together.
struct Block {
    uint32_t bank;
    uint32_t first_page;  // within the bank
    uint32_t rows;        // 1 .. kRowsPerBlock; pages have room for kRowsPerBlock
};

// An argument of this core. Common is the kernel's enumeration of its common arguments.
template <typename Common>
inline uint32_t core_argument(uint32_t slot) {
    if constexpr (kOneCore) {
        return get_common_arg_val<uint32_t>(static_cast<uint32_t>(Common::kCount) + slot);
    } else {
        return get_arg_val<uint32_t>(slot);
    }
}

template <typename Common>
inline uint32_t count_runs() {
    return core_argument<Common>(static_cast<uint32_t>(contract::CoreArgument::kRuns));
}

template <typename Common>
inline Run read_run(uint32_t index) {
    using contract::RunArgument;
    return {core_argument<Common>(contract::run_slot(index, RunArgument::kBank)),
            core_argument<Common>(contract::run_slot(index, RunArgument::kFirstPage)),
            core_argument<Common>(contract::run_slot(index, RunArgument::kRows))};
}

// Calls visit(Block) for each block of this core.
template <typename Common, typename Visit>
inline __attribute__((always_inline)) void for_each_block(Visit visit) {
    const uint32_t runs = count_runs<Common>();
    for (uint32_t index = 0; index < runs; ++index) {
        const Run run = read_run<Common>(index);
        for (uint32_t row = 0; row < run.rows; row += kRowsPerBlock) {
            const uint32_t left = run.rows - row;
            visit(Block{run.bank, run.first_page + row, left < kRowsPerBlock ? left : kRowsPerBlock});
        }
    }
}

template <typename Common>
inline uint32_t count_blocks() {
    uint32_t blocks = 0;
    for (uint32_t index = count_runs<Common>(); index-- > 0;) {
        blocks += (read_run<Common>(index).rows + kRowsPerBlock - 1) / kRowsPerBlock;
    }
    return blocks;
}

// Which slice of its rows this core has; where that begins in the row, in columns; and which of the row's segments is
// one of the slice's.
inline uint32_t own_slice() {
    if constexpr (!kIsSliced) {
        return 0;
    }
    return get_arg_val<uint32_t>(contract::team_slot(contract::TeamArgument::kSlice));
}
inline uint32_t first_column() { return own_slice() * kWidth; }
// Where L1's gamma and beta begin: shared ones are those of whole rows.
inline uint32_t first_affine_column() { return kSharesAffine ? first_column() : 0; }
inline uint32_t segment_of_row(uint32_t segment) { return own_slice() * kSegments + segment; }

// Elements of a row in one segment of it: as many as fit a chunk, or the rest of the row.
inline uint32_t segment_elements(uint32_t segment) {
    return kIsSliced || segment + 1 < kSegments ? kColumnsPerChunk : kWidth - segment * kColumnsPerChunk;
}

// What is redone together (dataflow/redo.hpp): a row, or a strip.
inline constexpr uint32_t kRowsRedone = kRowsAreStrips ? contract::kRowsPerStrip : 1;

// Rows of a strip that are no padding.
inline constexpr uint32_t kNoPadding = 0xffffffff;  // for a strip's first row: it is taken for one without
template <typename Common>
inline uint32_t rows_in_strip(uint32_t first_row) {
    if (!kPadsRows || first_row == kNoPadding) {
        return contract::kRowsPerStrip;
    }
    const uint32_t rows = get_common_arg_val<uint32_t>(static_cast<uint32_t>(Common::kRowsPerMatrix));
    const uint32_t row = first_row % contract::rows_in_tiles(rows);
    const uint32_t left = row < rows ? rows - row : 0;
    return left < contract::kRowsPerStrip ? left : contract::kRowsPerStrip;
}

}  // namespace layernorm_fused_rm
