// SPDX-License-Identifier: Apache-2.0
// What the tests plan for: devices and problems, each a good one that a test changes in one place.
#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm::tests {

// A device that does not say where its cores and banks are.
[[nodiscard]] inline Device plain_device(Coordinate grid, std::int64_t dram_banks) {
    return {.grid = grid,
            .dram_banks = std::vector<Coordinate>(static_cast<std::size_t>(dram_banks)),
            .l1_banks = std::int64_t{grid.x} * grid.y,
            .l1_bytes = 1'400'000};
}

// An 8 x 8 grid of an unharvested Wormhole: workers and DRAM endpoints on its 10 x 12 NoC, banks in ttnn's order
// (tt_metal/soc_descriptors/wormhole_b0_80_arch.yaml: functional_workers; dram_views with their worker endpoints).
[[nodiscard]] inline Device wormhole() {
    Device device = plain_device({.x = 8, .y = 8}, 0);
    device.noc_size = {.x = 10, .y = 12};
    for (const std::int32_t y : {1, 2, 3, 4, 5, 7, 8, 9}) {
        for (const std::int32_t x : {1, 2, 3, 4, 6, 7, 8, 9}) {
            device.workers.push_back({.x = x, .y = y});
        }
    }
    device.dram_banks = {{0, 11}, {0, 1}, {0, 5}, {0, 7}, {5, 1}, {5, 11},
                         {5, 2},  {5, 9}, {5, 8}, {5, 3}, {5, 5}, {5, 7}};
    return device;
}

[[nodiscard]] inline Problem make_problem(std::int64_t rows, std::int64_t width, const Device& device = wormhole()) {
    return {.input = {.shape = {rows, width}},
            .gamma = TensorSpec{.shape = {width}},
            .beta = TensorSpec{.shape = {1, 1, 1, width}},
            .device = device};
}

// Every option at once: float32 rows with a residual, LayerNorm with a zero-centered gamma, and every output.
[[nodiscard]] inline Problem make_full_problem(std::int64_t rows, std::int64_t width,
                                               const Device& device = wormhole()) {
    Problem problem = make_problem(rows, width, device);
    problem.input.dtype = DataType::kFloat32;
    problem.residual = problem.input;
    problem.gamma->dtype = DataType::kFloat32;
    problem.options.zero_centered_gamma = true;
    problem.options.dtype = DataType::kFloat32;
    problem.options.return_sum = true;
    problem.options.sum_dtype = DataType::kFloat32;
    problem.options.return_statistics = true;
    return problem;
}

// The first cores of a grid, row by row.
[[nodiscard]] inline std::vector<Coordinate> first_cores(std::int64_t count, Coordinate grid = {.x = 8, .y = 8}) {
    std::vector<Coordinate> cores(static_cast<std::size_t>(count));
    for (std::int32_t i = 0; i < count; ++i) {
        cores[static_cast<std::size_t>(i)] = {.x = i % grid.x, .y = i / grid.x};
    }
    return cores;
}

// The tensor in L1, in these shards.
[[nodiscard]] inline TensorSpec in_shards(TensorSpec spec, Shards shards) {
    spec.buffer_type = BufferType::kL1;
    spec.memory_layout = MemoryLayout::kSharded;
    spec.shards = std::move(shards);
    return spec;
}

// The text of the error that planning ends in; empty when there is none.
[[nodiscard]] inline std::string error_of(const Problem& problem) {
    try {
        static_cast<void>(plan(problem));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "";
}

}  // namespace layernorm_fused_rm::tests
