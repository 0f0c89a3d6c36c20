// SPDX-License-Identifier: Apache-2.0
// Every refusal of gamma and beta, word for word.
#include "refusals.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::make_problem;

class Affine : public tests::Refusals {};

TEST_F(Affine, gamma_and_beta_in_tiles_of_every_size_are_planned) {
    problem.gamma->layout = Layout::kTile;
    for (const std::int64_t height : {1, 2, 4, 8, 16, 32}) {
        for (const std::int64_t width : {16, 32}) {
            problem.gamma->tile = {.height = height, .width = width};
            expect_error("");
        }
    }
}

TEST_F(Affine, gamma_or_beta_in_tiles_that_are_transposed_or_that_ttnn_does_not_have_is_refused) {
    problem.gamma->tile = {.height = 5, .width = 7, .is_transposed = true};
    expect_error("");  // not in TILE layout
    problem.gamma->layout = Layout::kTile;
    expect_error(
        "gamma is in TILE layout of transposed tiles, which hold columns for rows, but its row must lie in rows; make "
        "gamma with ttnn.Tile((32, 32)), or in ROW_MAJOR layout");
    problem.gamma->tile.is_transposed = false;
    expect_error(
        "gamma is in TILE layout of tiles of 5 x 7, but tiles have 1, 2, 4, 8, 16 or 32 rows of 16 or 32 elements; "
        "make "
        "gamma with ttnn.Tile((32, 32)), or in ROW_MAJOR layout");
}

TEST_F(Affine, gamma_and_beta_may_be_left_away) {
    problem.gamma.reset();
    expect_error("");
    problem.beta.reset();
    expect_error("");
}

TEST_F(Affine, gamma_or_beta_of_another_width_is_refused) {
    problem.beta->shape = {1, 2048};
    expect_error("beta has 2048 elements in its last dimension, but input rows have 1024; pass beta of shape [1024]");
    problem.gamma->shape = {512};
    expect_error("gamma has 512 elements in its last dimension, but input rows have 1024; pass gamma of shape [1024]");
}

TEST_F(Affine, gamma_and_beta_in_tile_layout_are_planned) {
    problem.gamma->layout = Layout::kTile;
    problem.beta->layout = Layout::kTile;
    expect_error("");
    problem = make_problem(64, 33);
    problem.gamma->layout = Layout::kTile;
    expect_error("");
}

TEST_F(Affine, gamma_and_beta_cut_in_rows_of_32_are_planned_where_the_width_allows) {
    for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{32, 32}, {1, 1, 32, 32}}) {
        problem.gamma->shape = shape;
        problem.beta->shape = shape;
        expect_error("");
    }
    problem.gamma->shape = {1, 2, 16, 32};
    expect_error("gamma has 32 elements in its last dimension, but input rows have 1024; pass gamma of shape [1024]");
    problem.gamma->shape = {1, 1, 31, 32};
    expect_error("gamma has 32 elements in its last dimension, but input rows have 1024; pass gamma of shape [1024]");
    problem.gamma->shape = {1, 1, 32, 32};
    problem.gamma->layout = Layout::kTile;
    expect_error("gamma has 32 elements in its last dimension, but input rows have 1024; pass gamma of shape [1024]");
    problem = make_problem(64, 1000);
    problem.gamma->shape = {1, 1, 31, 32};
    expect_error("gamma has 32 elements in its last dimension, but input rows have 1000; pass gamma of shape [1000]");
}

TEST_F(Affine, gamma_or_beta_of_several_rows_is_refused) {
    problem.beta->shape = {1, 2, 1024};
    expect_error(
        "beta has shape [1, 2, 1024], but every dimension before the last dimension must be 1; pass beta of shape "
        "[1024]");
    problem.gamma->shape = {2, 1024};
    expect_error(
        "gamma has shape [2, 1024], but every dimension before the last dimension must be 1; pass gamma of shape "
        "[1024]");
}

TEST_F(Affine, gamma_without_dimensions_is_refused) {
    problem.gamma->shape = {};
    expect_error(
        "gamma has rank 0 and so no last dimension, but input rows have 1024 elements; pass gamma of shape [1024]");
}

TEST_F(Affine, gamma_and_beta_of_every_natural_shape_are_planned) {
    for (const std::vector<std::int64_t>& shape :
         {std::vector<std::int64_t>{1024}, {1, 1024}, {1, 1, 1024}, {1, 1, 1, 1024}}) {
        problem.gamma->shape = shape;
        problem.beta->shape = shape;
        expect_error("");
    }
}

}  // namespace
}  // namespace layernorm_fused_rm
