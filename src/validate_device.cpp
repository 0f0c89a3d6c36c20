// SPDX-License-Identifier: Apache-2.0
// What is checked of a device, and of a call's tensors on it.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "call.hpp"
#include "chip.hpp"
#include "contract.hpp"
#include "device.hpp"
#include "error.hpp"
#include "numbers.hpp"
#include "tensors.hpp"
#include "validate.hpp"

namespace layernorm_fused_rm {
namespace {

// Of rows in L1: a row's stride is a multiple of 64 elements, so the NoC finds rows as it wants them up to this.
constexpr std::int64_t kMaxAlignmentBytes = 64;

// Kernels hold addresses within a bank in 32 bits.
constexpr std::int64_t kMax32Bits = std::numeric_limits<std::uint32_t>::max();

// NoC coordinates have six bits (noc_parameters.h, NOC_ADDR_NODE_ID_BITS): no NoC, and no grid on it, is larger.
constexpr std::int32_t kMaxNocSide = 64;

// Well above any Tensix chip; they keep a nonsense device from asking for a huge plan. This much L1 is 32,768 pages of
// the smallest kind, which the 16 bits that count a circular buffer's pages tell apart.
constexpr std::int64_t kMaxBanks = 65536;
constexpr std::int64_t kMaxL1Bytes = std::int64_t{64} * 1024 * 1024;

void check_arch(Arch arch) {
    if (find_chip(arch) == nullptr) {
        refuse(
            "device is of another architecture than WORMHOLE_B0 and BLACKHOLE, for which alone there are kernels; use "
            "one of these");
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

void check_bank_bytes_of_tiles(const std::string& name, const TensorSpec& spec, std::int64_t rows, std::int64_t banks) {
    const auto tiles = checked_multiply(rows_in_tiles(rows, spec) / contract::kTileSide,
                                        divide_up(spec.shape.back(), contract::kTileSide));
    const std::int64_t tile_bytes = contract::kElementsPerTile * element_bytes(spec.dtype);
    const auto bytes = checked_multiply(tiles ? divide_up(*tiles, banks) : kMax32Bits, tile_bytes);
    if (!bytes || *bytes > kMax32Bits) {
        refuse(name + " of " + std::to_string(rows) + " rows in tiles needs more than " + std::to_string(kMax32Bits) +
               " bytes of each of " + std::to_string(banks) +
               " banks, but an address in a bank must fit in 32 bits; split the input");
    }
}

[[nodiscard]] std::string text_of(const Shards& shards) {
    return "shards of " + std::to_string(shards.height) + " x " + std::to_string(shards.width) + " elements";
}

// Of rows of which shards hold parts: where these begin the NoC has to reach.
void check_cut_rows(const std::string& name, const TensorSpec& spec, const Device& device) {
    const std::int64_t bytes = spec.shards.width * element_bytes(spec.dtype);
    if (spec.layout == Layout::kRowMajor && bytes % device.l1_alignment_bytes != 0) {
        refuse(name + " is in " + text_of(spec.shards) + ", which have " + std::to_string(bytes) +
               " bytes of a row each, but need a multiple of " + std::to_string(device.l1_alignment_bytes) +
               ", L1's alignment; take wider shards");
    }
}

void check_shard_size(const std::string& name, const TensorSpec& spec, const Device& device) {
    const Shards& shards = spec.shards;
    const bool has_tiles = spec.layout == Layout::kTile;
    if (shards.height < 1 || shards.width < 1) {
        refuse(name + " is in " + text_of(shards) + ", but needs at least 1 x 1; take larger shards");
    }
    if (has_tiles && (shards.height % contract::kTileSide != 0 || shards.width % contract::kTileSide != 0)) {
        refuse(name + " is in " + text_of(shards) +
               ", but in TILE layout needs whole tiles of 32 x 32; take shards of multiples of 32");
    }
    const std::int64_t row_bytes = shards.width > kMaxL1Bytes ? kMaxL1Bytes : shards.width * element_bytes(spec.dtype);
    const auto bytes =
        checked_multiply(shards.height, has_tiles ? row_bytes : round_up(row_bytes, device.l1_alignment_bytes));
    if (!bytes || *bytes >= kMaxL1Bytes) {
        refuse(name + " is in " + text_of(shards) + ", but no core's L1 holds " + std::to_string(kMaxL1Bytes) +
               " bytes; take more and smaller shards");
    }
}

// A shard each.
void check_shard_places(const std::string& name, const Shards& shards, Coordinate grid) {
    std::set<Coordinate> seen;
    for (const Coordinate core : shards.cores) {
        if (core.x < 0 || core.y < 0 || core.x >= grid.x || core.y >= grid.y) {
            refuse(name + " has a shard on core " + place_text(core) + ", but the device has a grid of " +
                   std::to_string(grid.x) + " x " + std::to_string(grid.y) + " worker cores; shard it over these");
        }
        if (!seen.insert(core).second) {
            refuse(name + " has two shards on core " + place_text(core) +
                   ", but a core has one of each tensor; shard it over as many cores as it has shards");
        }
    }
}

void check_shard_cores(const std::string& name, const TensorSpec& spec, const Device& device) {
    const auto [across, down] = shard_grid(spec);
    const auto cores = static_cast<std::int64_t>(spec.shards.cores.size());
    const bool has_stride = spec.shards.cores_per_row != 0;
    const std::int64_t per_row = has_stride ? spec.shards.cores_per_row : across;
    const auto needed = per_row < across ? std::nullopt : checked_multiply(per_row, down);
    if (!needed || *needed > cores) {
        refuse(name + " needs " + std::to_string(down) + " x " + std::to_string(across) + " " + text_of(spec.shards) +
               ", but is sharded over " + std::to_string(cores) + " cores" +
               (has_stride ? ", " + std::to_string(per_row) + " in a row of shards" : "") +
               "; take larger shards or more cores");
    }
    check_shard_places(name, spec.shards, device.grid);
}

void check_shards(const std::string& name, const TensorSpec& spec, const Device& device) {
    if (spec.buffer_type != BufferType::kL1) {
        refuse(name + " is sharded in DRAM, but shards must lie in L1; shard it there, or take INTERLEAVED memory");
    }
    check_shard_size(name, spec, device);
    check_shard_cores(name, spec, device);
    if (shard_grid(spec).across > 1) {
        check_cut_rows(name, spec, device);
    }
}

// Padding may be wider than any row, and a row's bytes overflow.
void check_on_device(contract::Tensor tensor, const TensorSpec& spec, const Device& device, std::int64_t rows) {
    const std::string name = contract::kTensorNames[static_cast<std::size_t>(tensor)];
    check_memory(device, spec.buffer_type);
    check_row_bytes(name, stored_width(spec));
    if (is_sharded(spec)) {
        check_shards(name, spec, device);
        return;
    }
    if (tensor == contract::Tensor::kGamma || tensor == contract::Tensor::kBeta) {
        return;
    }
    if (spec.layout == Layout::kTile) {
        check_bank_bytes_of_tiles(name, spec, rows, bank_count(device, spec.buffer_type));
    } else {
        check_bank_bytes(name, {rows, stored_width(spec)}, spec.dtype, bank_count(device, spec.buffer_type));
    }
}

}  // namespace

void validate_device(const Problem& problem, const Extent& extent) {
    const Device& device = problem.device;
    check_arch(device.arch);
    check_grid(device);
    const Tensors tensors = tensors_of(problem);
    for (std::uint32_t i = 0; i < contract::kTensors; ++i) {
        if (tensors[i]) {
            check_on_device(static_cast<contract::Tensor>(i), *tensors[i], device, extent.rows);
        }
    }
}

}  // namespace layernorm_fused_rm
