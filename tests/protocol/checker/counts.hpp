// SPDX-License-Identifier: Apache-2.0
// Arithmetic of counts: never negative, divisors never zero.
#pragma once

#include <concepts>
#include <type_traits>

namespace protocol {

template <std::integral Count>
[[nodiscard]] constexpr Count divide_up(Count value, std::type_identity_t<Count> divisor) {
    return (value + divisor - 1) / divisor;
}

template <std::integral Count>
[[nodiscard]] constexpr Count round_up(Count value, std::type_identity_t<Count> multiple) {
    return divide_up(value, multiple) * multiple;
}

}  // namespace protocol
