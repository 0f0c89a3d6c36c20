// SPDX-License-Identifier: Apache-2.0
// Options of a call that are the same arithmetic as another call: the same bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "accuracy_table.hpp"
#include "activations.hpp"
#include "configuration.hpp"
#include "exact.hpp"
#include "kinds.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

constexpr Bits kOne = 0x3f800000;
constexpr std::size_t kRowsDrawn = 23;

[[nodiscard]] const Configuration& find(std::uint32_t width, std::string_view options) {
    return find_configuration({.width = width, .options = options});
}

[[nodiscard]] std::vector<Bits> times(std::vector<Bits> values, double factor) {
    for (Bits& bits : values) {
        bits = std::bit_cast<Bits>(static_cast<float>(to_double(bits) * factor));
    }
    return values;
}

class EveryKindOfCall : public testing::TestWithParam<const Configuration*> {
protected:
    const Configuration& configuration = *GetParam();
    Rows rows = draw_rows(distributions().front(), configuration, kRowsDrawn, run_seed());
};

INSTANTIATE_TEST_SUITE_P(All, EveryKindOfCall, testing::ValuesIn(all_kinds()));

TEST_P(EveryKindOfCall, GivesTheSameBitsTwice) {
    EXPECT_EQ(normalise(configuration, rows.operands()), normalise(configuration, rows.operands()));
}

// Whatever lies behind a row, a vector or a segment, and in the place of rows that a batch lacks, which are computed too:
// no numbers, zeros, numbers whose squares overflow, infinities of both signs among no numbers, anything.
TEST_P(EveryKindOfCall, NeverCountsPadding) {
    struct Memory {
        Half poison, noise;
    };
    const Results expected = normalise(configuration, rows.operands());
    for (const Memory memory : {Memory{0, 0}, {0x7f80, 0}, {0x7f00, 0}, {0x4000, 0}, {0x7f80, 0x8001}, {0, 0xffff}}) {
        Operands operands = rows.operands();
        operands.poison = memory.poison;
        operands.noise = memory.noise;
        EXPECT_EQ(normalise(configuration, operands), expected) << memory.poison << " " << memory.noise;
    }
}

TEST_P(EveryKindOfCall, ARowsResultsAreItsOwnWhateverItsPlace) {
    const std::uint32_t width = configuration.shape.width;
    const Results expected = normalise(configuration, rows.operands());
    const auto turn = [](std::vector<Bits>& values, std::size_t elements) {
        if (!values.empty()) {
            std::ranges::rotate(values, values.begin() + static_cast<std::ptrdiff_t>(elements));
        }
    };
    turn(rows.x, 7 * width);
    turn(rows.residual, 7 * width);
    Results turned = expected;
    turn(turned.y, 7 * width);
    turn(turned.sum, 7 * width);
    turn(turned.mean, 7);
    turn(turned.rstd, 7);
    EXPECT_EQ(normalise(configuration, rows.operands()), turned);
}

class EveryKindWithFactor : public EveryKindOfCall {};
INSTANTIATE_TEST_SUITE_P(WithFactor, EveryKindWithFactor, testing::ValuesIn(kinds_that([](const Configuration& kind) {
                             return kind.shape.formats.gamma != Format::kNone && !kind.zero_centered_gamma &&
                                    kind.activation == contract::Activation::kNone;
                         })));

// A power of two is a factor without rounding.
TEST_P(EveryKindWithFactor, IsLinearInGammaAndBeta) {
    const Results once = normalise(configuration, rows.operands());
    rows.gamma = times(rows.gamma, 4);
    rows.beta = times(rows.beta, 4);
    EXPECT_EQ(normalise(configuration, rows.operands()).y, times(once.y, 4));
    rows.gamma = times(rows.gamma, -0.25);
    rows.beta = times(rows.beta, -0.25);
    EXPECT_EQ(times(normalise(configuration, rows.operands()).y, -1), times(once.y, 1));
}

// Two calls that differ in what a test is about: with the option, and without.
struct Calls {
    std::uint32_t width;
    std::string_view with;
    std::string_view without;
};

constexpr Calls kActivated[] = {
    {17, "output32:silu", "output32"},
    {96, "output32:relu", "output32"},
    {96, "output32:silu", "output32"},
    {96, "output32:gelu", "output32"},
    {96, "output32:gelu-approx", "output32"},
    {257, "f32:residual:sum:statistics:silu", "f32:residual:sum:statistics"},
    {1057, "output32:silu", "output32"},
    {2048, "rms:output32:gelu", "rms:output32"},
    {2048, "f32:residual:sum:statistics:silu", "f32:residual:sum:statistics"},
    {50, "output32:tile:silu", "output32:tile"},
    {64, "no-gamma:no-beta:output32:tile:gelu", "no-gamma:no-beta:output32:tile"},
    {300, "f32:residual:sum:statistics:tile:silu", "f32:residual:sum:statistics:tile"},
    {300, "no-gamma:no-beta:output32:tile:silu", "no-gamma:no-beta:output32:tile"},
    {300, "output32:tile-output:gelu", "output32:tile-output"},
    {290, "output32:tile-input:silu", "output32:tile-input"},
};

// On every way through a block: what an activation leaves of registers and DEST is what the norm needs of them.
TEST(Options, AnActivationIsOneOfTheFloat32Y) {
    for (const Calls& calls : kActivated) {
        SCOPED_TRACE(std::string(calls.with) + " of " + std::to_string(calls.width));
        const Configuration& with = find(calls.width, calls.with);
        const Rows rows = draw_rows(distributions().front(), with, kRowsDrawn, run_seed());
        const Results expected = normalise(find(calls.width, calls.without), rows.operands());
        const Results results = normalise(with, rows.operands());
        EXPECT_EQ(results.y, interpret_activation(with.activation, expected.y));
        EXPECT_EQ(results.sum, expected.sum);
        EXPECT_EQ(results.mean, expected.mean);
        EXPECT_EQ(results.rstd, expected.rstd);
    }
}

TEST(Options, NoGammaIsAGammaOfOnes) {
    for (const Calls& calls : {Calls{96, "no-gamma", ""}, {50, "no-gamma:tile", "tile"}}) {
        Rows rows = draw_rows(distributions().front(), find(calls.width, calls.without), kRowsDrawn, run_seed());
        rows.gamma.assign(calls.width, kOne);
        const Operands without{.x = rows.x, .beta = rows.beta};
        EXPECT_EQ(normalise(find(calls.width, calls.with), without).y,
                  normalise(find(calls.width, calls.without), rows.operands()).y);
    }
}

TEST(Options, NoBetaIsABetaOfZeros) {
    for (const Calls& calls : {Calls{96, "no-beta", ""}, {50, "no-beta:tile", "tile"}}) {
        Rows rows = draw_rows(distributions().front(), find(calls.width, calls.without), kRowsDrawn, run_seed());
        rows.beta.assign(calls.width, 0);
        const Operands without{.x = rows.x, .gamma = rows.gamma};
        EXPECT_EQ(normalise(find(calls.width, calls.with), without).y,
                  normalise(find(calls.width, calls.without), rows.operands()).y);
    }
}

// Gammas of 1 + g, for g that leave the sum a bf16 number.
TEST(Options, AZeroCenteredGammaLacksItsOne) {
    for (const Calls& calls : {Calls{96, "zero-centered", ""}, {64, "zero-centered:tile", "tile"}}) {
        Rows rows = draw_rows(distributions().front(), find(calls.width, calls.without), kRowsDrawn, run_seed());
        for (std::size_t i = 0; i < calls.width; ++i) {
            rows.gamma[i] = std::bit_cast<Bits>(static_cast<float>(i) / 64);
        }
        const std::vector<Bits> centred = normalise(find(calls.width, calls.with), rows.operands()).y;
        for (Bits& bits : rows.gamma) {
            bits = std::bit_cast<Bits>(std::bit_cast<float>(bits) + 1);
        }
        EXPECT_EQ(centred, normalise(find(calls.width, calls.without), rows.operands()).y);
    }
}

TEST(Options, AResidualOfZerosIsNone) {
    for (const Calls& calls : {Calls{257, "f32:residual", "f32"},
                               {256, "f32:residual:sum:statistics:tile", "f32:tile"},
                               {4096, "f32:residual:sum:statistics:tile", "f32:tile"},
                               {3000, "f32:residual:sum:statistics:tile", "f32:tile"}}) {
        const Configuration& with = find(calls.width, calls.with);
        Rows rows = draw_rows(distributions().front(), with, kRowsDrawn, run_seed());
        rows.residual.assign(rows.x.size(), 0);
        const Operands without{.x = rows.x, .gamma = rows.gamma, .beta = rows.beta};
        EXPECT_EQ(normalise(with, rows.operands()).y, normalise(find(calls.width, calls.without), without).y)
            << calls.width;
    }
}

TEST(Options, WhatIsReturnedBesideDecidesNoBitOfY) {
    for (const Calls& calls : {Calls{384, "statistics", ""},
                               {1056, "statistics", ""},
                               {4096, "statistics", ""},
                               {256, "statistics:tile", "tile"},
                               {300, "statistics:tile-input", "tile-input"},
                               {257, "f32:statistics:tile", "f32:tile"}}) {
        const Rows rows = draw_rows(distributions().front(), find(calls.width, calls.without), kRowsDrawn, run_seed());
        EXPECT_EQ(normalise(find(calls.width, calls.with), rows.operands()).y,
                  normalise(find(calls.width, calls.without), rows.operands()).y)
            << calls.width;
    }
    const Configuration& alone = find(257, "f32:residual");
    const Rows rows = draw_rows(distributions().front(), alone, kRowsDrawn, run_seed());
    EXPECT_EQ(normalise(find(257, "f32:residual:sum:statistics"), rows.operands()).y,
              normalise(alone, rows.operands()).y);
    for (const std::uint32_t width : {2048U, 3000U}) {
        const Configuration& with = find(width, "f32:residual:sum:statistics");
        Rows zeros = draw_rows(distributions().front(), with, kRowsDrawn, run_seed());
        zeros.residual.assign(zeros.x.size(), 0);
        const Operands without{.x = zeros.x, .gamma = zeros.gamma, .beta = zeros.beta};
        EXPECT_EQ(normalise(with, zeros.operands()).y, normalise(find(width, "f32"), without).y) << width;
    }
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
