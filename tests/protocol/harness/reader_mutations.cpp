// SPDX-License-Identifier: Apache-2.0
// Of the reader, and of the buffers of what is read.
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> plain_mutations() {
    return {
        {"input push dropped", "push_rows", "cb_push_back(kInput, pages);", ""},
        {"input pushed a page short", "push_rows", "kInput, pages", "kInput, pages - 1"},
        {"input reserve dropped", "reserve_rows", "cb_reserve_back(kInput, pages);", ""},
        {"input reserved for one step only", "reserve_rows", "kInput, pages", "kInput, kPagesPerStep"},
        {"read barrier removed", "Steps::finish_oldest",
         "noc_async_read_barrier_with_trid(kFirstStepId + oldest % kStepsInFlight);", ""},
        {"barrier of the newest step instead of the oldest", "Steps::finish_oldest", "next_ - under_way_", "next_ - 1"},
        {"transaction id of the other step", "Steps::begin", "next_ % kStepsInFlight", "(next_ + 1) % kStepsInFlight"},
        {"a step's slot never changes", "Steps::pages", "next_ % kSlots", "0"},
        {"a step's slot is the next one", "Steps::pages", "next_ % kSlots", "(next_ + 1) % kSlots"},
        {"last steps never finished", "read_rows", "under_way() != 0", "under_way() > 1"},
        {"transaction id left behind", "reader::kernel_main", "noc_async_read_set_trid(0);", ""},
        {"transaction ids beyond 15", "Steps::begin", "next_ % kStepsInFlight", "next_"},
    };
}

[[nodiscard]] std::vector<Mutation> option_mutations() {
    return {
        {"residual push dropped", "push_rows", "cb_push_back(kResidual, pages);", "", kRichResident},
        {"residual pushed twice", "push_rows", "cb_push_back(kResidual, pages);",
         "cb_push_back(kResidual, pages); cb_push_back(kResidual, pages);", kRichResident},
        {"residual not reserved", "reserve_rows", "cb_reserve_back(kResidual, pages);", "", kRichResident},
        {"residual read to the input's pages", "start_reading_step", "tensors.residual, pages.residual",
         "tensors.residual, pages.input", kRichResident},
        {"input read in place of the residual", "start_reading_step", "tensors.residual", "tensors.input",
         kRichResident},
        {"residual's slot at the input's distance", "pages_of_slot", "kResidualTensor", "kInputTensor", kRichResident},
        {"residual of a segment missed", "start_reading_step", "segment, tensors.residual", "0, tensors.residual",
         kRichStreamed},
        {"one pass too few read", "read_rows", "pass < kReadsPerRow", "pass + 1 < kReadsPerRow", kReadAgain},
        {"one pass too many read", "read_rows", "pass < kReadsPerRow", "pass <= kReadsPerRow", kReadAgain},
        {"more steps under way than the buffer has room for", "read_rows", "steps.under_way() == kStepsInFlight",
         "steps.under_way() == kInputPages", kReadAgain},
    };
}

}  // namespace

std::vector<Mutation> reader_mutations() {
    std::vector<Mutation> all = plain_mutations();
    const std::vector<Mutation> more = option_mutations();
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace protocol
