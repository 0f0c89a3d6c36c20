// What a call's outputs are to be, as the tests understand its options.
#pragma once

#include <optional>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm::tests {

struct Outputs {
    DataType dtype;
    std::optional<DataType> sum_dtype;
    BufferType memory;
};

[[nodiscard]] inline Outputs outputs_of(const Problem& problem) {
    const Options& options = problem.options;
    const TensorSpec& like = problem.output_tensor ? *problem.output_tensor : problem.input;
    Outputs outputs{.dtype = options.dtype ? *options.dtype : like.dtype,
                    .sum_dtype = std::nullopt,
                    .memory = options.memory_config ? options.memory_config->buffer_type : like.buffer_type};
    if (options.return_sum) {
        outputs.sum_dtype = options.sum_dtype ? *options.sum_dtype : problem.input.dtype;
    }
    return outputs;
}

}  // namespace layernorm_fused_rm::tests
