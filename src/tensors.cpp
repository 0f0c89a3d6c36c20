#include "tensors.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "contract.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Tensor;

// Of all outputs.
[[nodiscard]] BufferType output_buffer_type(const Problem& problem) {
    if (problem.output_tensor) {
        return problem.output_tensor->buffer_type;
    }
    const auto& config = problem.options.memory_config;
    return config ? config->buffer_type : problem.input.buffer_type;
}

}  // namespace

Tensors tensors_of(const Problem& problem) {
    const Options& options = problem.options;
    const auto make = [&](std::vector<std::int64_t> shape, DataType dtype, Layout layout) {
        return TensorSpec{
            .shape = std::move(shape), .dtype = dtype, .layout = layout, .buffer_type = output_buffer_type(problem)};
    };
    Tensors tensors;
    const auto at = [&](Tensor tensor) -> auto& { return tensors[static_cast<std::size_t>(tensor)]; };
    at(Tensor::kInput) = problem.input;
    at(Tensor::kResidual) = problem.residual;
    at(Tensor::kGamma) = problem.gamma;
    at(Tensor::kBeta) = problem.beta;
    at(Tensor::kOutput) = problem.output_tensor ? *problem.output_tensor
                                                : make(problem.input.shape, options.dtype.value_or(problem.input.dtype),
                                                       options.layout.value_or(problem.input.layout));
    if (options.return_sum) {
        at(Tensor::kSum) = make(problem.input.shape, options.sum_dtype.value_or(problem.input.dtype),
                                options.sum_layout.value_or(problem.input.layout));
    }
    if (options.return_statistics) {
        std::vector<std::int64_t> shape = problem.input.shape;
        shape.back() = 1;
        at(Tensor::kRstd) = make(shape, DataType::kFloat32, Layout::kRowMajor);
        at(Tensor::kMean) = options.norm == Norm::kRms ? std::nullopt : at(Tensor::kRstd);
    }
    return tensors;
}

bool has_tiles(const Tensors& tensors) {
    return std::ranges::any_of(std::array{Tensor::kInput, Tensor::kResidual, Tensor::kOutput, Tensor::kSum},
                               [&](Tensor tensor) {
                                   const std::optional<TensorSpec>& spec = tensors[static_cast<std::size_t>(tensor)];
                                   return spec && spec->layout == Layout::kTile;
                               });
}

std::int64_t rows_per_matrix(const TensorSpec& spec) {
    return spec.shape.size() < 2 ? 1 : spec.shape[spec.shape.size() - 2];
}

std::int64_t rows_in_tiles(std::int64_t rows, const TensorSpec& spec) {
    const std::int64_t in_matrix = rows_per_matrix(spec);
    return rows == 0 ? 0 : rows / in_matrix * round_up(in_matrix, contract::kTileSide);
}

}  // namespace layernorm_fused_rm
