// How near rows are to the exact ones: in bf16 ULP of the exact value, by the error before the one rounding to the
// output's format, and by the error as a share of the row's largest element.
//
// The error before rounding is a share of what is added and subtracted on the way to y, however little is left of it:
// of the terms
//     |gamma| / deviation * (mean(|x - K|) + |x - K|) + |gamma * xhat| + |beta|
// where K, a shifted row's first element, is 0 in rows that are not shifted, |x - K| there is no term of its own, and
// RMSNorm has neither. mean(|x - K|) is there for the roundings of the row's sum; a row whose sum fp32 holds exactly goes
// without it. Where terms cancel, x near the mean or gamma * xhat near -beta, ULP of y say nothing about the arithmetic.
// python/layernorm_fused_rm/accuracy.py judges bfloat16 rows by the same definitions.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "configuration.hpp"

namespace layernorm_fused_rm::arithmetic {

struct Accuracy {
    std::size_t rows = 0;
    std::size_t elements = 0;
    std::size_t correctly_rounded = 0;  // to bf16
    std::size_t cancelled = 0;          // elements
    std::int64_t largest_ulp = 0;       // bf16, of elements that do not cancel
    double largest_error = 0;           // before rounding, share of the terms
    double largest_error_of_row = 0;    // share of the row's largest |y|
    std::size_t wrong_sums = 0;     // elements of the returned sum that are not the nearest to fp32's, halves to even
    double largest_mean_error = 0;  // share of what statistics_bound() is a share of
    double largest_mean_error_sigma = 0;  // share of the row's deviation
    double largest_rstd_error = 0;        // share of rstd

    [[nodiscard]] double share_correctly_rounded() const {
        return elements == 0 ? 1.0 : static_cast<double>(correctly_rounded) / static_cast<double>(elements);
    }
    Accuracy& operator+=(const Accuracy& other);
};

// The largest error before rounding that fp32 allows, as a share of the terms. A lane adds 32 elements of a piece of 1,024
// at most; of equal ones the rounding errors reach half of their number times 2^-24 of their sum. Pieces are joined in a
// tree; nine more additions join the lanes. It is as much for the squares, of which rstd takes half, plus the few
// roundings behind the sums.
[[nodiscard]] constexpr double error_bound(std::uint32_t width) {
    const std::uint32_t pieces = (width + 1023) / 1024;
    return (9.0 + std::bit_width(pieces - 1) + std::min(width, 1024U) / 64.0) * 0x1p-24;
}

// |y| below this share of the terms counts as cancelled: above it the error before rounding is less than half a ULP,
// which is 2^-9 of |y| at least, so that y is off by one ULP at most.
[[nodiscard]] constexpr double cancellation(std::uint32_t width) { return error_bound(width) * 0x1p9; }

// What is promised of float32 rows (docs/design.md, "Numbers"): of the row's largest |y|.
inline constexpr double kFloat32Promise = 0x1p-20;

// The bf16 and the fp32 number nearest to a value, ties to even; rounded once.
[[nodiscard]] Bits nearest_half(double value);
[[nodiscard]] Bits nearest(Format format, double value);

// bf16 numbers from one to the other; +0 and -0 are the same.
[[nodiscard]] std::int64_t ulp_between(Bits a, Bits b);

// What a configuration returned for operands, against float64.
[[nodiscard]] Accuracy judge(const Configuration& configuration, const Operands& operands, const Results& results);

}  // namespace layernorm_fused_rm::arithmetic
