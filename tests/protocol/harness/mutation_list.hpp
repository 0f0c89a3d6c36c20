// The broken kernels: a text of a kernel source and what stands there instead.
#pragma once

#include <string>
#include <vector>

#include "harness/program.hpp"

namespace protocol {

struct Mutation {
    std::string name;
    std::string file{};  // of the kernels folder; empty: the plan is what is broken
    std::string from{};  // must occur exactly once; spaces and line ends do not matter
    std::string to{};
    PlanMutation plan{};
};

[[nodiscard]] std::vector<Mutation> data_movement_mutations();
[[nodiscard]] std::vector<Mutation> compute_mutations();
[[nodiscard]] std::vector<Mutation> plan_mutations();

}  // namespace protocol
