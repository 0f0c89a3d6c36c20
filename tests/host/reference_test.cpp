// SPDX-License-Identifier: Apache-2.0
#include "layernorm_fused_rm/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace layernorm_fused_rm {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

TEST(Reference, of_a_row_worked_by_hand) {
    // Mean 2, biased variance 1, epsilon 3: deviation 2.
    const std::vector<double> y =
        reference_layernorm(std::vector{1.0, 3.0}, {std::vector{1.0, 1.0}, std::vector{0.0, 0.0}}, 3.0);
    EXPECT_THAT(y, ElementsAre(DoubleEq(-0.5), DoubleEq(0.5)));
}

TEST(Reference, scales_by_gamma_and_shifts_by_beta_column_by_column) {
    const std::vector<double> gamma{2.0, 4.0};
    const std::vector<double> beta{10.0, 20.0};
    EXPECT_THAT(reference_layernorm(std::vector{1.0, 3.0}, {gamma, beta}, 3.0),
                ElementsAre(DoubleEq(9.0), DoubleEq(22.0)));
}

TEST(Reference, takes_each_row_for_itself) {
    const std::vector<double> ones{1.0, 1.0};
    const std::vector<double> zeros{0.0, 0.0};
    const std::vector<double> y = reference_layernorm(std::vector{1.0, 3.0, 101.0, 103.0}, {ones, zeros}, 3.0);
    EXPECT_THAT(y, ElementsAre(DoubleEq(-0.5), DoubleEq(0.5), DoubleEq(-0.5), DoubleEq(0.5)));
}

TEST(Reference, of_a_constant_row_is_beta) {
    const std::vector<double> gamma{5.0, 6.0};
    const std::vector<double> beta{0.25, -7.0};
    EXPECT_EQ(reference_layernorm(std::vector{1e4, 1e4}, {gamma, beta}, 1e-5), beta);
}

TEST(Reference, refuses_lengths_that_do_not_match) {
    const std::vector<double> two{1.0, 1.0};
    const std::vector<double> three{1.0, 1.0, 1.0};
    const std::vector<double> none;
    EXPECT_THROW(static_cast<void>(reference_layernorm(three, {two, two}, 1e-5)), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(reference_layernorm(two, {two, three}, 1e-5)), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(reference_layernorm(two, {none, none}, 1e-5)), std::invalid_argument);
}

}  // namespace
}  // namespace layernorm_fused_rm
