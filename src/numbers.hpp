// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic of planning. Arguments are counts: never negative, divisors never zero.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

namespace layernorm_fused_rm {

[[nodiscard]] constexpr std::int64_t divide_up(std::int64_t value, std::int64_t divisor) {
    return value / divisor + (value % divisor != 0 ? 1 : 0);
}

[[nodiscard]] constexpr std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
    return divide_up(value, multiple) * multiple;
}

// A count that is known to fit, as kernels take it.
[[nodiscard]] constexpr std::uint32_t to_word(std::int64_t value) { return static_cast<std::uint32_t>(value); }

// Nothing where the product does not fit.
[[nodiscard]] constexpr std::optional<std::int64_t> checked_multiply(std::int64_t left, std::int64_t right) {
    if (left != 0 && right > std::numeric_limits<std::int64_t>::max() / left) {
        return std::nullopt;
    }
    return left * right;
}

}  // namespace layernorm_fused_rm
