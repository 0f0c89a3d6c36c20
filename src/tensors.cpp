// SPDX-License-Identifier: Apache-2.0
#include "tensors.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>
#include <optional>

#include "call.hpp"
#include "contract.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Tensor;

[[nodiscard]] MemoryConfig memory_of(const TensorSpec& spec) {
    return {.buffer_type = spec.buffer_type, .memory_layout = spec.memory_layout, .shards = spec.shards};
}

// Of all outputs.
[[nodiscard]] MemoryConfig output_memory(const Problem& problem) {
    if (problem.output_tensor) {
        return memory_of(*problem.output_tensor);
    }
    return problem.options.memory_config.value_or(memory_of(problem.input));
}

}  // namespace

Tensors tensors_of(const Problem& problem) {
    const Options& options = problem.options;
    const MemoryConfig memory = output_memory(problem);
    const auto make_of_rows = [&](std::int64_t numbers) {
        std::vector<std::int64_t> shape = problem.input.shape;
        shape.back() = numbers;
        return TensorSpec{.shape = std::move(shape), .dtype = DataType::kFloat32, .buffer_type = memory.buffer_type};
    };
    const auto make = [&](DataType dtype, Layout layout) {
        return TensorSpec{.shape = problem.input.shape,
                          .dtype = dtype,
                          .layout = layout,
                          .buffer_type = memory.buffer_type,
                          .memory_layout = memory.memory_layout,
                          .shards = memory.shards};
    };
    Tensors tensors;
    const auto at = [&](Tensor tensor) -> auto& { return tensors[static_cast<std::size_t>(tensor)]; };
    at(Tensor::kInput) = problem.input;
    at(Tensor::kResidual) = problem.residual;
    at(Tensor::kGamma) = problem.gamma;
    at(Tensor::kBeta) = problem.beta;
    if (options.stage == Stage::kPreAllGather) {
        at(Tensor::kStats) = make_of_rows(contract::kNumbersOfStats);
        return tensors;
    }
    at(Tensor::kStats) = problem.stats;
    at(Tensor::kOutput) = problem.output_tensor ? *problem.output_tensor
                                                : make(options.dtype.value_or(problem.input.dtype),
                                                       options.layout.value_or(problem.input.layout));
    if (options.return_sum) {
        at(Tensor::kSum) =
            make(options.sum_dtype.value_or(problem.input.dtype), options.sum_layout.value_or(problem.input.layout));
    }
    if (options.return_statistics) {
        at(Tensor::kRstd) = make_of_rows(1);
        at(Tensor::kMean) = options.norm == Norm::kRms ? std::nullopt : at(Tensor::kRstd);
    }
    return tensors;
}

ShardGrid shard_grid(const TensorSpec& spec) {
    const std::int64_t rows = count_tensor_rows(spec);
    const std::int64_t stored_rows = spec.layout == Layout::kTile ? rows_in_tiles(rows, spec) : rows;
    return {.across = divide_up(stored_width(spec), spec.shards.width),
            .down = divide_up(stored_rows, spec.shards.height)};
}

std::vector<Coordinate> shard_cores(const TensorSpec& spec) {
    const auto [across, down] = shard_grid(spec);
    const Shards& shards = spec.shards;
    const std::int64_t stride = shards.cores_per_row == 0 ? across : shards.cores_per_row;
    std::vector<Coordinate> cores;
    for (std::int64_t row = 0; row < down; ++row) {
        const auto first = shards.cores.begin() + row * stride;
        cores.insert(cores.end(), first, first + across);
    }
    return cores;
}

bool has_tiles(const Tensors& tensors) {
    return std::ranges::any_of(std::array{Tensor::kInput, Tensor::kResidual, Tensor::kOutput, Tensor::kSum},
                               [&](Tensor tensor) {
                                   const std::optional<TensorSpec>& spec = tensors[static_cast<std::size_t>(tensor)];
                                   return spec && spec->layout == Layout::kTile;
                               });
}

std::int64_t count_tensor_rows(const TensorSpec& spec) {
    return std::accumulate(spec.shape.begin(), spec.shape.end() - 1, std::int64_t{1}, std::multiplies<>());
}

std::int64_t rows_per_matrix(const TensorSpec& spec) {
    return spec.shape.size() < 2 ? 1 : spec.shape[spec.shape.size() - 2];
}

std::int64_t rows_in_tiles(std::int64_t rows, const TensorSpec& spec) {
    const std::int64_t in_matrix = rows_per_matrix(spec);
    return rows == 0 ? 0 : rows / in_matrix * round_up(in_matrix, contract::kTileSide);
}

}  // namespace layernorm_fused_rm
