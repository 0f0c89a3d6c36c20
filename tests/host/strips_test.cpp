// SPDX-License-Identifier: Apache-2.0
// Plans of calls with rows in tiles: how they are cut, placed and described.
#include <gtest/gtest.h>

#include <vector>

#include "builders.hpp"
#include "contract.hpp"
#include "layernorm_fused_rm/plan.hpp"
#include "plan_invariants.hpp"
#include "tensors.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Tensor;
using tests::make_full_problem;
using tests::make_problem;

[[nodiscard]] Problem in_tiles(std::vector<std::int64_t> shape) {
    Problem problem = make_problem(1, shape.back());
    problem.input.shape = std::move(shape);
    problem.input.layout = Layout::kTile;
    return problem;
}

TEST(Strips, are_taken_where_any_tensor_of_rows_is_in_tiles) {
    Problem problem = make_full_problem(64, 1024);
    EXPECT_EQ(plan(problem).call.rows_per_vector, 1U);
    const auto rows_per_vector = [&](void (*change)(Problem&)) {
        Problem changed = problem;
        change(changed);
        return plan(changed).call.rows_per_vector;
    };
    EXPECT_EQ(rows_per_vector([](Problem& one) { one.gamma->layout = Layout::kTile; }), 1U);
    EXPECT_EQ(rows_per_vector([](Problem& one) { one.residual->layout = Layout::kTile; }), 4U);
    EXPECT_EQ(rows_per_vector([](Problem& one) { one.options.layout = Layout::kTile; }), 4U);
    EXPECT_EQ(rows_per_vector([](Problem& one) { one.options.sum_layout = Layout::kTile; }), 4U);
    EXPECT_EQ(rows_per_vector([](Problem& one) {
                  one.input.layout = Layout::kTile;
                  one.options.layout = Layout::kRowMajor;
                  one.options.sum_layout = Layout::kRowMajor;
              }),
              4U);
}

TEST(Strips, have_outputs_like_the_input_unless_layouts_say_otherwise) {
    Problem problem = make_full_problem(64, 1024);
    problem.input.layout = Layout::kTile;
    const auto layout_of = [&](Tensor tensor) { return tensors_of(problem)[static_cast<std::size_t>(tensor)]->layout; };
    EXPECT_EQ(layout_of(Tensor::kOutput), Layout::kTile);
    EXPECT_EQ(layout_of(Tensor::kSum), Layout::kTile);
    EXPECT_EQ(layout_of(Tensor::kRstd), Layout::kRowMajor);
    problem.options.layout = Layout::kRowMajor;
    EXPECT_EQ(layout_of(Tensor::kOutput), Layout::kRowMajor);
    EXPECT_EQ(layout_of(Tensor::kSum), Layout::kTile);
    problem.options.sum_layout = Layout::kRowMajor;
    EXPECT_EQ(layout_of(Tensor::kSum), Layout::kRowMajor);
}

TEST(Strips, of_each_matrix_have_the_padding_of_its_tiles) {
    const Plan planned = plan(in_tiles({3, 40, 64}));
    EXPECT_EQ(planned.rows, 120);
    EXPECT_EQ(planned.rows_per_matrix, 40);
    EXPECT_EQ(planned.call.pads_rows, 1U);
    std::int64_t rows = 0;
    for (const CoreWork& work : planned.cores) {
        rows += work.rows();
    }
    EXPECT_EQ(rows, 3 * 64);
    EXPECT_EQ(plan(in_tiles({3, 64, 64})).call.pads_rows, 0U);
    EXPECT_EQ(plan(in_tiles({64})).rows_per_matrix, 1);
}

TEST(Strips, spread_over_all_cores_and_evenly) {
    const Plan few = plan(in_tiles({32, 1000}));
    std::int64_t with_rows = 0;
    for (const CoreWork& work : few.cores) {
        with_rows += work.rows() != 0 ? 1 : 0;
        EXPECT_LE(work.rows(), 4);
    }
    EXPECT_EQ(with_rows, 8);
    for (const CoreWork& work : plan(in_tiles({1024, 1024})).cores) {
        EXPECT_EQ(work.rows(), 16);
    }
}

// Four rows of 256 columns fill a chunk.
TEST(Strips, are_cut_into_segments_of_256_columns) {
    EXPECT_EQ(plan(in_tiles({32, 256})).call.segments, 1U);
    EXPECT_EQ(plan(in_tiles({32, 257})).call.segments, 2U);
    EXPECT_EQ(plan(in_tiles({32, 4000})).call.segments, 16U);
    EXPECT_EQ(plan(in_tiles({32, 33})).call.row_stride_elements, 64U);
    EXPECT_EQ(plan(in_tiles({32, 1000})).call.row_stride_elements, 256U);
}

TEST(Strips, keep_every_promise) {
    for (const std::int64_t width : {1, 16, 32, 33, 200, 256, 257, 1000, 4096, 100'000, 1'000'000}) {
        for (const std::int64_t rows : {1, 5, 32, 33, 2048}) {
            Problem problem = make_full_problem(rows, width);
            problem.input.shape = problem.residual->shape = {2, rows, width};
            for (std::uint32_t bits = 1; bits < 16; ++bits) {
                const auto layout = [bits](std::uint32_t bit) {
                    return (bits >> bit & 1U) != 0 ? Layout::kTile : Layout::kRowMajor;
                };
                problem.input.layout = layout(0);
                problem.residual->layout = layout(1);
                problem.options.layout = layout(2);
                problem.options.sum_layout = layout(3);
                EXPECT_EQ(tests::broken_promise(problem, plan(problem)), "") << rows << " x " << width << ", " << bits;
            }
        }
    }
}

}  // namespace
}  // namespace layernorm_fused_rm
