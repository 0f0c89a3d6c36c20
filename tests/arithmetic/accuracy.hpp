// How near rows are to the exact ones: in bf16 ULP of the exact value, and by the error before the one rounding to
// bf16.
//
// That error is a share of what is added and subtracted on the way to y, however little is left of it: of the terms
//     |gamma| / deviation * mean(|x|) + |gamma * xhat| + |beta|
// The first is there for the roundings of the row's sum; a row whose sum fp32 holds exactly goes without it.
// Where they cancel, x near the mean or gamma * xhat near -beta, ULP of y say nothing about the arithmetic.
// python/layernorm_fused_rm/accuracy.py judges by the same definitions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "row_feed.hpp"

namespace layernorm_fused_rm::arithmetic {

struct Accuracy {
    std::size_t rows = 0;
    std::size_t elements = 0;
    std::size_t correctly_rounded = 0;
    std::size_t cancelled = 0;     // elements
    std::int64_t largest_ulp = 0;  // of elements that do not cancel
    double largest_error = 0;      // before rounding, share of the terms

    [[nodiscard]] double share_correctly_rounded() const {
        return elements == 0 ? 1.0 : static_cast<double>(correctly_rounded) / static_cast<double>(elements);
    }
    Accuracy& operator+=(const Accuracy& other);
};

// The largest error before rounding that fp32 allows, as a share of the terms. A lane adds W / 32 elements; of equal
// ones the rounding errors reach half of W / 32 times 2^-24 of their sum. Nine more additions join the lanes. It is as
// much for the squares, of which rstd takes half, plus the few roundings behind the sums.
[[nodiscard]] constexpr double error_bound(std::uint32_t width) { return (9.0 + width / 64.0) * 0x1p-24; }

// |y| below this share of the terms counts as cancelled: above it the error before rounding is less than half a ULP,
// which is 2^-9 of |y| at least, so that y is off by one ULP at most.
[[nodiscard]] constexpr double cancellation(std::uint32_t width) { return error_bound(width) * 0x1p9; }

[[nodiscard]] float to_float(Half half);

// The bf16 number nearest to a value, ties to even; rounded once.
[[nodiscard]] Half nearest_half(double value);

// bf16 numbers from one to the other; +0 and -0 are the same.
[[nodiscard]] std::int64_t ulp_between(Half a, Half b);

// y against the float64 reference of the operands.
[[nodiscard]] Accuracy judge(const Operands& operands, double epsilon, std::span<const Half> y);

}  // namespace layernorm_fused_rm::arithmetic
