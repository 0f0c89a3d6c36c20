// SPDX-License-Identifier: Apache-2.0
// Reader of layernorm_fused_rm: brings a core's rows from device memory into L1. NoC 0, NCRISC.
//
// shapes   input, residual [rows, kWidth], a row a page
// out      kInput, kResidual: a step is a block of rows kRowStride elements apart (one page), or a segment of each row
//          (a page each); rows too wide for L1 once a pass
//          kStats: a page a block, where chips share rows, with the block's first step
//          kGamma, kBeta: on a core without rows whose writer multicasts them
// per step: reserves and pushes kPagesPerStep pages of kInput and of kResidual, kStepsInFlight steps under way at a
//          time, told apart by transaction ids
// invariant: what a page holds beyond block.rows rows and kWidth elements is never read by anyone who trusts it
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/affine.hpp"
#include "dataflow/rows.hpp"
#include "dataflow/stats.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Transaction ids tell the steps under way apart. 0 is everyone else's.
inline constexpr uint32_t kFirstStepId = 1;

// Steps under way: started in turn, finished in turn. Slots of the buffers and transaction ids go round.
class Steps {
public:
    // Reserves the next step's pages behind those under way; reads from here on are its own. The block's stats come with
    // its first.
    void begin(Block block) {
        reserve_rows((under_way_ + 1) * kPagesPerStep);
        noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);
        if (next_ % kStepsPerBlock == 0) {
            stats_.start(block);
        }
    }

    // L1 addresses of the step that has begun.
    RowAddresses pages() const { return pages_of_slot(first_, next_ % kSlots); }

    // All reads of the step have been started.
    void end() {
        ++next_;
        ++under_way_;
    }

    // Waits for the oldest step and pushes its pages.
    void finish_oldest() {
        const uint32_t oldest = next_ - under_way_;
        noc_async_read_barrier_with_trid(kFirstStepId + oldest % kStepsInFlight);
        if (oldest % kStepsPerBlock == 0) {
            stats_.finish_oldest();
        }
        push_rows(kPagesPerStep);
        --under_way_;
    }

    uint32_t under_way() const { return under_way_; }

private:
    static constexpr uint32_t kStepsPerBlock = kReadsPerRow * kSegments;

    const RowAddresses first_ = row_buffers();
    uint32_t next_ = 0;  // step to be started
    uint32_t under_way_ = 0;
    StatsUnderWay stats_;
};

// Rows are kept in L1, and each is read once; else they are too wide for it, and each is read once a pass.
inline __attribute__((always_inline)) void read_rows(RowAddresses tensors) {
    Steps steps;
    for_each_block<contract::DataMovementArgument>([&](Block block) {
        for (uint32_t pass = 0; pass < kReadsPerRow; ++pass) {
            for (uint32_t segment = 0; segment < kSegments; ++segment) {
                steps.begin(block);
                start_reading_step(block, segment_of_row(segment), tensors, steps.pages());
                steps.end();
                if (steps.under_way() == kStepsInFlight) {
                    steps.finish_oldest();
                }
            }
        }
    });
    while (steps.under_way() != 0) {
        steps.finish_oldest();
    }
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    if constexpr (kReadersReadAffine) {
        for_own_share(own_share(), read_for_writer<kGammaVector>, read_for_writer<kBetaVector>);
    }
    read_rows(row_tensors());
    noc_async_read_set_trid(0);
}
