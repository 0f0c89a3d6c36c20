// A row's bits depend on the row, gamma, beta and epsilon alone: not on the batch, the block, the neighbours or the
// place.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "accuracy_table.hpp"
#include "configuration.hpp"

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

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
