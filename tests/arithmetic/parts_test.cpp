// SPDX-License-Identifier: Apache-2.0
// Rows that several chips share: each part is normalised as whole rows are (kernels/norm/stats.hpp).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <string_view>
#include <vector>

#include "accuracy.hpp"
#include "configuration.hpp"
#include "distributions.hpp"
#include "exact.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

constexpr std::size_t kRowsDrawn = 13;

// The two halves of a call, by their options, and the width of a part.
struct Halves {
    std::uint32_t width;
    std::string_view before;
    std::string_view after;

    [[nodiscard]] const Configuration& first() const { return find_configuration({.width = width, .options = before}); }
    [[nodiscard]] const Configuration& second() const { return find_configuration({.width = width, .options = after}); }
    // The call on whole rows, which judges and exact rows go by.
    [[nodiscard]] Configuration whole() const {
        Configuration whole = second();
        whole.shape.width *= whole.shape.stats_numbers / first().shape.stats_numbers;
        return whole;
    }
};
void PrintTo(const Halves& halves, std::ostream* stream) { *stream << halves.width << ":" << halves.after; }

class Parts : public testing::TestWithParam<Halves> {
protected:
    const Configuration whole = GetParam().whole();

    [[nodiscard]] Results normalise_all(const Operands& operands) const {
        return normalise_in_parts(GetParam().first(), GetParam().second(), operands);
    }
};

INSTANTIATE_TEST_SUITE_P(
    All, Parts,
    testing::Values(Halves{96, "before", "after=3"}, Halves{1500, "f32:before", "f32:statistics:after=5"},
                    Halves{250, "f32:residual:tile:before", "f32:residual:sum:statistics:tile:after=9"},
                    Halves{300, "rms:tile-input:before", "rms:statistics:tile-input:after=33"},
                    Halves{33, "f32:rms:before", "f32:rms:after=64"}, Halves{1, "f32:before", "f32:after=40"}));

// Of a row's results.
[[nodiscard]] Results only_row(const Results& all, std::size_t row, std::size_t width) {
    const auto cut = [=](const std::vector<Bits>& values, std::size_t elements) {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(values.empty() ? 0 : row * elements);
        return std::vector<Bits>(first, values.empty() ? first : first + static_cast<std::ptrdiff_t>(elements));
    };
    return {.y = cut(all.y, width), .sum = cut(all.sum, width), .mean = cut(all.mean, 1), .rstd = cut(all.rstd, 1)};
}

// What is summed on the way to the mean: x less its part's first element, and these less the first of all. By so much it
// may be larger than x less that alone, which the bound of whole rows speaks of, where a part begins with an outlier.
[[nodiscard]] double growth_of_terms(const ExactRow& row, std::size_t own) {
    double of_whole = 0;
    double of_parts = 0;
    for (std::size_t i = 0; i < row.x.size(); ++i) {
        const double first = row.x[i / own * own];
        of_whole += std::abs(row.x[i] - row.x.front());
        of_parts += std::abs(row.x[i] - first) + std::abs(first - row.x.front());
    }
    return of_whole == 0 ? 1 : std::max(1.0, of_parts / of_whole);
}

TEST_P(Parts, AreNormalisedLikeWholeRows) {
    const std::size_t width = whole.shape.width;
    for (const Distribution& distribution : distributions()) {
        if (distribution.needs_float32 && whole.shape.formats.input != Format::kFloat32) {
            continue;
        }
        const Rows rows = draw_rows(distribution, whole, kRowsDrawn, run_seed());
        const Results results = normalise_all(rows.operands());
        for (std::size_t row = 0; row < kRowsDrawn; ++row) {
            Operands one = rows.operands();
            one.x = one.x.subspan(row * width, width);
            one.residual = one.residual.empty() ? one.residual : one.residual.subspan(row * width, width);
            const double growth = growth_of_terms(exact_row(whole, one, 0), GetParam().width);
            const Accuracy accuracy = judge(whole, one, only_row(results, row, width));
            EXPECT_LE(accuracy.largest_error, growth * error_bound(whole.shape.width)) << distribution.name;
            if (whole.shape.formats.output == Format::kFloat32) {
                EXPECT_LE(accuracy.largest_error_of_row, growth * kFloat32Promise) << distribution.name;
            } else {
                EXPECT_LE(accuracy.largest_ulp, 1) << distribution.name;
            }
            EXPECT_EQ(accuracy.wrong_sums, 0U) << distribution.name;
        }
    }
}

TEST_P(Parts, NeverCountPaddingOrWhatLiesBesideStats) {
    const Rows rows = draw_rows(kNormal, whole, kRowsDrawn, run_seed());
    const Results expected = normalise_all(rows.operands());
    for (const Half poison : {Half{0}, Half{0x7f80}, Half{0x7f00}, Half{0x4000}}) {
        Operands operands = rows.operands();
        operands.poison = poison;
        EXPECT_EQ(normalise_all(operands), expected) << poison;
    }
}

TEST_P(Parts, TellTheirFirstElementAndTheirLength) {
    const Rows rows = draw_rows(kNormal, whole, kRowsDrawn, run_seed());
    const Results results = normalise_all(rows.operands());
    const std::uint32_t numbers = whole.shape.stats_numbers;
    const std::uint32_t own = GetParam().width;
    for (std::size_t row = 0; row < kRowsDrawn; ++row) {
        const ExactRow exact = exact_row(whole, rows.operands(), row);
        for (std::uint32_t chip = 0; chip < numbers / 4; ++chip) {
            const Bits* const told = &results.stats[row * numbers + chip * 4];
            const bool centres = whole.centring != contract::Centring{};
            EXPECT_EQ(to_double(told[0]), centres ? exact.x[chip * own] : 0.0);
            EXPECT_EQ(to_double(told[3]), own);
        }
    }
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
