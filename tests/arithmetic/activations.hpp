// SPDX-License-Identifier: Apache-2.0
// Activations: the exact ones, and as the vector unit carries them out, by themselves.
#pragma once

#include <vector>

#include "contract.hpp"
#include "interpreter.hpp"

namespace layernorm_fused_rm::arithmetic {

// f(x) in double (norm/activation.hpp).
[[nodiscard]] double activated(contract::Activation activation, double x);

// The largest |f'(x)|: what an error of x is multiplied by at most, a little more where f adds one of its own.
[[nodiscard]] double largest_slope(contract::Activation activation);

// fp32 -> fp32, as the kernel's step makes it.
[[nodiscard]] std::vector<Bits> interpret_activation(contract::Activation activation, const std::vector<Bits>& x);

}  // namespace layernorm_fused_rm::arithmetic
