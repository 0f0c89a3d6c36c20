// SPDX-License-Identifier: Apache-2.0
#include "harness/tensors.hpp"

#include "checker/counts.hpp"
#include "harness/shards.hpp"
#include "recorder.hpp"

namespace protocol {
namespace {

constexpr std::int64_t kL1Alignment = 16;  // of a page in L1: the device's default
constexpr std::int64_t kTileWidth = 32;
constexpr std::int64_t kTileElements = kTileWidth * kTileWidth;
constexpr std::int64_t kNumbersOfStats = 4;

struct Kind {
    const char* name;
    Content content;
    Done done;
    bool is_output;
};

// How rows are held.
struct RowPlace {
    char memory;
    char layout;
    std::uint32_t element_bytes;
};

// Where a tensor lies, and how its pages are aligned.
[[nodiscard]] Tensor place(const Case& value, char memory, const Kind& kind) {
    const bool in_dram = memory == 'D';  // shards lie in L1
    return {.name = kind.name,
            .content = kind.content,
            .done = both(kind.done),
            .is_output = kind.is_output,
            .in_dram = in_dram,
            .banks = static_cast<std::uint32_t>(in_dram ? value.dram_banks : value.l1_banks),
            .alignment_bytes = static_cast<std::uint32_t>(in_dram ? value.dram_alignment : kL1Alignment),
            .rows_per_matrix = static_cast<std::uint32_t>(value.rows_per_matrix()),
            .has_strips = value.has_strips(),
            .is_redone = !value.has_parts()};
}

void set_pages(Tensor& tensor, std::int64_t page_elements, std::int64_t pages) {
    tensor.page_bytes = static_cast<std::uint32_t>(
        divide_up(page_elements * tensor.element_bytes, tensor.alignment_bytes) * tensor.alignment_bytes);
    tensor.pages = static_cast<std::uint64_t>(pages);
}

[[nodiscard]] std::uint32_t bytes_of(char dtype) { return dtype == 'F' ? 4 : 2; }

// A core's L1 for a bank. Of rows that are cut a page is what a shard has of one. Shards are those of rows as `like`.
void set_shards(Tensor& tensor, const Case& value, const RowPlace& at, const RowPlace& like) {
    const auto [shards, across] = shard(value, like.memory, like.layout, like.element_bytes);
    const bool has_tiles = at.layout == 'T';
    const std::int64_t rows = has_tiles ? shards.height / kTileWidth : shards.height;
    if (!has_tiles) {
        set_pages(tensor, shards.width, value.rows * across);
        tensor.pages_per_row = static_cast<std::uint32_t>(across);
    }
    tensor.shards = {.rows = static_cast<std::uint32_t>(rows),
                     .columns = static_cast<std::uint32_t>(has_tiles ? shards.width / kTileWidth : 1),
                     .across = static_cast<std::uint32_t>(across),
                     .places = {}};
    const std::int64_t per_row = shards.cores_per_row == 0 ? across : shards.cores_per_row;
    for (std::size_t i = 0; i < shards.cores.size(); ++i) {
        if (static_cast<std::int64_t>(i) % per_row < across) {
            tensor.shards.places.push_back(core_place(static_cast<std::uint32_t>(kFirstCorePlace + shards.cores[i].x),
                                                      static_cast<std::uint32_t>(kFirstCorePlace + shards.cores[i].y)));
        }
    }
    tensor.banks = static_cast<std::uint32_t>(tensor.shards.places.size());
}

[[nodiscard]] Tensor rows(const Case& value, const RowPlace& at, const RowPlace& like, const Kind& kind) {
    Tensor tensor = place(value, at.memory, kind);
    tensor.width = static_cast<std::uint32_t>(value.width);
    tensor.element_bytes = at.element_bytes;
    if (at.layout == 'T') {
        const std::int64_t tiles_below = divide_up(value.rows_per_matrix(), kTileWidth);
        tensor.form = Form::kRowsInTiles;
        tensor.pages_per_row = static_cast<std::uint32_t>(divide_up(value.width, kTileWidth));
        set_pages(tensor, kTileElements,
                  value.rows / value.rows_per_matrix() * tiles_below * divide_up(value.width, kTileWidth));
    } else {
        set_pages(tensor, value.width, value.rows);
    }
    if (is_sharded(at.memory) && at.element_bytes != 0) {
        set_shards(tensor, value, at, like);
    }
    return tensor;
}

// Rows that may be padded: all but those in tiles or in shards, and those that the call allocates itself.
[[nodiscard]] Tensor given_rows(const Case& value, const RowPlace& at, const Kind& kind) {
    Tensor tensor = rows(value, at, at, kind);
    if (value.asks('p') && at.layout == 'R' && !is_sharded(at.memory)) {
        set_pages(tensor, padded_width(value.width), value.rows);
    }
    return tensor;
}

[[nodiscard]] Tensor vector(const Case& value, char memory, char form, std::uint32_t element_bytes, const Kind& kind) {
    Tensor tensor = place(value, memory, kind);
    tensor.width = static_cast<std::uint32_t>(value.width);
    tensor.element_bytes = form == '-' ? 0 : element_bytes;
    const std::int64_t pieces = divide_up(value.width, kTileWidth);
    if (form == 'T') {
        tensor.form = Form::kTiles;
        set_pages(tensor, kTileElements, pieces);
    } else if (form == 'R') {
        tensor.form = Form::kCut;
        set_pages(tensor, kTileWidth, pieces);
    } else {
        tensor.form = Form::kWhole;
        set_pages(tensor, value.width, 1);
    }
    return tensor;
}

// mean or rstd: an element a row, made of `sources`.
[[nodiscard]] Tensor statistic(const Case& value, const char* name, std::uint8_t sources, bool is_there) {
    Tensor tensor = place(value, value.memories.at(4), {name, Content::kStatistic, 0, true});
    tensor.done = {sources, 0};
    tensor.width = 1;
    tensor.element_bytes = is_there ? 4 : 0;
    tensor.check_sum = to_call(value).check_sum();
    set_pages(tensor, 1, value.rows);
    return tensor;
}

// What is told of each row, or what all chips have.
[[nodiscard]] Tensor stats(const Case& value) {
    const bool are_told = value.stage == kBefore;
    Tensor tensor = place(value, value.memories.at(4), {"stats", Content::kStats, 0, are_told});
    tensor.done = both(are_told ? kHasEvenLanes | kHasOddLanes : 0);
    tensor.width = static_cast<std::uint32_t>(kNumbersOfStats * (are_told ? 1 : value.chips));
    tensor.element_bytes = value.has_parts() ? 4 : 0;
    set_pages(tensor, tensor.width, value.rows);
    return tensor;
}

}  // namespace

Call to_call(const Case& value) {
    const bool has_residual = value.asks('r');
    const bool centres = !value.asks('m');
    return {.width = static_cast<std::uint32_t>(value.width),
            .has_strips = value.has_strips(),
            .has_residual = has_residual,
            .shifts = centres && (has_residual || value.dtypes.at(0) == 'F' || value.has_parts()),
            .centres = centres,
            .has_gamma = value.vectors.at(0) != '-',
            .has_beta = value.vectors.at(1) != '-',
            .zero_centered_gamma = value.asks('z'),
            .activates = value.activation != '-',
            .tells_stats = value.stage == kBefore,
            .chips = value.stage == kAfter ? static_cast<std::uint32_t>(value.chips) : 0};
}

std::vector<Tensor> make_tensors(const Case& value) {
    const Call call = to_call(value);
    const std::string& memories = value.memories;
    const auto bytes = [&](std::size_t tensor, bool is_there) {
        return is_there ? bytes_of(value.dtypes.at(tensor)) : 0;
    };
    const std::string& layouts = value.layouts;
    const RowPlace output{memories.at(4), layouts.at(2), bytes(4, value.stage != kBefore)};
    return {given_rows(value, {memories.at(0), layouts.at(0), bytes(0, true)}, {"input", Content::kRow, 0, false}),
            given_rows(value, {memories.at(1), layouts.at(1), bytes(1, call.has_residual)},
                       {"residual", Content::kRow, kResidual, false}),
            vector(value, memories.at(2), value.vectors.at(0), bytes(2, true), {"gamma", Content::kGamma, 0, false}),
            vector(value, memories.at(3), value.vectors.at(1), bytes(3, true), {"beta", Content::kBeta, 0, false}),
            given_rows(value, output, {"output", Content::kRow, call.finished(), true}),
            rows(value, {memories.at(4), layouts.at(3), bytes(5, value.asks('s'))}, output,
                 {"sum", Content::kRow, kJoined, true}),
            statistic(value, "mean", call.mean_source(), value.asks('t') && call.centres),
            statistic(value, "rstd", kFromSquares, value.asks('t')),
            stats(value)};
}

}  // namespace protocol
