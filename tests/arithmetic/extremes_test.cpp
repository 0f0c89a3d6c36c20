// Rows at the edges of bf16, rows that are no numbers, constant rows, and rows side by side with them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "accuracy_table.hpp"
#include "configuration.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

[[nodiscard]] Half half_of(double value) { return nearest_half(value); }
[[nodiscard]] bool is_finite(Half half) { return (half & 0x7f80U) != 0x7f80U; }
[[nodiscard]] bool is_infinite(Half half) { return (half & 0x7fffU) == 0x7f80U; }

class EveryWidth : public testing::TestWithParam<std::uint32_t> {
protected:
    [[nodiscard]] std::uint32_t width() const { return GetParam(); }
    [[nodiscard]] const Configuration& configuration() const { return *find_configurations({.width = width()}).back(); }
    [[nodiscard]] std::vector<Half> run(const Rows& rows) const { return normalise(configuration(), rows.operands()); }

    // Rows of N(0, 1) times a scale.
    [[nodiscard]] Rows scaled_rows(std::size_t count, double scale) const {
        const Distribution normal{"normal", [](Random& random, std::span<float> row) {
                                      std::normal_distribution<float> draw;
                                      std::ranges::generate(row, [&] { return draw(random); });
                                  }};
        Rows rows = draw_rows(normal, count, width(), run_seed());
        for (Half& half : rows.x) {
            half = half_of(static_cast<double>(to_float(half)) * scale);
        }
        return rows;
    }
    [[nodiscard]] std::span<Half> row(std::vector<Half>& values, std::size_t index) const {
        return std::span(values).subspan(index * width(), width());
    }
    // c of sfpu/sequences.hpp: the width by the least power of two that is no smaller.
    [[nodiscard]] double centre_scale() const { return width() / static_cast<double>(std::bit_ceil(width())); }
    // The largest spread whose squares still add up: sum of (c (x - mean))^2 = 2^128.
    [[nodiscard]] double largest_spread() const { return 0x1p64 / (centre_scale() * std::sqrt(width())); }
};

INSTANTIATE_TEST_SUITE_P(Widths, EveryWidth, testing::ValuesIn(kTestedWidths));

TEST_P(EveryWidth, AConstantRowGivesBeta) {
    Rows rows = scaled_rows(0, 1);
    std::vector<Half> values;  // whose sum is finite, zeros of both signs and denormals among them
    for (std::uint32_t bits = 0; bits<0x10000; bits += width()> 100 ? 61 : 5) {
        const auto half = static_cast<Half>(bits);
        if (is_finite(half) && std::abs(static_cast<double>(to_float(half))) * width() < 0x1p128) {
            values.push_back(half);
            rows.x.insert(rows.x.end(), width(), half);
        }
    }
    std::vector<Half> y = run(rows);
    for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_TRUE(std::ranges::equal(row(y, i), rows.beta)) << "x = " << to_float(values[i]);
    }
}

TEST_P(EveryWidth, RowsKeepTheirAccuracyUpToTheLargestSpread) {
    for (const double scale : {1e-10, 1e-6, 1e6, 1e12, 1e17, 0.8 * largest_spread()}) {
        const Rows rows = scaled_rows(40, scale);
        const Accuracy accuracy = judge(rows.operands(), configuration().epsilon, run(rows));
        EXPECT_LE(accuracy.largest_error, error_bound(width())) << scale;
        EXPECT_LE(accuracy.largest_ulp, 1) << scale;
    }
}

TEST_P(EveryWidth, ARowWhoseSquaresOverflowIsInfiniteThroughout) {
    for (const double scale : {2.5 * largest_spread(), 1e25, 1e37}) {
        const std::vector<Half> y = run(scaled_rows(12, scale));
        EXPECT_TRUE(std::ranges::all_of(y, is_infinite)) << scale;
    }
}

TEST_P(EveryWidth, DenormalsAndTinyNumbersGiveBeta) {
    for (const double scale : {1e-39, 1e-38, 1e-30}) {
        Rows rows = scaled_rows(4, scale);
        std::vector<Half> y = run(rows);
        EXPECT_TRUE(std::ranges::equal(row(y, 3), rows.beta)) << scale;
    }
}

// What is no number makes its whole row infinite, never NaN: the matrix unit turns NaN into infinity on the way in, the
// packer does on the way out. No other row of the batch, the block or the tensor changes by a bit.
TEST_P(EveryWidth, NanAndInfinityStayInTheirRow) {
    const Rows clean = scaled_rows(23, 1);
    std::vector<Half> expected = run(clean);
    for (const Half bad : {Half{0x7fc1}, Half{0xffc1}, Half{0x7f81}, Half{0x7f80}, Half{0xff80}}) {
        for (const std::uint32_t column : {0U, width() / 2, width() - 1}) {
            Rows dirty = clean;
            row(dirty.x, 5)[column] = bad;
            row(dirty.x, 16)[column] = bad;
            row(dirty.x, 16)[(column + 1) % width()] = bad ^ 0x8000U;
            std::vector<Half> y = run(dirty);
            EXPECT_TRUE(std::ranges::all_of(row(y, 5), is_infinite));
            EXPECT_TRUE(std::ranges::all_of(row(y, 16), is_infinite));
            std::ranges::copy(row(expected, 5), row(y, 5).begin());
            std::ranges::copy(row(expected, 16), row(y, 16).begin());
            EXPECT_EQ(y, expected);
        }
    }
}

TEST_P(EveryWidth, InfiniteGammaOrBetaStaysInItsColumn) {
    Rows rows = scaled_rows(9, 1);
    const std::vector<Half> expected = run(rows);
    rows.gamma[1] = 0x7f80;
    rows.beta[width() - 2] = 0xff80;
    const std::vector<Half> y = run(rows);
    for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t column = i % width();
        EXPECT_EQ(y[i], column == 1 ? (y[i] & 0x8000U) | 0x7f80U : column == width() - 2 ? 0xff80U : expected[i]) << i;
    }
}

TEST_P(EveryWidth, ZerosOfEitherSignAndDenormalsAreOneZero) {
    Rows rows = scaled_rows(5, 1);
    for (std::size_t i = 0; i < rows.x.size(); i += 3) {
        rows.x[i] = 0;
    }
    const std::vector<Half> expected = run(rows);
    for (const Half zero : {Half{0x8000}, Half{0x007f}, Half{0x8001}}) {
        for (std::size_t i = 0; i < rows.x.size(); i += 3) {
            rows.x[i] = zero;
        }
        EXPECT_EQ(run(rows), expected);
    }
}

TEST(Epsilon, IsUsedAsGiven) {
    const Distribution narrow{"normal_sigma_1e-3", [](Random& random, std::span<float> row) {
                                  std::normal_distribution<float> draw(0, 1e-3F);
                                  std::ranges::generate(row, [&] { return draw(random); });
                              }};
    const Rows rows = draw_rows(narrow, 400, 384, run_seed());
    for (const double epsilon : {1e-12, 1e-5, 1.0}) {
        const Configuration& configuration =
            find_configuration({.width = 384, .rows_per_batch = 4, .epsilon = epsilon});
        const Accuracy accuracy = judge(rows.operands(), epsilon, normalise(configuration, rows.operands()));
        EXPECT_GE(accuracy.share_correctly_rounded(), 0.999) << epsilon;
        EXPECT_LE(accuracy.largest_error, error_bound(384)) << epsilon;
    }
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
