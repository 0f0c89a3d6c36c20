// Of reader.cpp.
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> plain_mutations() {
    const std::string file = "reader.cpp";
    return {
        {"input push dropped", file, "cb_push_back(kInput, pages);", ""},
        {"input pushed a page short", file, "cb_push_back(kInput, pages);", "cb_push_back(kInput, pages - 1);"},
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
        {"residual push dropped", file, "cb_push_back(kResidual, pages);", "", {}, kRichResident},
        {"residual pushed twice",
         file,
         "cb_push_back(kResidual, pages);",
         "cb_push_back(kResidual, pages); cb_push_back(kResidual, pages);",
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
         "pass < kReadsPerRow; ++pass) {\n            for (uint32_t segment = 0; segment < kSegments; ++segment) {\n"
         "                begin_reading_step(block",
         "pass + 1 < kReadsPerRow; ++pass) {\n            for (uint32_t segment = 0; segment < kSegments; ++segment) "
         "{\n"
         "                begin_reading_step(block",
         {},
         kReadAgain},
        {"one pass too many read",
         file,
         "pass < kReadsPerRow; ++pass) {\n            for (uint32_t segment = 0; segment < kSegments; ++segment) {\n"
         "                begin_reading_step(block",
         "pass <= kReadsPerRow; ++pass) {\n            for (uint32_t segment = 0; segment < kSegments; ++segment) {\n"
         "                begin_reading_step(block",
         {},
         kReadAgain},
        {"more steps under way than the buffer has room for",
         file,
         "steps.under_way() == kStepsInFlight",
         "steps.under_way() == kInputPages",
         {},
         kReadAgain},
    };
}

[[nodiscard]] std::vector<Mutation> redo_mutations() {
    const std::string file = "reader.cpp";
    const std::string fetch = "fetch_step(row, segment, addresses, steps);\n            scale";
    return {
        {"no row read again", file, "    reread_rows(addresses, steps);", "", {}, kRedone},
        {"a row taken before it is told", file, "noc_semaphore_wait_min(semaphore, 1);", "", {}, kRedone},
        {"what was told left behind", file, "noc_semaphore_set(semaphore, 0);", "", {}, kRedone},
        {"the row behind the one that was told",
         file,
         "row_at<contract::ReaderArgument>(row - 1)",
         "row_at<contract::ReaderArgument>(row)",
         {},
         kRedone},
        {"compute not told of a row",
         file,
         "steps.push_word(static_cast<uint32_t>(contract::Redo::kRow));",
         "",
         {},
         kRedone},
        {"compute not told of the end", file, "steps.push_word(static_cast<uint32_t>(contract::Redo::kNone));", ""},
        {"compute told of the end in place of a row",
         file,
         "static_cast<uint32_t>(contract::Redo::kRow)",
         "static_cast<uint32_t>(contract::Redo::kNone)",
         {},
         kRedone},
        {"a word's room not reserved", file, "reserve(kPagesOfWord);", "", {}, kRedone},
        {"a word stored once it has been pushed",
         file,
         "store_and_wait(input_address(), word);\n        push(kPagesOfWord);",
         "push(kPagesOfWord);\n        store_and_wait(input_address(), word);",
         {},
         kRedone},
        {"a word's pages not counted", file, "next_ += kPagesOfWord / kPagesPerStep;", "", {}, kRedone},
        {"a row's exponents looked at before it is there", file, "steps.wait_for_begun();", "", {}, kRedone},
        {"a row scaled once it has been pushed",
         file,
         "steps.end();\n            steps.finish_oldest();",
         "steps.end(); const uint32_t pushed = steps.input_address(); steps.finish_oldest();\n"
         "            scale_elements_down<kInputTensor>(pushed - page_bytes(kInputTensor), 1, scale);",
         {},
         kRedone},
        {"a redone row read once for all passes",
         file,
         "pass < kReadsPerRow; ++pass) {\n        for (uint32_t segment = 0; segment < kSegments; ++segment) {\n       "
         "     "
         "fetch",
         "pass < 1; ++pass) {\n        for (uint32_t segment = 0; segment < kSegments; ++segment) {\n            fetch",
         {},
         kRedoneReadAgain},
        {"a redone row's first segment for all",
         file,
         fetch,
         "fetch_step(row, 0, addresses, steps);\n            scale",
         {},
         kRedoneInPlace},
        {"a redone row's step not pushed", file, "steps.end();\n            steps.finish_oldest();", "", {}, kRedone},
    };
}

}  // namespace

std::vector<Mutation> reader_mutations() {
    std::vector<Mutation> all = plain_mutations();
    for (const auto& some : {option_mutations(), redo_mutations()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
