// SPDX-License-Identifier: Apache-2.0
// Rows cut into slices: when, into how many, and which cores share them.
#include "slicing.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "builders.hpp"
#include "contract.hpp"
#include "layernorm_fused_rm/plan.hpp"
#include "plan_invariants.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Call;
using contract::Centring;
using tests::make_full_problem;
using tests::make_problem;

[[nodiscard]] Problem in_tiles(std::int64_t rows, std::int64_t width) {
    Problem problem = make_problem(rows, width);
    problem.input.layout = Layout::kTile;
    return problem;
}

[[nodiscard]] Call strips_of(std::uint32_t width, Centring centring = Centring::kScaled) {
    return {.width_elements = width, .rows_per_vector = contract::kRowsPerStrip, .centring = centring};
}

// A piece of a strip's sums is 256 columns; a slice is 1, 2, 4.. of them.
TEST(Slicing, cuts_rows_at_pieces_alone) {
    using Slices = std::vector<std::int64_t>;
    EXPECT_EQ(possible_slices(strips_of(256), 64), (Slices{1}));
    EXPECT_EQ(possible_slices(strips_of(1024), 64), (Slices{1, 4, 2}));
    EXPECT_EQ(possible_slices(strips_of(1000), 64), (Slices{1}));
    EXPECT_EQ(possible_slices(strips_of(768), 64), (Slices{1, 3}));
    EXPECT_EQ(possible_slices(strips_of(7168), 64), (Slices{1, 14, 7}));
    EXPECT_EQ(possible_slices(strips_of(1024), 2), (Slices{1, 2}));
    EXPECT_EQ(possible_slices(strips_of(256 * 17), 64), (Slices{1}));
}

TEST(Slicing, is_estimated_to_pay_where_rows_are_fewer_than_cores) {
    const Call call = strips_of(1024);
    EXPECT_LT(estimate_cycles(call, 1, 4), estimate_cycles(call, 1, 1));
    EXPECT_LT(estimate_cycles(call, 1, 1), estimate_cycles(call, 2, 2));
    EXPECT_LT(estimate_cycles(strips_of(4096), 1, 8), estimate_cycles(strips_of(4096), 2, 16));
    EXPECT_LT(estimate_cycles(strips_of(1024, Centring::kNone), 1, 4), estimate_cycles(call, 1, 4));
    EXPECT_LT(estimate_cycles(call, 1, 4), estimate_cycles(strips_of(1024, Centring::kShifted), 1, 4));
}

TEST(Slicing, gives_each_slice_a_core) {
    const Plan planned = plan(in_tiles(32, 1024));
    EXPECT_EQ(planned.call.slices, 4U);
    EXPECT_EQ(planned.call.width_elements, 256U);
    std::int64_t with_rows = 0;
    for (const CoreWork& work : planned.cores) {
        with_rows += work.rows() != 0 ? 1 : 0;
        EXPECT_LE(work.rows(), 4);
    }
    EXPECT_EQ(with_rows, 32);
    EXPECT_TRUE(planned.has_semaphores());
    EXPECT_NE(planned.describe().find("4 slices"), std::string::npos);
}

// A piece of a row's sums is 1,024 elements.
TEST(Slicing, cuts_rows_by_themselves_too) {
    EXPECT_EQ(plan(make_problem(1, 4096)).call.slices, 4U);
    EXPECT_EQ(plan(make_problem(1, 8192)).call.slices, 8U);
    EXPECT_EQ(plan(make_problem(1, 8191)).call.slices, 1U);
    EXPECT_EQ(plan(make_problem(2, 8192)).call.slices, 1U);
    const Plan planned = plan(make_problem(1, 16384));
    EXPECT_EQ(planned.call.slices, 8U);
    EXPECT_FALSE(planned.sharing);
    EXPECT_EQ(planned.cores.size(), 8U);
}

TEST(Slicing, leaves_rows_whole_where_that_takes_less) {
    EXPECT_EQ(plan(in_tiles(1024, 1024)).call.slices, 1U);
    EXPECT_EQ(plan(in_tiles(32, 256)).call.slices, 1U);
    EXPECT_EQ(plan(in_tiles(32, 512)).call.slices, 1U);
    EXPECT_EQ(plan(in_tiles(32, 1000)).call.slices, 1U);
    EXPECT_EQ(plan(make_problem(1, 2048)).call.slices, 1U);
    EXPECT_EQ(plan(make_problem(32, 8192)).call.slices, 1U);
    Problem in_l1 = make_problem(1, 8192);
    in_l1.input.buffer_type = BufferType::kL1;
    EXPECT_EQ(plan(in_l1).call.slices, 1U);
    Problem small = in_tiles(32, 1024);
    small.device.grid = {.x = 1, .y = 1};
    EXPECT_EQ(plan(small).call.slices, 1U);
}

// gamma and beta lie whole in each core's L1.
TEST(Slicing, leaves_rows_whole_where_L1_holds_no_slice_of_them) {
    Problem problem = in_tiles(32, 262'144);
    problem.gamma = problem.beta = make_full_problem(32, 262'144).gamma;
    const Plan planned = plan(problem);
    EXPECT_EQ(planned.call.slices, 1U);
    EXPECT_EQ(planned.call.reads_again, 1U);
}

// Constants are those of the row, whatever its slices.
TEST(Slicing, does_not_change_constants) {
    const Call shared = plan(in_tiles(32, 1536)).call;
    const Call whole = plan(in_tiles(2048, 1536)).call;
    ASSERT_EQ(shared.slices, 6U);
    ASSERT_EQ(whole.slices, 1U);
    EXPECT_EQ(shared.negative_sum_scale_bits, whole.negative_sum_scale_bits);
    EXPECT_EQ(shared.centre_scale_bits, whole.centre_scale_bits);
    EXPECT_EQ(shared.negative_mean_square_scale_bits, whole.negative_mean_square_scale_bits);
    EXPECT_EQ(shared.rstd_scale_bits, whole.rstd_scale_bits);
}

TEST(Slicing, keeps_every_promise) {
    for (const std::int64_t width : {512, 768, 1024, 1280, 2048, 4096, 7168, 16384}) {
        for (const std::int64_t rows : {1, 5, 32, 33, 96, 300}) {
            Problem problem = make_full_problem(rows, width);
            problem.input.layout = rows % 2 == 0 ? Layout::kTile : Layout::kRowMajor;
            for (const std::int32_t side : {1, 3, 8}) {
                problem.device.grid = {.x = side, .y = 8};
                EXPECT_EQ(tests::broken_promise(problem, plan(problem)), "") << rows << " x " << width << ", " << side;
            }
        }
    }
}

}  // namespace
}  // namespace layernorm_fused_rm
