// Writer of layernorm_fused_rm: brings gamma and beta, then takes normalised rows from L1 to where they belong in the
// outputs. NoC 1, BRISC.
//
// shapes   output, sum [rows, kWidth], a row a page; mean, rstd [rows, 1], an element a page; all interleaved; gamma and
//          beta [kWidth]
// out      kGamma, kBeta: one page, pushed once before all else, or a segment before each step
// in       kOutput, kSum: a step is a block of rows kRowStride elements apart (one page), or a segment of each row (a
//          page each); kStatistics: a page a block
// per step: waits for and pops kPagesPerStep pages of kOutput and of kSum; per block: one page of kStatistics, before
//          the block's steps
// invariant: every row is written once; a page is popped only when its writes have left L1
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "rows.hpp"
#include "vectors.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Addresses of what is written, of the first page in each bank.
struct Addresses {
    uint32_t output = common_argument(contract::WriterArgument::kOutputAddress);
    uint32_t sum = common_argument(contract::WriterArgument::kSumAddress);
    uint32_t mean = common_argument(contract::WriterArgument::kMeanAddress);
    uint32_t rstd = common_argument(contract::WriterArgument::kRstdAddress);
};

// kStatistics -> mean and rstd of the block's rows, an element each.
inline void write_statistics(Block block, const Addresses& addresses) {
    constexpr uint32_t kBytes = contract::kBytesPerFloat32;
    constexpr uint32_t kFromOneToNext = contract::kElementsPerVectorPair * kBytes;
    cb_wait_front(kStatistics, 1);
    for (uint32_t row = 0; row < block.rows; ++row) {
        const uint32_t l1_address = get_read_ptr(kStatistics) + contract::mean_offset(row, kRowsPerVector) * kBytes;
        if constexpr (kCentres) {
            noc_async_write(l1_address, row_address<kStatisticsTensor>(block, row, addresses.mean), kBytes);
        }
        noc_async_write(l1_address + kFromOneToNext, row_address<kStatisticsTensor>(block, row, addresses.rstd),
                        kBytes);
    }
    noc_async_writes_flushed();
    cb_pop_front(kStatistics, 1);
}

// kOutput, kSum -> one step of the tensors.
inline void write_step(Block block, uint32_t segment, const Addresses& addresses) {
    cb_wait_front(kOutput, kPagesPerStep);
    start_writing_rows<kOutputTensor>(block, segment, addresses.output, get_read_ptr(kOutput));
    if constexpr (kSumTensor.is_there()) {
        cb_wait_front(kSum, kPagesPerStep);
        start_writing_rows<kSumTensor>(block, segment, addresses.sum, get_read_ptr(kSum));
    }
    noc_async_writes_flushed();
    cb_pop_front(kOutput, kPagesPerStep);
    if constexpr (kSumTensor.is_there()) {
        cb_pop_front(kSum, kPagesPerStep);
    }
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    if constexpr (kHasVectors && !kReadsAgain) {
        bring_vectors();
    }
    const Addresses addresses;
    for_each_block<contract::WriterArgument>([&](Block block) {
        if constexpr (kReturnsStatistics) {
            write_statistics(block, addresses);
        }
        for (uint32_t segment = 0; segment < kSegments; ++segment) {
            if constexpr (kHasVectors && kReadsAgain) {
                bring_vector_segment(segment);
            }
            write_step(block, segment, addresses);
        }
    });
    noc_async_write_barrier();
}
