// SPDX-License-Identifier: Apache-2.0
// Writer of layernorm_fused_rm: brings gamma and beta, then takes normalised rows from L1 to where they belong in the
// outputs, and redoes those that have overflowed. NoC 1, BRISC.
//
// shapes   output, sum [rows, kWidth], a row a page; mean, rstd [rows, 1], an element a page; all interleaved; gamma and
//          beta [kWidth]
// out      kGamma, kBeta: one page, pushed once before all else, or a segment before each step
//          kInput, kResidual, behind the reader's last page: for each row that is redone pages that announce it, then
//          its steps
//          kJoined: where cores share rows, the sums of all their slices
// in       kPartial: those of this core's slice, before the block's other pages
//          kOutput, kSum: a step is a block of rows kRowStride elements apart (one page), or a segment of each row (a
//          page each); kStatistics: a page a block
// per step: waits for and pops kPagesPerStep pages of kOutput and of kSum; per block: one page of kStatistics, before
//          the block's steps
// where chips share rows and this call tells its stats: only these, a page of kStatistics a block
// invariant: every row is written once, and once more if it is redone; a page is popped only when its writes have left L1
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/affine.hpp"
#include "dataflow/exchange.hpp"
#include "dataflow/redo.hpp"
#include "dataflow/redo_list.hpp"
#include "dataflow/rows.hpp"
#include "dataflow/stats.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Addresses of what is written, and of what it comes from.
struct Addresses {
    uint32_t output = tensor_address(Tensor::kOutput);
    uint32_t sum = tensor_address(Tensor::kSum);
    uint32_t mean = tensor_address(Tensor::kMean);
    uint32_t rstd = tensor_address(Tensor::kRstd);
    RowAddresses read = row_tensors();
    // Whether the output is the input or the residual. (Addresses in DRAM and in L1 may be equal by chance.)
    bool are_written_over = output == read.input || output == read.residual;
};

// kStatistics -> mean and rstd of the block's rows, an element each, where they are returned; of rows that cores share,
// by the first slice's. Calls prepare() once they are there.
template <typename Prepare>
inline void write_statistics(Block block, const Addresses& addresses, Prepare prepare) {
    constexpr uint32_t kBytes = contract::kBytesPerFloat32;
    constexpr uint32_t kFromOneToNext = contract::kElementsPerVectorPair * kBytes;
    cb_wait_front(kStatistics, 1);
    prepare();
    for (uint32_t row = 0; kReturnsStatistics && row < block.rows; ++row) {
        if (is_padding(block, row) || own_slice() != 0) {
            continue;
        }
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

// One step's rows of the output that are not marked.
inline __attribute__((noinline, cold)) void start_writing_unmarked_rows(Block block, uint32_t segment, uint32_t address,
                                                                        uint32_t l1_address, const RedoList& list) {
    for (uint32_t row = 0; row < block.rows; row += kRowsRedone) {
        if (!list.has_marked(row, block.rows)) {
            start_writing_rows<kOutputTensor>(Block{block.bank, block.first_page + row, kRowsRedone}, segment, address,
                                              l1_address + row * stride_bytes(kOutputTensor));
        }
    }
}

// gamma and beta for one step, where they do not stay.
inline void bring_affine_of_step(uint32_t segment) {
    if constexpr (kHasAffine && kReadsAgain) {
        bring_affine_segment(segment);
    }
}

// A step of kOutput, and of kSum with it.
inline void wait_for_output() { cb_wait_front(kOutput, kPagesPerStep); }
inline void wait_for_sum() {
    if constexpr (kSumTensor.is_there()) {
        cb_wait_front(kSum, kPagesPerStep);
    }
}
inline void pop_step() {
    noc_async_writes_flushed();
    cb_pop_front(kOutput, kPagesPerStep);
    if constexpr (kSumTensor.is_there()) {
        cb_pop_front(kSum, kPagesPerStep);
    }
}

// kOutput -> one step of the output. Rows are looked at while they are under way, but where they would be written over
// what they came from, before; those that cores share have been looked at with their statistics.
inline void write_output(Block block, uint32_t segment, const Addresses& addresses, RedoList& list) {
    const uint32_t l1_address = get_read_ptr(kOutput);
    const bool is_looked_at = kRedoes && segment == 0 && !kIsSliced;
    segment = segment_of_row(segment);
    if (!addresses.are_written_over) {
        start_writing_rows<kOutputTensor>(block, segment, addresses.output, l1_address);
        if (is_looked_at) {
            list.look_at(block, l1_address);
        }
        return;
    }
    if (is_looked_at) {
        list.look_at(block, l1_address);
    }
    if (list.is_empty()) {
        start_writing_rows<kOutputTensor>(block, segment, addresses.output, l1_address);
    } else {
        start_writing_unmarked_rows(block, segment, addresses.output, l1_address, list);
    }
}

// kOutput, kSum -> one step of the tensors. Calls prepare_pop() before they are popped.
template <typename Prepare>
inline void write_step(Block block, uint32_t segment, const Addresses& addresses, RedoList& list, Prepare prepare_pop) {
    wait_for_output();
    write_output(block, segment, addresses, list);
    wait_for_sum();
    if constexpr (kSumTensor.is_there()) {
        start_writing_rows<kSumTensor>(block, segment_of_row(segment), addresses.sum, get_read_ptr(kSum));
    }
    prepare_pop();
    pop_step();
}

// The statistics of a row that was scaled -> its own. A constant row's variance is 0 and its rstd 1 / sqrt(epsilon)
// whatever the scale; any other's deviation is beyond 2^17, for one element differs by a unit in the last place at
// least.
inline void scale_statistics_back(uint32_t row, uint32_t scale) {
    constexpr uint32_t kLargestRstdExponent = kExponentOfOne - 16;
    const uint32_t mean_address =
        get_read_ptr(kStatistics) + contract::mean_offset(row, kRowsPerVector) * contract::kBytesPerFloat32;
    const uint32_t rstd_address = mean_address + contract::kElementsPerVectorPair * contract::kBytesPerFloat32;
    if constexpr (kCentres) {
        store_and_wait(mean_address, scaled_up(load(mean_address), scale));
    }
    const uint32_t rstd = load(rstd_address);
    if (exponent_of(rstd) <= kLargestRstdExponent) {
        store_and_wait(rstd_address, scaled_down(rstd, scale));
    }
}

// One step of rows that are redone; their statistics before the first. Their sums have been written. Calls prepare_pop()
// before the step is popped.
template <typename Prepare>
inline void write_redone_step(Block rows, uint32_t segment, const Scales& scales, const Addresses& addresses,
                              Prepare prepare_pop) {
    if constexpr (kHandsOverStatistics) {
        if (segment == 0) {
            write_statistics(rows, addresses, [&] {
                for (uint32_t row = 0; row < count_rows(rows); ++row) {
                    scale_statistics_back(row, scales.of[row]);
                }
            });
        }
    }
    wait_for_output();
    clear_padding_rows(rows, segment, get_read_ptr(kOutput));
    start_writing_rows<kOutputTensor>(rows, segment_of_row(segment), addresses.output, get_read_ptr(kOutput));
    wait_for_sum();
    prepare_pop();
    pop_step();
}

// A row once more, or a strip. What is normalised is taken while the last pass's segments are brought: where a row is read again
// for each pass, there is no room for all of it.
inline void redo_rows(Block rows, bool are_last, const Addresses& addresses, RowFeed& feed, Team& team) {
    constexpr uint32_t kStepsBefore =
        kReadsAgain ? 1 : kSegments;  // of the last pass, before the first that is normalised
    const Scales scales = feed.find_scales(rows, addresses.read);
    for (uint32_t step = 0; step + kSegments < kReadsPerRow * kSegments; ++step) {
        feed.push_scaled(rows, step % kSegments, addresses.read, scales);
    }
    for (uint32_t step = 0; step < kSegments + kStepsBefore; ++step) {
        if (step < kSegments) {
            bring_affine_of_step(step);
            feed.push_scaled(rows, step, addresses.read, scales);
        }
        if (step + 1 == kSegments) {
            team.exchange_for_batch();
        }
        if (step >= kStepsBefore) {
            const uint32_t segment = step - kStepsBefore;
            write_redone_step(rows, segment, scales, addresses, [&] {
                if (segment + 1 == kSegments && !are_last) {
                    feed.announce_row();
                }
            });
        }
    }
}

inline __attribute__((noinline, cold)) void redo_marked(const Addresses& addresses, const RedoList& list, RowFeed& feed,
                                                        Team& team) {
    noc_async_write_barrier();  // what was written of them is there before
    uint32_t left = list.size();
    list.for_each_row([&](uint32_t position) {
        redo_rows(row_at<contract::DataMovementArgument>(position), --left == 0, addresses, feed, team);
    });
}

// All rows where chips share them and this call tells its stats.
inline void write_all_stats() {
    const uint32_t address = tensor_address(Tensor::kStats);
    for_each_block<contract::DataMovementArgument>([=](Block block) { write_stats(block, address); });
}

// All rows. A function of its own: registers are saved once gamma and beta are on their way, and put back while the
// last writes are.
inline __attribute__((noinline)) void write_rows(Team team) {
    if constexpr (kTellsStats) {
        return write_all_stats();
    }
    const Addresses addresses;
    RedoList list;
    uint32_t blocks_left = count_blocks<contract::DataMovementArgument>();
    RowFeed feed(blocks_left);
    for_each_block<contract::DataMovementArgument>([&](Block block) {
        team.exchange_for_batch();
        if constexpr (kHandsOverStatistics) {
            write_statistics(block, addresses, [&] {
                if constexpr (kExchangesSums) {
                    list.look_at(block, get_read_ptr(kStatistics));
                }
            });
        }
        --blocks_left;
        for (uint32_t segment = 0; segment < kSegments; ++segment) {
            bring_affine_of_step(segment);
            write_step(block, segment, addresses, list, [&] {
                if (blocks_left == 0 && segment + 1 == kSegments && !list.is_empty()) {
                    feed.announce_row();
                }
            });
        }
    });
    if (kRedoes && !list.is_empty()) {
        redo_marked(addresses, list, feed, team);
    }
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    Team team;
    // Compute needs the sums of whole rows before it needs gamma and beta. Where each core reads these, they come behind
    // its rows: a single row is one page, often of their bank.
    if constexpr (kHasAffine && !kReadsAgain) {
        if constexpr (kExchangesSums && !kSharesAffine) {
            team.exchange_ahead(request_affine);
        } else {
            request_affine();
            team.exchange_ahead([] {});
        }
        receive_affine();
    }
    write_rows(team);
    noc_async_write_barrier();
    if constexpr (kExchangesSums || kAffineShares > 1) {
        noc_async_atomic_barrier();
    }
}
