// SPDX-License-Identifier: Apache-2.0
// Plans one problem and says what is wrong with the outcome. The one oracle of every kind of fuzzing.
#pragma once

#include <string>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm::tests {

struct Outcome {
    std::string fault{};    // empty: a plan that keeps every promise, or a proper refusal
    std::string refusal{};  // the text of the refusal; empty where there is a plan
    double seconds = 0;     // of processor time
};

[[nodiscard]] Outcome try_plan(const Problem& problem);

// A problem as text, for a report.
[[nodiscard]] std::string describe_problem(const Problem& problem);

}  // namespace layernorm_fused_rm::tests
