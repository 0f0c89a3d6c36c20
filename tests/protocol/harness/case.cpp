// SPDX-License-Identifier: Apache-2.0
#include "harness/case.hpp"

#include <stdexcept>

#include "harness/shards.hpp"

namespace protocol {
namespace {

using layernorm_fused_rm::Activation;
using layernorm_fused_rm::Arch;
using layernorm_fused_rm::BufferType;
using layernorm_fused_rm::Coordinate;
using layernorm_fused_rm::DataType;
using layernorm_fused_rm::Device;
using layernorm_fused_rm::Layout;
using layernorm_fused_rm::MemoryConfig;
using layernorm_fused_rm::MemoryLayout;
using layernorm_fused_rm::Norm;
using layernorm_fused_rm::Plan;
using layernorm_fused_rm::Problem;
using layernorm_fused_rm::Stage;
using layernorm_fused_rm::TensorSpec;

constexpr std::int64_t kTileWidth = 32;
constexpr std::size_t kGammaTensor = 2;  // of a case's letters; beta's is the next

[[nodiscard]] BufferType memory_of(char letter) { return letter == 'D' ? BufferType::kDram : BufferType::kL1; }

[[nodiscard]] MemoryConfig memory_config_of(const Case& value, char memory, char layout, DataType dtype) {
    MemoryConfig config{.buffer_type = memory_of(memory)};
    if (is_sharded(memory)) {
        config.memory_layout = MemoryLayout::kSharded;
        config.shards = shard(value, memory, layout, dtype == DataType::kFloat32 ? 4 : 2).shards;
    }
    return config;
}

[[nodiscard]] DataType dtype_of(char letter) { return letter == 'F' ? DataType::kFloat32 : DataType::kBfloat16; }

[[nodiscard]] Layout layout_of(char letter) { return letter == 'T' ? Layout::kTile : Layout::kRowMajor; }

[[nodiscard]] Activation activation_of(char letter) {
    switch (letter) {
        case 'R': return Activation::kRelu;
        case 'S': return Activation::kSilu;
        case 'G': return Activation::kGelu;
        case 'A': return Activation::kGeluApprox;
        case '-': return Activation::kNone;
        default: throw std::invalid_argument(std::string("there is no activation ") + letter);
    }
}

[[nodiscard]] Stage stage_of(char letter) {
    switch (letter) {
        case kBefore: return Stage::kPreAllGather;
        case kAfter: return Stage::kPostAllGather;
        case '-': return Stage::kWhole;
        default: throw std::invalid_argument(std::string("there is no stage ") + letter);
    }
}

[[nodiscard]] Device to_device(const Case& value) {
    const std::int32_t side = value.grid_y + 2;
    Device device{.arch = value.chip == "blackhole" ? Arch::kBlackhole : Arch::kWormhole,
                  .grid = {value.grid_x, value.grid_y},
                  .noc_size = {value.grid_x + 2, side},
                  .l1_banks = value.l1_banks,
                  .l1_bytes = value.l1_bytes,
                  .dram_alignment_bytes = value.dram_alignment};
    for (std::int32_t bank = 0; bank < value.dram_banks; ++bank) {
        device.dram_banks.push_back({bank % 2 == 0 ? 0 : value.grid_x + 1, bank / 2 % side});
    }
    for (std::int32_t y = 0; value.knows_places && y < value.grid_y; ++y) {
        for (std::int32_t x = 0; x < value.grid_x; ++x) {
            device.workers.push_back({x + 1, y + 1});
        }
    }
    return device;
}

[[nodiscard]] std::int64_t to_number(const std::string& text) {
    std::size_t end = 0;
    const std::int64_t number = std::stoll(text, &end);
    if (end != text.size()) {
        throw std::invalid_argument(text + " is no number");
    }
    return number;
}

}  // namespace

std::int64_t padded_width(std::int64_t width) { return width + (width % 3 == 0 ? 1100 : 41); }

std::string to_options(const Case& value) {
    return "--chip " + value.chip + " --rows " + std::to_string(value.rows) + " --width " +
           std::to_string(value.width) + " --grid " + std::to_string(value.grid_x) + "x" +
           std::to_string(value.grid_y) + " --dram-banks " + std::to_string(value.dram_banks) + " --l1-banks " +
           std::to_string(value.l1_banks) + " --memories " + value.memories + " --dtypes " + value.dtypes +
           " --layouts " + value.layouts + " --matrix-rows " + std::to_string(value.matrix_rows) + " --vectors " +
           value.vectors + " --options " + value.options + " --activation " + value.activation + " --stage " +
           value.stage + " --chips " + std::to_string(value.chips) + " --l1-bytes " + std::to_string(value.l1_bytes) +
           " --dram-alignment " + std::to_string(value.dram_alignment) + " --places " +
           (value.knows_places ? "1" : "0") + " --seed " + std::to_string(value.seed);
}

void set_option(Case& value, const std::string& name, const std::string& text) {
    if (name == "--chip") {
        if (text != "wormhole" && text != "blackhole") {
            throw std::invalid_argument("there is no chip " + text);
        }
        value.chip = text;
    } else if (name == "--rows") {
        value.rows = to_number(text);
    } else if (name == "--width") {
        value.width = to_number(text);
    } else if (name == "--grid") {
        const std::size_t cross = text.find('x');
        value.grid_x = static_cast<std::int32_t>(to_number(text.substr(0, cross)));
        value.grid_y = static_cast<std::int32_t>(to_number(text.substr(cross + 1)));
    } else if (name == "--dram-banks") {
        value.dram_banks = to_number(text);
    } else if (name == "--l1-banks") {
        value.l1_banks = to_number(text);
    } else if (name == "--memories") {
        value.memories = text;
    } else if (name == "--dtypes") {
        value.dtypes = text;
    } else if (name == "--layouts") {
        value.layouts = text;
    } else if (name == "--matrix-rows") {
        value.matrix_rows = to_number(text);
    } else if (name == "--vectors") {
        value.vectors = text;
    } else if (name == "--options") {
        value.options = text;
    } else if (name == "--activation") {
        static_cast<void>(activation_of(text.at(0)));
        value.activation = text.at(0);
    } else if (name == "--stage") {
        value.stage = text.at(0);
    } else if (name == "--chips") {
        value.chips = to_number(text);
    } else if (name == "--l1-bytes") {
        value.l1_bytes = to_number(text);
    } else if (name == "--dram-alignment") {
        value.dram_alignment = to_number(text);
    } else if (name == "--places") {
        value.knows_places = to_number(text) != 0;
    } else if (name == "--seed") {
        value.seed = std::stoull(text);
    } else {
        throw std::invalid_argument("there is no option " + name);
    }
}

Problem to_problem(const Case& value) {
    const auto rows = [&](char dtype, char memory, char layout) {
        const MemoryConfig config = memory_config_of(value, memory, layout, dtype_of(dtype));
        TensorSpec spec{.shape = {value.rows, value.width},
                        .dtype = dtype_of(dtype),
                        .layout = layout_of(layout),
                        .buffer_type = config.buffer_type,
                        .memory_layout = config.memory_layout,
                        .shards = config.shards};
        if (value.rows_per_matrix() != value.rows) {
            spec.shape = {value.rows / value.rows_per_matrix(), value.rows_per_matrix(), value.width};
        }
        if (value.asks('p') && layout == 'R' && !is_sharded(memory)) {
            spec.padded_shape = spec.shape;
            spec.padded_shape.back() = padded_width(value.width);
        }
        return spec;
    };
    const auto vector = [&](std::size_t tensor) -> std::optional<TensorSpec> {
        const char form = value.vectors.at(tensor - kGammaTensor);
        if (form == '-') {
            return std::nullopt;
        }
        TensorSpec spec{.shape = {value.width},
                        .dtype = dtype_of(value.dtypes.at(tensor)),
                        .layout = form == 'T' ? Layout::kTile : Layout::kRowMajor,
                        .buffer_type = memory_of(value.memories.at(tensor))};
        if (form == 'R') {
            spec.shape = {value.width / kTileWidth, kTileWidth};
        }
        return spec;
    };
    Problem problem{.input = rows(value.dtypes.at(0), value.memories.at(0), value.layouts.at(0)),
                    .gamma = vector(kGammaTensor),
                    .beta = vector(kGammaTensor + 1),
                    .options = {.norm = value.asks('m') ? Norm::kRms : Norm::kLayer,
                                .zero_centered_gamma = value.asks('z'),
                                .activation = activation_of(value.activation),
                                .return_sum = value.asks('s'),
                                .return_statistics = value.asks('t')},
                    .device = to_device(value)};
    if (value.asks('r')) {
        problem.residual = rows(value.dtypes.at(1), value.memories.at(1), value.layouts.at(1));
    }
    problem.options.stage = stage_of(value.stage);
    if (value.stage == kAfter) {
        problem.stats = rows('F', is_sharded(value.memories.at(4)) ? 'L' : value.memories.at(4), 'R');
        problem.stats->padded_shape.clear();
        problem.stats->shape.back() = 4 * value.chips;
    }
    if (value.stage == kBefore) {
        problem.options.memory_config = memory_config_of(value, value.memories.at(4), 'R', DataType::kFloat32);
    } else if (value.asks('p')) {
        problem.output_tensor = rows(value.dtypes.at(4), value.memories.at(4), value.layouts.at(2));
    } else {
        problem.options.layout = layout_of(value.layouts.at(2));
        problem.options.dtype = dtype_of(value.dtypes.at(4));
        problem.options.memory_config =
            memory_config_of(value, value.memories.at(4), value.layouts.at(2), dtype_of(value.dtypes.at(4)));
    }
    if (value.asks('s')) {
        problem.options.sum_dtype = dtype_of(value.dtypes.at(5));
        problem.options.sum_layout = layout_of(value.layouts.at(3));
    }
    return problem;
}

std::optional<Plan> to_plan(const Case& value) {
    try {
        return layernorm_fused_rm::plan(to_problem(value));
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

}  // namespace protocol
