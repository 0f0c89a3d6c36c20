// SPDX-License-Identifier: Apache-2.0
// Sizes whose products leave 32 or 64 bits: refused with the reason, or planned right, and never wrapped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "builders.hpp"
#include "layernorm_fused_rm/plan.hpp"
#include "numbers.hpp"
#include "plan_invariants.hpp"

namespace layernorm_fused_rm {
namespace {

using testing::HasSubstr;
using tests::error_of;
using tests::make_problem;

constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();

[[nodiscard]] constexpr std::int64_t power_of_two(unsigned exponent) { return std::int64_t{1} << exponent; }

[[nodiscard]] Problem shaped(const std::vector<std::int64_t>& rows, std::int64_t width) {
    Problem problem = make_problem(1, width);
    problem.input.shape = rows;
    problem.input.shape.push_back(width);
    return problem;
}

TEST(Overflow, of_elements_beyond_32_bits_is_planned_while_every_bank_holds_its_rows) {
    const Problem problem = shaped({power_of_two(23)}, 1024);  // 2^33 elements, 1.4 GB of each of 12 banks
    const Plan planned = plan(problem);
    EXPECT_EQ(planned.rows, power_of_two(23));
    EXPECT_EQ(tests::broken_promise(problem, planned), "");
}

TEST(Overflow, of_a_bank_is_refused_from_the_first_row_too_many) {
    Problem problem = shaped({12 * (power_of_two(21) - 1)}, 1024);  // 2,048-byte rows: 4 GB of a bank less one row
    EXPECT_EQ(error_of(problem), "");
    EXPECT_EQ(tests::broken_promise(problem, plan(problem)), "");
    problem.input.shape.front() += 1;
    EXPECT_THAT(error_of(problem), HasSubstr("an address in a bank must fit in 32 bits"));
}

TEST(Overflow, of_the_row_count_beyond_32_bits_is_refused_however_it_comes_about) {
    for (const std::vector<std::int64_t>& rows : {std::vector<std::int64_t>{power_of_two(32)},
                                                  {power_of_two(16), power_of_two(16)},
                                                  {kMax64},
                                                  {kMax64, kMax64},
                                                  // 2^64 and 2^96, which wrap to 0
                                                  {power_of_two(32), power_of_two(32)},
                                                  {power_of_two(32), power_of_two(32), power_of_two(32)},
                                                  // wraps to 1
                                                  {4294967297, 4294967297, 1},
                                                  std::vector<std::int64_t>(7, 1000)}) {
        EXPECT_THAT(error_of(shaped(rows, 64)), HasSubstr("a row's index must fit in 32 bits; split the input"));
    }
}

TEST(Overflow, is_none_where_a_dimension_is_zero) {
    for (const std::vector<std::int64_t>& rows : {std::vector<std::int64_t>{kMax64, kMax64, 0}, {0, kMax64, kMax64}}) {
        const Problem problem = shaped(rows, 64);
        EXPECT_EQ(plan(problem).rows, 0);
        EXPECT_EQ(tests::broken_promise(problem, plan(problem)), "");
    }
}

TEST(Overflow, of_rows_times_width_beyond_63_bits_is_refused) {
    for (const std::int64_t width : {power_of_two(31), power_of_two(32), power_of_two(61), kMax64 / 32 * 32}) {
        for (const std::int64_t rows : {std::int64_t{1}, std::int64_t{12}, power_of_two(32) - 1}) {
            EXPECT_THAT(error_of(shaped({rows}, width)), HasSubstr("must fit in 32 bits")) << rows << " x " << width;
        }
    }
}

TEST(Overflow, of_the_bytes_of_a_row_is_refused_from_the_first_element_too_many) {
    const std::int64_t widest = (power_of_two(32) - 1) / 4;  // of float32, whatever the tensor's dtype
    const Problem problem = shaped({1}, widest);
    EXPECT_EQ(error_of(problem), "");
    EXPECT_EQ(tests::broken_promise(problem, plan(problem)), "");
    EXPECT_THAT(error_of(shaped({1}, widest + 1)), HasSubstr("the bytes of a row must fit in 32 bits"));
    EXPECT_THAT(error_of(shaped({1}, kMax64)), HasSubstr("the bytes of a row must fit in 32 bits"));
}

TEST(Overflow, of_a_product_is_noticed_at_the_last_value_that_fits) {
    EXPECT_EQ(checked_multiply(kMax64, 1), kMax64);
    EXPECT_EQ(checked_multiply(0, kMax64), 0);
    EXPECT_EQ(checked_multiply(7, kMax64 / 7), kMax64 / 7 * 7);
    EXPECT_FALSE(checked_multiply(7, kMax64 / 7 + 1));
    EXPECT_FALSE(checked_multiply(power_of_two(32), power_of_two(31)));
}

TEST(Overflow, of_sums_in_rounding_up_does_not_happen) {
    EXPECT_EQ(divide_up(kMax64, 2), kMax64 / 2 + 1);
    EXPECT_EQ(divide_up(kMax64, kMax64), 1);
}

}  // namespace
}  // namespace layernorm_fused_rm
