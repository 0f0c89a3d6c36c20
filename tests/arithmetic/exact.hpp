// SPDX-License-Identifier: Apache-2.0
// What a call returns, in float64, and what the errors that its fp32 arithmetic may make are shares of.
#pragma once

#include <vector>

#include "configuration.hpp"

namespace layernorm_fused_rm::arithmetic {

// fp32 bits as the number that the vector unit takes them for: denormals are zero.
[[nodiscard]] double to_double(Bits bits);

// One row.
struct ExactRow {
    std::vector<double> x;  // the input, or the fp32 sum of input and residual
    double mean = 0;        // 0 for RMSNorm
    double rstd = 0;
    double shift = 0;            // K of kernels/norm/steps.hpp, 0 unless rows are shifted
    double mean_magnitude = 0;   // mean of |x - K|: what is summed on the way to the mean; 0 for RMSNorm
    bool has_exact_sum = false;  // fp32 rounds no partial sum of x - K, in any order
    std::vector<double> y;
    std::vector<double> terms;  // what y is added up from: |gamma| * rstd * (...) + |gamma * xhat| + |beta|
};

// Row `index` of the operands of a configuration's call.
[[nodiscard]] ExactRow exact_row(const Configuration& configuration, const Operands& operands, std::size_t index);

// input + residual as fp32 has it, denormals flushed: bits of the sum that is returned, before its format.
[[nodiscard]] Bits sum_bits(Bits input, Bits residual);

}  // namespace layernorm_fused_rm::arithmetic
