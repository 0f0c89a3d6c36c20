// SPDX-License-Identifier: Apache-2.0
// What a call's outputs are to be, and all its tensors of rows, as the tests understand its options.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "contract.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm::tests {

struct Outputs {
    DataType dtype;
    std::optional<DataType> sum_dtype;
    MemoryConfig memory;
    Layout layout;
    Layout sum_layout;
};

[[nodiscard]] inline Outputs outputs_of(const Problem& problem) {
    const Options& options = problem.options;
    const TensorSpec& like = problem.output_tensor ? *problem.output_tensor : problem.input;
    Outputs outputs{.dtype = options.dtype ? *options.dtype : like.dtype,
                    .sum_dtype = std::nullopt,
                    .memory = options.memory_config ? *options.memory_config
                                                    : MemoryConfig{like.buffer_type, like.memory_layout, like.shards},
                    .layout = options.layout ? *options.layout : like.layout,
                    .sum_layout = options.sum_layout ? *options.sum_layout : problem.input.layout};
    if (options.return_sum) {
        outputs.sum_dtype = options.sum_dtype ? *options.sum_dtype : problem.input.dtype;
    }
    return outputs;
}

// Of rows that chips share: a part's stats are told, or those of all parts are taken.
[[nodiscard]] inline bool has_parts(const Problem& problem) { return problem.options.stage != Stage::kWhole; }
[[nodiscard]] inline bool tells_stats(const Problem& problem) { return problem.options.stage == Stage::kPreAllGather; }

// Whether rows are taken as strips of four: a tensor of rows is in TILE layout.
[[nodiscard]] inline bool has_strips(const Problem& problem) {
    const Outputs outputs = outputs_of(problem);
    if (tells_stats(problem)) {
        return problem.input.layout == Layout::kTile || (problem.residual && problem.residual->layout == Layout::kTile);
    }
    return problem.input.layout == Layout::kTile || (problem.residual && problem.residual->layout == Layout::kTile) ||
           outputs.layout == Layout::kTile || (outputs.sum_dtype && outputs.sum_layout == Layout::kTile);
}

// Of the last two dimensions, each of which has tiles of its own.
[[nodiscard]] inline std::int64_t rows_of_matrix(const Problem& problem) {
    const std::vector<std::int64_t>& shape = problem.input.shape;
    return shape.size() == 1 ? 1 : shape[shape.size() - 2];
}

// Rows with the padding of their tiles below each matrix.
[[nodiscard]] inline std::int64_t rows_with_padding(const Problem& problem, std::int64_t rows) {
    const std::int64_t of_matrix = rows_of_matrix(problem);
    return rows == 0 ? 0 : rows / of_matrix * ((of_matrix + 31) / 32 * 32);
}

// A tensor of rows as a call has it; without a dtype it has none.
struct Rows {
    contract::Tensor tensor;
    std::optional<DataType> dtype{};
    MemoryConfig memory{};
    std::int64_t elements = 0;  // of a row, its padding included
    Layout layout = Layout::kRowMajor;

    [[nodiscard]] bool is_sharded() const { return dtype && memory.memory_layout == MemoryLayout::kSharded; }
    // How many shards a row lies in.
    [[nodiscard]] std::int64_t shards_of_row() const {
        return (elements + memory.shards.width - 1) / memory.shards.width;
    }
    // Where ttnn puts the shard of a row's element; rows in tiles are counted with their padding.
    [[nodiscard]] Coordinate core_of(std::int64_t row, std::int64_t column) const {
        const auto& [height, width, cores, cores_per_row] = memory.shards;
        const std::int64_t in_a_row = cores_per_row == 0 ? shards_of_row() : cores_per_row;
        return cores.at(static_cast<std::size_t>(row / height * in_a_row + column / width));
    }
};

[[nodiscard]] inline Rows rows_of(contract::Tensor tensor, const TensorSpec& spec) {
    return {.tensor = tensor,
            .dtype = spec.dtype,
            .memory = {spec.buffer_type, spec.memory_layout, spec.shards},
            .elements = spec.padded_shape.empty() ? spec.shape.back() : spec.padded_shape.back(),
            .layout = spec.layout};
}

// Statistics are interleaved, whatever the other outputs are; and stats that are told.
[[nodiscard]] inline std::vector<Rows> tensors_of_rows(const Problem& problem) {
    using contract::Tensor;
    const auto [dtype, sum_dtype, memory, layout, sum_layout] = outputs_of(problem);
    if (tells_stats(problem)) {
        return {rows_of(Tensor::kInput, problem.input),
                problem.residual ? rows_of(Tensor::kResidual, *problem.residual) : Rows{.tensor = Tensor::kResidual},
                Rows{.tensor = Tensor::kOutput},
                Rows{.tensor = Tensor::kSum},
                Rows{.tensor = Tensor::kMean},
                Rows{.tensor = Tensor::kRstd},
                Rows{Tensor::kStats, DataType::kFloat32, MemoryConfig{.buffer_type = memory.buffer_type}, 4}};
    }
    const std::int64_t width = problem.input.shape.back();
    const std::optional<DataType> statistics =
        problem.options.return_statistics ? std::optional(DataType::kFloat32) : std::nullopt;
    const MemoryConfig of_statistics{.buffer_type = memory.buffer_type};
    return {rows_of(Tensor::kInput, problem.input),
            problem.residual ? rows_of(Tensor::kResidual, *problem.residual) : Rows{.tensor = Tensor::kResidual},
            problem.output_tensor ? rows_of(Tensor::kOutput, *problem.output_tensor)
                                  : Rows{Tensor::kOutput, dtype, memory, width, layout},
            Rows{Tensor::kSum, sum_dtype, memory, width, sum_layout},
            Rows{Tensor::kMean, problem.options.norm == Norm::kRms ? std::nullopt : statistics, of_statistics, 1},
            Rows{Tensor::kRstd, statistics, of_statistics, 1},
            problem.stats ? rows_of(Tensor::kStats, *problem.stats) : Rows{.tensor = Tensor::kStats}};
}

}  // namespace layernorm_fused_rm::tests
