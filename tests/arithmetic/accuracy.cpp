#include "accuracy.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "layernorm_fused_rm/reference.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

[[nodiscard]] std::vector<double> to_doubles(std::span<const Half> halves) {
    std::vector<double> values(halves.size());
    std::ranges::transform(halves, values.begin(), to_float);
    return values;
}

// Half the distance of bf16 numbers around a value.
[[nodiscard]] double half_ulp(double value) {
    constexpr int kHalfSignificandBits = 8;
    return value == 0 ? 0 : std::ldexp(1.0, std::ilogb(value) - kHalfSignificandBits);
}

// Whether fp32 rounds no partial sum of a row in any order: all elements are multiples of the last place of the smallest
// one, and fp32 holds all multiples up to 2^24 times it.
[[nodiscard]] bool has_exact_sum(std::span<const double> row) {
    double magnitude = 0;
    double smallest = std::numeric_limits<double>::infinity();
    for (const double value : row) {
        magnitude += std::abs(value);
        smallest = value == 0 ? smallest : std::min(smallest, std::abs(value));
    }
    return magnitude == 0 || magnitude <= 2 * half_ulp(smallest) * 0x1p24;
}

// mean(|x|) / sqrt(variance + epsilon) of one row; 0 if its sum is exact.
[[nodiscard]] double offset_of(std::span<const double> row, double epsilon) {
    if (has_exact_sum(row)) {
        return 0;
    }
    const double count = static_cast<double>(row.size());
    double mean = 0;
    double magnitude = 0;
    for (const double value : row) {
        mean += value / count;
        magnitude += std::abs(value) / count;
    }
    double variance = 0;
    for (const double value : row) {
        variance += (value - mean) * (value - mean) / count;
    }
    return magnitude / std::sqrt(variance + epsilon);
}

// One element: what it should be, what it is made of, what came out.
struct Element {
    double exact;
    double terms;
    Half y;
};

void count_element(Accuracy& accuracy, const Element& element, std::uint32_t width) {
    const std::int64_t ulp = ulp_between(element.y, nearest_half(element.exact));
    const double distance = std::abs(static_cast<double>(to_float(element.y)) - element.exact);
    ++accuracy.elements;
    accuracy.correctly_rounded += ulp == 0 ? 1 : 0;
    accuracy.largest_error = std::max(accuracy.largest_error, (distance - half_ulp(element.exact)) / element.terms);
    if (std::abs(element.exact) < cancellation(width) * element.terms) {
        ++accuracy.cancelled;
    } else {
        accuracy.largest_ulp = std::max(accuracy.largest_ulp, ulp);
    }
}

// The position of a bf16 number on the number line.
[[nodiscard]] std::int64_t ordinal(Half half) { return (half & 0x8000U) != 0 ? 0x8000 - std::int64_t{half} : half; }

}  // namespace

Accuracy& Accuracy::operator+=(const Accuracy& other) {
    rows += other.rows;
    elements += other.elements;
    correctly_rounded += other.correctly_rounded;
    cancelled += other.cancelled;
    largest_ulp = std::max(largest_ulp, other.largest_ulp);
    largest_error = std::max(largest_error, other.largest_error);
    return *this;
}

float to_float(Half half) { return std::bit_cast<float>(static_cast<Bits>(half) << kHalfShift); }

// By way of the float rounded to odd, which keeps the second rounding exact (Boldo and Melquiond, "Emulation of a FMA
// and correctly rounded sums", 2008).
Half nearest_half(double value) {
    auto single = static_cast<float>(value);
    if (std::isnan(value) || std::isinf(single)) {
        return static_cast<Half>(std::bit_cast<Bits>(single) >> kHalfShift);
    }
    const bool is_inexact = static_cast<double>(single) != value;
    if (is_inexact && std::abs(static_cast<double>(single)) > std::abs(value)) {
        single = std::nextafter(single, 0.0F);
    }
    const Bits bits = std::bit_cast<Bits>(single) | (is_inexact ? 1U : 0U);
    return static_cast<Half>((bits + 0x7fffU + ((bits >> kHalfShift) & 1U)) >> kHalfShift);
}

std::int64_t ulp_between(Half a, Half b) { return std::abs(ordinal(a) - ordinal(b)); }

Accuracy judge(const Operands& operands, double epsilon, std::span<const Half> y) {
    const std::vector<double> x = to_doubles(operands.x);
    const std::vector<double> gamma = to_doubles(operands.gamma);
    const std::vector<double> beta = to_doubles(operands.beta);
    const std::vector<double> exact = reference_layernorm(x, {gamma, beta}, epsilon);
    const std::size_t width = gamma.size();
    Accuracy accuracy{.rows = x.size() / width};
    for (std::size_t first = 0; first < x.size(); first += width) {
        const double offset = offset_of(std::span(x).subspan(first, width), epsilon);
        for (std::size_t column = 0; column < width; ++column) {
            const std::size_t i = first + column;
            const double scaled = std::abs(exact[i] - beta[column]);
            const double terms = std::abs(gamma[column]) * offset + scaled + std::abs(beta[column]);
            count_element(accuracy, {exact[i], terms, y[i]}, static_cast<std::uint32_t>(width));
        }
    }
    return accuracy;
}

}  // namespace layernorm_fused_rm::arithmetic
