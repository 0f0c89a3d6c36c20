// SPDX-License-Identifier: Apache-2.0
// Every refusal of tensors in shards, word for word.
#include <string>
#include <utility>
#include <vector>

#include "refusals.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::first_cores;
using tests::in_shards;

// The rows of all are in shards of 8 x 1024, on eight cores.
class ShardsCheck : public tests::Refusals {
protected:
    ShardsCheck() { problem.input = in_shards(problem.input, {.height = 8, .width = 1024, .cores = first_cores(8)}); }

    // Of any tensor of rows; an output's name is "output", given or not.
    void expect_error_of_rows(void (*spoil)(TensorSpec&), const std::string& text) {
        expect_error_of_each({"input", "residual"}, spoil, "NAME " + text);
        problem.residual.reset();
        spoil(*problem.output_tensor);
        expect_error("output " + text);
        const TensorSpec spoilt = *problem.output_tensor;
        problem.options.memory_config = MemoryConfig{
            .buffer_type = spoilt.buffer_type, .memory_layout = spoilt.memory_layout, .shards = spoilt.shards};
        if (spoilt.layout != problem.input.layout) {
            problem.options.layout = spoilt.layout;
        }
        problem.output_tensor.reset();
        expect_error("output " + text);
        problem.options = {};
    }
};

TEST_F(ShardsCheck, takes_them_in_every_tensor_of_rows) {
    expect_error("");
    problem.residual = problem.output_tensor = problem.input;
    expect_error("");
    problem.input.memory_layout = MemoryLayout::kInterleaved;
    expect_error("");
    problem.output_tensor.reset();
    problem.options.memory_config = MemoryConfig{
        .buffer_type = BufferType::kL1, .memory_layout = MemoryLayout::kSharded, .shards = problem.residual->shards};
    expect_error("");
}

TEST_F(ShardsCheck, refuses_shards_in_dram) {
    expect_error_of_rows([](TensorSpec& spec) { spec.buffer_type = BufferType::kDram; },
                         "is sharded in DRAM, but shards must lie in L1; shard it there, or take INTERLEAVED memory");
}

TEST_F(ShardsCheck, refuses_shards_of_no_size) {
    const std::string text = "is in shards of 0 x 1024 elements, but needs at least 1 x 1; take larger shards";
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.height = 0; }, text);
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.width = -32; },
                         "is in shards of 8 x -32 elements, but needs at least 1 x 1; take larger shards");
    expect_error_of_rows([](TensorSpec& spec) { spec.shards = {}; },
                         "is in shards of 0 x 0 elements, but needs at least 1 x 1; take larger shards");
}

TEST_F(ShardsCheck, refuses_shards_that_are_no_whole_tiles) {
    const std::string remedy = ", but in TILE layout needs whole tiles of 32 x 32; take shards of multiples of 32";
    expect_error_of_rows([](TensorSpec& spec) { spec.layout = Layout::kTile; },
                         "is in shards of 8 x 1024 elements" + remedy);
    expect_error_of_rows(
        [](TensorSpec& spec) {
            spec.layout = Layout::kTile;
            spec.shards.height = 32;
            spec.shards.width = 528;
        },
        "is in shards of 32 x 528 elements" + remedy);
    problem.input.layout = Layout::kTile;
    problem.input.shards.height = 32;
    expect_error("");
    problem.options.layout = Layout::kRowMajor;
    expect_error("");
}

TEST_F(ShardsCheck, refuses_parts_of_rows_that_the_noc_does_not_reach) {
    problem.input.shards = {.height = 64, .width = 120, .cores = first_cores(9)};
    expect_error("");
    expect_error_of_rows(
        [](TensorSpec& spec) { spec.shards.width = 124; },
        "is in shards of 64 x 124 elements, which have 248 bytes of a row each, but need a multiple of 16, L1's "
        "alignment; take wider shards");
    problem = tests::make_problem(64, 1024);
    problem.input = in_shards(problem.input, {.height = 64, .width = 124, .cores = first_cores(9)});
    problem.input.dtype = DataType::kFloat32;
    expect_error("");
    problem.device.l1_alignment_bytes = 64;
    expect_error(
        "input is in shards of 64 x 124 elements, which have 496 bytes of a row each, but need a multiple of 64, L1's "
        "alignment; take wider shards");
    problem.input.shards = {.height = 8, .width = 1025, .cores = first_cores(8)};
    expect_error("");
}

TEST_F(ShardsCheck, refuses_more_shards_than_cores) {
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.cores.pop_back(); },
                         "needs 8 x 1 shards of 8 x 1024 elements, but is sharded over 7 cores; take larger shards or "
                         "more cores");
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.width = 512; },
                         "needs 8 x 2 shards of 8 x 512 elements, but is sharded over 8 cores; take larger shards or "
                         "more cores");
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.cores.clear(); },
                         "needs 8 x 1 shards of 8 x 1024 elements, but is sharded over 0 cores; take larger shards or "
                         "more cores");
    expect_error_of_rows(
        [](TensorSpec& spec) {
            spec.shards = {.height = 16, .width = 256, .cores = first_cores(16), .cores_per_row = 3};
        },
        "needs 4 x 4 shards of 16 x 256 elements, but is sharded over 16 cores, 3 in a row of shards; take larger "
        "shards or more cores");
    expect_error_of_rows(
        [](TensorSpec& spec) {
            spec.shards = {.height = 16, .width = 256, .cores = first_cores(16), .cores_per_row = 8};
        },
        "needs 4 x 4 shards of 16 x 256 elements, but is sharded over 16 cores, 8 in a row of shards; take larger "
        "shards or more cores");
    problem.input.shards = {.height = 32, .width = 256, .cores = first_cores(16), .cores_per_row = 8};
    expect_error("");
}

TEST_F(ShardsCheck, counts_the_padding_of_rows_and_of_tiles) {
    problem.input.padded_shape = {64, 1056};
    expect_error(
        "input needs 8 x 2 shards of 8 x 1024 elements, but is sharded over 8 cores; take larger shards or more cores");
    problem.input = {.shape = {8, 8, 1024}, .layout = Layout::kTile};
    problem.input = in_shards(problem.input, {.height = 32, .width = 1024, .cores = first_cores(7)});
    expect_error(
        "input needs 8 x 1 shards of 32 x 1024 elements, but is sharded over 7 cores; take larger shards or more "
        "cores");
    problem.input.shards.cores = first_cores(8);
    expect_error("");
}

TEST_F(ShardsCheck, refuses_cores_outside_of_the_grid) {
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.cores.back() = {.x = 8, .y = 0}; },
                         "has a shard on core (8, 0), but the device has a grid of 8 x 8 worker cores; shard it over "
                         "these");
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.cores.front() = {.x = 0, .y = -1}; },
                         "has a shard on core (0, -1), but the device has a grid of 8 x 8 worker cores; shard it over "
                         "these");
}

TEST_F(ShardsCheck, refuses_two_shards_on_a_core) {
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.cores[3] = spec.shards.cores[5]; },
                         "has two shards on core (5, 0), but a core has one of each tensor; shard it over as many "
                         "cores as it has shards");
}

TEST_F(ShardsCheck, refuses_shards_larger_than_any_core_holds) {
    const std::string remedy = ", but no core's L1 holds 67108864 bytes; take more and smaller shards";
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.height = 32768; },
                         "is in shards of 32768 x 1024 elements" + remedy);
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.height = std::int64_t{1} << 62; },
                         "is in shards of 4611686018427387904 x 1024 elements" + remedy);
    expect_error_of_rows([](TensorSpec& spec) { spec.shards.width = std::int64_t{1} << 62; },
                         "is in shards of 8 x 4611686018427387904 elements" + remedy);
    // With the alignment of each row.
    problem = tests::make_problem(64, 1);
    problem.input = in_shards(problem.input, {.height = 4194303, .width = 1, .cores = {{0, 0}}});
    expect_error("");
    problem.input.shards.height = 4194304;
    expect_error("input is in shards of 4194304 x 1 elements" + remedy);
}

TEST_F(ShardsCheck, refuses_rows_beyond_32_bits) {
    const std::int64_t width = std::int64_t{1} << 33;
    problem = tests::make_problem(1, width);
    problem.gamma.reset();
    problem.beta.reset();
    problem.device.grid = {.x = 32, .y = 32};
    problem.input =
        in_shards(problem.input, {.height = 1, .width = width / 512, .cores = first_cores(512, problem.device.grid)});
    expect_error("input rows have 8589934592 elements, but the bytes of a row must fit in 32 bits; pass narrower rows");
}

// 341 words of runtime arguments, less 18 common ones and five of a core with a run.
TEST_F(ShardsCheck, refuses_more_lists_of_shards_than_arguments_hold) {
    problem.device = tests::plain_device({.x = 20, .y = 20}, 12);
    const auto shard_over = [&](TensorSpec spec, std::int64_t count, std::int64_t left_out) {
        std::vector<Coordinate> cores = first_cores(count + left_out, problem.device.grid);
        cores.erase(cores.begin(), cores.begin() + left_out);
        return in_shards(std::move(spec), {.height = 1, .width = 1024, .cores = std::move(cores)});
    };
    const auto text = [](int shards) {
        return "the tensors of the call lie in " + std::to_string(shards) +
               " shards on different lists of cores, but a kernel's runtime arguments hold 319; shard them over the "
               "same cores, or fewer";
    };
    problem.input = shard_over({.shape = {319, 1024}}, 319, 0);
    problem.residual = problem.input;
    expect_error("");
    problem.residual = problem.input = shard_over({.shape = {320, 1024}}, 320, 0);
    expect_error(text(320));
    problem.residual = problem.input = shard_over({.shape = {159, 1024}}, 159, 0);
    problem.residual = shard_over({.shape = {159, 1024}}, 159, 1);
    expect_error("");
    problem.residual = problem.input = shard_over({.shape = {160, 1024}}, 160, 0);
    problem.residual = shard_over({.shape = {160, 1024}}, 160, 1);
    expect_error(text(320));
}

}  // namespace
}  // namespace layernorm_fused_rm
