// Reader of layernorm_fused_rm: brings a core's rows, gamma and beta from device memory into L1. NoC 0, NCRISC.
//
// shapes   input, residual [rows, kWidth], a row a page; gamma and beta [kWidth]
// out      kInput, kResidual: a step is a block of rows kRowStride elements apart (one page), or a segment of each row
//          (a page each); kGamma, kBeta: one page, pushed once, or a segment with each step of a row's last pass
// per step: reserves and pushes kPagesPerStep pages of kInput and of kResidual, kStepsInFlight steps under way at a
//          time, told apart by transaction ids
// invariant: what a page holds beyond block.rows rows and kWidth elements is never read by anyone who trusts it
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "rows.hpp"
#include "vectors.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Addresses of what is read, of the first page in each bank.
struct Addresses {
    uint32_t input = common_argument(contract::ReaderArgument::kInputAddress);
    uint32_t residual = common_argument(contract::ReaderArgument::kResidualAddress);
    uint32_t gamma = common_argument(contract::ReaderArgument::kGammaAddress);
    uint32_t beta = common_argument(contract::ReaderArgument::kBetaAddress);
};

// Steps under way: started in turn, finished in turn. Slots of the buffers and transaction ids go round.
class Steps {
public:
    // Reserves the next step's pages behind those under way; reads from here on are its own.
    void begin() {
        const uint32_t pages = (under_way_ + 1) * kPagesPerStep;
        cb_reserve_back(kInput, pages);
        if constexpr (kResidualTensor.is_there()) {
            cb_reserve_back(kResidual, pages);
        }
        noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);
    }

    // L1 addresses of the step that has begun.
    uint32_t input_address() const { return first_input_ + slot() * page_bytes(kInputTensor); }
    uint32_t residual_address() const { return first_residual_ + slot() * page_bytes(kResidualTensor); }

    // All reads of the step have been started.
    void end() {
        ++next_;
        ++under_way_;
    }

    // Waits for the oldest step and pushes its pages.
    void finish_oldest() {
        noc_async_read_barrier_with_trid(kFirstStepId + (next_ - under_way_) % kStepsInFlight);
        cb_push_back(kInput, kPagesPerStep);
        if constexpr (kResidualTensor.is_there()) {
            cb_push_back(kResidual, kPagesPerStep);
        }
        --under_way_;
    }

    uint32_t under_way() const { return under_way_; }

private:
    uint32_t slot() const { return next_ % (kInputPages / kPagesPerStep) * kPagesPerStep; }

    uint32_t first_input_ = get_write_ptr(kInput);
    uint32_t first_residual_ = kResidualTensor.is_there() ? get_write_ptr(kResidual) : 0;
    uint32_t next_ = 0;  // step to be started
    uint32_t under_way_ = 0;
};

// Starts the reads of a step's rows.
inline void start_reading_step(Block block, uint32_t segment, const Addresses& addresses, Steps& steps) {
    steps.begin();
    start_reading_rows<kInputTensor>(block, segment, addresses.input, steps.input_address());
    if constexpr (kResidualTensor.is_there()) {
        start_reading_rows<kResidualTensor>(block, segment, addresses.residual, steps.residual_address());
    }
    steps.end();
}

// Rows are kept in L1: each is read once, and gamma and beta behind the first step.
inline void read_each_row_once(const Addresses& addresses) {
    if constexpr (kHasVectors) {
        ask_for_vectors();
    }
    Steps steps;
    bool vectors_are_pushed = !kHasVectors;
    const auto finish_step = [&] {
        steps.finish_oldest();
        if (!vectors_are_pushed) {
            push_vectors();
            vectors_are_pushed = true;
        }
    };
    for_each_block([&](Block block) {
        for (uint32_t segment = 0; segment < kSegments; ++segment) {
            start_reading_step(block, segment, addresses, steps);
            if (steps.under_way() == kStepsInFlight) {
                finish_step();
            }
        }
    });
    while (steps.under_way() != 0) {
        finish_step();
    }
    if (!vectors_are_pushed) {  // a core without rows only takes part in the sharing
        push_vectors();
    }
}

// One segment of gamma and beta, complete when this returns.
inline void read_vector_segment(uint32_t segment, const Addresses& addresses) {
    const uint32_t first = segment * contract::kElementsPerChunk;
    const uint32_t last = first + segment_elements(segment);
    reserve_vector<kGammaVector>(kGamma);
    reserve_vector<kBetaVector>(kBeta);
    noc_async_read_set_trid(kVectorsId);
    start_reading_vector<kGammaVector>(addresses.gamma, first, last, kGamma);
    start_reading_vector<kBetaVector>(addresses.beta, first, last, kBeta);
    noc_async_read_barrier_with_trid(kVectorsId);
    push_vector<kGammaVector>(kGamma);
    push_vector<kBetaVector>(kBeta);
}

// Rows are too wide for L1: each is read once a pass, gamma and beta segment by segment with the last.
inline void read_rows_for_each_pass(const Addresses& addresses) {
    Steps steps;
    for_each_block([&](Block block) {
        for (uint32_t pass = 0; pass < kPasses; ++pass) {
            for (uint32_t segment = 0; segment < kSegments; ++segment) {
                start_reading_step(block, segment, addresses, steps);
                steps.finish_oldest();
                if (kHasVectors && pass + 1 == kPasses) {
                    read_vector_segment(segment, addresses);
                }
            }
        }
    });
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    const Addresses addresses;
    if constexpr (kReadsAgain) {
        read_rows_for_each_pass(addresses);
    } else {
        read_each_row_once(addresses);
    }
    noc_async_read_set_trid(0);
    noc_async_atomic_barrier();
}
