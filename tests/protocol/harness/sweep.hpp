// SPDX-License-Identifier: Apache-2.0
// Many random cases, shared out among processes.
#pragma once

#include <cstdint>
#include <string>

#include "harness/case.hpp"
#include "harness/units.hpp"

namespace protocol {

struct Sweep {
    std::uint64_t plans = 20'000;
    std::uint64_t configurations = 120;  // sets of compile-time arguments, each compiled once
    std::uint64_t seed = 1;
    std::uint64_t workers = 2;
};

// Runs the cases, prints what was done and how each failing case is replayed; true if none failed.
[[nodiscard]] bool run_sweep(const Toolchain& toolchain, const Sweep& sweep);

// Runs one case; prints what was found; true if nothing was.
[[nodiscard]] bool replay(const Toolchain& toolchain, const Case& value);

}  // namespace protocol
