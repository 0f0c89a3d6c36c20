// What a call's outputs are to be, as the tests understand its options.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm::tests {

struct Outputs {
    DataType dtype;
    std::optional<DataType> sum_dtype;
    BufferType memory;
    Layout layout;
    Layout sum_layout;
};

[[nodiscard]] inline Outputs outputs_of(const Problem& problem) {
    const Options& options = problem.options;
    const TensorSpec& like = problem.output_tensor ? *problem.output_tensor : problem.input;
    Outputs outputs{.dtype = options.dtype ? *options.dtype : like.dtype,
                    .sum_dtype = std::nullopt,
                    .memory = options.memory_config ? options.memory_config->buffer_type : like.buffer_type,
                    .layout = options.layout ? *options.layout : like.layout,
                    .sum_layout = options.sum_layout ? *options.sum_layout : problem.input.layout};
    if (options.return_sum) {
        outputs.sum_dtype = options.sum_dtype ? *options.sum_dtype : problem.input.dtype;
    }
    return outputs;
}

// Whether rows are taken as strips of four: a tensor of rows is in TILE layout.
[[nodiscard]] inline bool has_strips(const Problem& problem) {
    const Outputs outputs = outputs_of(problem);
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

}  // namespace layernorm_fused_rm::tests
