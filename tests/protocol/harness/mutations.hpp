// Broken kernels and plans, each of which the checker must find.
#pragma once

#include <string>

#include "harness/units.hpp"

namespace protocol {

// Runs all mutations, or the one of this name; prints how each is found; true if every one is.
[[nodiscard]] bool run_mutations(const Toolchain& toolchain, const std::string& only);

}  // namespace protocol
