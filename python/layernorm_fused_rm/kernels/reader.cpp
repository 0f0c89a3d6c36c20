// Reader of layernorm_fused_rm: brings a core's rows, gamma and beta from device memory into L1. NoC 0, NCRISC.
//
// shapes   input [rows, kWidth], a row a page; gamma and beta [kWidth], one page each
// out      kInput: a step is a block of rows kRowStrideBytes apart (one page), or a segment of each row (a page each);
//          kGamma, kBeta: one page, pushed once
// per step: reserves and pushes kPagesPerStep pages of kInput, kStepsInFlight steps under way at a time, told apart by
//          transaction ids. Once: one page each of kGamma and kBeta, behind the first step
// invariant: what a page holds beyond block.rows rows and kWidth elements is never read by anyone who trusts it
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "vectors.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Starts the read of a step: one transfer where rows lie as close in L1 as in the bank, else one a row.
inline void start_reading_step(Block block, uint32_t segment, uint32_t input_address, uint32_t l1_address) {
    const uint32_t first = input_address + block.first_page * kInputPageBytes + segment_offset(segment);
    if constexpr (kIsResident && kInputPageBytes == kRowStrideBytes) {
        noc_async_read(get_noc_addr_from_bank_id<kInputInDram>(block.bank, first), l1_address,
                       block.rows * kInputPageBytes);
    } else {
        for (uint32_t row = 0; row < block.rows; ++row) {
            noc_async_read(get_noc_addr_from_bank_id<kInputInDram>(block.bank, first + row * kInputPageBytes),
                           l1_address + row * kRowStrideBytes, segment_bytes(segment, kInputPageBytes));
        }
    }
}

// Steps under way: started in turn, finished in turn. Slots of kInput and transaction ids go round.
class Steps {
public:
    Steps() : first_slot_(get_write_ptr(kInput)) {}

    // Reserves the next step's pages behind those under way; returns their L1 address.
    uint32_t start() {
        cb_reserve_back(kInput, (under_way_ + 1) * kPagesPerStep);
        noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);
        const uint32_t address = first_slot_ + next_ % kSlots * kPagesPerStep * kBufferPageBytes;
        ++next_;
        ++under_way_;
        return address;
    }

    // Waits for the oldest step and pushes its pages.
    void finish_oldest() {
        noc_async_read_barrier_with_trid(kFirstStepId + (next_ - under_way_) % kStepsInFlight);
        cb_push_back(kInput, kPagesPerStep);
        --under_way_;
    }

    uint32_t under_way() const { return under_way_; }

private:
    static constexpr uint32_t kSlots = kInputPages / kPagesPerStep;

    uint32_t first_slot_;  // L1 address
    uint32_t next_ = 0;    // step to be started
    uint32_t under_way_ = 0;
};

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    const uint32_t input_address = common_argument(contract::ReaderArgument::kInputAddress);

    ask_for_vectors();
    Steps steps;
    bool vectors_are_pushed = false;
    const auto finish_step = [&] {
        steps.finish_oldest();
        if (!vectors_are_pushed) {
            push_vectors();
            vectors_are_pushed = true;
        }
    };
    for_each_step([&](Block block, uint32_t segment) {
        start_reading_step(block, segment, input_address, steps.start());
        if (steps.under_way() == kStepsInFlight) {
            finish_step();
        }
    });
    while (steps.under_way() != 0) {
        finish_step();
    }
    if (!vectors_are_pushed) {  // a core without rows only takes part in the sharing
        push_vectors();
    }
    noc_async_read_set_trid(0);
    noc_async_atomic_barrier();
}
