// Operands of the calls that the tests of blocking and buffers are about.
#pragma once

#include <cstdint>

#include "builders.hpp"
#include "operands.hpp"

namespace layernorm_fused_rm::tests {

// LayerNorm of bfloat16 rows with gamma and beta.
[[nodiscard]] inline Operands plain_operands(std::int64_t width) {
    return describe_operands(make_problem(1, width), width);
}

// make_full_problem's.
[[nodiscard]] inline Operands full_operands(std::int64_t width) {
    return describe_operands(make_full_problem(1, width), width);
}

}  // namespace layernorm_fused_rm::tests
