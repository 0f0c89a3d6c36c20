// SPDX-License-Identifier: Apache-2.0
// Rows that are not random, of any width: their rounding errors may all go one way, and are not to grow with the width.
#include <gtest/gtest.h>

#include "accuracy.hpp"
#include "accuracy_table.hpp"
#include "distributions.hpp"
#include "kinds.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

class EveryWidth : public testing::TestWithParam<const Configuration*> {
protected:
    const Configuration& configuration = *GetParam();
};

INSTANTIATE_TEST_SUITE_P(All, EveryWidth, testing::ValuesIn(configurations_of_any_width()));

TEST_P(EveryWidth, RowsThatAreNotRandomAreAsAccurateAsOthers) {
    const std::uint32_t width = configuration.shape.width;
    for (const Distribution& distribution : rows_that_are_not_random()) {
        SCOPED_TRACE(distribution.name);
        const Accuracy accuracy = measure_any_width(distribution, configuration);
        EXPECT_LE(accuracy.largest_mean_error_of_row, 0x1p-20);
        EXPECT_LE(accuracy.largest_rstd_error_alone, 0x1p-20);
        EXPECT_LE(accuracy.largest_error, error_bound(width));
        if (configuration.shape.formats.output == Format::kFloat32) {
            EXPECT_LE(accuracy.largest_error_of_row, kFloat32Promise);
        } else {
            EXPECT_LE(accuracy.largest_ulp, 1);
            EXPECT_TRUE(sits_on_ties(distribution) || accuracy.share_correctly_rounded() >= 0.999);
        }
    }
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
