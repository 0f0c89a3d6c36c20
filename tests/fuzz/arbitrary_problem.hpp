// SPDX-License-Identifier: Apache-2.0
// Arbitrary problems, good and bad, from a seeded generator.
#pragma once

#include <cstdint>
#include <random>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm::tests {

// A problem of a plausible shape and device with some of its parts made arbitrary: negative, huge and overflowing
// dimensions, empty lists, odd devices, NaN and denormal epsilons, every enumerator, shards of
// no size, of nonsense, on odd cores.
[[nodiscard]] Problem arbitrary_problem(std::mt19937_64 next);

}  // namespace layernorm_fused_rm::tests
