// SPDX-License-Identifier: Apache-2.0
// What a call asks for, as plain values: tensors, options, and the device it is to run on. No ttnn, no Python.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace layernorm_fused_rm {

// The first two are served; the others are there to be named in refusals.
enum class DataType { kBfloat16, kFloat32, kBfloat8B, kBfloat4B, kUint8, kUint16, kUint32, kInt32, kOther };
enum class Layout { kRowMajor, kTile };
enum class BufferType { kDram, kL1 };
// Of a tensor in shards it says where each is (Shards); kOther: in any other way, or in another type of buffer.
enum class MemoryLayout { kInterleaved, kSharded, kOther };
enum class Storage { kDevice, kHost, kDeallocated };

// ttnn's tile: faces of at most 16 x 16 elements, row by row. A transposed one holds its columns for rows.
struct Tile {
    std::int64_t height = 32;
    std::int64_t width = 32;
    bool is_transposed = false;

    bool operator==(const Tile&) const = default;
};

// A place on the chip's NoC, in the physical coordinates of NoC 0, or a logical core (x: column, y: row).
struct Coordinate {
    std::int32_t x = 0;
    std::int32_t y = 0;

    auto operator<=>(const Coordinate&) const = default;
};

// A tensor as ttnn shards it: its rows, padding included, one behind the other, are cut into blocks of `height` rows and
// `width` elements, row by row of blocks, each of which lies in the L1 of a core of its own. The last ones may be empty
// in part.
struct Shards {
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::vector<Coordinate> cores{};  // logical, in the order of the blocks
    std::int64_t cores_per_row =
        0;  // of the list, of which a row of blocks may leave some; 0: as many as it has blocks

    bool operator==(const Shards&) const = default;
};

// What the planner needs to know of one tensor.
struct TensorSpec {
    std::vector<std::int64_t> shape{};  // elements
    DataType dtype = DataType::kBfloat16;
    Layout layout = Layout::kRowMajor;
    BufferType buffer_type = BufferType::kDram;
    MemoryLayout memory_layout = MemoryLayout::kInterleaved;
    Storage storage = Storage::kDevice;
    std::vector<std::int64_t> padded_shape{};  // of what is stored, elements; empty: as `shape`
    Tile tile{};                               // of TILE layout
    Shards shards{};                           // of one that is sharded

    bool operator==(const TensorSpec&) const = default;
};

enum class Arch { kWormhole, kBlackhole, kOther };  // kOther: one for which there are no kernels

// The device as the planner sees it.
struct Device {
    Arch arch = Arch::kWormhole;
    Coordinate grid{};                     // worker columns (x) and rows (y)
    std::vector<Coordinate> workers{};     // NoC place of each logical core, row by row; empty when unknown
    std::vector<Coordinate> dram_banks{};  // NoC place of each DRAM bank; only the count is needed if workers is empty
    // Where each bank of such a chip is read and written, if that is elsewhere; else empty. One more than dram_banks if
    // the chip has lost a bank, and nobody says which.
    std::vector<Coordinate> dram_read_places{};
    std::vector<Coordinate> dram_write_places{};
    Coordinate noc_size{};                     // columns and rows of the torus
    std::int64_t l1_banks = 0;                 // banks of an interleaved L1 tensor
    std::vector<Coordinate> l1_bank_places{};  // NoC place of each L1 bank; empty when unknown: ttnn shuffles them
    std::int64_t l1_bytes = 0;                 // for circular buffers on each core, below all tensors in L1
    std::int64_t dram_alignment_bytes = 32;    // of a page in DRAM
    std::int64_t l1_alignment_bytes = 16;      // of a page in L1

    bool operator==(const Device&) const = default;
};

// A device as it describes itself, with what is known of its kind of chip (src/chip.cpp): where its workers and its L1
// banks, each in the L1 of a logical core, are on the NoC, and the alignment of DRAM.
[[nodiscard]] Device with_places(Device device, const std::vector<Coordinate>& l1_bank_cores);

// LayerNorm: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, biased variance. RMSNorm: y = x / sqrt(mean of
// squares + epsilon) * gamma + beta. Both over the last dimension.
enum class Norm { kLayer, kRms };

// Which part of a norm whose rows several chips share, each a part of every row: all of it, on one chip; what a chip
// tells the others of its part, its stats; or y of its part, by the stats of all parts.
enum class Stage { kWhole, kPreAllGather, kPostAllGather };

// What is applied to y: max(y, 0); y / (1 + exp(-y)); y Phi(y), Phi being the normal distribution's, by erf; and its
// approximation by tanh.
enum class Activation { kNone, kRelu, kSilu, kGelu, kGeluApprox };

struct MemoryConfig {
    BufferType buffer_type = BufferType::kDram;
    MemoryLayout memory_layout = MemoryLayout::kInterleaved;
    Shards shards{};

    bool operator==(const MemoryConfig&) const = default;
};

// A call's options, by the names and with the defaults that they have in Python.
struct Options {
    Norm norm = Norm::kLayer;
    Stage stage = Stage::kWhole;
    double epsilon = 1e-5;
    bool zero_centered_gamma = false;             // gamma + 1 is the factor
    Activation activation = Activation::kNone;    // of y, behind gamma and beta
    bool return_sum = false;                      // input + residual
    std::optional<DataType> sum_dtype{};          // none: the input's
    bool return_statistics = false;               // mean (LayerNorm only) and 1 / sqrt(variance + epsilon), float32
    std::optional<DataType> dtype{};              // of y; none: the input's
    std::optional<Layout> layout{};               // of y; none: the input's
    std::optional<Layout> sum_layout{};           // of the sum; none: the input's
    std::optional<MemoryConfig> memory_config{};  // of all outputs; none: the input's

    bool operator==(const Options&) const = default;
};

// What a call asks for. x is the input, or input + residual in fp32 where there is a residual.
struct Problem {
    TensorSpec input{};
    std::optional<TensorSpec> residual{};
    std::optional<TensorSpec> gamma{};
    std::optional<TensorSpec> beta{};
    std::optional<TensorSpec> output_tensor{};  // that y is written to; none: a new one, without padding
    std::optional<TensorSpec> stats{};          // of all chips, behind an all_gather
    Options options{};
    Device device{};

    bool operator==(const Problem&) const = default;
};

}  // namespace layernorm_fused_rm
