// SPDX-License-Identifier: Apache-2.0
// What the checks of plan_invariants.hpp are made of. They are in plan_invariants.cpp, those of what kernels are told at
// compile time in argument_invariants.cpp.
#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm::tests {

inline constexpr std::int64_t kMax32Bits = std::numeric_limits<std::uint32_t>::max();

class BrokenPromise : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& promise) {
    if (!holds) {
        throw BrokenPromise(promise);
    }
}

[[nodiscard]] inline std::int64_t banks_of(const Problem& problem, BufferType memory) {
    return memory == BufferType::kDram ? static_cast<std::int64_t>(problem.device.dram_banks.size())
                                       : problem.device.l1_banks;
}

// Throws BrokenPromise unless the compile-time arguments are as kernels/arguments.hpp promises, and as the rest of the
// plan and the problem have it.
void check_compile_time_arguments(const Problem& problem, const Plan& plan);

}  // namespace layernorm_fused_rm::tests
