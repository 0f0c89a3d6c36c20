// SPDX-License-Identifier: Apache-2.0
// Rows that several chips share: what is planned for a part of them, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

#include "builders.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Buffer;
using contract::Tensor;
using tests::error_of;

// input [64, 1024]
[[nodiscard]] Problem before() {
    return {.input = {.shape = {64, 1024}}, .options = {.stage = Stage::kPreAllGather}, .device = tests::wormhole()};
}
[[nodiscard]] Problem after(std::int64_t chips) {
    Problem problem = tests::make_problem(64, 1024);
    problem.options.stage = Stage::kPostAllGather;
    problem.stats = TensorSpec{.shape = {64, 4 * chips}, .dtype = DataType::kFloat32};
    return problem;
}

[[nodiscard]] bool has(const Plan& planned, Buffer index) {
    return std::ranges::find(planned.buffers, static_cast<std::uint32_t>(index), &CircularBuffer::index) !=
           planned.buffers.end();
}

[[nodiscard]] const CircularBuffer& buffer_of(const Plan& planned, Buffer index) {
    return *std::ranges::find(planned.buffers, static_cast<std::uint32_t>(index), &CircularBuffer::index);
}

TEST(Parts, stats_are_all_that_is_told) {
    const Plan planned = plan(before());
    const TensorSpec wanted{.shape = {64, 4}, .dtype = DataType::kFloat32};
    EXPECT_EQ(planned.tensors[static_cast<std::size_t>(Tensor::kStats)], wanted);
    EXPECT_FALSE(planned.tensors[static_cast<std::size_t>(Tensor::kOutput)]);
    EXPECT_FALSE(has(planned, Buffer::kOutput));
    EXPECT_TRUE(has(planned, Buffer::kStatistics));
    EXPECT_TRUE(planned.call.tells_stats());
    EXPECT_EQ(planned.call.passes(), 2U);
}

TEST(Parts, stats_are_interleaved_where_the_input_is) {
    Problem problem = before();
    problem.input.buffer_type = BufferType::kL1;
    EXPECT_EQ(plan(problem).call[Tensor::kStats].in_dram, 0U);
    problem.options.memory_config = MemoryConfig{};
    EXPECT_EQ(plan(problem).call[Tensor::kStats].in_dram, 1U);
    problem.options.memory_config.reset();
    problem.input = tests::in_shards(problem.input, {.height = 8, .width = 1024, .cores = tests::first_cores(8)});
    EXPECT_EQ(plan(problem).tensors[static_cast<std::size_t>(Tensor::kStats)]->memory_layout,
              MemoryLayout::kInterleaved);
}

TEST(Parts, stats_of_each_chip_have_a_place_in_a_page) {
    const Plan one = plan(after(1));
    EXPECT_EQ(buffer_of(one, Buffer::kStats).page_bytes, 256);
    EXPECT_EQ(buffer_of(one, Buffer::kStats).pages, one.call.steps_in_flight);
    EXPECT_EQ(buffer_of(plan(after(17)), Buffer::kStats).page_bytes, 512);
    Problem tiled = after(5);  // four chips in a face's 16 columns
    tiled.input.layout = Layout::kTile;
    EXPECT_EQ(buffer_of(plan(tiled), Buffer::kStats).page_bytes, 512);
}

TEST(Parts, means_are_those_of_so_many_parts) {
    const contract::Call call = plan(after(6)).call;
    EXPECT_EQ(call.chips(), 6U);
    EXPECT_EQ(call.passes(), 1U);
    EXPECT_EQ(std::bit_cast<float>(call.centre_scale_bits), 0.75F);
    EXPECT_EQ(std::bit_cast<float>(call.negative_sum_scale_bits), -0.125F);
    Problem rms = after(6);
    rms.options.norm = Norm::kRms;
    EXPECT_EQ(std::bit_cast<float>(plan(rms).call.negative_mean_square_scale_bits), -1.0F / 6);
}

TEST(Parts, are_centred_by_first_elements_one_at_a_time) {
    for (Problem problem : {before(), after(2)}) {
        problem.input.shape = {1, 8192};
        problem.gamma.reset();
        problem.beta.reset();
        if (problem.stats) {
            problem.stats->shape.front() = 1;
        }
        const contract::Call call = plan(problem).call;
        EXPECT_EQ(call.centring, contract::Centring::kShifted);
        EXPECT_EQ(call.rows_per_batch, 1U);
    }
    Problem narrow = before();
    narrow.input.shape = {64, 16};
    EXPECT_EQ(plan(narrow).call.rows_per_vector, 1U);
}

TEST(Parts, are_cut_over_cores_where_stats_are_taken_and_nothing_is_exchanged) {
    for (Problem problem : {before(), after(2)}) {
        problem.input.shape = {32, 1024};
        problem.input.layout = Layout::kTile;
        if (problem.stats) {
            problem.stats->shape.front() = 32;
        }
        const Plan planned = plan(problem);
        EXPECT_EQ(planned.call.slices > 1, planned.call.takes_stats());
        EXPECT_FALSE(planned.call.exchanges_sums());
        EXPECT_FALSE(has(planned, Buffer::kPartial) || has(planned, Buffer::kJoined));
    }
}

TEST(Parts, plans_say_what_they_are_for) {
    EXPECT_THAT(plan(before()).describe(), testing::HasSubstr("64 rows of 1024 elements, of which stats are told"));
    EXPECT_THAT(plan(after(3)).describe(), testing::HasSubstr("by the stats of 3 chips"));
}

TEST(Parts, what_is_asked_of_y_is_refused_before_there_is_one) {
    const std::string text =
        "layernorm_fused_rm_pre_all_gather: there is no y before the stats of all chips are there, but something is "
        "asked of it; pass gamma, beta, output_tensor and options of y to ..._post_all_gather";
    Problem problem = before();
    EXPECT_EQ(error_of(problem), "");
    problem.gamma = TensorSpec{.shape = {1024}};
    EXPECT_EQ(error_of(problem), text);
    problem = before();
    problem.output_tensor = problem.input;
    EXPECT_EQ(error_of(problem), text);
    problem = before();
    problem.options.return_statistics = true;
    EXPECT_EQ(error_of(problem), text);
    problem = before();
    problem.options.activation = Activation::kSilu;
    EXPECT_EQ(error_of(problem), text);
}

TEST(Parts, stats_that_do_not_fit_are_refused) {
    const std::string remedy =
        "; pass what ttnn.all_gather makes of the chips' ..._pre_all_gather, along the last dimension";
    const auto expect = [&](void (*spoil)(Problem&), const std::string& text) {
        Problem problem = after(2);
        spoil(problem);
        EXPECT_EQ(error_of(problem), "layernorm_fused_rm_post_all_gather: " + text);
    };
    expect([](Problem& problem) { problem.stats.reset(); }, "there are no stats" + remedy);
    expect(
        [](Problem& problem) {
            problem.stats->shape = {32, 8};
        },
        "stats have shape [32, 8], but input has [64, 1024], and all dimensions but the last must be alike" + remedy);
    expect(
        [](Problem& problem) {
            problem.stats->shape = {64, 6};
        },
        "stats have 6 numbers a row, but need 4 of each of 1 to 64 chips" + remedy);
    expect(
        [](Problem& problem) {
            problem.stats->shape = {64, 260};
        },
        "stats have 260 numbers a row, but need 4 of each of 1 to 64 chips" + remedy);
    expect([](Problem& problem) { problem.stats->dtype = DataType::kBfloat16; },
           "stats must be FLOAT32 in ROW_MAJOR layout, but are BFLOAT16 in ROW_MAJOR layout" + remedy);
    expect([](Problem& problem) { problem.stats->layout = Layout::kTile; },
           "stats must be FLOAT32 in ROW_MAJOR layout, but are FLOAT32 in TILE layout" + remedy);
    expect([](Problem& problem) { problem.stats->storage = Storage::kHost; },
           "stats must be allocated on device, but is in host memory; move it with ttnn.to_device(stats, device)");
    Problem whole = tests::make_problem(64, 1024);
    whole.stats = TensorSpec{.shape = {64, 8}, .dtype = DataType::kFloat32};
    EXPECT_EQ(error_of(whole), "layernorm_fused_rm: stats belong to ..._post_all_gather only; leave them away");
}

}  // namespace
}  // namespace layernorm_fused_rm
