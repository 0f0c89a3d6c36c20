// SPDX-License-Identifier: Apache-2.0
#include "exact.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "activations.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

using contract::Centring;

[[nodiscard]] Bits flushed(Bits bits) { return (bits & kInfinity) == 0 ? 0 : bits; }

[[nodiscard]] float to_float(Bits bits) { return std::bit_cast<float>(flushed(bits)); }

// Whether fp32 rounds no partial sum of bfloat16 elements in any order: all are multiples of the last place of the
// smallest one, and fp32 holds all multiples up to 2^24 times it.
[[nodiscard]] bool sums_exactly(const std::vector<double>& row) {
    constexpr int kBitsBehindTheFirst = 7;
    double magnitude = 0;
    double smallest = std::numeric_limits<double>::infinity();
    for (const double value : row) {
        magnitude += std::abs(value);
        smallest = value == 0 ? smallest : std::min(smallest, std::abs(value));
    }
    return magnitude == 0 || magnitude <= std::ldexp(1.0, std::ilogb(smallest) - kBitsBehindTheFirst) * 0x1p24;
}

// Mean and rstd, in two passes. The sum is divided once: of bfloat16 elements it is exact, and so is x - mean of an
// element that is the mean.
void find_statistics(ExactRow& row, const Configuration& configuration) {
    const auto count = static_cast<double>(row.x.size());
    const bool centres = configuration.centring != Centring::kNone;
    row.shift = configuration.centring == Centring::kShifted ? row.x.front() : 0.0;
    double squares = 0;
    for (const double value : row.x) {
        row.mean += centres ? value : 0.0;
        row.mean_magnitude += centres ? std::abs(value - row.shift) / count : 0.0;
    }
    row.mean /= count;
    row.has_exact_sum = configuration.centring == Centring::kScaled && sums_exactly(row.x);
    for (const double value : row.x) {
        squares += (value - row.mean) * (value - row.mean) / count;
    }
    row.rstd = 1 / std::sqrt(squares + configuration.epsilon);
}

}  // namespace

double to_double(Bits bits) { return to_float(bits); }

Bits sum_bits(Bits input, Bits residual) {
    const float sum = to_float(input) + to_float(residual);
    return flushed(std::bit_cast<Bits>(sum));
}

// Behind the sums, a shifted row's elements are rounded once by themselves; |x - K| is what that rounding is a share
// of.
ExactRow exact_row(const Configuration& configuration, const Operands& operands, std::size_t index) {
    const std::size_t width = configuration.shape.width;
    const std::size_t first = index * width;
    ExactRow row;
    for (std::size_t i = first; i < first + width; ++i) {
        row.x.push_back(
            to_double(operands.residual.empty() ? operands.x[i] : sum_bits(operands.x[i], operands.residual[i])));
    }
    find_statistics(row, configuration);
    const double summed = row.has_exact_sum ? 0.0 : row.mean_magnitude;
    for (std::size_t i = 0; i < width; ++i) {
        const double given = operands.gamma.empty() ? 1.0 : to_double(operands.gamma[i]);
        const double gamma = given + (configuration.zero_centered_gamma ? 1.0 : 0.0);
        const double beta = operands.beta.empty() ? 0.0 : to_double(operands.beta[i]);
        const double scaled = (row.x[i] - row.mean) * row.rstd * gamma;
        const double shifted = configuration.centring == Centring::kShifted ? std::abs(row.x[i] - row.shift) : 0.0;
        const double terms = std::abs(gamma) * row.rstd * (summed + shifted) + std::abs(scaled) + std::abs(beta);
        row.y.push_back(activated(configuration.activation, scaled + beta));
        row.terms.push_back(terms * largest_slope(configuration.activation));
    }
    return row;
}

}  // namespace layernorm_fused_rm::arithmetic
