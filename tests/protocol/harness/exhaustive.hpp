// SPDX-License-Identifier: Apache-2.0
// Cases under every schedule: small ones, since states are many.
#pragma once

#include <cstddef>
#include <vector>

#include "harness/case.hpp"
#include "harness/units.hpp"

namespace protocol {

inline constexpr std::size_t kMostStates = 1'000'000;  // of cores that send to each other

// With two and three cores that share rows, and with sources that multicast; those with the fewest states first.
[[nodiscard]] std::vector<Case> small_cases();

// Prints how many states the case has, or what was found; true if nothing was.
[[nodiscard]] bool run_exhaustively(const Toolchain& toolchain, const Case& value);

// The same of all small cases, if teams of two and of three cores are among them; true too if broken exchanges are found.
[[nodiscard]] bool run_small_cases_exhaustively(const Toolchain& toolchain);

}  // namespace protocol
