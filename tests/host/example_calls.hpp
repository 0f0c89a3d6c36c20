// SPDX-License-Identifier: Apache-2.0
// Calls that the tests of blocking and buffers are about.
#pragma once

#include <cstdint>

#include "builders.hpp"
#include "call.hpp"

namespace layernorm_fused_rm::tests {

// LayerNorm of bfloat16 rows with gamma and beta.
[[nodiscard]] inline contract::Call plain_call(std::int64_t width) { return describe_call(make_problem(1, width)); }

// make_full_problem's.
[[nodiscard]] inline contract::Call full_call(std::int64_t width) { return describe_call(make_full_problem(1, width)); }

}  // namespace layernorm_fused_rm::tests
