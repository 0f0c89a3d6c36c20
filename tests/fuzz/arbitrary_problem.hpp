// Arbitrary problems, good and bad, from a stream of numbers: a seeded generator's, or the bytes of a fuzzer.
#pragma once

#include <cstdint>
#include <functional>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm::tests {

// 64 arbitrary bits a call.
using NumberSource = std::function<std::uint64_t()>;

// A problem of a plausible shape and device with some of its parts made arbitrary: negative, huge and overflowing
// dimensions, empty lists, odd devices, NaN and denormal epsilons, every enumerator.
[[nodiscard]] Problem arbitrary_problem(const NumberSource& next);

}  // namespace layernorm_fused_rm::tests
