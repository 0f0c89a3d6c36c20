// SPDX-License-Identifier: Apache-2.0
#include "validate_tensor.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "contract.hpp"
#include "error.hpp"

namespace layernorm_fused_rm {
namespace {

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

// `remedy` makes the text of what to do, which is long.
template <typename Remedy>
void check_padding_between_rows(const std::string& name, const TensorSpec& spec, const Remedy& remedy) {
    check_padded_shape(name, spec);
    if (spec.layout == Layout::kRowMajor && has_padding_between_rows(spec)) {
        refuse(name + " of shape " + shape_text(spec.shape) + " is stored as " + shape_text(spec.padded_shape) +
               ", with padding between its rows, but they must lie one behind the other; " + remedy());
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

}  // namespace

bool is_served(DataType dtype) { return dtype == DataType::kBfloat16 || dtype == DataType::kFloat32; }

std::string name_of(DataType dtype) {
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

std::string name_of(Layout layout) { return layout == Layout::kTile ? "TILE" : "ROW_MAJOR"; }

void check_rows(const std::string& name, const TensorSpec& spec) { check_rows(name, spec, conversions(name)); }

void check_output_rows(const std::string& name, const TensorSpec& spec) { check_rows(name, spec, allocations()); }

void check_vector(const std::string& name, const TensorSpec& spec) {
    const Remedies remedies = conversions(name);
    check_storage(name, spec, remedies);
    if (spec.memory_layout != MemoryLayout::kInterleaved) {
        refuse(name + " must be in INTERLEAVED memory, but is " +
               (spec.memory_layout == MemoryLayout::kSharded ? "sharded" : "in another memory") + "; " +
               remedies.memory);
    }
    check_dtype(name, spec, remedies);
}

void check_dimensions(const std::string& name, const TensorSpec& spec) {
    if (std::ranges::any_of(spec.shape, [](std::int64_t dimension) { return dimension < 0; })) {
        refuse(name + " has shape " + shape_text(spec.shape) +
               ", but no dimension can be negative; pass the shape of an allocated tensor");
    }
}

void check_padding_of_rows(const std::string& name, const TensorSpec& spec) {
    if (spec.layout == Layout::kTile) {
        check_padding_of_tiles(name, spec);
    } else {
        check_padding_between_rows(name, spec, [&] { return slice_without_padding(name, spec); });
    }
}

void check_padding_of_output(const std::string& name, const TensorSpec& spec) {
    if (spec.layout == Layout::kTile) {
        check_padding_of_tiles(name, spec);
    } else {
        check_padding_between_rows(name, spec, [] { return std::string{"allocate one without padding"}; });
    }
}

void check_padding_of_vector(const std::string& name, const TensorSpec& spec) {
    check_padding_between_rows(name, spec, [&] { return slice_without_padding(name, spec); });
    check_tile(name, spec);
}

}  // namespace layernorm_fused_rm
