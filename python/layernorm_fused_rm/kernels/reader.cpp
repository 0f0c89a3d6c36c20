// Reader of layernorm_fused_rm: brings a core's rows, gamma and beta from device memory into L1. NoC 0, NCRISC.
//
// shapes   input [rows, kWidth], a row a page; gamma and beta [kWidth], one page each
// out      kInput: pages of kRowsPerBlock rows, kRowStrideBytes apart; kGamma, kBeta: one page, pushed once
// per block: reserves and pushes one page of kInput. Once: one page each of kGamma and kBeta, behind the first block
// invariant: what a page holds beyond block.rows rows and kWidth elements is never read by anyone who trusts it
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "vectors.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Starts the read of a block's rows: one transfer where rows lie as close in L1 as in the bank, else one a row.
inline void start_reading_rows(Block block, uint32_t input_address, uint32_t l1_address) {
    const uint32_t first = input_address + block.first_page * kInputPageBytes;
    if constexpr (kInputPageBytes == kRowStrideBytes) {
        noc_async_read(get_noc_addr_from_bank_id<kInputInDram>(block.bank, first), l1_address,
                       block.rows * kInputPageBytes);
    } else {
        for (uint32_t row = 0; row < block.rows; ++row) {
            noc_async_read(get_noc_addr_from_bank_id<kInputInDram>(block.bank, first + row * kInputPageBytes),
                           l1_address + row * kRowStrideBytes, kInputPageBytes);
        }
    }
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    const uint32_t input_address = common_argument(contract::ReaderArgument::kInputAddress);

    ask_for_vectors();
    bool vectors_are_pushed = false;
    for_each_block([&](Block block) {
        cb_reserve_back(kInput, 1);
        start_reading_rows(block, input_address, get_write_ptr(kInput));
        noc_async_read_barrier();
        cb_push_back(kInput, 1);
        if (!vectors_are_pushed) {
            push_vectors();
            vectors_are_pushed = true;
        }
    });
    if (!vectors_are_pushed) {  // a core without rows only hands the vectors on to nobody
        noc_async_read_barrier();
        push_vectors();
    }
    noc_async_atomic_barrier();
}
