// SPDX-License-Identifier: Apache-2.0
// The result to compare with, in float64: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, biased variance.
#pragma once

#include <span>
#include <vector>

namespace layernorm_fused_rm {

// The last dimension: gamma and beta, both of shape [W].
struct Affine {
    std::span<const double> gamma;
    std::span<const double> beta;
};

// x and the result: [H, W], row after row. Throws std::invalid_argument unless gamma and beta have the same length, at
// least one, and it divides x's.
[[nodiscard]] std::vector<double> reference_layernorm(std::span<const double> x, Affine affine, double epsilon);

}  // namespace layernorm_fused_rm
