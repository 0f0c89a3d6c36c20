// SPDX-License-Identifier: Apache-2.0
// What the device sees of a call's tensors: pages of rows, and gamma and beta in each form.
#include "call.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Tensor;
using contract::TensorLayout;
using tests::make_problem;

[[nodiscard]] TensorLayout input_of(std::int64_t width, DataType dtype, BufferType memory) {
    Problem problem = make_problem(1, width);
    problem.input.dtype = dtype;
    problem.input.buffer_type = memory;
    return describe_call(problem)[Tensor::kInput];
}

[[nodiscard]] TensorLayout gamma_of(std::int64_t width, const TensorSpec& spec) {
    Problem problem = make_problem(1, width);
    problem.gamma = spec;
    return describe_call(problem)[Tensor::kGamma];
}

TEST(RowTensors, have_pages_of_a_row_rounded_up_to_the_alignment_of_their_memory) {
    struct Expected {
        std::int64_t width, bfloat16_in_dram, bfloat16_in_l1, float32_in_dram, float32_in_l1;
    };
    for (const Expected& one : {Expected{1, 32, 16, 32, 16}, Expected{7, 32, 16, 32, 32}, Expected{8, 32, 16, 32, 32},
                                Expected{9, 32, 32, 64, 48}, Expected{16, 32, 32, 64, 64}, Expected{17, 64, 48, 96, 80},
                                Expected{33, 96, 80, 160, 144}, Expected{1000, 2016, 2000, 4000, 4000}}) {
        const auto page_bytes = [&](DataType dtype, BufferType memory) {
            return input_of(one.width, dtype, memory).page_bytes;
        };
        EXPECT_EQ(page_bytes(DataType::kBfloat16, BufferType::kDram), one.bfloat16_in_dram) << one.width;
        EXPECT_EQ(page_bytes(DataType::kBfloat16, BufferType::kL1), one.bfloat16_in_l1) << one.width;
        EXPECT_EQ(page_bytes(DataType::kFloat32, BufferType::kDram), one.float32_in_dram) << one.width;
        EXPECT_EQ(page_bytes(DataType::kFloat32, BufferType::kL1), one.float32_in_l1) << one.width;
    }
}

TEST(RowTensors, lie_in_the_banks_of_their_memory) {
    const TensorLayout in_dram = input_of(64, DataType::kBfloat16, BufferType::kDram);
    EXPECT_TRUE(in_dram.in_dram);
    EXPECT_EQ(in_dram.banks, 12U);
    const TensorLayout in_l1 = input_of(64, DataType::kBfloat16, BufferType::kL1);
    EXPECT_FALSE(in_l1.in_dram);
    EXPECT_EQ(in_l1.banks, 64U);
}

TEST(RowTensors, that_the_call_does_not_have_have_no_elements) {
    const contract::Call call = describe_call(make_problem(1, 64));
    for (const TensorLayout& tensor : {call[Tensor::kResidual], call[Tensor::kSum], call[Tensor::kRstd]}) {
        EXPECT_EQ(tensor.element_bytes, 0U);
        EXPECT_EQ(tensor.page_bytes, 0U);
        EXPECT_EQ(tensor.banks, 0U);
    }
}

TEST(RowTensors, that_are_padded_have_pages_of_what_is_stored_of_a_row) {
    Problem problem = make_problem(4, 100);
    problem.input.padded_shape = {4, 128};
    problem.residual = TensorSpec{.shape = {4, 100}, .dtype = DataType::kFloat32, .padded_shape = {4, 101}};
    problem.output_tensor = TensorSpec{.shape = {4, 100}, .padded_shape = {32, 2000}};
    problem.options.return_sum = true;
    problem.options.sum_dtype = DataType::kBfloat16;
    const contract::Call call = describe_call(problem);
    EXPECT_EQ(call[Tensor::kInput].page_bytes, 256U);
    EXPECT_EQ(call[Tensor::kResidual].page_bytes, 416U);
    EXPECT_EQ(call[Tensor::kOutput].page_bytes, 4000U);
    EXPECT_EQ(call[Tensor::kSum].page_bytes, 224U);
}

TEST(RowTensors, of_statistics_have_one_float32_element_a_row) {
    Problem problem = tests::make_full_problem(1, 1000);
    EXPECT_EQ(describe_call(problem)[Tensor::kRstd].element_bytes, 4U);
    EXPECT_EQ(describe_call(problem)[Tensor::kRstd].page_bytes, 32U);
    problem.options.memory_config = MemoryConfig{BufferType::kL1};
    EXPECT_EQ(describe_call(problem)[Tensor::kRstd].page_bytes, 16U);
}

TEST(RowTensors, each_have_a_dtype_of_their_own) {
    Problem problem = tests::make_full_problem(1, 1000);
    problem.residual->dtype = DataType::kBfloat16;
    problem.options.dtype = DataType::kBfloat16;
    const contract::Call call = describe_call(problem);
    EXPECT_EQ(call[Tensor::kInput].element_bytes, 4U);
    EXPECT_EQ(call[Tensor::kResidual].element_bytes, 2U);
    EXPECT_EQ(call[Tensor::kOutput].element_bytes, 2U);
    EXPECT_EQ(call[Tensor::kSum].element_bytes, 4U);
}

TEST(Vectors, of_one_row_are_cut_into_chunks_of_their_page) {
    const TensorLayout narrow = gamma_of(100, {.shape = {1, 100}});
    EXPECT_EQ(narrow.element_bytes, 2U);
    EXPECT_EQ(narrow.page_bytes, 224U);
    EXPECT_EQ(narrow.piece_elements, 1024U);
    EXPECT_EQ(narrow.pieces_per_page, 1U);
    const TensorLayout wide = gamma_of(2049, {.shape = {2049}, .dtype = DataType::kFloat32});
    EXPECT_EQ(wide.element_bytes, 4U);
    EXPECT_EQ(wide.page_bytes, 8224U);
    EXPECT_EQ(wide.pieces_per_page, 3U);
    EXPECT_EQ(wide.piece_stride_bytes, 4096U);
}

TEST(Vectors, cut_in_rows_of_32_have_a_page_a_row) {
    const TensorLayout vector = gamma_of(96, {.shape = {1, 1, 3, 32}});
    EXPECT_EQ(vector.page_bytes, 64U);
    EXPECT_EQ(vector.piece_elements, 32U);
    EXPECT_EQ(vector.pieces_per_page, 1U);
    EXPECT_EQ(gamma_of(96, {.shape = {3, 32}, .dtype = DataType::kFloat32}).page_bytes, 128U);
}

TEST(Vectors, in_tile_layout_are_row_0_of_their_tiles_in_two_faces_each) {
    const TensorLayout vector = gamma_of(96, {.shape = {1, 1, 1, 96}, .layout = Layout::kTile});
    EXPECT_EQ(vector.page_bytes, 2048U);
    EXPECT_EQ(vector.piece_elements, 16U);
    EXPECT_EQ(vector.pieces_per_page, 2U);
    EXPECT_EQ(vector.piece_stride_bytes, 512U);
    const TensorLayout wide = gamma_of(96, {.shape = {96}, .dtype = DataType::kFloat32, .layout = Layout::kTile});
    EXPECT_EQ(wide.page_bytes, 4096U);
    EXPECT_EQ(wide.piece_stride_bytes, 1024U);
}

TEST(Vectors, in_tile_layout_have_short_pieces_where_memory_is_aligned_to_64_bytes) {
    const TensorSpec tiles{.shape = {96}, .layout = Layout::kTile};
    EXPECT_FALSE(gamma_of(96, tiles).has_short_pieces());
    Problem problem = tests::make_problem(64, 96);
    problem.gamma = tiles;
    problem.device.dram_alignment_bytes = 64;
    const Plan planned = plan(problem);
    EXPECT_TRUE(planned.call[contract::Tensor::kGamma].has_short_pieces());
    EXPECT_FALSE(planned.call[contract::Tensor::kBeta].has_short_pieces());
    EXPECT_EQ(planned.buffers[2].purpose, "gamma");
    EXPECT_EQ(planned.buffers[2].bytes(), 2 * planned.buffers[3].bytes());
}

TEST(Vectors, in_tiles_of_another_size_are_row_0_of_their_faces) {
    struct Expected {
        std::int64_t height, width, page_bytes, pieces_per_page, piece_stride_bytes;
    };
    for (const Expected& one : {Expected{1, 32, 64, 2, 32}, Expected{2, 32, 128, 2, 64}, Expected{8, 32, 512, 2, 256},
                                Expected{16, 32, 1024, 2, 512}, Expected{16, 16, 512, 1, 512},
                                Expected{32, 16, 1024, 1, 512}, Expected{1, 16, 32, 1, 32}}) {
        const TensorLayout vector =
            gamma_of(96, {.shape = {96}, .layout = Layout::kTile, .tile = {.height = one.height, .width = one.width}});
        EXPECT_EQ(vector.page_bytes, one.page_bytes) << one.height << " x " << one.width;
        EXPECT_EQ(vector.piece_elements, 16U);
        EXPECT_EQ(vector.pieces_per_page, one.pieces_per_page) << one.height << " x " << one.width;
        EXPECT_EQ(vector.piece_stride_bytes, one.piece_stride_bytes) << one.height << " x " << one.width;
    }
}

TEST(Vectors, that_are_padded_are_read_without_their_padding) {
    EXPECT_EQ(gamma_of(20, {.shape = {20}, .padded_shape = {2000}}).page_bytes, 64U);
    const TensorLayout cut = gamma_of(96, {.shape = {1, 1, 3, 32}, .padded_shape = {1, 1, 4, 50}});
    EXPECT_EQ(cut.page_bytes, 128U);
    EXPECT_EQ(cut.piece_elements, 32U);
    EXPECT_EQ(cut.pieces_per_page, 1U);
}

TEST(Vectors, that_the_call_does_not_have_have_no_elements) {
    Problem problem = make_problem(1, 64);
    problem.gamma.reset();
    EXPECT_EQ(describe_call(problem)[Tensor::kGamma].element_bytes, 0U);
    EXPECT_EQ(describe_call(problem)[Tensor::kBeta].element_bytes, 2U);
}

}  // namespace
}  // namespace layernorm_fused_rm
