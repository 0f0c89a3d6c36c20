// SPDX-License-Identifier: Apache-2.0
#include "validate.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "contract.hpp"
#include "error.hpp"
#include "numbers.hpp"
#include "tensors.hpp"
#include "validate_tensor.hpp"

namespace layernorm_fused_rm {
namespace {

constexpr std::size_t kMaxRank = 8;

// Kernels hold row indices in 32 bits.
constexpr std::int64_t kMaxRows = std::numeric_limits<std::uint32_t>::max();

void check_option_dtype(const std::string& name, const std::optional<DataType>& dtype) {
    if (dtype && !is_served(*dtype)) {
        refuse(name + " must be BFLOAT16 or FLOAT32, but is " + name_of(*dtype) +
               "; pass ttnn.bfloat16 or ttnn.float32");
    }
}

void check_rank(const TensorSpec& input) {
    if (input.shape.empty() || input.shape.size() > kMaxRank) {
        const std::string remedy = input.shape.empty() ? "reshape it with ttnn.reshape(input, [1, 1])"
                                                       : "join leading dimensions with ttnn.reshape";
        refuse("input must have rank 1 to 8, but has rank " + std::to_string(input.shape.size()) + " with shape " +
               shape_text(input.shape) + "; " + remedy);
    }
}

void check_width(const TensorSpec& input) {
    if (input.shape.back() == 0) {
        refuse(
            "input rows have 0 elements, of which there is no mean; pass an input whose last dimension is at least 1");
    }
}

[[nodiscard]] std::int64_t count_rows(const TensorSpec& input) {
    if (std::find(input.shape.begin(), input.shape.end() - 1, 0) != input.shape.end() - 1) {
        return 0;
    }
    std::int64_t rows = 1;
    for (std::size_t i = 0; i + 1 < input.shape.size(); ++i) {
        const auto product = checked_multiply(rows, input.shape[i]);
        if (!product || *product > kMaxRows) {
            refuse("input of shape " + shape_text(input.shape) + " has more than " + std::to_string(kMaxRows) +
                   " rows, but a row's index must fit in 32 bits; split the input");
        }
        rows = *product;
    }
    return rows;
}

[[nodiscard]] bool are_ones(std::vector<std::int64_t>::const_iterator first,
                            std::vector<std::int64_t>::const_iterator last) {
    return std::all_of(first, last, [](std::int64_t dimension) { return dimension == 1; });
}

// The form that ttnn.layer_norm takes of row-major vectors: [1, 1, W / 32, 32].
[[nodiscard]] bool is_cut_in_tile_rows(const TensorSpec& spec, std::int64_t width) {
    const std::vector<std::int64_t>& shape = spec.shape;
    return spec.layout == Layout::kRowMajor && shape.size() >= 2 && width % kTileWidth == 0 && width != kTileWidth &&
           shape.back() == kTileWidth && shape[shape.size() - 2] == width / kTileWidth &&
           are_ones(shape.begin(), shape.end() - 2);
}

void check_parameter_shape(const std::string& name, const TensorSpec& spec, std::int64_t width) {
    const std::string remedy = "; pass " + name + " of shape [" + std::to_string(width) + "]";
    if (spec.shape.empty()) {
        refuse(name + " has rank 0 and so no last dimension, but input rows have " + std::to_string(width) +
               " elements" + remedy);
    }
    if (is_cut_in_tile_rows(spec, width)) {
        return;
    }
    if (spec.shape.back() != width) {
        refuse(name + " has " + std::to_string(spec.shape.back()) +
               " elements in its last dimension, but input rows have " + std::to_string(width) + remedy);
    }
    if (!are_ones(spec.shape.begin(), spec.shape.end() - 1)) {
        refuse(name + " has shape " + shape_text(spec.shape) +
               ", but every dimension before the last dimension must be 1" + remedy);
    }
}

void check_input(const TensorSpec& input) {
    check_rows("input", input);
    check_rank(input);
    check_dimensions("input", input);
    check_width(input);
    check_padding_of_rows("input", input);
}

// gamma or beta, if it is there.
void check_parameter(const std::string& name, const std::optional<TensorSpec>& spec, std::int64_t width) {
    if (spec) {
        check_vector(name, *spec);
        check_dimensions(name, *spec);
        check_parameter_shape(name, *spec, width);
        check_padding_of_vector(name, *spec);
    }
}

void check_same_shape(const std::string& name, const TensorSpec& spec, const TensorSpec& input,
                      const std::string& remedy) {
    if (spec.shape != input.shape) {
        refuse(name + " has shape " + shape_text(spec.shape) + ", but input has " + shape_text(input.shape) + "; " +
               remedy + " of the input's shape");
    }
}

void check_residual(const Problem& problem) {
    if (problem.residual) {
        check_rows("residual", *problem.residual);
        check_same_shape("residual", *problem.residual, problem.input, "pass a residual");
        check_padding_of_rows("residual", *problem.residual);
    }
}

// A tensor that y is to be written to; its data type and memory say what the options would.
void check_output_tensor(const Problem& problem) {
    if (!problem.output_tensor) {
        return;
    }
    const std::string name = "output_tensor";
    const TensorSpec& output = *problem.output_tensor;
    check_output_rows(name, output);
    check_same_shape(name, output, problem.input, "allocate one");
    check_padding_of_output(name, output);
    if (problem.options.layout && problem.options.layout != output.layout) {
        refuse("layout is " + name_of(*problem.options.layout) + ", but output_tensor is in " + name_of(output.layout) +
               " layout; leave layout away");
    }
    if (problem.options.dtype && problem.options.dtype != output.dtype) {
        refuse("dtype is " + name_of(*problem.options.dtype) + ", but output_tensor is " + name_of(output.dtype) +
               "; leave dtype away");
    }
    if (problem.options.memory_config) {
        refuse("memory_config does not go with output_tensor, which has a memory; leave it away");
    }
}

// Stats are rows of numbers, one for each row of the input.
void check_stats(const Problem& problem) {
    if (problem.options.stage != Stage::kPostAllGather) {
        if (problem.stats) {
            refuse("stats belong to ..._post_all_gather only; leave them away");
        }
        return;
    }
    constexpr auto kNumbers = std::int64_t{contract::kNumbersOfStats};
    constexpr std::int64_t kMost = kNumbers * contract::kMaxChips;
    const std::string remedy =
        "; pass what ttnn.all_gather makes of the chips' ..._pre_all_gather, along the last dimension";
    if (!problem.stats) {
        refuse("there are no stats" + remedy);
    }
    const TensorSpec& stats = *problem.stats;
    check_vector("stats", stats);
    check_dimensions("stats", stats);
    std::vector<std::int64_t> rows = problem.input.shape;
    rows.back() = stats.shape.empty() ? 0 : stats.shape.back();
    if (stats.shape != rows) {
        refuse("stats have shape " + shape_text(stats.shape) + ", but input has " + shape_text(problem.input.shape) +
               ", and all dimensions but the last must be alike" + remedy);
    }
    if (rows.back() == 0 || rows.back() % kNumbers != 0 || rows.back() > kMost) {
        refuse("stats have " + std::to_string(rows.back()) + " numbers a row, but need 4 of each of 1 to " +
               std::to_string(contract::kMaxChips) + " chips" + remedy);
    }
    if (stats.dtype != DataType::kFloat32 || stats.layout != Layout::kRowMajor) {
        refuse("stats must be FLOAT32 in ROW_MAJOR layout, but are " + name_of(stats.dtype) + " in " +
               name_of(stats.layout) + " layout" + remedy);
    }
    check_padding_of_rows("stats", stats);
}

// What only says how y is made goes with what makes it.
void check_pre_all_gather(const Problem& problem) {
    if (problem.options.stage != Stage::kPreAllGather) {
        return;
    }
    const Options& options = problem.options;
    const bool asks_for_y = problem.gamma || problem.beta || problem.output_tensor || options.return_sum ||
                            options.return_statistics || options.dtype || options.layout ||
                            options.activation != Activation::kNone;
    if (asks_for_y) {
        refuse(
            "there is no y before the stats of all chips are there, but something is asked of it; pass gamma, beta, "
            "output_tensor and options of y to ..._post_all_gather");
    }
}

void check_options(const Problem& problem) {
    const Options& options = problem.options;
    check_option_dtype("dtype", options.dtype);
    check_option_dtype("sum_dtype", options.sum_dtype);
    if (options.memory_config && options.memory_config->memory_layout == MemoryLayout::kOther) {
        refuse("memory_config" + std::string{kOtherMemory} +
               "pass ttnn.DRAM_MEMORY_CONFIG or ttnn.L1_MEMORY_CONFIG, or one with a shard_spec");
    }
    if (options.sum_dtype && !options.return_sum) {
        refuse("sum_dtype is set, but return_sum is not; pass return_sum=True, or no sum_dtype");
    }
    if (options.sum_layout && !options.return_sum) {
        refuse("sum_layout is set, but return_sum is not; pass return_sum=True, or no sum_layout");
    }
    if (options.return_sum && !problem.residual) {
        refuse(
            "return_sum is set, but there is no residual, so the sum would be the input; pass residual=, or leave "
            "return_sum away");
    }
    if (options.zero_centered_gamma && !problem.gamma) {
        refuse("zero_centered_gamma is set, but there is no gamma; pass gamma, or leave zero_centered_gamma away");
    }
}

// The device adds epsilon in fp32 and flushes what is not a normal number to zero, which a constant row would divide
// by.
void check_epsilon(double epsilon) {
    if (epsilon >= std::numeric_limits<float>::min() && epsilon <= std::numeric_limits<float>::max()) {
        return;
    }
    std::ostringstream given;
    given << epsilon;
    refuse("epsilon must be positive and finite as a float32, but is " + given.str() +
           "; pass a small positive number such as 1e-5");
}

// Rows are counted with the padding of tiles, where there are any.
void check_rows_in_tiles(const Problem& problem, std::int64_t rows) {
    if (has_tiles(tensors_of(problem)) && rows_in_tiles(rows, problem.input) > kMaxRows) {
        refuse("input of shape " + shape_text(problem.input.shape) + " has more than " + std::to_string(kMaxRows) +
               " rows with the padding of tiles, but a row's index must fit in 32 bits; split the input");
    }
}

}  // namespace

Extent validate(const Problem& problem) {
    check_input(problem.input);
    const Extent extent{.rows = count_rows(problem.input), .width = problem.input.shape.back()};
    check_parameter("gamma", problem.gamma, extent.width);
    check_parameter("beta", problem.beta, extent.width);
    check_residual(problem);
    check_output_tensor(problem);
    check_pre_all_gather(problem);
    check_stats(problem);
    check_options(problem);
    check_epsilon(problem.options.epsilon);
    check_rows_in_tiles(problem, extent.rows);
    validate_device(problem, extent);
    return extent;
}

}  // namespace layernorm_fused_rm
