// Reader of layernorm_fused_rm: brings a core's rows, gamma and beta from device memory into L1. NoC 0, NCRISC.
//
// shapes   input [rows, kWidth], a row a page; gamma and beta [kWidth], one page each
// out      kInput: pages of kRowsPerBlock rows, kRowStrideBytes apart; kGamma, kBeta: one page, pushed once
// per block: reserves and pushes one page of kInput. Before the first: one page each of kGamma and kBeta
// invariant: what a page holds beyond block.rows rows and kWidth elements is never read by anyone who trusts it
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

inline uint32_t common_argument(contract::ReaderArgument argument) {
    return get_common_arg_val<uint32_t>(static_cast<int>(argument));
}

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

// Starts the read of gamma or beta, the first page of its tensor, which lies in bank 0.
template <bool in_dram>
inline void start_reading_vector(uint32_t buffer, uint32_t address) {
    cb_reserve_back(buffer, 1);
    noc_async_read(get_noc_addr_from_bank_id<in_dram>(0, address), get_write_ptr(buffer),
                   kWidth * contract::kBytesPerBfloat16);
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    const uint32_t input_address = common_argument(contract::ReaderArgument::kInputAddress);

    bool vectors_are_there = false;
    for_each_block([&](Block block) {
        cb_reserve_back(kInput, 1);
        start_reading_rows(block, input_address, get_write_ptr(kInput));
        if (!vectors_are_there) {
            start_reading_vector<kGammaInDram>(kGamma, common_argument(contract::ReaderArgument::kGammaAddress));
            start_reading_vector<kBetaInDram>(kBeta, common_argument(contract::ReaderArgument::kBetaAddress));
        }
        noc_async_read_barrier();
        cb_push_back(kInput, 1);
        if (!vectors_are_there) {
            cb_push_back(kGamma, 1);
            cb_push_back(kBeta, 1);
            vectors_are_there = true;
        }
    });
}
