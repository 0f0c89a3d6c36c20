// SPDX-License-Identifier: Apache-2.0
// Broken kernels and plans, each of which the checker must find.
#pragma once

#include <string>

#include "harness/units.hpp"

namespace protocol {

// Runs all mutations, or the one of this name, or one of every `every`; prints how each is found; true if each one is,
// and the places of all of them are still there.
[[nodiscard]] bool run_mutations(const Toolchain& toolchain, const std::string& only, std::size_t every);

// The same of the mutations of exchanges between cores, each of a small case under every schedule.
[[nodiscard]] bool find_exchange_mutations_exhaustively(const Toolchain& toolchain);

}  // namespace protocol
