// SPDX-License-Identifier: Apache-2.0
// A row's bits depend on the row, gamma, beta and epsilon alone: not on the batch, the block, the neighbours or the
// place, nor on how many cores share it; those of a strip's row not on which tensors are in tiles either.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "accuracy_table.hpp"
#include "configuration.hpp"
#include "kinds.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

constexpr std::size_t kRowsDrawn = 61;  // no multiple of a batch or a block

class Determinism : public testing::TestWithParam<std::uint32_t> {};

INSTANTIATE_TEST_SUITE_P(Widths, Determinism, testing::Values(20, 32, 64, 96, 384, 760, 1000, 1024, 1056, 2048, 4096));

TEST_P(Determinism, RowsPerBatchAndPerBlockDecideNoBit) {
    const std::vector<const Configuration*> all = find_configurations({.width = GetParam()});
    ASSERT_GT(all.size(), 1U);
    for (const Distribution& distribution : distributions()) {
        const Rows rows = draw_rows(distribution, *all.front(), kRowsDrawn, run_seed());
        const Results expected = normalise(*all.front(), rows.operands());
        for (const Configuration* configuration : all) {
            EXPECT_EQ(normalise(*configuration, rows.operands()), expected)
                << distribution.name << ", " << configuration->rows_per_batch << " rows a batch, "
                << configuration->shape.rows_per_block << " a block";
        }
    }
}

TEST_P(Determinism, ARowAloneIsTheRowAmongOthers) {
    const Rows rows =
        draw_rows(distributions().front(), find_configuration({.width = GetParam()}), kRowsDrawn, run_seed());
    for (const Configuration* configuration : find_configurations({.width = GetParam()})) {
        const std::vector<Bits> y = normalise(*configuration, rows.operands()).y;
        for (std::size_t i = 0; i < kRowsDrawn; ++i) {
            const std::size_t first = i * GetParam();
            const std::span<const Bits> row = std::span(rows.x).subspan(first, GetParam());
            const std::vector<Bits> alone = normalise(*configuration, {row, rows.gamma, rows.beta}).y;
            ASSERT_TRUE(std::equal(alone.begin(), alone.end(), y.begin() + static_cast<std::ptrdiff_t>(first))) << i;
        }
    }
}

TEST_P(Determinism, OrderOfRowsDecidesNoBit) {
    const Configuration& configuration = *find_configurations({.width = GetParam()}).back();
    Rows rows = draw_rows(distributions().front(), configuration, kRowsDrawn, run_seed());
    std::vector<Bits> y = normalise(configuration, rows.operands()).y;
    const std::ptrdiff_t seven_rows = std::ptrdiff_t{7} * GetParam();
    std::rotate(rows.x.begin(), rows.x.begin() + seven_rows, rows.x.end());
    std::rotate(y.begin(), y.begin() + seven_rows, y.end());
    EXPECT_EQ(normalise(configuration, rows.operands()).y, y);
}

[[nodiscard]] bool has_strips(const Configuration& kind) { return kind.shape.has_strips(); }

// A configuration's options but for those that say what is in tiles.
[[nodiscard]] std::string arithmetic_options(const Configuration& configuration) {
    std::istringstream words{std::string(configuration.options)};
    std::string options;
    for (std::string word; std::getline(words, word, ':');) {
        options += word.starts_with("tile") ? "" : ":" + word;
    }
    return options;
}

// Strips of the same arithmetic: other layouts, blocks, bytes of L1.
[[nodiscard]] std::vector<const Configuration*> with_same_arithmetic(const Configuration& configuration) {
    std::vector<const Configuration*> found;
    std::ranges::copy_if(configurations(), std::back_inserter(found), [&](const Configuration* other) {
        return has_strips(*other) && other->shape.width == configuration.shape.width &&
               other->epsilon == configuration.epsilon &&
               arithmetic_options(*other) == arithmetic_options(configuration);
    });
    return found;
}

class Strips : public testing::TestWithParam<const Configuration*> {
protected:
    const Configuration& configuration = *GetParam();
    [[nodiscard]] Rows draw(std::size_t count) const {
        return draw_rows(distributions().front(), configuration, count, run_seed());
    }
};

INSTANTIATE_TEST_SUITE_P(All, Strips, testing::ValuesIn(kinds_that(has_strips)));

// The same bits as the first's.
TEST_P(Strips, LayoutsAndBlocksDecideNoBit) {
    const Configuration& first = *with_same_arithmetic(configuration).front();
    for (const Distribution& distribution : distributions_for(configuration)) {
        const Rows rows = draw_rows(distribution, configuration, kRowsDrawn, run_seed());
        const Results expected = normalise(first, rows.operands());
        for (const Configuration* other : with_same_arithmetic(configuration)) {
            if (other->options == configuration.options) {
                EXPECT_EQ(normalise(*other, rows.operands()), expected)
                    << distribution.name << ", " << other->name << " and " << first.name;
            }
        }
    }
}

TEST_P(Strips, ARowAloneIsTheRowAmongOthers) {
    constexpr std::size_t kRows = 6;
    const std::size_t width = configuration.shape.width;
    const Rows rows = draw(kRows);
    const Results all = normalise(configuration, rows.operands());
    const auto one_of = [](const std::vector<Bits>& values, std::size_t index, std::size_t elements) {
        const std::span<const Bits> own =
            values.empty() ? std::span(values) : std::span(values).subspan(index * elements, elements);
        return std::vector<Bits>(own.begin(), own.end());
    };
    for (std::size_t i = 0; i < kRows; ++i) {
        const std::vector<Bits> x = one_of(rows.x, i, width);
        const std::vector<Bits> residual = one_of(rows.residual, i, width);
        const Results alone = normalise(configuration, {x, rows.gamma, rows.beta, residual});
        const Results among_others = {one_of(all.y, i, width), one_of(all.sum, i, width), one_of(all.mean, i, 1),
                                      one_of(all.rstd, i, 1)};
        EXPECT_EQ(alone, among_others) << i;
    }
}

// Those of the same arithmetic whose rows a core has to itself.
[[nodiscard]] const Configuration& with_whole_rows(const Configuration& configuration) {
    const auto all = find_configurations({.width = configuration.shape.width, .options = configuration.options});
    return **std::ranges::find(all, 1U, [](const Configuration* other) { return other->shape.slices; });
}

class Slices : public testing::TestWithParam<const Configuration*> {};
INSTANTIATE_TEST_SUITE_P(All, Slices, testing::ValuesIn(kinds_that([](const Configuration& kind) {
                             return kind.shape.slices > 1;
                         })));

TEST_P(Slices, DecideNoBit) {
    const Configuration& shared = *GetParam();
    for (const Distribution& distribution : distributions_for(shared)) {
        const Rows rows = draw_rows(distribution, shared, kRowsDrawn, run_seed());
        EXPECT_EQ(normalise(shared, rows.operands()), normalise(with_whole_rows(shared), rows.operands()))
            << distribution.name << ", " << shared.shape.slices << " slices";
    }
}

// Padding between matrices, a row each, strips and a bit, tiles and a bit; none of it counts as a row.
class StripsWithPadding : public Strips {};
INSTANTIATE_TEST_SUITE_P(PadsRows, StripsWithPadding,
                         testing::ValuesIn(kinds_that([](const Configuration& kind) { return kind.shape.pads_rows; })));

TEST_P(StripsWithPadding, MatricesOfAnyHeightDecideNoBit) {
    constexpr std::size_t kRows = 2 * 5 * 7;
    const Rows rows = draw(kRows);
    const Results expected = normalise(configuration, rows.operands());
    for (const std::uint32_t rows_per_matrix : {1U, 5U, 14U, 35U}) {
        Operands operands = rows.operands();
        operands.rows_per_matrix = rows_per_matrix;
        EXPECT_EQ(normalise(configuration, operands), expected) << rows_per_matrix;
    }
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
