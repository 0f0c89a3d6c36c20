// One core's work as the three kernels see it: its runs, block by block, in the same order in each of them. A page of a
// circular buffer is one block, so equal loops are what makes every push meet its pop.
#pragma once

#include <stdint.h>

#include "arguments.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {

// `rows` pages of one input bank, side by side.
struct Run {
    uint32_t bank;
    uint32_t first_page;  // within the bank
    uint32_t rows;
};

// Rows of a run that share one page of a circular buffer.
struct Block {
    uint32_t bank;
    uint32_t first_page;  // within the bank
    uint32_t rows;        // 1 .. kRowsPerBlock; the page has room for kRowsPerBlock
};

inline Run read_run(uint32_t index) {
    using contract::RunArgument;
    return {get_arg_val<uint32_t>(contract::run_slot(index, RunArgument::kBank)),
            get_arg_val<uint32_t>(contract::run_slot(index, RunArgument::kFirstPage)),
            get_arg_val<uint32_t>(contract::run_slot(index, RunArgument::kRows))};
}

// Calls visit(Block) for each block of this core.
template <typename Visit>
inline __attribute__((always_inline)) void for_each_block(Visit visit) {
    const uint32_t runs = get_arg_val<uint32_t>(static_cast<uint32_t>(contract::CoreArgument::kRuns));
    for (uint32_t index = 0; index < runs; ++index) {
        const Run run = read_run(index);
        for (uint32_t row = 0; row < run.rows; row += kRowsPerBlock) {
            const uint32_t left = run.rows - row;
            visit(Block{run.bank, run.first_page + row, left < kRowsPerBlock ? left : kRowsPerBlock});
        }
    }
}

}  // namespace layernorm_fused_rm
