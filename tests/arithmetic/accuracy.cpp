// SPDX-License-Identifier: Apache-2.0
#include "accuracy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "exact.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

// Half the distance of a format's numbers around a value; 0 at 0.
[[nodiscard]] double half_ulp(Format format, double value) {
    const int significand_bits = format == Format::kBfloat16 ? 8 : 24;
    return value == 0 || std::isinf(value) ? 0 : std::ldexp(1.0, std::ilogb(value) - significand_bits);
}

// No part is no share, whatever the whole.
[[nodiscard]] double share(double part, double whole) {
    const double quotient = part / whole;
    return part == 0 ? 0 : std::isnan(quotient) ? kInfinite : quotient;
}

void keep_largest(double& largest, double value) { largest = std::max(largest, value); }

[[nodiscard]] bool is_nan(Bits bits) { return (bits & ~kSignBit) > kInfinity; }

[[nodiscard]] int bits_behind(Format format) { return format == Format::kBfloat16 ? kHalfShift : 0; }

// The position on a format's number line: 0 of all that counts as zero, 1 of the least normal number.
[[nodiscard]] std::int64_t ordinal(Format format, Bits bits) {
    const int behind = bits_behind(format);
    const std::int64_t position = std::max<std::int64_t>(((bits & ~kSignBit) >> behind) - (0x7fffffLL >> behind), 0);
    return (bits & kSignBit) != 0 ? -position : position;
}

[[nodiscard]] std::int64_t ulp_between(Format format, Bits a, Bits b) {
    if (is_nan(a) || is_nan(b)) {
        return is_nan(a) && is_nan(b) ? 0 : 1LL << (32 - bits_behind(format));
    }
    return std::abs(ordinal(format, a) - ordinal(format, b));
}

void count_row(Accuracy& accuracy, const Configuration& configuration, const ExactRow& row, std::span<const Bits> y) {
    double largest_y = 0;
    double largest_distance = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const Verdict verdict = judge_element(
            {configuration.shape.formats.output, configuration.shape.width, y[i], row.y[i], row.terms[i]});
        ++accuracy.elements;
        accuracy.correctly_rounded += verdict.ulp == 0 ? 1 : 0;
        accuracy.cancelled += verdict.cancels ? 1 : 0;
        accuracy.largest_ulp = std::max(accuracy.largest_ulp, verdict.cancels ? 0 : verdict.ulp);
        keep_largest(accuracy.largest_error, verdict.error);
        keep_largest(largest_y, std::abs(row.y[i]));
        keep_largest(largest_distance, verdict.distance);
    }
    keep_largest(accuracy.largest_error_of_row, share(largest_distance, largest_y));
}

// The mean's error is a share of what is summed, and of the mean itself, which is K and sum / W put together. The
// squares' are those of x - mean, each of which has the mean's error and, where rows are shifted, a rounding.
void count_statistics(Accuracy& accuracy, const ExactRow& row, const Results& results, std::size_t index) {
    if (!results.mean.empty()) {
        const double error = std::abs(to_double(results.mean[index]) - row.mean);
        double largest_x = 0;
        for (const double x : row.x) {
            keep_largest(largest_x, std::abs(x));
        }
        keep_largest(accuracy.largest_mean_error, share(error, row.mean_magnitude + std::abs(row.mean)));
        keep_largest(accuracy.largest_mean_error_of_row, share(error, largest_x));
        keep_largest(accuracy.largest_mean_error_sigma, share(error * row.rstd, 1));
    }
    if (!results.rstd.empty()) {
        const double error = std::abs(to_double(results.rstd[index]) / row.rstd - 1);
        keep_largest(accuracy.largest_rstd_error, share(error, 1 + row.mean_magnitude * row.rstd));
        keep_largest(accuracy.largest_rstd_error_alone, share(error, 1));
    }
}

// By way of the float rounded to odd, which keeps the second rounding exact (Boldo and Melquiond, "Emulation of a FMA
// and correctly rounded sums", 2008).
[[nodiscard]] Bits nearest_half(double value) {
    auto single = static_cast<float>(value);
    if (std::isnan(value) || std::isinf(single)) {
        return std::bit_cast<Bits>(single) & 0xffff0000U;
    }
    const bool is_inexact = static_cast<double>(single) != value;
    if (is_inexact && std::abs(static_cast<double>(single)) > std::abs(value)) {
        single = std::nextafter(single, 0.0F);
    }
    const Bits bits = std::bit_cast<Bits>(single) | (is_inexact ? 1U : 0U);
    return (bits + 0x7fffU + ((bits >> kHalfShift) & 1U)) & 0xffff0000U;
}

}  // namespace

Accuracy& Accuracy::operator+=(const Accuracy& other) {
    rows += other.rows;
    elements += other.elements;
    correctly_rounded += other.correctly_rounded;
    cancelled += other.cancelled;
    wrong_sums += other.wrong_sums;
    largest_ulp = std::max(largest_ulp, other.largest_ulp);
    keep_largest(largest_error, other.largest_error);
    keep_largest(largest_error_of_row, other.largest_error_of_row);
    keep_largest(largest_mean_error, other.largest_mean_error);
    keep_largest(largest_mean_error_of_row, other.largest_mean_error_of_row);
    keep_largest(largest_mean_error_sigma, other.largest_mean_error_sigma);
    keep_largest(largest_rstd_error, other.largest_rstd_error);
    keep_largest(largest_rstd_error_alone, other.largest_rstd_error_alone);
    return *this;
}

Bits nearest(Format format, double value) {
    return format == Format::kBfloat16 ? nearest_half(value) : std::bit_cast<Bits>(static_cast<float>(value));
}

Verdict judge_element(const Element& element) {
    const auto [format, width, y, exact, terms] = element;
    const std::int64_t ulp = ulp_between(format, y, nearest(format, exact));
    double distance = std::abs(to_double(y) - exact);
    if (std::isnan(distance) || (y & kInfinity) == kInfinity) {
        distance = ulp == 0 ? 0 : kInfinite;
    }
    const double error = ulp == 0 ? 0 : std::max(distance - half_ulp(format, exact), 0.0);
    return {ulp, std::abs(exact) < cancellation(width) * terms, share(error, terms), distance};
}

Accuracy judge(const Configuration& configuration, const Operands& operands, const Results& results) {
    const std::size_t width = configuration.shape.width;
    Accuracy accuracy{.rows = operands.x.size() / width};
    for (std::size_t index = 0; index < accuracy.rows; ++index) {
        const ExactRow row = exact_row(configuration, operands, index);
        count_row(accuracy, configuration, row, std::span(results.y).subspan(index * width, width));
        count_statistics(accuracy, row, results, index);
    }
    for (std::size_t i = 0; i < results.sum.size(); ++i) {
        const Bits exact = sum_bits(operands.x[i], operands.residual[i]);
        const Bits sum = nearest(configuration.shape.formats.sum, to_double(exact));
        accuracy.wrong_sums += results.sum[i] == sum ? 0 : 1;
    }
    return accuracy;
}

}  // namespace layernorm_fused_rm::arithmetic
