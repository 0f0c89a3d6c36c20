#include "accuracy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "exact.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

// Half the distance of a format's numbers around a value.
[[nodiscard]] double half_ulp(Format format, double value) {
    const int significand_bits = format == Format::kBfloat16 ? 8 : 24;
    return value == 0 ? 0 : std::ldexp(1.0, std::ilogb(value) - significand_bits);
}

// One element: what it should be, what it is made of, what came out.
struct Element {
    double exact;
    double terms;
    Bits y;
    Format format;
};

void count_element(Accuracy& accuracy, const Element& element, std::uint32_t width) {
    const std::int64_t ulp = ulp_between(element.y, nearest_half(element.exact));
    const double distance = std::abs(to_double(element.y) - element.exact);
    ++accuracy.elements;
    accuracy.correctly_rounded += ulp == 0 ? 1 : 0;
    // No terms, no error: y is 0 then.
    const double error = distance - half_ulp(element.format, element.exact);
    accuracy.largest_error = std::max(accuracy.largest_error, error <= 0 ? error : error / element.terms);
    if (std::abs(element.exact) < cancellation(width) * element.terms) {
        ++accuracy.cancelled;
    } else {
        accuracy.largest_ulp = std::max(accuracy.largest_ulp, ulp);
    }
}

void count_row(Accuracy& accuracy, const Configuration& configuration, const ExactRow& row, std::span<const Bits> y) {
    double largest_y = 0;
    double largest_error = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        count_element(accuracy, {row.y[i], row.terms[i], y[i], configuration.shape.formats.output},
                      configuration.shape.width);
        largest_y = std::max(largest_y, std::abs(row.y[i]));
        largest_error = std::max(largest_error, std::abs(to_double(y[i]) - row.y[i]));
    }
    if (largest_error > 0) {
        accuracy.largest_error_of_row = std::max(accuracy.largest_error_of_row, largest_error / largest_y);
    }
}

// The mean's error is a share of what is summed, and of the mean itself, which is K and sum / W put together. The
// squares' are those of x - mean, each of which has the mean's error and, where rows are shifted, a rounding.
void count_statistics(Accuracy& accuracy, const ExactRow& row, const Results& results, std::size_t index) {
    if (!results.mean.empty()) {
        const double error = std::abs(to_double(results.mean[index]) - row.mean);
        const double terms = row.mean_magnitude + std::abs(row.mean);
        accuracy.largest_mean_error = std::max(accuracy.largest_mean_error, error == 0 ? 0 : error / terms);
        accuracy.largest_mean_error_sigma = std::max(accuracy.largest_mean_error_sigma, error * row.rstd);
    }
    if (!results.rstd.empty()) {
        const double error = std::abs(to_double(results.rstd[index]) / row.rstd - 1);
        const double terms = 1 + row.mean_magnitude * row.rstd;
        accuracy.largest_rstd_error = std::max(accuracy.largest_rstd_error, error / terms);
    }
}

// The position of a bf16 number on the number line.
[[nodiscard]] std::int64_t ordinal(Bits bits) {
    const std::int64_t half = bits >> kHalfShift;
    return (half & 0x8000) != 0 ? 0x8000 - half : half;
}

}  // namespace

Accuracy& Accuracy::operator+=(const Accuracy& other) {
    rows += other.rows;
    elements += other.elements;
    correctly_rounded += other.correctly_rounded;
    cancelled += other.cancelled;
    wrong_sums += other.wrong_sums;
    largest_ulp = std::max(largest_ulp, other.largest_ulp);
    largest_error = std::max(largest_error, other.largest_error);
    largest_error_of_row = std::max(largest_error_of_row, other.largest_error_of_row);
    largest_mean_error = std::max(largest_mean_error, other.largest_mean_error);
    largest_mean_error_sigma = std::max(largest_mean_error_sigma, other.largest_mean_error_sigma);
    largest_rstd_error = std::max(largest_rstd_error, other.largest_rstd_error);
    return *this;
}

// By way of the float rounded to odd, which keeps the second rounding exact (Boldo and Melquiond, "Emulation of a FMA
// and correctly rounded sums", 2008).
Bits nearest_half(double value) {
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

Bits nearest(Format format, double value) {
    return format == Format::kBfloat16 ? nearest_half(value) : std::bit_cast<Bits>(static_cast<float>(value));
}

std::int64_t ulp_between(Bits a, Bits b) { return std::abs(ordinal(a) - ordinal(b)); }

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
        const Bits sum = configuration.shape.formats.sum == Format::kFloat32 ? exact : nearest_half(to_double(exact));
        accuracy.wrong_sums += results.sum[i] == sum ? 0 : 1;
    }
    return accuracy;
}

}  // namespace layernorm_fused_rm::arithmetic
