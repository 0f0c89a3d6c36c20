// SPDX-License-Identifier: Apache-2.0
// The tensors of a call, those that it is given and those that it makes.
#pragma once

#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// Outputs that are new are as the options ask for them, else as the input, and without padding; statistics, whose rows are
// an element each, interleaved also where the others are in shards.
[[nodiscard]] Tensors tensors_of(const Problem& problem);

[[nodiscard]] inline bool is_sharded(const TensorSpec& spec) { return spec.memory_layout == MemoryLayout::kSharded; }

// Shards of a tensor, padding included: beside and below one another.
struct ShardGrid {
    std::int64_t across = 0;
    std::int64_t down = 0;
};
[[nodiscard]] ShardGrid shard_grid(const TensorSpec& spec);

// The logical core of each of them, row by row. There have to be as many.
[[nodiscard]] std::vector<Coordinate> shard_cores(const TensorSpec& spec);

// Whether a tensor of rows is in TILE layout, so that rows are taken four at a time (contract/tiles.hpp).
[[nodiscard]] bool has_tiles(const Tensors& tensors);

// Rows of a tensor of at least one dimension: all but the last are rows.
[[nodiscard]] std::int64_t count_tensor_rows(const TensorSpec& spec);

// Of the matrices of the last two dimensions, each of which has tiles of its own.
[[nodiscard]] std::int64_t rows_per_matrix(const TensorSpec& spec);

// Rows of a tensor of `rows` rows in tiles, with the padding below each matrix.
[[nodiscard]] std::int64_t rows_in_tiles(std::int64_t rows, const TensorSpec& spec);

}  // namespace layernorm_fused_rm
