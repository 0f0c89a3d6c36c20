// SPDX-License-Identifier: Apache-2.0
// How near rows are to the exact ones: in ULP of the output's format, by the error before the one rounding to it, and
// by the error as a share of the row's largest element.
//
// The one judge in C++; python/layernorm_fused_rm/accuracy.py is the one in Python, and tests/accuracy_vectors.csv
// holds both. Correctly rounded is the number nearest to the exact value, ties to even, where what is below 2^-126
// counts as zero, as on the device; ULP are counted from it, in numbers of the format.
//
// The error before rounding is a share of what is added and subtracted on the way to y, however little is left of it:
// of the terms
//     |gamma| / deviation * (mean(|x - K|) + |x - K|) + |gamma * xhat| + |beta|
// where K, a shifted row's first element, is 0 in rows that are not shifted, |x - K| there is no term of its own, and
// RMSNorm has neither. mean(|x - K|) is there for the roundings of the row's sum; a row whose sum fp32 holds exactly goes
// without it. Where terms cancel, x near the mean or gamma * xhat near -beta, ULP of y say nothing about the arithmetic.
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
    std::size_t correctly_rounded = 0;
    std::size_t cancelled = 0;
    std::int64_t largest_ulp = 0;     // of elements that do not cancel
    double largest_error = 0;         // before rounding, share of the terms
    double largest_error_of_row = 0;  // share of the row's largest |y|
    std::size_t wrong_sums = 0;       // elements of the returned sum that are not the nearest to fp32's, halves to even
    double largest_mean_error = 0;    // share of what is added up to the mean
    double largest_mean_error_of_row = 0;  // share of the row's largest |x|
    double largest_mean_error_sigma = 0;   // share of the row's deviation
    double largest_rstd_error = 0;         // share of rstd and of what the mean's error makes of it
    double largest_rstd_error_alone = 0;   // share of rstd

    [[nodiscard]] double share_correctly_rounded() const {
        return elements == 0 ? 1.0 : static_cast<double>(correctly_rounded) / static_cast<double>(elements);
    }
    Accuracy& operator+=(const Accuracy& other);
};

// The largest error before rounding that fp32 allows, as a share of the terms. A lane adds 32 elements of a piece of 1,024
// at most; of equal ones the rounding errors reach half of their number times 2^-24 of their sum. Pieces are joined in a
// tree, which is no worse than one behind the other; nine more additions join the lanes. It is as much for the squares,
// of which rstd takes half, plus the few roundings behind the sums.
[[nodiscard]] constexpr double error_bound(std::uint32_t width) {
    return (9.0 + std::min(width / 64.0, 16.0 + std::bit_width((width - 1) / 1024))) * 0x1p-24;
}

// |y| below this share of the terms counts as cancelled: above it the error before rounding is less than half a ULP,
// which is 2^-9 of |y| at least, so that y is off by one ULP at most.
[[nodiscard]] constexpr double cancellation(std::uint32_t width) { return error_bound(width) * 0x1p9; }

// What is promised of float32 rows (docs/design.md, "Numbers"): of the row's largest |y|.
inline constexpr double kFloat32Promise = 0x1p-20;

// The number of a format nearest to a value, ties to even; rounded once.
[[nodiscard]] Bits nearest(Format format, double value);

// One element of a row: what came out, what it should be, the magnitude of what it is made of.
struct Element {
    Format format;
    std::uint32_t width;
    Bits y;
    double exact;
    double terms;
};

struct Verdict {
    std::int64_t ulp;  // from the correctly rounded number; a NaN and a number are as far apart as can be
    bool cancels;
    double error;     // before rounding: what half a ULP does not explain, as a share of the terms
    double distance;  // |y - exact|
};
[[nodiscard]] Verdict judge_element(const Element& element);

// What a configuration returned for operands, against float64.
[[nodiscard]] Accuracy judge(const Configuration& configuration, const Operands& operands, const Results& results);

}  // namespace layernorm_fused_rm::arithmetic
