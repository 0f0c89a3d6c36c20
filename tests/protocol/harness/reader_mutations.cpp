// Of reader.cpp, and of the buffers of what is read.
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> plain_mutations() {
    const std::string file = "reader.cpp";
    const std::string rows = "dataflow/rows.hpp";
    return {
        {"input push dropped", rows, "cb_push_back(kInput, pages);", ""},
        {"input pushed a page short", rows, "cb_push_back(kInput, pages);", "cb_push_back(kInput, pages - 1);"},
        {"input reserve dropped", rows, "cb_reserve_back(kInput, pages);", ""},
        {"input reserved for one step only", rows, "cb_reserve_back(kInput, pages);",
         "cb_reserve_back(kInput, kPagesPerStep);"},
        {"read barrier removed", file,
         "noc_async_read_barrier_with_trid(kFirstStepId + (next_ - under_way_) % kStepsInFlight);", ""},
        {"barrier of the newest step instead of the oldest", file, "(next_ - under_way_) % kStepsInFlight",
         "(next_ - 1) % kStepsInFlight"},
        {"transaction id of the other step", file, "noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);",
         "noc_async_read_set_trid(kFirstStepId + (next_ + 1) % kStepsInFlight);"},
        {"a step's slot never changes", file, "next_ % kSlots", "0"},
        {"a step's slot is the next one", file, "next_ % kSlots", "(next_ + 1) % kSlots"},
        {"last steps never finished", file, "while (steps.under_way() != 0) {", "while (steps.under_way() > 1) {"},
        {"transaction id left behind", file, "noc_async_read_set_trid(0);", ""},
        {"transaction ids beyond 15", file, "noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);",
         "noc_async_read_set_trid(kFirstStepId + next_);"},
    };
}

[[nodiscard]] std::vector<Mutation> option_mutations() {
    const std::string file = "reader.cpp";
    const std::string rows = "dataflow/rows.hpp";
    return {
        {"residual push dropped", rows, "cb_push_back(kResidual, pages);", "", {}, kRichResident},
        {"residual pushed twice",
         rows,
         "cb_push_back(kResidual, pages);",
         "cb_push_back(kResidual, pages); cb_push_back(kResidual, pages);",
         {},
         kRichResident},
        {"residual not reserved", rows, "cb_reserve_back(kResidual, pages);", "", {}, kRichResident},
        {"residual read to the input's pages",
         rows,
         "tensors.residual, pages.residual",
         "tensors.residual, pages.input",
         {},
         kRichResident},
        {"input read in place of the residual",
         rows,
         "tensors.residual, pages.residual",
         "tensors.input, pages.residual",
         {},
         kRichResident},
        {"residual's slot at the input's distance",
         rows,
         "page * page_bytes(kResidualTensor)",
         "page * page_bytes(kInputTensor)",
         {},
         kRichResident},
        {"residual of a segment missed",
         rows,
         "start_reading_rows<kResidualTensor>(block, segment,",
         "start_reading_rows<kResidualTensor>(block, 0,",
         {},
         kRichStreamed},
        {"one pass too few read", file, "pass < kReadsPerRow", "pass + 1 < kReadsPerRow", {}, kReadAgain},
        {"one pass too many read", file, "pass < kReadsPerRow", "pass <= kReadsPerRow", {}, kReadAgain},
        {"more steps under way than the buffer has room for",
         file,
         "steps.under_way() == kStepsInFlight",
         "steps.under_way() == kInputPages",
         {},
         kReadAgain},
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
