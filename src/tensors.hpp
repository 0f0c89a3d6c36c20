// The tensors of a call, those that it is given and those that it makes.
#pragma once

#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// Outputs that are new are as the options ask for them, else as the input, and without padding.
[[nodiscard]] Tensors tensors_of(const Problem& problem);

// Whether a tensor of rows is in TILE layout, so that rows are taken four at a time (contract/tiles.hpp).
[[nodiscard]] bool has_tiles(const Tensors& tensors);

// Of the matrices of the last two dimensions, each of which has tiles of its own.
[[nodiscard]] std::int64_t rows_per_matrix(const TensorSpec& spec);

// Rows of a tensor of `rows` rows in tiles, with the padding below each matrix.
[[nodiscard]] std::int64_t rows_in_tiles(std::int64_t rows, const TensorSpec& spec);

}  // namespace layernorm_fused_rm
