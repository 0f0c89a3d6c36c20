// Of reader.cpp.
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> plain_mutations() {
    const std::string file = "reader.cpp";
    return {
        {"input push dropped", file, "cb_push_back(kInput, kPagesPerStep);", ""},
        {"input pushed a page short", file, "cb_push_back(kInput, kPagesPerStep);",
         "cb_push_back(kInput, kPagesPerStep - 1);"},
        {"input reserve dropped", file, "cb_reserve_back(kInput, pages);", ""},
        {"input reserved for one step only", file, "cb_reserve_back(kInput, pages);",
         "cb_reserve_back(kInput, kPagesPerStep);"},
        {"read barrier removed", file,
         "noc_async_read_barrier_with_trid(kFirstStepId + (next_ - under_way_) % kStepsInFlight);", ""},
        {"barrier of the newest step instead of the oldest", file, "(next_ - under_way_) % kStepsInFlight",
         "(next_ - 1) % kStepsInFlight"},
        {"transaction id of the other step", file, "noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);",
         "noc_async_read_set_trid(kFirstStepId + (next_ + 1) % kStepsInFlight);"},
        {"a step's slot never changes", file, "next_ % (kInputPages / kPagesPerStep) * kPagesPerStep",
         "0 * kPagesPerStep"},
        {"a step's slot is the next one", file, "next_ % (kInputPages", "(next_ + 1) % (kInputPages"},
        {"last steps never finished", file, "while (steps.under_way() != 0) {", "while (steps.under_way() > 1) {"},
        {"transaction id left behind", file, "noc_async_read_set_trid(0);", ""},
        {"transaction ids beyond 15", file, "noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);",
         "noc_async_read_set_trid(kFirstStepId + next_);"},
    };
}

[[nodiscard]] std::vector<Mutation> option_mutations() {
    const std::string file = "reader.cpp";
    return {
        {"residual push dropped", file, "cb_push_back(kResidual, kPagesPerStep);", "", {}, kRichResident},
        {"residual pushed twice",
         file,
         "cb_push_back(kResidual, kPagesPerStep);",
         "cb_push_back(kResidual, kPagesPerStep); cb_push_back(kResidual, kPagesPerStep);",
         {},
         kRichResident},
        {"residual not reserved", file, "cb_reserve_back(kResidual, pages);", "", {}, kRichResident},
        {"residual read to the input's pages",
         file,
         "addresses.residual, steps.residual_address()",
         "addresses.residual, steps.input_address()",
         {},
         kRichResident},
        {"input read in place of the residual",
         file,
         "addresses.residual, steps.residual_address()",
         "addresses.input, steps.residual_address()",
         {},
         kRichResident},
        {"residual's slot at the input's distance",
         file,
         "slot() * page_bytes(kResidualTensor)",
         "slot() * page_bytes(kInputTensor)",
         {},
         kRichResident},
        {"residual of a segment missed",
         file,
         "start_reading_rows<kResidualTensor>(block, segment,",
         "start_reading_rows<kResidualTensor>(block, 0,",
         {},
         kRichStreamed},
        {"one pass too few read",
         file,
         "pass < kReadsPerRow; ++pass",
         "pass + 1 < kReadsPerRow; ++pass",
         {},
         kReadAgain},
        {"one pass too many read", file, "pass < kReadsPerRow; ++pass", "pass <= kReadsPerRow; ++pass", {}, kReadAgain},
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
    const std::vector<Mutation> others = option_mutations();
    all.insert(all.end(), others.begin(), others.end());
    return all;
}

}  // namespace protocol
