// SPDX-License-Identifier: Apache-2.0
// Plans of calls with tensors in shards: what kernels are told of these, which core takes which rows, where outputs
// lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "assignment.hpp"
#include "builders.hpp"
#include "contract.hpp"
#include "layernorm_fused_rm/plan.hpp"
#include "noc.hpp"
#include "placement.hpp"
#include "plan_invariants.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Tensor;
using contract::TensorLayout;
using testing::HasSubstr;
using tests::first_cores;
using tests::in_shards;
using tests::make_full_problem;
using tests::make_problem;
using tests::plain_device;
using tests::wormhole;

// Within a test `Run` is GoogleTest's own.
using PageRun = Run;

// Places come behind all other common arguments.
constexpr std::uint32_t kFirst = static_cast<std::uint32_t>(contract::DataMovementArgument::kCount);

[[nodiscard]] Problem problem_in(const Shards& shards, std::vector<std::int64_t> shape,
                                 Layout layout = Layout::kRowMajor, DataType dtype = DataType::kBfloat16) {
    Problem problem = make_problem(1, shape.back());
    problem.input = in_shards({.shape = std::move(shape), .dtype = dtype, .layout = layout}, shards);
    return problem;
}

[[nodiscard]] TensorLayout input_of(const Problem& problem) { return plan(problem).call[Tensor::kInput]; }

[[nodiscard]] const TensorSpec& tensor_of(const Plan& planned, Tensor tensor) {
    return *planned.tensors[static_cast<std::size_t>(tensor)];
}

// Of a core whose rows are one run; none if the core has none.
[[nodiscard]] PageRun run_of(const Plan& planned, Coordinate core) {
    const auto found = std::ranges::find(planned.cores, core, &CoreWork::core);
    return found == planned.cores.end() || found->runs.size() != 1 ? PageRun{} : found->runs.front();
}

struct Extremes {
    std::int64_t cores = 0;  // that have rows
    std::int64_t least = 0;
    std::int64_t most = 0;
};
[[nodiscard]] Extremes rows_of_cores(const Plan& planned) {
    Extremes extremes;
    for (const CoreWork& work : planned.cores) {
        if (work.rows() != 0) {
            extremes.least = extremes.cores == 0 ? work.rows() : std::min(extremes.least, work.rows());
            extremes.most = std::max(extremes.most, work.rows());
            ++extremes.cores;
        }
    }
    return extremes;
}

TEST(ShardWords, of_whole_rows_are_a_page_a_row) {
    const TensorLayout input = input_of(problem_in({.height = 8, .width = 1000, .cores = first_cores(8)}, {64, 1000}));
    EXPECT_EQ(input.page_bytes, 2000U);
    EXPECT_EQ(input.piece_elements, 1024U);
    EXPECT_EQ(input.pieces_per_page, 1U);
    EXPECT_EQ(input.alignment_bytes, 16U);
    EXPECT_EQ(input.in_dram, 0U);
    EXPECT_EQ(input.banks, 8U);
    EXPECT_EQ(input.tiles_per_row, 0U);
    EXPECT_EQ(input.shard_rows, 8U);
    EXPECT_EQ(input.shard_pages, 1U);
    EXPECT_EQ(input.shards_per_row, 1U);
    EXPECT_EQ(input.first_place, kFirst);
    EXPECT_TRUE(input.is_sharded());
    EXPECT_FALSE(input.has_cut_rows());
}

TEST(ShardWords, of_whole_rows_have_the_padding_of_the_shard_and_of_the_alignment) {
    const auto page_bytes = [](std::int64_t width) {
        return input_of(problem_in({.height = 8, .width = width, .cores = first_cores(8)}, {64, 100})).page_bytes;
    };
    EXPECT_EQ(page_bytes(100), 208U);
    EXPECT_EQ(page_bytes(101), 208U);
    EXPECT_EQ(page_bytes(128), 256U);
    EXPECT_EQ(page_bytes(3000), 6000U);
}

TEST(ShardWords, of_cut_rows_are_a_page_a_part_of_one) {
    const TensorLayout narrow = input_of(problem_in({.height = 64, .width = 128, .cores = first_cores(8)}, {64, 1024}));
    EXPECT_EQ(narrow.page_bytes, 256U);
    EXPECT_EQ(narrow.pieces_per_page, 1U);
    EXPECT_EQ(narrow.shard_rows, 64U);
    EXPECT_EQ(narrow.shard_pages, 1U);
    EXPECT_EQ(narrow.shards_per_row, 8U);
    EXPECT_TRUE(narrow.has_cut_rows());
    const TensorLayout wide = input_of(
        problem_in({.height = 64, .width = 2048, .cores = first_cores(2)}, {64, 4096}, {}, DataType::kFloat32));
    EXPECT_EQ(wide.page_bytes, 8192U);
    EXPECT_EQ(wide.pieces_per_page, 2U);
    EXPECT_EQ(wide.piece_stride_bytes, 4096U);
    EXPECT_EQ(wide.shards_per_row, 2U);
}

TEST(ShardWords, of_blocks_have_rows_and_columns_of_shards) {
    const TensorLayout input = input_of(problem_in({.height = 16, .width = 256, .cores = first_cores(16)}, {64, 1024}));
    EXPECT_EQ(input.page_bytes, 512U);
    EXPECT_EQ(input.shard_rows, 16U);
    EXPECT_EQ(input.shards_per_row, 4U);
    EXPECT_EQ(input.banks, 16U);
}

TEST(ShardWords, of_tiles_count_tiles) {
    const TensorLayout whole =
        input_of(problem_in({.height = 64, .width = 1024, .cores = first_cores(4)}, {256, 1024}, Layout::kTile));
    EXPECT_EQ(whole.page_bytes, 2048U);
    EXPECT_EQ(whole.piece_elements, 64U);
    EXPECT_EQ(whole.tiles_per_row, 32U);
    EXPECT_EQ(whole.shard_rows, 2U);
    EXPECT_EQ(whole.shard_pages, 32U);
    EXPECT_EQ(whole.shards_per_row, 1U);
    const TensorLayout blocks = input_of(problem_in({.height = 64, .width = 256, .cores = first_cores(16)}, {256, 1000},
                                                    Layout::kTile, DataType::kFloat32));
    EXPECT_EQ(blocks.page_bytes, 4096U);
    EXPECT_EQ(blocks.tiles_per_row, 32U);
    EXPECT_EQ(blocks.shard_rows, 2U);
    EXPECT_EQ(blocks.shard_pages, 8U);
    EXPECT_EQ(blocks.shards_per_row, 4U);
}

TEST(ShardWords, of_unequal_last_shards_are_those_of_the_others) {
    const Plan planned = plan(problem_in({.height = 16, .width = 256, .cores = first_cores(16)}, {50, 800}));
    EXPECT_EQ(planned.call[Tensor::kInput].shard_rows, 16U);
    EXPECT_EQ(planned.call[Tensor::kInput].page_bytes, 512U);
    EXPECT_EQ(planned.call[Tensor::kInput].shards_per_row, 4U);
    EXPECT_EQ(planned.shards, first_cores(16));
}

// Rows that are stored longer than they are may have shards of padding alone.
TEST(ShardWords, count_the_padding_of_rows) {
    Problem problem = problem_in({.height = 64, .width = 256, .cores = first_cores(5)}, {64, 1000});
    EXPECT_EQ(input_of(problem).shards_per_row, 4U);
    problem.input.padded_shape = {64, 1280};
    EXPECT_EQ(input_of(problem).shards_per_row, 5U);
}

TEST(ShardWords, of_tensors_that_are_not_in_shards_are_zeros) {
    const contract::Call call = plan(make_full_problem(64, 1024)).call;
    for (const TensorLayout& tensor : call.tensors) {
        EXPECT_EQ(tensor.shard_rows, 0U);
        EXPECT_EQ(tensor.shard_pages, 0U);
        EXPECT_EQ(tensor.shards_per_row, 0U);
        EXPECT_EQ(tensor.first_place, 0U);
    }
}

TEST(ShardPlaces, are_the_cores_of_the_shards_row_by_row) {
    const std::vector<Coordinate> cores{{3, 1}, {0, 7}, {7, 0}, {2, 2}};
    const Plan planned = plan(problem_in({.height = 16, .width = 1024, .cores = cores}, {64, 1024}));
    EXPECT_EQ(planned.shards, cores);
}

TEST(ShardPlaces, leave_out_cores_that_have_no_shard) {
    EXPECT_EQ(plan(problem_in({.height = 16, .width = 1024, .cores = first_cores(7)}, {64, 1024})).shards,
              first_cores(4));
    const Shards blocks{.height = 32, .width = 512, .cores = first_cores(16), .cores_per_row = 8};
    const std::vector<Coordinate> of_two_rows{{0, 0}, {1, 0}, {0, 1}, {1, 1}};
    EXPECT_EQ(plan(problem_in(blocks, {64, 1024})).shards, of_two_rows);
    EXPECT_EQ(plan(problem_in(blocks, {64, 1024}, Layout::kTile)).shards, of_two_rows);
    Shards whole = blocks;
    whole.width = 1024;
    EXPECT_EQ(plan(problem_in(whole, {64, 1024})).shards, (std::vector<Coordinate>{{0, 0}, {0, 1}}));
}

TEST(ShardPlaces, of_tensors_that_are_alike_are_told_once) {
    Problem problem = make_full_problem(64, 1024);
    problem.input = in_shards(problem.input, {.height = 8, .width = 1024, .cores = first_cores(8)});
    problem.residual = problem.input;
    const Plan planned = plan(problem);
    EXPECT_EQ(planned.shards, first_cores(8));
    for (const Tensor tensor : {Tensor::kInput, Tensor::kResidual, Tensor::kOutput, Tensor::kSum}) {
        EXPECT_EQ(planned.call[tensor].first_place, kFirst);
    }
    for (const Tensor tensor : {Tensor::kGamma, Tensor::kBeta, Tensor::kMean, Tensor::kRstd}) {
        EXPECT_EQ(planned.call[tensor].first_place, 0U);
    }
}

TEST(ShardPlaces, of_tensors_that_are_not_alike_follow_one_another) {
    Problem problem = make_full_problem(64, 1024);
    problem.input = in_shards(problem.input, {.height = 8, .width = 1024, .cores = first_cores(8)});
    problem.residual =
        in_shards(problem.input, {.height = 16, .width = 1024, .cores = {{4, 4}, {4, 5}, {4, 6}, {4, 7}}});
    problem.output_tensor =
        in_shards(problem.input, {.height = 32, .width = 512, .cores = {{0, 0}, {7, 7}, {2, 2}, {3, 3}}});
    const Plan planned = plan(problem);
    EXPECT_EQ(planned.shards.size(), 16U);
    EXPECT_EQ(planned.call[Tensor::kInput].first_place, kFirst);
    EXPECT_EQ(planned.call[Tensor::kResidual].first_place, kFirst + 8);
    EXPECT_EQ(planned.call[Tensor::kOutput].first_place, kFirst + 12);
    EXPECT_EQ(planned.call[Tensor::kSum].first_place, kFirst + 12);
    EXPECT_EQ(planned.shards[13], (Coordinate{7, 7}));
}

TEST(ShardPlaces, of_a_part_of_another_list_are_that_part) {
    Problem problem = make_full_problem(64, 1024);
    problem.input = in_shards(problem.input, {.height = 8, .width = 1024, .cores = first_cores(8)});
    problem.residual = in_shards(problem.input, {.height = 32, .width = 1024, .cores = {{2, 0}, {3, 0}}});
    const Plan planned = plan(problem);
    EXPECT_EQ(planned.shards.size(), 8U);
    EXPECT_EQ(planned.call[Tensor::kResidual].first_place, kFirst + 2);
}

TEST(ShardPlacement, gives_each_core_the_rows_of_its_shard) {
    const std::vector<Coordinate> cores{{3, 1}, {0, 7}, {7, 0}, {2, 2}};
    Problem problem = problem_in({.height = 16, .width = 1024, .cores = cores}, {60, 1024});
    problem.gamma.reset();
    problem.beta.reset();
    const Plan planned = plan(problem);
    ASSERT_EQ(planned.cores.size(), 4U);
    EXPECT_EQ(run_of(planned, {3, 1}), (PageRun{.bank = 0, .first_page = 0, .count = 16}));
    EXPECT_EQ(run_of(planned, {0, 7}), (PageRun{.bank = 1, .first_page = 0, .count = 16}));
    EXPECT_EQ(run_of(planned, {7, 0}), (PageRun{.bank = 2, .first_page = 0, .count = 16}));
    EXPECT_EQ(run_of(planned, {2, 2}), (PageRun{.bank = 3, .first_page = 0, .count = 12}));
    EXPECT_EQ(planned.cores.front().core, (Coordinate{7, 0}));
}

TEST(ShardPlacement, leaves_cores_without_rows_alone) {
    Problem problem = problem_in({.height = 16, .width = 1024, .cores = first_cores(8)}, {40, 1024});
    problem.gamma.reset();
    problem.beta.reset();
    EXPECT_EQ(plan(problem).cores.size(), 3U);
    problem.input.shape.front() = 0;
    EXPECT_TRUE(plan(problem).cores.empty());
}

TEST(ShardPlacement, gives_each_core_the_strips_of_its_shard) {
    const Plan in_tiles =
        plan(problem_in({.height = 64, .width = 1024, .cores = first_cores(3)}, {2, 70, 1024}, Layout::kTile));
    ASSERT_EQ(in_tiles.call.pads_rows, 1U);  // of 192 rows in tiles
    for (std::int32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(run_of(in_tiles, {i, 0}), (PageRun{.bank = 0, .first_page = std::int64_t{64} * i, .count = 64}));
    }
    Problem in_rows = problem_in({.height = 12, .width = 1024, .cores = first_cores(6)}, {64, 1024});
    in_rows.residual = TensorSpec{.shape = {64, 1024}, .layout = Layout::kTile};
    EXPECT_EQ(run_of(plan(in_rows), {2, 0}), (PageRun{.bank = 0, .first_page = 24, .count = 12}));
    EXPECT_EQ(run_of(plan(in_rows), {5, 0}), (PageRun{.bank = 0, .first_page = 60, .count = 4}));
}

TEST(ShardPlacement, spreads_strips_that_shards_cut) {
    Problem problem = problem_in({.height = 6, .width = 256, .cores = first_cores(11)}, {64, 256});
    problem.residual = TensorSpec{.shape = {64, 256}, .layout = Layout::kTile};
    const Extremes between_rows = rows_of_cores(plan(problem));
    EXPECT_EQ(between_rows.cores, 16);
    EXPECT_EQ(between_rows.most, 4);
    // Rows of two matrices do not lie one behind the other in tiles.
    problem = problem_in({.height = 8, .width = 256, .cores = first_cores(10)}, {2, 40, 256});
    problem.residual = TensorSpec{.shape = {2, 40, 256}, .layout = Layout::kTile};
    EXPECT_EQ(rows_of_cores(plan(problem)).cores, 32);
    // In columns.
    const Extremes within_rows = rows_of_cores(
        plan(problem_in({.height = 64, .width = 128, .cores = first_cores(2)}, {64, 256}, Layout::kTile)));
    EXPECT_EQ(within_rows.cores, 16);
    EXPECT_EQ(within_rows.most, 4);
}

TEST(ShardPlacement, spreads_rows_that_shards_cut) {
    const Extremes one_each =
        rows_of_cores(plan(problem_in({.height = 64, .width = 128, .cores = first_cores(8)}, {64, 1024})));
    EXPECT_EQ(one_each.cores, 64);
    EXPECT_EQ(one_each.most, 1);
    const Plan planned = plan(problem_in({.height = 50, .width = 512, .cores = first_cores(4)}, {100, 1024}));
    EXPECT_EQ(rows_of_cores(planned).cores, 64);
    EXPECT_EQ(rows_of_cores(planned).least, 1);
    EXPECT_EQ(rows_of_cores(planned).most, 2);
    EXPECT_TRUE(std::ranges::any_of(planned.cores, [](const CoreWork& work) {
        return work.runs[0] == PageRun{.bank = 0, .first_page = 4, .count = 2};
    }));
    EXPECT_EQ(planned.call.slices, 1U);
}

TEST(ShardPlacement, takes_cores_near_the_shards_that_cut_rows) {
    const Device device = wormhole();
    std::vector<Coordinate> shards = first_cores(8);
    std::ranges::reverse(shards);
    for (const std::int64_t slices : {1, 2, 8}) {
        const CutRows input{
            .rows = 32, .row_elements = 4096, .height = 32, .width = 512, .across = 8, .shards = shards};
        // Links between each core and the middle of its slice.
        const auto hops = [&](const std::vector<CoreWork>& cores) {
            std::int64_t sum = 0;
            for (const CoreWork& work : cores) {
                const std::int64_t shard = (2 * work.slice + 1) * 8 / (2 * slices);
                const Coordinate place = place_of(input.shards.at(static_cast<std::size_t>(shard)), device);
                const BankPlace bank{place, place};
                sum += read_hops(bank, place_of(work.core, device), device.noc_size).back +
                       2 * write_hops(bank, place_of(work.core, device), device.noc_size);
            }
            return sum;
        };
        const std::vector<CoreWork> near = place_near_shards(4, input, device, slices);
        const std::vector<CoreWork> even = place_evenly(32, 4, device, slices);
        EXPECT_EQ(near.size(), even.size());
        EXPECT_LT(hops(near), hops(even)) << slices;
        EXPECT_EQ(place_near_shards(4, input, plain_device({8, 8}, 12), slices),
                  place_evenly(32, 4, plain_device({8, 8}, 12), slices));
    }
}

TEST(ShardPlacement, pairs_narrow_rows_of_a_core) {
    const Plan even = plan(problem_in({.height = 8, .width = 32, .cores = first_cores(8)}, {64, 32}));
    EXPECT_EQ(even.call.rows_per_vector, 2U);
    EXPECT_EQ(rows_of_cores(even).cores, 8);
    EXPECT_EQ(rows_of_cores(even).least, 8);
    const Plan odd = plan(problem_in({.height = 5, .width = 20, .cores = first_cores(13)}, {64, 20}));
    EXPECT_EQ(odd.call.rows_per_vector, 2U);
    EXPECT_EQ(run_of(odd, {1, 0}), (PageRun{.bank = 1, .first_page = 0, .count = 5}));
    EXPECT_EQ(run_of(odd, {4, 1}), (PageRun{.bank = 12, .first_page = 0, .count = 4}));
    const Plan cut = plan(problem_in({.height = 200, .width = 16, .cores = first_cores(2)}, {200, 32}));
    EXPECT_EQ(cut.call.rows_per_vector, 2U);
    EXPECT_EQ(rows_of_cores(cut).cores, 64);
    EXPECT_EQ(rows_of_cores(cut).most, 4);
}

// By its own memory alone.
TEST(ShardPlacement, goes_by_the_input) {
    Problem problem = make_problem(64, 1024);
    problem.options.memory_config = MemoryConfig{.buffer_type = BufferType::kL1,
                                                 .memory_layout = MemoryLayout::kSharded,
                                                 .shards = {.height = 8, .width = 1024, .cores = first_cores(8)}};
    EXPECT_EQ(rows_of_cores(plan(problem)).cores, 64);
    EXPECT_EQ(plan(problem).call[Tensor::kOutput].shard_rows, 8U);
}

TEST(ShardOutputs, lie_where_the_input_does) {
    Problem problem = make_full_problem(64, 1024);
    problem.input = in_shards(problem.input, {.height = 8, .width = 1024, .cores = first_cores(8)});
    const Plan planned = plan(problem);
    for (const Tensor tensor : {Tensor::kOutput, Tensor::kSum}) {
        EXPECT_EQ(tensor_of(planned, tensor).memory_layout, MemoryLayout::kSharded);
        EXPECT_EQ(tensor_of(planned, tensor).buffer_type, BufferType::kL1);
        EXPECT_EQ(tensor_of(planned, tensor).shards, problem.input.shards);
        EXPECT_EQ(planned.call[tensor].shard_rows, 8U);
    }
    EXPECT_FALSE(planned.call[Tensor::kResidual].is_sharded());
}

TEST(ShardOutputs, of_statistics_are_interleaved_in_the_same_memory) {
    Problem problem = make_full_problem(64, 1024);
    problem.input = in_shards(problem.input, {.height = 8, .width = 1024, .cores = first_cores(8)});
    const Plan planned = plan(problem);
    for (const Tensor tensor : {Tensor::kMean, Tensor::kRstd}) {
        EXPECT_EQ(tensor_of(planned, tensor).memory_layout, MemoryLayout::kInterleaved);
        EXPECT_EQ(tensor_of(planned, tensor).buffer_type, BufferType::kL1);
        EXPECT_EQ(tensor_of(planned, tensor).shards, Shards{});
        EXPECT_EQ(planned.call[tensor].banks, 64U);
        EXPECT_FALSE(planned.call[tensor].is_sharded());
    }
}

TEST(ShardOutputs, lie_where_the_call_says) {
    Problem problem = make_full_problem(64, 1024);
    problem.input = in_shards(problem.input, {.height = 8, .width = 1024, .cores = first_cores(8)});
    problem.options.memory_config = MemoryConfig{BufferType::kDram};
    const Plan interleaved = plan(problem);
    EXPECT_EQ(tensor_of(interleaved, Tensor::kOutput).memory_layout, MemoryLayout::kInterleaved);
    EXPECT_FALSE(interleaved.call[Tensor::kSum].is_sharded());
    EXPECT_EQ(interleaved.call[Tensor::kRstd].in_dram, 1U);
    problem.options.memory_config.reset();
    problem.output_tensor =
        in_shards(problem.input, {.height = 64, .width = 256, .cores = {{0, 0}, {0, 1}, {0, 2}, {0, 3}}});
    EXPECT_EQ(tensor_of(plan(problem), Tensor::kSum).shards, problem.output_tensor->shards);
    EXPECT_EQ(plan(problem).call[Tensor::kOutput].shards_per_row, 4U);
}

// The places of shards are behind the common arguments, where a program of one core would have its own.
TEST(ShardPlan, of_one_core_is_one_of_any_number) {
    Problem problem = make_problem(1, 1024);
    ASSERT_EQ(plan(problem).call.one_core, 1U);
    problem.options.memory_config = MemoryConfig{.buffer_type = BufferType::kL1,
                                                 .memory_layout = MemoryLayout::kSharded,
                                                 .shards = {.height = 1, .width = 1024, .cores = {{5, 5}}}};
    ASSERT_EQ(plan(problem).cores.size(), 1U);
    EXPECT_EQ(plan(problem).call.one_core, 0U);
    EXPECT_EQ(plan(problem_in({.height = 1, .width = 1024, .cores = {{5, 5}}}, {1, 1024})).call.one_core, 0U);
}

TEST(ShardPlan, can_be_described) {
    const std::string text =
        plan(problem_in({.height = 16, .width = 1024, .cores = {{3, 1}, {0, 7}, {7, 0}, {2, 2}}}, {60, 1024}))
            .describe();
    EXPECT_THAT(text, HasSubstr("60 rows of 1024 elements"));
    EXPECT_THAT(text, HasSubstr("core (x, y)  rows  bank  first page  last page"));
    EXPECT_THAT(text, HasSubstr("(0, 7)         16     1           0         15"));
    EXPECT_THAT(text, HasSubstr("(2, 2)         12     3           0         11"));
    EXPECT_THAT(text, HasSubstr("input_shard_rows"));
}

TEST(ShardPlan, keeps_every_promise) {
    for (const std::int64_t width : {32, 96, 1000, 1024, 1025, 4096, 20'000}) {
        for (const std::int64_t rows : {1, 5, 32, 70, 300}) {
            for (std::uint32_t bits = 0; bits < 64; ++bits) {
                const auto bit = [bits](std::uint32_t i) { return (bits >> i & 1U) != 0; };
                const auto layout = [&](std::uint32_t i) { return bit(i) ? Layout::kTile : Layout::kRowMajor; };
                const std::int64_t down = bit(4) ? 1 : 4;
                const std::int64_t across = bit(5) ? 5 : 1;
                const auto side = [](std::int64_t length, std::int64_t parts) {
                    return (length / parts + 32) / 32 * 32;
                };
                Problem problem = make_full_problem(2 * rows, width);
                problem.input.shape = {2, rows, width};
                problem.residual->shape = problem.input.shape;
                problem.input = in_shards(problem.input, {.height = side(2 * (rows + 31) / 32 * 32, down),
                                                          .width = side(width, across),
                                                          .cores = first_cores(down * 8),
                                                          .cores_per_row = 8});
                problem.input.layout = layout(0);
                problem.options.layout = layout(1);
                if (bit(2)) {
                    problem.residual = problem.input;
                }
                if (bit(3)) {
                    problem.options.memory_config = MemoryConfig{};
                }
                EXPECT_EQ(tests::broken_promise(problem, plan(problem)), "") << rows << " x " << width << ", " << bits;
            }
        }
    }
}

}  // namespace
}  // namespace layernorm_fused_rm
