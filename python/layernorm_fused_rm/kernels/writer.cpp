// Writer of layernorm_fused_rm: takes normalised rows from L1 to where they belong in the output. NoC 1, BRISC.
//
// shapes   output [rows, kWidth], a row a page, interleaved over kOutputBanks banks
// in       kOutput: a step is a block of rows kRowStrideBytes apart (one page), or a segment of each row (a page each)
// per step: waits for and pops kPagesPerStep pages of kOutput
// invariant: every row is written once; a page is popped only when its writes have left L1
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Input and output interleave alike, so a run of the input is a run of the output.
inline constexpr bool kSameBanks =
    kInputInDram == kOutputInDram && kInputBanks == kOutputBanks && kInputPageBytes == kOutputPageBytes;

// Starts the write of a block as one transfer: its rows lie side by side in L1 and in the bank.
inline void start_writing_run(Block block, uint32_t output_address, uint32_t l1_address) {
    const uint32_t first = output_address + block.first_page * kOutputPageBytes;
    noc_async_write(l1_address, get_noc_addr_from_bank_id<kOutputInDram>(block.bank, first),
                    block.rows * kOutputPageBytes);
}

// Starts the write of a step row by row, each to its own bank.
inline void start_writing_rows(Block block, uint32_t segment, uint32_t output_address, uint32_t l1_address) {
    for (uint32_t row = 0; row < block.rows; ++row) {
        const uint32_t page = block.bank + (block.first_page + row) * kInputBanks;
        const uint32_t offset = page / kOutputBanks * kOutputPageBytes + segment_offset(segment);
        noc_async_write(l1_address + row * kRowStrideBytes,
                        get_noc_addr_from_bank_id<kOutputInDram>(page % kOutputBanks, output_address + offset),
                        segment_bytes(segment, kOutputPageBytes));
    }
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    const uint32_t output_address =
        get_common_arg_val<uint32_t>(static_cast<int>(contract::WriterArgument::kOutputAddress));

    for_each_step([&](Block block, uint32_t segment) {
        cb_wait_front(kOutput, kPagesPerStep);
        if constexpr (kIsResident && kSameBanks && kOutputPageBytes == kRowStrideBytes) {
            start_writing_run(block, output_address, get_read_ptr(kOutput));
        } else {
            start_writing_rows(block, segment, output_address, get_read_ptr(kOutput));
        }
        noc_async_writes_flushed();
        cb_pop_front(kOutput, kPagesPerStep);
    });
    noc_async_write_barrier();
}
