#include "validate.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <string>
#include <utility>

#include "call.hpp"
#include "chip.hpp"
#include "contract.hpp"
#include "device.hpp"
#include "error.hpp"
#include "numbers.hpp"
#include "tensors.hpp"

namespace layernorm_fused_rm {
namespace {

// Of rows in L1: a row's stride is a multiple of 64 elements, so the NoC finds rows as it wants them up to this.
constexpr std::int64_t kMaxAlignmentBytes = 64;

constexpr std::size_t kMaxRank = 8;

// ttnn.layer_norm takes row-major gamma and beta cut into rows of a tile's width.
constexpr std::int64_t kTileWidth = 32;

// Kernels hold row indices and addresses within a bank in 32 bits.
constexpr std::int64_t kMax32Bits = std::numeric_limits<std::uint32_t>::max();

// NoC coordinates have six bits (noc_parameters.h, NOC_ADDR_NODE_ID_BITS): no NoC, and no grid on it, is larger.
constexpr std::int32_t kMaxNocSide = 64;

// Well above any Tensix chip; they keep a nonsense device from asking for a huge plan. This much L1 is 32,768 pages of
// the smallest kind, which the 16 bits that count a circular buffer's pages tell apart.
constexpr std::int64_t kMaxBanks = 65536;
constexpr std::int64_t kMaxL1Bytes = std::int64_t{64} * 1024 * 1024;

[[nodiscard]] std::string name_of(DataType dtype) {
    return dtype == DataType::kBfloat16 ? "BFLOAT16" : dtype == DataType::kFloat32 ? "FLOAT32" : "another data type";
}

void check_storage(const std::string& name, const TensorSpec& spec, const std::string& remedy) {
    if (spec.storage == Storage::kDeallocated) {
        refuse(name +
               " must be allocated on device, but has been deallocated; pass a tensor that still has its memory");
    }
    if (spec.storage != Storage::kDevice) {
        refuse(name + " must be allocated on device, but is in host memory; " + remedy);
    }
}

void check_storage(const std::string& name, const TensorSpec& spec) {
    check_storage(name, spec, "move it with ttnn.to_device(" + name + ", device)");
}

void check_row_major(const std::string& name, const TensorSpec& spec) {
    if (spec.layout != Layout::kRowMajor) {
        refuse(name + " must be in ROW_MAJOR layout, but is in TILE layout; convert it with ttnn.to_layout(" + name +
               ", ttnn.ROW_MAJOR_LAYOUT)");
    }
}

void check_interleaved(const std::string& name, const TensorSpec& spec) {
    if (spec.memory_layout != MemoryLayout::kInterleaved) {
        refuse(name + " must be in INTERLEAVED memory, but is sharded; convert it with ttnn.to_memory_config(" + name +
               ", ttnn.DRAM_MEMORY_CONFIG)");
    }
}

void check_dtype(const std::string& name, const TensorSpec& spec) {
    if (spec.dtype == DataType::kOther) {
        refuse(name + " must be BFLOAT16 or FLOAT32, but has another data type; convert it with ttnn.typecast(" + name +
               ", ttnn.bfloat16) or ttnn.float32");
    }
}

void check_option_dtype(const std::string& name, const std::optional<DataType>& dtype) {
    if (dtype == DataType::kOther) {
        refuse(name + " must be BFLOAT16 or FLOAT32, but is another data type; pass ttnn.bfloat16 or ttnn.float32");
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
        if (!product || *product > kMax32Bits) {
            refuse("input of shape " + shape_text(input.shape) + " has more than " + std::to_string(kMax32Bits) +
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
    check_storage("input", input);
    check_row_major("input", input);
    check_interleaved("input", input);
    check_rank(input);
    check_dtype("input", input);
    check_dimensions("input", input);
    check_width(input);
    check_padding("input", input);
}

// gamma or beta, if it is there. TILE layout is taken too: it is what ttnn.layer_norm wants.
void check_parameter(const std::string& name, const std::optional<TensorSpec>& spec, std::int64_t width) {
    if (spec) {
        check_storage(name, *spec);
        check_interleaved(name, *spec);
        check_dtype(name, *spec);
        check_dimensions(name, *spec);
        check_parameter_shape(name, *spec, width);
        check_padding(name, *spec);
        check_tile(name, *spec);
    }
}

void check_residual(const Problem& problem) {
    if (!problem.residual) {
        return;
    }
    check_storage("residual", *problem.residual);
    check_row_major("residual", *problem.residual);
    check_interleaved("residual", *problem.residual);
    check_dtype("residual", *problem.residual);
    if (problem.residual->shape != problem.input.shape) {
        refuse("residual has shape " + shape_text(problem.residual->shape) + ", but input has " +
               shape_text(problem.input.shape) + "; pass a residual of the input's shape");
    }
    check_padding("residual", *problem.residual);
}

// A tensor that y is to be written to; its data type and memory say what the options would.
void check_output_tensor(const Problem& problem) {
    if (!problem.output_tensor) {
        return;
    }
    const std::string name = "output_tensor";
    const TensorSpec& output = *problem.output_tensor;
    check_storage(name, output, "allocate one with ttnn.allocate_tensor_on_device");
    if (output.layout != Layout::kRowMajor) {
        refuse(name + " must be in ROW_MAJOR layout, but is in TILE layout; allocate a ROW_MAJOR one");
    }
    if (output.memory_layout != MemoryLayout::kInterleaved) {
        refuse(name + " must be in INTERLEAVED memory, but is sharded; allocate one in ttnn.DRAM_MEMORY_CONFIG");
    }
    if (output.dtype == DataType::kOther) {
        refuse(name +
               " must be BFLOAT16 or FLOAT32, but has another data type; allocate one of ttnn.bfloat16 or "
               "ttnn.float32");
    }
    if (output.shape != problem.input.shape) {
        refuse(name + " has shape " + shape_text(output.shape) + ", but input has " + shape_text(problem.input.shape) +
               "; allocate one of the input's shape");
    }
    check_padding(name, output, "allocate one without padding");
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
    if (options.memory_config && options.memory_config->memory_layout != MemoryLayout::kInterleaved) {
        refuse(
            "memory_config must be in INTERLEAVED memory, DRAM or L1, but is sharded or in another one; pass "
            "ttnn.DRAM_MEMORY_CONFIG or ttnn.L1_MEMORY_CONFIG");
    }
    if (options.sum_dtype && !options.return_sum) {
        refuse("sum_dtype is set, but return_sum is not; pass return_sum=True, or no sum_dtype");
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

void check_arch(Arch arch) {
    if (find_chip(arch) == nullptr) {
        refuse("device is of another architecture than WORMHOLE_B0, for which alone there are kernels; use a Wormhole");
    }
}

void check_grid(const Device& device) {
    const auto lies_within = [](Coordinate size, std::int32_t least) {
        return size.x >= least && size.y >= least && size.x <= kMaxNocSide && size.y <= kMaxNocSide;
    };
    const auto text = [](Coordinate size) { return std::to_string(size.x) + " x " + std::to_string(size.y); };
    if (!lies_within(device.grid, 1)) {
        refuse("device has a grid of " + text(device.grid) +
               " cores, but needs 1 to 64 on either side; pass device.compute_with_storage_grid_size()");
    }
    if (!lies_within(device.noc_size, 0)) {
        refuse("device has a NoC of " + text(device.noc_size) +
               " places, but a NoC has at most 64 on either side; pass its size, or 0 x 0 if it is unknown");
    }
    if (device.l1_bytes < 1 || device.l1_bytes > kMaxL1Bytes) {
        refuse("device has " + std::to_string(device.l1_bytes) +
               " bytes of L1 for circular buffers on a core, but needs 1 to " + std::to_string(kMaxL1Bytes) +
               "; pass the free L1 of a core");
    }
}

void check_memory(const Device& device, BufferType memory) {
    const bool in_dram = memory == BufferType::kDram;
    const std::string name = in_dram ? "DRAM" : "L1";
    const std::int64_t banks = bank_count(device, memory);
    if (banks < 1 || banks > kMaxBanks) {
        refuse("device has " + std::to_string(banks) + " " + name +
               " banks, but a tensor of this call lies there; pass the device's number of " + name + " banks");
    }
    const std::int64_t alignment = page_alignment(device, memory);
    if (alignment < 16 || kMaxAlignmentBytes % alignment != 0) {
        refuse("device aligns pages in " + name + " to " + std::to_string(alignment) +
               " bytes, but needs 16, 32 or 64; use another memory");
    }
}

// A row of a tile's face is a transfer of its own, to where the one before ends, so it must be as long as the memory's
// alignment, which source and destination share.
void check_tile_rows(const std::string& name, const TensorSpec& spec, const Device& device) {
    if (spec.layout == Layout::kTile &&
        kFaceSide * element_bytes(spec.dtype) % page_alignment(device, spec.buffer_type) != 0) {
        refuse(name +
               " is in TILE layout, of which the device cannot read rows of 16 elements from memory aligned to " +
               std::to_string(page_alignment(device, spec.buffer_type)) + " bytes; convert it with ttnn.to_layout(" +
               name + ", ttnn.ROW_MAJOR_LAYOUT)");
    }
}

void check_row_bytes(const std::string& name, std::int64_t width) {
    if (width > kMax32Bits / contract::kBytesPerFloat32) {
        refuse(name + " rows have " + std::to_string(width) +
               " elements, but the bytes of a row must fit in 32 bits; pass narrower rows");
    }
}

void check_bank_bytes(const std::string& name, const Extent& extent, DataType dtype, std::int64_t banks) {
    const std::int64_t row_bytes = round_up(extent.width * element_bytes(dtype), kMaxAlignmentBytes);
    const auto bytes = checked_multiply(divide_up(extent.rows, banks), row_bytes);
    if (!bytes || *bytes > kMax32Bits) {
        refuse(name + " of " + std::to_string(extent.rows) + " rows needs more than " + std::to_string(kMax32Bits) +
               " bytes of each of " + std::to_string(banks) +
               " banks, but an address in a bank must fit in 32 bits; split the input");
    }
}

// Padding may be wider than any row, and a row's bytes overflow.
void check_device(const Problem& problem, const Extent& extent) {
    using contract::Tensor;
    const Device& device = problem.device;
    check_arch(device.arch);
    check_grid(device);
    const Tensors tensors = tensors_of(problem);
    const auto for_each_tensor = [&](auto visit) {
        for (std::uint32_t i = 0; i < contract::kTensors; ++i) {
            if (tensors[i]) {
                visit(static_cast<Tensor>(i), contract::kTensorNames[i], *tensors[i]);
            }
        }
    };
    for_each_tensor([&](Tensor, const char*, const TensorSpec& spec) { check_memory(device, spec.buffer_type); });
    for_each_tensor([&](Tensor, const char* name, const TensorSpec& spec) { check_tile_rows(name, spec, device); });
    for_each_tensor(
        [&](Tensor, const char* name, const TensorSpec& spec) { check_row_bytes(name, stored_width(spec)); });
    for_each_tensor([&](Tensor tensor, const char* name, const TensorSpec& spec) {
        if (tensor != Tensor::kGamma && tensor != Tensor::kBeta) {
            check_bank_bytes(name, {extent.rows, stored_width(spec)}, spec.dtype, bank_count(device, spec.buffer_type));
        }
    });
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
    check_device(problem, extent);
    return extent;
}

}  // namespace layernorm_fused_rm
