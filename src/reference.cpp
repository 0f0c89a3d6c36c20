// SPDX-License-Identifier: Apache-2.0
#include "layernorm_fused_rm/reference.hpp"

#include <cmath>
#include <numeric>
#include <string>

#include "error.hpp"

namespace layernorm_fused_rm {
namespace {

void check_lengths(std::span<const double> x, const Affine& affine) {
    const std::size_t width = affine.gamma.size();
    if (width == 0 || affine.beta.size() != width || x.size() % width != 0) {
        refuse("layernorm_fused_rm: reference has " + std::to_string(x.size()) + " elements of x, " +
               std::to_string(width) + " of gamma and " + std::to_string(affine.beta.size()) +
               " of beta; pass x of shape [H, W], gamma and beta of shape [W]");
    }
}

[[nodiscard]] double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Two passes: a mean of squares minus a squared mean cancels.
[[nodiscard]] double variance_of(std::span<const double> values, double mean) {
    const double squares = std::accumulate(values.begin(), values.end(), 0.0, [mean](double sum, double value) {
        return sum + (value - mean) * (value - mean);
    });
    return squares / static_cast<double>(values.size());
}

void append_row(std::vector<double>& y, std::span<const double> row, const Affine& affine, double epsilon) {
    const double mean = mean_of(row);
    const double deviation = std::sqrt(variance_of(row, mean) + epsilon);
    for (std::size_t column = 0; column < row.size(); ++column) {
        y.push_back((row[column] - mean) / deviation * affine.gamma[column] + affine.beta[column]);
    }
}

}  // namespace

std::vector<double> reference_layernorm(std::span<const double> x, Affine affine, double epsilon) {
    check_lengths(x, affine);
    const std::size_t width = affine.gamma.size();
    std::vector<double> y;
    y.reserve(x.size());
    for (std::size_t first = 0; first < x.size(); first += width) {
        append_row(y, x.subspan(first, width), affine, epsilon);
    }
    return y;
}

}  // namespace layernorm_fused_rm
