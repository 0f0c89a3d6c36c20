// The broken kernels: a text of a kernel source and what stands there instead.
#pragma once

#include <string>
#include <vector>

#include "harness/program.hpp"

namespace protocol {

// The kind of call (mutations.cpp, mutation_cases) that a mutation is tried on first, where most others would miss it.
enum CaseKind : std::size_t {
    kPlain,
    kMulticast,
    kStreamed,
    kIdleCores,
    kSeveralRuns,
    kInL1,
    kRichResident,
    kRichStreamed,
    kReadAgain,
    kSingleRow,
    kPaired,
    kPartOfOptions,
    kSummedWithRest,
    kShortLastSegment,
    kPadded,
    kManyPieces,
    kRedone,
    kRedoneInPlace,
    kRedoneReadAgain,
    kRedoneMany
};

struct Mutation {
    std::string name;
    std::string file{};  // of the kernels folder; empty: the plan is what is broken
    std::string from{};  // must occur exactly once; spaces and line ends do not matter
    std::string to{};
    PlanMutation plan{};
    CaseKind kind = kPlain;
};

[[nodiscard]] std::vector<Mutation> data_movement_mutations();
[[nodiscard]] std::vector<Mutation> compute_mutations();
[[nodiscard]] std::vector<Mutation> reader_mutations();
[[nodiscard]] std::vector<Mutation> redo_mutations();
[[nodiscard]] std::vector<Mutation> fill_mutations();
[[nodiscard]] std::vector<Mutation> streamed_mutations();
[[nodiscard]] std::vector<Mutation> plan_mutations();

}  // namespace protocol
