// SPDX-License-Identifier: Apache-2.0
// What must hold of every plan, whatever the problem: stated once, for unit tests, fuzzing and other checkers.
#pragma once

#include <string>

#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm::tests {

// The first promise of the contract that the plan breaks, as text; empty when it keeps all. Nothing here calls the
// planner's own steps.
[[nodiscard]] std::string broken_promise(const Problem& problem, const Plan& plan);

// What is wrong with the text of a refusal; empty when it is as it should be.
[[nodiscard]] std::string broken_refusal(const Options& options, const std::string& text);

}  // namespace layernorm_fused_rm::tests
