// SPDX-License-Identifier: Apache-2.0
#include "validate.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "contract.hpp"
#include "error.hpp"
#include "numbers.hpp"
#include "tensors.hpp"

namespace layernorm_fused_rm {
namespace {

constexpr std::size_t kMaxRank = 8;

// Of ttnn's own tiles; ttnn.layer_norm takes row-major gamma and beta cut into rows of that width.
constexpr std::int64_t kTileWidth = contract::kTileSide;

// Kernels hold row indices in 32 bits.
constexpr std::int64_t kMaxRows = std::numeric_limits<std::uint32_t>::max();

[[nodiscard]] bool is_served(DataType dtype) { return dtype == DataType::kBfloat16 || dtype == DataType::kFloat32; }

[[nodiscard]] std::string name_of(DataType dtype) {
    switch (dtype) {
        case DataType::kBfloat16: return "BFLOAT16";
        case DataType::kFloat32: return "FLOAT32";
        case DataType::kBfloat8B: return "BFLOAT8_B";
        case DataType::kBfloat4B: return "BFLOAT4_B";
        case DataType::kUint8: return "UINT8";
        case DataType::kUint16: return "UINT16";
        case DataType::kUint32: return "UINT32";
        case DataType::kInt32: return "INT32";
        case DataType::kOther: break;
    }
    return "another data type";
}

[[nodiscard]] std::string name_of(Layout layout) { return layout == Layout::kTile ? "TILE" : "ROW_MAJOR"; }

constexpr std::string_view kOtherMemory =
    " must be INTERLEAVED in DRAM or L1, or HEIGHT, WIDTH or BLOCK sharded in L1 with a shard_spec, but is in another "
    "memory (sharded in DRAM, sharded with an nd_shard_spec, without a shard_spec, or in another type of buffer); ";

// What to do about a tensor that is not as it must be.
struct Remedies {
    std::string storage, layout, memory, dtype;
};

[[nodiscard]] Remedies conversions(const std::string& name) {
    return {.storage = "move it with ttnn.to_device(" + name + ", device)",
            .layout = "convert it with ttnn.to_layout(" + name + ", ttnn.ROW_MAJOR_LAYOUT)",
            .memory = "convert it with ttnn.to_memory_config(" + name + ", ttnn.DRAM_MEMORY_CONFIG)",
            .dtype = "convert it with ttnn.typecast(" + name + ", ttnn.bfloat16) or ttnn.float32"};
}

// Of one that is to be written.
[[nodiscard]] Remedies allocations() {
    return {.storage = "allocate one with ttnn.allocate_tensor_on_device",
            .layout = "allocate a ROW_MAJOR one, or one of ttnn.Tile((32, 32))",
            .memory = "allocate one in ttnn.DRAM_MEMORY_CONFIG",
            .dtype = "allocate one of ttnn.bfloat16 or ttnn.float32"};
}

void check_storage(const std::string& name, const TensorSpec& spec, const Remedies& remedies) {
    const std::string on_device = name + " must be allocated on device, but ";
    if (spec.storage == Storage::kDeallocated) {
        refuse(on_device + "has been deallocated; pass a tensor that still has its memory");
    }
    if (spec.storage != Storage::kDevice) {
        refuse(on_device + "is in host memory; " + remedies.storage);
    }
}

void check_dtype(const std::string& name, const TensorSpec& spec, const Remedies& remedies) {
    if (!is_served(spec.dtype)) {
        refuse(name + " must be BFLOAT16 or FLOAT32, but is " + name_of(spec.dtype) + "; " + remedies.dtype);
    }
}

// Rows are taken in ROW_MAJOR layout, or in ttnn's own tiles.
void check_rows(const std::string& name, const TensorSpec& spec, const Remedies& remedies) {
    check_storage(name, spec, remedies);
    const bool has_own_tiles = spec.tile == Tile{};
    if (spec.layout == Layout::kTile && !has_own_tiles) {
        refuse(name + " is in TILE layout of " + (spec.tile.is_transposed ? "transposed " : "") + "tiles of " +
               std::to_string(spec.tile.height) + " x " + std::to_string(spec.tile.width) +
               ", but its tiles must be 32 x 32; " + remedies.layout);
    }
    if (spec.memory_layout == MemoryLayout::kOther) {
        refuse(name + std::string{kOtherMemory} + remedies.memory);
    }
    check_dtype(name, spec, remedies);
}

void check_option_dtype(const std::string& name, const std::optional<DataType>& dtype) {
    if (dtype && !is_served(*dtype)) {
        refuse(name + " must be BFLOAT16 or FLOAT32, but is " + name_of(*dtype) +
               "; pass ttnn.bfloat16 or ttnn.float32");
    }
}

void check_dimensions(const std::string& name, const TensorSpec& spec) {
    if (std::ranges::any_of(spec.shape, [](std::int64_t dimension) { return dimension < 0; })) {
        refuse(name + " has shape " + shape_text(spec.shape) +
               ", but no dimension can be negative; pass the shape of an allocated tensor");
    }
}

// What is stored of each dimension, padding included, with as many dimensions as the shape has: a tensor may be stored
// with more, which are then dimensions of length 1 of its own. Empty if that cannot be.
[[nodiscard]] std::vector<std::int64_t> stored_shape(const TensorSpec& spec) {
    if (spec.padded_shape.empty()) {
        return spec.shape;
    }
    if (spec.padded_shape.size() < spec.shape.size()) {
        return {};
    }
    return {spec.padded_shape.end() - static_cast<std::ptrdiff_t>(spec.shape.size()), spec.padded_shape.end()};
}

void check_padded_shape(const std::string& name, const TensorSpec& spec) {
    const std::vector<std::int64_t> stored = stored_shape(spec);
    const bool has_room =
        stored.size() == spec.shape.size() && std::ranges::equal(spec.shape, stored, std::less_equal<>());
    if (!has_room || std::ranges::any_of(spec.padded_shape, [](std::int64_t length) { return length < 0; })) {
        refuse(name + " has shape " + shape_text(spec.shape) + ", but is said to be stored as " +
               shape_text(spec.padded_shape) +
               ", which has no room for it; pass the padded_shape of an allocated tensor");
    }
}

// Rows are found by their number, so padding may lie in each row, or behind all of them, but not between them: behind
// the first dimension that has more than one row, none is padded.
[[nodiscard]] bool has_padding_between_rows(const TensorSpec& spec) {
    const std::vector<std::int64_t> stored = stored_shape(spec);
    bool has_rows = false;
    for (std::size_t i = 0; i + 1 < spec.shape.size(); ++i) {
        if (has_rows && stored[i] != spec.shape[i]) {
            return true;
        }
        has_rows = has_rows || spec.shape[i] != 1;
    }
    return false;
}

[[nodiscard]] std::string slice_without_padding(const std::string& name, const TensorSpec& spec) {
    const std::string stored = "ttnn.Shape(" + shape_text(spec.padded_shape) + ")";
    return "take it out of its padding with ttnn.slice(ttnn.reshape(" + name + ", " + stored + ", " + stored + "), " +
           shape_text(std::vector<std::int64_t>(spec.shape.size(), 0)) + ", " + shape_text(spec.shape) + ")";
}

// Each matrix of the last two dimensions is padded to whole tiles, and nothing else.
[[nodiscard]] bool has_padding_of_tiles(const TensorSpec& spec) {
    const std::vector<std::int64_t> stored = stored_shape(spec);
    const std::size_t first_of_matrix = spec.shape.size() < 2 ? 0 : spec.shape.size() - 2;
    for (std::size_t i = 0; i < spec.shape.size(); ++i) {
        const bool is_of_matrix = i >= first_of_matrix;
        if (is_of_matrix ? stored[i] % kTileWidth != 0 || stored[i] - spec.shape[i] >= kTileWidth
                         : stored[i] != spec.shape[i]) {
            return false;
        }
    }
    return true;
}

void check_padding_of_tiles(const std::string& name, const TensorSpec& spec) {
    check_padded_shape(name, spec);
    if (!spec.padded_shape.empty() && !has_padding_of_tiles(spec)) {
        refuse(
            name + " of shape " + shape_text(spec.shape) + " is stored as " + shape_text(spec.padded_shape) +
            ", but in TILE layout each matrix must be padded to whole tiles, and no more; take it out of its padding " +
            "with ttnn.slice");
    }
}

void check_padding(const std::string& name, const TensorSpec& spec, const std::string& remedy) {
    check_padded_shape(name, spec);
    if (spec.layout == Layout::kRowMajor && has_padding_between_rows(spec)) {
        refuse(name + " of shape " + shape_text(spec.shape) + " is stored as " + shape_text(spec.padded_shape) +
               ", with padding between its rows, but they must lie one behind the other; " + remedy);
    }
}

void check_padding(const std::string& name, const TensorSpec& spec) {
    check_padding(name, spec, slice_without_padding(name, spec));
}

// Of input or residual.
void check_padding_of_rows(const std::string& name, const TensorSpec& spec) {
    if (spec.layout == Layout::kTile) {
        check_padding_of_tiles(name, spec);
    } else {
        check_padding(name, spec);
    }
}

// gamma or beta in TILE layout is row 0 of its tiles, which is read from their faces.
void check_tile(const std::string& name, const TensorSpec& spec) {
    const std::string remedy = "; make " + name + " with ttnn.Tile((32, 32)), or in ROW_MAJOR layout";
    if (spec.layout != Layout::kTile) {
        return;
    }
    if (spec.tile.is_transposed) {
        refuse(name +
               " is in TILE layout of transposed tiles, which hold columns for rows, but its row must lie in rows" +
               remedy);
    }
    const auto is_one_of = [](std::int64_t length, std::initializer_list<std::int64_t> lengths) {
        return std::ranges::find(lengths, length) != lengths.end();
    };
    if (!is_one_of(spec.tile.height, {1, 2, 4, 8, 16, 32}) || !is_one_of(spec.tile.width, {16, 32})) {
        refuse(name + " is in TILE layout of tiles of " + std::to_string(spec.tile.height) + " x " +
               std::to_string(spec.tile.width) + ", but tiles have 1, 2, 4, 8, 16 or 32 rows of 16 or 32 elements" +
               remedy);
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
    check_rows("input", input, conversions("input"));
    check_rank(input);
    check_dimensions("input", input);
    check_width(input);
    check_padding_of_rows("input", input);
}

// gamma or beta, if it is there. TILE layout is taken too: it is what ttnn.layer_norm wants.
void check_parameter(const std::string& name, const std::optional<TensorSpec>& spec, std::int64_t width) {
    if (spec) {
        check_storage(name, *spec, conversions(name));
        if (spec->memory_layout != MemoryLayout::kInterleaved) {
            refuse(name + " must be in INTERLEAVED memory, but is " +
                   (spec->memory_layout == MemoryLayout::kSharded ? "sharded" : "in another memory") + "; " +
                   conversions(name).memory);
        }
        check_dtype(name, *spec, conversions(name));
        check_dimensions(name, *spec);
        check_parameter_shape(name, *spec, width);
        check_padding(name, *spec);
        check_tile(name, *spec);
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
        check_rows("residual", *problem.residual, conversions("residual"));
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
    check_rows(name, output, allocations());
    check_same_shape(name, output, problem.input, "allocate one");
    if (output.layout == Layout::kTile) {
        check_padding_of_tiles(name, output);
    } else {
        check_padding(name, output, "allocate one without padding");
    }
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
    check_options(problem);
    check_epsilon(problem.options.epsilon);
    check_rows_in_tiles(problem, extent.rows);
    validate_device(problem, extent);
    return extent;
}

}  // namespace layernorm_fused_rm
