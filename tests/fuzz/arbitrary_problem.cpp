// SPDX-License-Identifier: Apache-2.0
#include "arbitrary_problem.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "builders.hpp"

namespace layernorm_fused_rm::tests {
namespace {

constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();

// Sizes at which something overflows, changes its kind or ends.
constexpr std::array<std::int64_t, 30> kEdges{
    0,          1,          2,          3,          31,         32,         33,
    63,         64,         65,         96,         768,        992,        1023,
    1024,       1025,       1056,       65535,      65536,      -1,         -32,
    2147483647, 2147483648, 4294967295, 4294967296, 4294967297, kMax64 / 2, kMax64 / 32 * 32,
    kMax64,     kMin64};

constexpr std::array kMemoryLayouts{MemoryLayout::kInterleaved, MemoryLayout::kSharded, MemoryLayout::kOther};

class Draw {
public:
    explicit Draw(std::mt19937_64& next) : next_(next) {}

    [[nodiscard]] std::uint64_t bits() const { return next_(); }

    // 0 to bound - 1
    [[nodiscard]] std::int64_t below(std::int64_t bound) const {
        return static_cast<std::int64_t>(next_() % static_cast<std::uint64_t>(bound));
    }

    [[nodiscard]] bool one_in(std::int64_t many) const { return below(many) == 0; }

    // Of any magnitude, small ones as likely as large ones.
    [[nodiscard]] std::int64_t size() const {
        if (one_in(3)) {
            return kEdges[static_cast<std::size_t>(below(kEdges.size()))];
        }
        const auto magnitude = static_cast<std::int64_t>(bits() >> (1 + below(63)));
        return one_in(8) ? -magnitude : magnitude;
    }

    template <typename Enum, std::size_t kCount>
    [[nodiscard]] Enum choice(const std::array<Enum, kCount>& values) const {
        return values[static_cast<std::size_t>(below(kCount))];
    }

    [[nodiscard]] DataType dtype() const { return choice(std::array{DataType::kBfloat16, DataType::kFloat32}); }

    [[nodiscard]] BufferType memory() const { return choice(std::array{BufferType::kDram, BufferType::kL1}); }

    [[nodiscard]] Coordinate place() const {
        const auto coordinate = [this] { return static_cast<std::int32_t>(one_in(8) ? size() : below(16)); };
        const std::int32_t x = coordinate();
        return {.x = x, .y = coordinate()};
    }

    [[nodiscard]] std::vector<Coordinate> places(std::int64_t count) const {
        std::vector<Coordinate> list(static_cast<std::size_t>(count));
        for (Coordinate& place_of_one : list) {
            place_of_one = place();
        }
        return list;
    }

private:
    std::mt19937_64& next_;
};

[[nodiscard]] std::int64_t plausible_width(const Draw& draw) {
    if (draw.one_in(2)) {
        return 32 * (1 + draw.below(draw.one_in(4) ? 1'000 : 64));
    }
    return 1 + draw.below(draw.one_in(4) ? 2'000'000 : 2'100);
}

[[nodiscard]] std::vector<std::int64_t> plausible_shape(const Draw& draw, std::int64_t width) {
    std::vector<std::int64_t> shape;
    for (std::int64_t rank = draw.below(draw.one_in(4) ? 9 : 4); rank > 0; --rank) {
        shape.push_back(draw.one_in(6) ? draw.size() : draw.below(draw.one_in(3) ? 5'000 : 40));
    }
    shape.push_back(width);
    return shape;
}

// Says where everything is, on a NoC of 16 x 16.
void add_places(const Draw& draw, Device& device) {
    constexpr std::int32_t kSide = 16;
    device.noc_size = {.x = kSide, .y = kSide};
    device.workers.resize(static_cast<std::size_t>(device.grid.x) * static_cast<std::size_t>(device.grid.y));
    device.l1_bank_places.resize(device.workers.size());
    if (draw.one_in(2)) {  // one of a chip that may have lost a bank
        device.dram_read_places.resize(device.dram_banks.size() + (draw.one_in(2) ? 1 : 0));
        device.dram_write_places.resize(device.dram_read_places.size());
    }
    for (auto* const list : {&device.workers, &device.dram_banks, &device.l1_bank_places, &device.dram_read_places,
                             &device.dram_write_places}) {
        for (Coordinate& place : *list) {
            place = {.x = static_cast<std::int32_t>(draw.below(kSide)),
                     .y = static_cast<std::int32_t>(draw.below(kSide))};
        }
    }
}

[[nodiscard]] Device plausible_device(const Draw& draw) {
    if (draw.one_in(3)) {
        return wormhole();
    }
    const bool is_vast = draw.one_in(5'000);  // more cores than any chip has
    const bool is_large = draw.one_in(16);    // and so many that arguments do not hold all places of shards
    const Coordinate grid{.x = static_cast<std::int32_t>(1 + draw.below(is_vast    ? 300
                                                                        : is_large ? 30
                                                                                   : 14)),
                          .y = static_cast<std::int32_t>(1 + draw.below(is_vast    ? 300
                                                                        : is_large ? 30
                                                                                   : 12))};
    Device device = plain_device(grid, 1 + draw.below(24));
    device.l1_bytes = draw.one_in(2) ? 1'400'000 : draw.below(200'000);
    device.arch = draw.one_in(3) ? Arch::kBlackhole : Arch::kWormhole;
    if (draw.one_in(2)) {
        add_places(draw, device);
    }
    return device;
}

// Any order of cores, or any part of them.
[[nodiscard]] std::vector<Coordinate> cores_of_grid(const Draw& draw, Coordinate grid, std::int64_t count) {
    std::vector<Coordinate> cores;
    cores.reserve(static_cast<std::size_t>(grid.x) * static_cast<std::size_t>(grid.y));
    const bool is_by_columns = draw.one_in(3);
    for (std::int32_t i = 0; i < grid.x * grid.y; ++i) {
        cores.push_back(is_by_columns ? Coordinate{.x = i / grid.y, .y = i % grid.y}
                                      : Coordinate{.x = i % grid.x, .y = i / grid.x});
    }
    if (draw.one_in(3)) {
        std::rotate(cores.begin(), cores.begin() + draw.below(static_cast<std::int64_t>(cores.size())), cores.end());
    }
    cores.resize(std::min(cores.size(), static_cast<std::size_t>(count)));
    return cores;
}

// The least multiple of `unit` of which `parts` cover a length, or a little more.
[[nodiscard]] std::int64_t cover(const Draw& draw, std::int64_t length, std::int64_t parts, std::int64_t unit) {
    const std::int64_t least = (length / unit / parts + 1) * unit;
    const bool is_enough = length <= (least - unit) * parts && least > unit;
    return (is_enough ? least - unit : least) + (draw.one_in(6) ? unit * draw.below(4) : 0);
}

// Rows of a tensor, with the padding of tiles, as far as they are few enough to be served at all.
[[nodiscard]] std::int64_t count_rows(const TensorSpec& spec) {
    constexpr std::int64_t kMost = std::int64_t{1} << 32;
    const bool is_tiled = spec.layout == Layout::kTile;
    std::int64_t rows = spec.shape.size() < 2 && is_tiled ? 32 : 1;
    for (std::size_t i = 0; i + 1 < spec.shape.size(); ++i) {
        const std::int64_t length = std::clamp<std::int64_t>(spec.shape[i], 0, kMost);
        const bool is_of_tiles = is_tiled && i + 2 == spec.shape.size();
        rows = std::min(rows * (is_of_tiles ? (length + 31) / 32 * 32 : length), kMost / 4);
    }
    return rows;
}

// HEIGHT, WIDTH or BLOCK, on as many cores of the grid as they need, or more.
[[nodiscard]] Shards plausible_shards(const Draw& draw, const TensorSpec& spec, Coordinate grid) {
    constexpr std::int64_t kWidest = std::int64_t{1} << 40;
    const std::int64_t kind = draw.below(3);
    const auto some_of = [&draw](std::int64_t most) { return draw.one_in(4) ? most : 1 + draw.below(most); };
    const std::int64_t all = std::int64_t{grid.x} * grid.y;
    const std::int64_t down = kind == 1 ? 1 : some_of(kind == 0 ? all : grid.y);
    const std::int64_t across = kind == 0 ? 1 : some_of(kind == 1 ? all : grid.x);
    const std::int64_t stored = spec.padded_shape.empty() ? spec.shape.back() : spec.padded_shape.back();
    const std::int64_t width = std::clamp<std::int64_t>(stored, 1, kWidest);
    const bool is_tiled = spec.layout == Layout::kTile;
    const std::int64_t unit_of_row = is_tiled ? 32 : across > 1 ? (draw.one_in(2) ? 8 : 32) : 1;
    Shards shards{.height = cover(draw, count_rows(spec), down,
                                  is_tiled         ? 32
                                  : draw.one_in(3) ? 4
                                                   : 1),
                  .width = cover(draw, width, across, unit_of_row)};
    if (kind == 2) {
        shards.cores = cores_of_grid(draw, grid, all);
        shards.cores_per_row = grid.x;
    } else {
        shards.cores = cores_of_grid(draw, grid, std::max(down, across) + (draw.one_in(4) ? draw.below(8) : 0));
    }
    return shards;
}

void shard(const Draw& draw, TensorSpec& spec, const Device& device) {
    spec.buffer_type = BufferType::kL1;
    spec.memory_layout = MemoryLayout::kSharded;
    spec.shards = plausible_shards(draw, spec, device.grid);
}

// Some of the tensors of rows, or all alike.
void add_shards(const Draw& draw, Problem& problem) {
    if (!draw.one_in(4)) {
        shard(draw, problem.input, problem.device);
    }
    if (problem.residual && draw.one_in(2)) {
        if (draw.one_in(2)) {
            problem.residual->buffer_type = problem.input.buffer_type;
            problem.residual->memory_layout = problem.input.memory_layout;
            problem.residual->shards = problem.input.shards;
        } else {
            shard(draw, *problem.residual, problem.device);
        }
    }
    if (problem.output_tensor) {
        shard(draw, *problem.output_tensor, problem.device);
    } else if (draw.one_in(2)) {
        problem.options.memory_config.reset();
    } else if (draw.one_in(2)) {
        TensorSpec like = problem.input;
        like.layout = problem.options.layout.value_or(problem.input.layout);
        problem.options.memory_config = MemoryConfig{.buffer_type = BufferType::kL1,
                                                     .memory_layout = MemoryLayout::kSharded,
                                                     .shards = plausible_shards(draw, like, problem.device.grid)};
    }
}

void spoil_shards(const Draw& draw, Shards& shards) {
    switch (draw.below(7)) {
        case 0: shards.height = draw.size(); break;
        case 1: shards.width = draw.size(); break;
        case 2: shards.cores_per_row = draw.size(); break;
        case 3: shards.cores = draw.places(draw.below(draw.one_in(16) ? 70'000 : 40)); break;
        case 4: shards.cores.resize(static_cast<std::size_t>(draw.below(80))); break;
        case 5:
            if (!shards.cores.empty()) {
                shards.cores[static_cast<std::size_t>(draw.below(static_cast<std::int64_t>(shards.cores.size())))] =
                    draw.place();
            }
            break;
        default:
            shards.height += draw.below(65) - 32;
            shards.width += draw.below(65) - 32;
            break;
    }
}

void spoil_shape(const Draw& draw, std::vector<std::int64_t>& shape) {
    if (draw.one_in(4)) {
        shape.assign(static_cast<std::size_t>(draw.below(12)), draw.size());
    } else if (!shape.empty()) {
        shape[static_cast<std::size_t>(draw.below(static_cast<std::int64_t>(shape.size())))] = draw.size();
    }
}

void spoil_tensor(const Draw& draw, TensorSpec& spec) {
    switch (draw.below(11)) {
        case 9: spoil_shards(draw, spec.shards); break;
        case 10: spec.buffer_type = draw.memory(); break;
        case 0:
            spec.dtype =
                draw.choice(std::array{DataType::kBfloat16, DataType::kFloat32, DataType::kBfloat8B, DataType::kOther});
            break;
        case 1: spec.layout = draw.choice(std::array{Layout::kRowMajor, Layout::kTile}); break;
        case 2: spec.memory_layout = draw.choice(kMemoryLayouts); break;
        case 3: spec.storage = draw.choice(std::array{Storage::kDevice, Storage::kHost, Storage::kDeallocated}); break;
        case 4: spoil_shape(draw, spec.padded_shape = spec.shape); break;
        case 5: spec.tile = {.height = draw.size(), .width = draw.size(), .is_transposed = draw.one_in(2)}; break;
        default: spoil_shape(draw, spec.shape); break;
    }
}

void spoil_epsilon(const Draw& draw, double& epsilon) {
    constexpr std::array kOdd{0.0,
                              -0.0,
                              -1e-5,
                              std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity(),
                              -std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::denorm_min(),
                              double{std::numeric_limits<float>::denorm_min()},
                              double{std::numeric_limits<float>::min()},
                              double{std::numeric_limits<float>::max()},
                              std::numeric_limits<double>::max()};
    epsilon =
        draw.one_in(2) ? kOdd[static_cast<std::size_t>(draw.below(kOdd.size()))] : std::bit_cast<double>(draw.bits());
}

void spoil_device(const Draw& draw, Device& device) {
    const auto narrow = [&draw] { return static_cast<std::int32_t>(draw.size()); };
    switch (draw.below(12)) {
        case 0: device.grid.x = narrow(); break;
        case 1: device.grid.y = narrow(); break;
        case 2: device.noc_size = draw.place(); break;
        case 3: device.noc_size = {.x = narrow(), .y = narrow()}; break;
        case 4: device.workers = draw.places(draw.below(200)); break;
        case 5: device.dram_banks = draw.places(draw.below(draw.one_in(16) ? 70'000 : 40)); break;
        case 6: device.l1_bank_places = draw.places(draw.below(200)); break;
        case 7: device.l1_banks = draw.size(); break;
        case 8: device.l1_bytes = draw.size(); break;
        case 9: device.dram_read_places = draw.places(draw.below(40)); break;
        case 10: device.dram_write_places = draw.places(draw.below(40)); break;
        default: (draw.one_in(2) ? device.dram_alignment_bytes : device.l1_alignment_bytes) = draw.size(); break;
    }
}

void spoil_optional(const Draw& draw, std::optional<TensorSpec>& spec) {
    if (spec && !draw.one_in(8)) {
        spoil_tensor(draw, *spec);
    } else {
        spec.reset();
    }
}

// Outputs of another data type, or that have no meaning without a residual or gamma.
void spoil_options(const Draw& draw, Problem& problem) {
    switch (draw.below(8)) {
        case 6: problem.options.layout = Layout::kTile; break;
        case 7: problem.options.sum_layout = Layout::kTile; break;
        case 0: problem.options.dtype = DataType::kOther; break;
        case 1: problem.options.sum_dtype = DataType::kOther; break;
        case 2: problem.options.return_sum = true; break;
        case 3: problem.residual.reset(); break;
        case 4:
            if (!problem.options.memory_config) {
                problem.options.memory_config = MemoryConfig{};
            }
            if (draw.one_in(2)) {
                problem.options.memory_config->memory_layout = draw.choice(kMemoryLayouts);
            } else {
                spoil_shards(draw, problem.options.memory_config->shards);
            }
            break;
        default: problem.options.zero_centered_gamma = true; break;
    }
}

void spoil(const Draw& draw, Problem& problem) {
    switch (draw.below(10)) {
        case 0: spoil_optional(draw, problem.gamma); break;
        case 1: spoil_optional(draw, problem.beta); break;
        case 8:
            spoil_optional(draw, draw.one_in(3)   ? problem.stats
                                 : draw.one_in(2) ? problem.residual
                                                  : problem.output_tensor);
            break;
        case 9: spoil_options(draw, problem); break;
        case 2:
        case 3: spoil_tensor(draw, problem.input); break;
        case 4: spoil_epsilon(draw, problem.options.epsilon); break;
        default: spoil_device(draw, problem.device); break;
    }
}

// gamma or beta, in any of the forms that are taken, or none.
[[nodiscard]] std::optional<TensorSpec> plausible_vector(const Draw& draw, std::int64_t width) {
    if (draw.one_in(4)) {
        return std::nullopt;
    }
    TensorSpec spec{.shape = {width}, .dtype = draw.dtype(), .buffer_type = draw.memory()};
    switch (draw.below(4)) {
        case 0: spec.shape = {1, width}; break;
        case 1:
            spec.layout = Layout::kTile;
            spec.tile = {.height = std::int64_t{1} << draw.below(6), .width = draw.one_in(2) ? 16 : 32};
            break;
        case 2:
            if (width > 0 && width % 32 == 0) {
                spec.shape = {1, 1, width / 32, 32};
            }
            break;
        default: break;
    }
    return spec;
}

// Rows stored with padding: in each, or behind all.
void pad(const Draw& draw, TensorSpec& rows) {
    constexpr std::int64_t kMostWidth = 1 << 20;
    rows.padded_shape = rows.shape;
    if (rows.shape.back() < kMostWidth) {
        rows.padded_shape.back() += draw.below(draw.one_in(2) ? 64 : 3'000);
    }
    if (rows.shape.size() > 1 && rows.shape.front() < kMostWidth) {
        rows.padded_shape.front() += draw.below(40);
    }
}

void add_padding(const Draw& draw, Problem& problem) {
    pad(draw, problem.input);
    if (problem.residual) {
        pad(draw, *problem.residual);
    }
    if (draw.one_in(2)) {
        problem.output_tensor = problem.input;
        problem.output_tensor->dtype = problem.options.dtype.value_or(problem.input.dtype);
        problem.output_tensor->buffer_type = draw.memory();
        problem.options.memory_config.reset();
        pad(draw, *problem.output_tensor);
    }
}

void add_options(const Draw& draw, Problem& problem) {
    problem.options.norm = draw.choice(std::array{Norm::kLayer, Norm::kRms});
    problem.options.zero_centered_gamma = problem.gamma && draw.one_in(3);
    problem.options.activation = draw.choice(std::array{Activation::kNone, Activation::kNone, Activation::kRelu,
                                                        Activation::kSilu, Activation::kGelu, Activation::kGeluApprox});
    problem.options.dtype = draw.dtype();
    problem.options.return_statistics = draw.one_in(3);
    if (draw.one_in(3)) {
        problem.residual =
            TensorSpec{.shape = problem.input.shape, .dtype = draw.dtype(), .buffer_type = draw.memory()};
        if (draw.one_in(2)) {
            problem.options.return_sum = true;
            problem.options.sum_dtype = draw.dtype();
        }
    }
}

// Rows in tiles, some of them or all.
void add_tiles(const Draw& draw, Problem& problem) {
    const auto layout = [&draw] { return draw.choice(std::array{Layout::kRowMajor, Layout::kTile}); };
    problem.input.layout = layout();
    problem.options.layout = layout();
    if (problem.residual) {
        problem.residual->layout = layout();
    }
    if (problem.options.return_sum) {
        problem.options.sum_layout = layout();
    }
}

// A part of rows that chips share. What goes with y is left out where there is none, most of the time.
void add_stage(const Draw& draw, Problem& problem) {
    if (draw.one_in(2)) {
        problem.options.stage = Stage::kPreAllGather;
        if (!draw.one_in(8)) {
            problem.gamma.reset();
            problem.beta.reset();
            problem.output_tensor.reset();
            problem.options = {.norm = problem.options.norm,
                               .stage = Stage::kPreAllGather,
                               .epsilon = problem.options.epsilon,
                               .memory_config = problem.options.memory_config};
        }
        return;
    }
    problem.options.stage = Stage::kPostAllGather;
    problem.stats = TensorSpec{.shape = problem.input.shape, .dtype = DataType::kFloat32, .buffer_type = draw.memory()};
    if (!problem.stats->shape.empty()) {
        problem.stats->shape.back() = 4 * (1 + draw.below(draw.one_in(8) ? 70 : 64));
    }
    if (draw.one_in(8)) {
        pad(draw, *problem.stats);
    }
}

}  // namespace

Problem arbitrary_problem(std::mt19937_64 next) {
    const Draw draw(next);
    // Widths beyond L1 and beyond any integer too, with gamma and beta of the same.
    const std::int64_t width = draw.one_in(8) ? draw.size() : plausible_width(draw);
    Problem problem{
        .input = {.shape = plausible_shape(draw, width), .dtype = draw.dtype(), .buffer_type = draw.memory()},
        .gamma = plausible_vector(draw, width),
        .beta = plausible_vector(draw, width),
        .options = {.epsilon = draw.one_in(2) ? 1e-5 : 1e-12, .memory_config = MemoryConfig{draw.memory()}},
        .device = plausible_device(draw)};
    add_options(draw, problem);
    if (draw.one_in(4)) {
        add_padding(draw, problem);
    } else if (draw.one_in(2)) {
        add_tiles(draw, problem);
    }
    if (draw.one_in(3)) {
        add_shards(draw, problem);
    }
    if (draw.one_in(4)) {
        add_stage(draw, problem);
    }
    // Half of them stay as they are.
    for (std::int64_t spoilt = draw.one_in(2) ? 1 + draw.below(3) : 0; spoilt > 0; --spoilt) {
        spoil(draw, problem);
    }
    return problem;
}

}  // namespace layernorm_fused_rm::tests
