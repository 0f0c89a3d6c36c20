// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"

#include <algorithm>
#include <optional>

#include "device.hpp"
#include "numbers.hpp"
#include "tensors.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Tensor;
using contract::TensorLayout;

struct Page {
    std::int64_t elements = 0;  // its padding included
    std::int64_t piece_elements = 0;
    std::int64_t pieces = 1;
    std::int64_t piece_stride = 0;  // elements
};

[[nodiscard]] TensorLayout make_layout(const Page& page, const TensorSpec& spec, const Device& device) {
    const std::int64_t bytes = element_bytes(spec.dtype);
    const BufferType memory = spec.buffer_type;
    return {.element_bytes = to_word(bytes),
            .page_bytes = to_word(round_up(page.elements * bytes, page_alignment(device, memory))),
            .piece_elements = to_word(page.piece_elements),
            .pieces_per_page = to_word(page.pieces),
            .piece_stride_bytes = to_word(page.piece_stride * bytes),
            .alignment_bytes = to_word(page_alignment(device, memory)),
            .in_dram = memory == BufferType::kDram ? 1U : 0U,
            .banks = to_word(bank_count(device, memory))};
}

// Of a row of `width` elements, stored as `stored`, cut into pieces of `piece`.
[[nodiscard]] Page page_of_row(std::int64_t width, std::int64_t stored, std::int64_t piece) {
    return {.elements = stored, .piece_elements = piece, .pieces = divide_up(width, piece), .piece_stride = piece};
}

// Pages are in shards then, and a shard is a bank.
void set_shards(TensorLayout& layout, const TensorSpec& spec) {
    const std::int64_t side = layout.is_in_tiles() ? std::int64_t{contract::kTileSide} : 1;
    const auto [across, down] = shard_grid(spec);
    layout.banks = to_word(across * down);
    layout.shard_rows = to_word(spec.shards.height / side);
    layout.shard_pages = to_word(layout.is_in_tiles() ? spec.shards.width / side : 1);
    layout.shards_per_row = to_word(across);
}

[[nodiscard]] TensorLayout layout_of_tiles(const TensorSpec& spec, const Device& device) {
    constexpr std::int64_t kPiece = contract::kElementsPerVectorPair;
    constexpr std::int64_t kElements = contract::kElementsPerTile;
    TensorLayout layout = make_layout(page_of_row(kElements, kElements, kPiece), spec, device);
    layout.tiles_per_row = to_word(divide_up(spec.shape.back(), contract::kTileSide));
    return layout;
}

// A page is a row, or what a shard has of one.
[[nodiscard]] TensorLayout layout_of_untiled(const TensorSpec& spec, const Device& device) {
    const std::int64_t in_page = is_sharded(spec) ? spec.shards.width : stored_width(spec);
    return make_layout(page_of_row(std::min(spec.shape.back(), in_page), in_page, contract::kElementsPerChunk), spec,
                       device);
}

[[nodiscard]] TensorLayout layout_of_rows(const TensorSpec& spec, const Device& device) {
    TensorLayout layout =
        spec.layout == Layout::kTile ? layout_of_tiles(spec, device) : layout_of_untiled(spec, device);
    if (is_sharded(spec)) {
        set_shards(layout, spec);
    }
    return layout;
}

// Of all that a row's stats are, one piece.
[[nodiscard]] TensorLayout layout_of_stats(const TensorSpec& spec, const Device& device) {
    return make_layout(page_of_row(spec.shape.back(), stored_width(spec), spec.shape.back()), spec, device);
}

// Cut into pieces of at most `piece` elements.
[[nodiscard]] TensorLayout layout_of_affine(std::int64_t width, std::int64_t piece, const TensorSpec& spec,
                                            const Device& device) {
    Page page = page_of_row(width, width, piece);  // one page, of which the padding is never read
    if (spec.layout == Layout::kTile) {            // row 0 of each tile, whose faces lie one behind the other
        page = {.elements = spec.tile.height * spec.tile.width,
                .piece_elements = kFaceSide,
                .pieces = spec.tile.width / kFaceSide,
                .piece_stride = std::min(spec.tile.height, kFaceSide) * kFaceSide};
    } else if (spec.shape.back() != width) {  // [.., W / 32, 32]
        page = {.elements = stored_width(spec), .piece_elements = spec.shape.back()};
    }
    return make_layout(page, spec, device);
}

// Sums of bfloat16 elements are exact in fp32, or nearly; sums of anything else are not.
[[nodiscard]] contract::Centring choose_centring(const Problem& problem) {
    if (problem.options.norm == Norm::kRms) {
        return contract::Centring::kNone;
    }
    const bool has_parts = problem.options.stage != Stage::kWhole;  // means are told by first elements
    const bool is_bfloat16 = problem.input.dtype == DataType::kBfloat16 && !problem.residual;
    return is_bfloat16 && !has_parts ? contract::Centring::kScaled : contract::Centring::kShifted;
}

// Rows in tiles are taken four at a time, and narrow ones in pairs, unless chips share them.
[[nodiscard]] std::int64_t choose_rows_per_vector(const Tensors& tensors, std::int64_t width, Stage stage) {
    if (has_tiles(tensors)) {
        return contract::kRowsPerStrip;
    }
    return stage == Stage::kWhole && width <= contract::kElementsPerPairedRow ? std::int64_t{contract::kRowsPerPair}
                                                                              : 1;
}

[[nodiscard]] TensorLayout layout_of(Tensor tensor, const contract::Call& call, const TensorSpec& spec,
                                     const Device& device) {
    switch (tensor) {
        case Tensor::kGamma:
        case Tensor::kBeta:
            return layout_of_affine(call.width_elements, contract::columns_per_chunk(call.rows_per_vector), spec,
                                    device);
        case Tensor::kStats: return layout_of_stats(spec, device);
        default: return layout_of_rows(spec, device);
    }
}

}  // namespace

contract::Call describe_call(const Problem& problem) {
    const Tensors tensors = tensors_of(problem);
    const std::int64_t width = problem.input.shape.back();
    const std::int64_t rows_per_vector = choose_rows_per_vector(tensors, width, problem.options.stage);
    const bool pads_rows = has_tiles(tensors) && rows_per_matrix(problem.input) % contract::kTileSide != 0;
    contract::Call call{.width_elements = to_word(width),
                        .rows_per_vector = to_word(rows_per_vector),
                        .pads_rows = pads_rows ? 1U : 0U,
                        .centring = choose_centring(problem),
                        .zero_centered_gamma = problem.options.zero_centered_gamma ? 1U : 0U,
                        .activation = static_cast<contract::Activation>(problem.options.activation)};
    for (std::uint32_t i = 0; i < contract::kTensors; ++i) {
        const auto tensor = static_cast<Tensor>(i);
        if (const std::optional<TensorSpec>& spec = tensors[i]) {
            call[tensor] = layout_of(tensor, call, *spec, problem.device);
        }
    }
    return call;
}

}  // namespace layernorm_fused_rm
