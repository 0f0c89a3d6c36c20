// SPDX-License-Identifier: Apache-2.0
// Rows at the edges of their formats, rows that are no numbers, constant rows, and rows side by side with them.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "accuracy_table.hpp"
#include "activations.hpp"
#include "configuration.hpp"
#include "contract.hpp"
#include "exact.hpp"
#include "kinds.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

[[nodiscard]] bool is_finite(Bits bits) { return (bits & kInfinity) != kInfinity; }

// The packer turns a NaN into infinity on its way to bf16 and keeps it on its way to fp32.
[[nodiscard]] bool is_no_number(Format format, Bits bits) {
    return format == Format::kBfloat16 ? (bits & ~kSignBit) == kInfinity : !is_finite(bits);
}

[[nodiscard]] bool centres(const Configuration& kind) { return kind.centring != contract::Centring::kNone; }

class EveryKind : public testing::TestWithParam<const Configuration*> {
protected:
    [[nodiscard]] const Configuration& configuration() const { return *GetParam(); }
    [[nodiscard]] std::uint32_t width() const { return configuration().shape.width; }
    [[nodiscard]] Format output() const { return configuration().shape.formats.output; }
    [[nodiscard]] std::vector<Bits> run(const Rows& rows) const {
        return normalise(configuration(), rows.operands()).y;
    }
    [[nodiscard]] bool are_no_numbers(std::span<const Bits> y) const {
        return std::ranges::all_of(y, [this](Bits bits) { return is_no_number(output(), bits); });
    }
    // beta as it comes out, or f(beta).
    [[nodiscard]] std::vector<Bits> packed_beta(const Rows& rows) const {
        std::vector<Bits> beta(width(), 0);
        std::ranges::copy(rows.beta, beta.begin());
        beta = interpret_activation(configuration().activation, beta);
        std::ranges::transform(beta, beta.begin(), [this](Bits bits) { return pack_as(output(), bits); });
        return beta;
    }

    // Rows of N(0, 1) times a scale.
    [[nodiscard]] Rows scaled_rows(std::size_t count, double scale) const {
        Rows rows = draw_rows(kNormal, configuration(), count, run_seed());
        const auto multiply = [scale](std::vector<Bits>& values, Format format) {
            for (Bits& bits : values) {
                bits = nearest(format, to_double(bits) * scale);
            }
        };
        multiply(rows.x, configuration().shape.formats.input);
        multiply(rows.residual, configuration().shape.formats.residual);
        return rows;
    }
    [[nodiscard]] std::span<Bits> row(std::vector<Bits>& values, std::size_t index) const {
        return std::span(values).subspan(index * width(), width());
    }
    // c of norm/steps.hpp: the width by the least power of two that is no smaller, or 1 without centring.
    [[nodiscard]] double centre_scale() const {
        return centres(configuration()) ? width() / static_cast<double>(std::bit_ceil(width())) : 1;
    }
    // The largest spread whose squares still add up: sum of (c (x - mean))^2 = 2^128.
    [[nodiscard]] double largest_spread() const { return 0x1p64 / (centre_scale() * std::sqrt(width())); }
    // Of a row of scaled_rows(count, 1), whose own spread may be far from 1 where it has few elements.
    [[nodiscard]] double largest_drawn_spread(std::size_t count) const {
        const Rows rows = scaled_rows(count, 1);
        double largest = 0;
        for (std::size_t i = 0; i < count; ++i) {
            largest = std::max(largest, 1 / exact_row(configuration(), rows.operands(), i).rstd);
        }
        return largest;
    }
};

INSTANTIATE_TEST_SUITE_P(All, EveryKind, testing::ValuesIn(all_kinds()));

// RMSNorm keeps a constant row.
class EveryCentringKind : public EveryKind {};
INSTANTIATE_TEST_SUITE_P(Centring, EveryCentringKind, testing::ValuesIn(kinds_that(centres)));

TEST_P(EveryCentringKind, AConstantRowGivesBeta) {
    Rows rows = scaled_rows(0, 1);
    std::vector<Bits> values;  // whose sum is finite, zeros of both signs and denormals among them
    const bool is_float32 = configuration().shape.formats.input == Format::kFloat32;
    for (std::uint32_t half = 0; half<0x10000; half += width()> 100 ? 61 : 5) {
        const Bits bits = half << kHalfShift | (is_float32 ? (half * 40503U) & 0xffffU : 0U);
        if (is_finite(bits) && std::abs(to_double(bits)) * 2 * width() < 0x1p128) {
            values.push_back(bits);
            rows.x.insert(rows.x.end(), width(), bits);
        }
    }
    if (configuration().has_residual()) {
        rows.residual.assign(rows.x.size(), 0x40490000);
    }
    std::vector<Bits> y = run(rows);
    const std::vector<Bits> beta = packed_beta(rows);
    for (std::size_t i = 0; i < values.size(); ++i) {
        ASSERT_TRUE(std::ranges::equal(row(y, i), beta)) << "x = " << to_double(values[i]);
    }
}

TEST_P(EveryKind, RowsKeepTheirAccuracyUpToTheLargestSpread) {
    constexpr std::size_t kRows = 40;
    for (const double scale : {1e-10, 1e-6, 1e6, 1e12, 1e17, 0.8 * largest_spread() / largest_drawn_spread(kRows)}) {
        const Rows rows = scaled_rows(kRows, scale);
        const Accuracy accuracy = judge(configuration(), rows.operands(), normalise(configuration(), rows.operands()));
        EXPECT_LE(accuracy.largest_error, error_bound(width())) << scale;
        if (output() == Format::kBfloat16) {
            EXPECT_LE(accuracy.largest_ulp, 1) << scale;
        } else {
            EXPECT_LE(accuracy.largest_error_of_row, kFloat32Promise) << scale;
        }
    }
}

// A row of few elements may have a small spread.
class EveryWideKind : public EveryKind {};
INSTANTIATE_TEST_SUITE_P(Wide, EveryWideKind, testing::ValuesIn(kinds_that([](const Configuration& kind) {
                             return kind.shape.width >= 32;
                         })));

TEST_P(EveryWideKind, ARowWhoseSquaresOverflowIsNoNumberThroughout) {
    for (const double scale : {2.5 * largest_spread(), 1e25, 1e37}) {
        EXPECT_TRUE(are_no_numbers(run(scaled_rows(12, scale)))) << scale;
    }
}

TEST_P(EveryKind, DenormalsAndTinyNumbersGiveBeta) {
    for (const double scale : {1e-39, 1e-38, 1e-30}) {
        Rows rows = scaled_rows(4, scale);
        std::vector<Bits> y = run(rows);
        if (rows.beta.empty()) {
            EXPECT_TRUE(std::ranges::all_of(y, [](Bits bits) { return std::abs(to_double(bits)) < 1e-26; })) << scale;
        } else {
            EXPECT_TRUE(std::ranges::equal(row(y, 3), packed_beta(rows))) << scale;
        }
    }
}

// What is no number leaves no number in its whole row: bf16 operands and outputs turn NaN into infinity on the way in
// and out. No other row of the batch, the block or the tensor changes by a bit.
TEST_P(EveryKind, NanAndInfinityStayInTheirRow) {
    const Rows clean = scaled_rows(23, 1);
    std::vector<Bits> expected = run(clean);
    for (const Bits bad : {0x7fc10000U, 0xffc10000U, 0x7f810000U, 0x7f800000U, 0xff800000U}) {
        for (const std::uint32_t column : {0U, width() / 2, width() - 1}) {
            Rows dirty = clean;
            row(dirty.x, 5)[column] = bad;
            row(dirty.x, 16)[column] = bad;
            row(dirty.x, 16)[(column + 1) % width()] = bad ^ kSignBit;
            std::vector<Bits> y = run(dirty);
            EXPECT_TRUE(are_no_numbers(row(y, 5)));
            EXPECT_TRUE(are_no_numbers(row(y, 16)));
            std::ranges::copy(row(expected, 5), row(y, 5).begin());
            std::ranges::copy(row(expected, 16), row(y, 16).begin());
            EXPECT_EQ(y, expected);
        }
    }
}

// Of the four rows of a strip, which share every vector, each may be anything: the other three do not change by a bit.
class EveryKindOfStrips : public EveryKind {};
INSTANTIATE_TEST_SUITE_P(Strips, EveryKindOfStrips, testing::ValuesIn(kinds_that([](const Configuration& kind) {
                             return kind.shape.has_strips();
                         })));

TEST_P(EveryKindOfStrips, NoRowTouchesTheOthersOfItsStrip) {
    const Rows usual = scaled_rows(8, 1);
    const Results expected = normalise(configuration(), usual.operands());
    const Rows large = scaled_rows(8, 1e37);
    const auto filled = [this](Bits bits) { return std::vector<Bits>(width(), bits); };
    for (std::uint32_t at = 0; at < 8; ++at) {
        std::vector<std::vector<Bits>> others = {filled(0x7fc10000), filled(0x7f800000), filled(0xff800000),
                                                 filled(0x7f7f0000), filled(0x40490000), filled(0)};
        const auto drawn = std::span(large.x).subspan(at * width(), width());
        others.emplace_back(drawn.begin(), drawn.end());
        for (const std::vector<Bits>& other : others) {
            Rows rows = usual;
            std::ranges::copy(other, row(rows.x, at).begin());
            Results results = normalise(configuration(), rows.operands());
            const auto put_back = [at](std::vector<Bits>& to, const std::vector<Bits>& from, std::size_t elements) {
                for (std::size_t i = at * elements; i < std::min(from.size(), (at + 1) * elements); ++i) {
                    to[i] = from[i];
                }
            };
            put_back(results.y, expected.y, width());
            put_back(results.sum, expected.sum, width());
            put_back(results.mean, expected.mean, 1);
            put_back(results.rstd, expected.rstd, 1);
            EXPECT_EQ(results, expected) << "row " << at << " of " << to_double(other.front());
        }
    }
}

// Both vectors, and two columns that differ.
class EveryKindWithVectors : public EveryKind {};
INSTANTIATE_TEST_SUITE_P(WithVectors, EveryKindWithVectors, testing::ValuesIn(kinds_that([](const Configuration& kind) {
                             const Formats& formats = kind.shape.formats;
                             return kind.shape.width >= 3 && formats.gamma != Format::kNone &&
                                    formats.beta != Format::kNone;
                         })));

TEST_P(EveryKindWithVectors, InfiniteGammaOrBetaStaysInItsColumn) {
    Rows rows = scaled_rows(9, 1);
    const std::vector<Bits> expected = run(rows);
    rows.gamma[1] = 0x7f800000;
    rows.beta[width() - 2] = 0xff800000;
    const bool activates = configuration().activation != contract::Activation::kNone;
    const std::vector<Bits> y = run(rows);
    for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t column = i % width();
        if (column == 1 || column == width() - 2) {
            EXPECT_TRUE(is_no_number(output(), y[i])) << i;
            EXPECT_TRUE(column == 1 || activates || y[i] == 0xff800000U) << i;
        } else {
            EXPECT_EQ(y[i], expected[i]) << i;
        }
    }
}

TEST_P(EveryKind, ZerosOfEitherSignAndDenormalsAreOneZero) {
    Rows rows = scaled_rows(5, 1);
    for (std::size_t i = 0; i < rows.x.size(); i += 3) {
        rows.x[i] = 0;
    }
    const std::vector<Bits> expected = run(rows);
    for (const Bits zero : {0x80000000U, 0x007f0000U, 0x80010000U}) {
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
    for (const double epsilon : {1e-12, 1e-5, 1.0}) {
        const Configuration& configuration =
            find_configuration({.width = 384, .rows_per_batch = 4, .epsilon = epsilon});
        const Rows rows = draw_rows(narrow, configuration, 400, run_seed());
        const Accuracy accuracy = judge(configuration, rows.operands(), normalise(configuration, rows.operands()));
        EXPECT_GE(accuracy.share_correctly_rounded(), 0.999) << epsilon;
        EXPECT_LE(accuracy.largest_error, error_bound(384)) << epsilon;
    }
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
