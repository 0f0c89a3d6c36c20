// Strips between device memory and L1, for the reader and the writer: which tensor rows a strip has, and the transfers
// of one step of it.
//
// A strip is four rows, side by side in the SFPU's vectors. In L1 it lies as in DEST (norm/strips.hpp): pieces of 64
// elements. Of a tensor in tiles, one is 16 columns of all four rows, consecutive in a face. Of one in rows, 64 columns
// of one row; the SFPU turns these. Rows are counted with the padding that tiles have below each matrix.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/pages.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

inline constexpr uint32_t kPieceElements = contract::kElementsPerVectorPair;
inline constexpr uint32_t kColumnsPerBlock = contract::kFaceSide;  // of tiles

constexpr uint32_t strip_bytes(const TensorLayout& tensor) { return contract::kRowsPerStrip * stride_bytes(tensor); }

// Where row `row` of a block, one of a page's strips, has its element `column`, in elements from the start of the page.
template <const TensorLayout& tensor>
constexpr uint32_t element_in_page(uint32_t row, uint32_t column) {
    if constexpr (!kRowsAreStrips) {
        return row * kRowStride + column;
    }
    const uint32_t in_strip = row % contract::kRowsPerStrip;
    const uint32_t before = row / contract::kRowsPerStrip * contract::kRowsPerStrip * kRowStride;
    if constexpr (tensor.is_in_tiles()) {
        return before + column / kColumnsPerBlock * kPieceElements + in_strip * kColumnsPerBlock +
               column % kColumnsPerBlock;
    } else {
        const uint32_t group = column / kPieceElements;
        return before + (group * contract::kRowsPerStrip + in_strip) * kPieceElements + column % kPieceElements;
    }
}

// Whether a row of a block is padding of a strip.
inline bool is_padding(Block block, uint32_t row) {
    if constexpr (!kPadsRows) {
        return false;
    }
    const uint32_t in_strip = row % contract::kRowsPerStrip;
    return in_strip >= rows_in_strip<contract::DataMovementArgument>(block.first_page + row - in_strip);
}

// The tensor row, of a tensor in rows, that a strip begins with.
inline uint32_t tensor_row(uint32_t first_row) {
    if constexpr (kPadsRows) {
        const uint32_t rows =
            get_common_arg_val<uint32_t>(static_cast<uint32_t>(contract::DataMovementArgument::kRowsPerMatrix));
        const uint32_t with_padding = contract::rows_in_tiles(rows);
        return first_row / with_padding * rows + first_row % with_padding;
    }
    return first_row;
}

// How pieces are moved that lie in one page: start(page, bytes) once for each size, then move() for each piece of it,
// by the lower half of its NoC address. NoC commands that keep where they go to cost half as much.
struct FromTensor {
    static constexpr bool takes_padding = false;
    static void start(uint64_t page, uint32_t bytes) { noc_async_read_one_packet_set_state(page, bytes); }
    static void move(uint32_t in_page, uint32_t in_l1) { noc_async_read_one_packet_with_state(in_page, in_l1); }
};
struct ToTensor {
    static constexpr bool takes_padding = true;  // of tiles, as zeros
    static void start(uint64_t page, uint32_t bytes) { noc_async_write_one_packet_set_state(page, bytes); }
    static void move(uint32_t in_page, uint32_t in_l1) { noc_async_write_one_packet_with_state(in_l1, in_page); }
};

// A strip's segment in tiles, as blocks of 16 columns, two of which are a tile's.
template <const TensorLayout& tensor, typename Way>
inline __attribute__((always_inline)) void move_strip_in_tiles(uint32_t first_row, uint32_t segment, uint32_t address,
                                                               uint32_t l1_address) {
    constexpr uint32_t kBytes = kPieceElements * tensor.element_bytes;
    constexpr uint32_t kBlocksPerTile = contract::kTileSide / kColumnsPerBlock;
    constexpr uint32_t kBlocksPerSegment = kColumnsPerChunk / kColumnsPerBlock;
    constexpr uint32_t kBlocksOfRow =
        Way::takes_padding ? tensor.tiles_per_row * kBlocksPerTile : (kWidth + kColumnsPerBlock - 1) / kColumnsPerBlock;
    const uint32_t first = segment * kBlocksPerSegment;
    const uint32_t last = first + kBlocksPerSegment < kBlocksOfRow ? first + kBlocksPerSegment : kBlocksOfRow;
    const uint32_t left = contract::element_in_tile(first_row, 0) * tensor.element_bytes;
    const uint32_t right = contract::element_in_tile(first_row, 1) * tensor.element_bytes;
    Pages<tensor> tiles(contract::tile_of(first_row, first, tensor.tiles_per_row), address);
    for (uint32_t block = first; block < last; block += kBlocksPerTile) {
        const uint64_t tile = tiles.here();
        const auto in_bank = static_cast<uint32_t>(tile);
        Way::start(tile, kBytes);
        Way::move(in_bank + left, l1_address);
        if (block + 1 < last) {
            Way::move(in_bank + right, l1_address + kBytes);
        }
        l1_address += kBlocksPerTile * kBytes;
        tiles.go_on();
    }
}

// A strip's segment in rows, those that are no padding, as pieces of 64 columns.
template <const TensorLayout& tensor, typename Way>
inline __attribute__((always_inline)) void move_strip_in_rows(uint32_t first_row, uint32_t segment, uint32_t address,
                                                              uint32_t l1_address) {
    constexpr uint32_t kBytes = kPieceElements * tensor.element_bytes;
    const uint32_t rows = rows_in_strip<contract::DataMovementArgument>(first_row);
    const uint32_t offset = segment * kColumnsPerChunk * tensor.element_bytes;
    const uint32_t bytes = segment_elements(segment) * tensor.element_bytes;
    Pages<tensor> pages(tensor_row(first_row), address);
    for (uint32_t row = 0; row < rows; ++row) {
        const uint64_t page = pages.here() + offset;
        auto in_bank = static_cast<uint32_t>(page);
        uint32_t place = l1_address + row * kBytes;
        uint32_t left = bytes;
        Way::start(page, kBytes);
        for (; left >= kBytes; left -= kBytes) {
            Way::move(in_bank, place);
            in_bank += kBytes;
            place += contract::kRowsPerStrip * kBytes;
        }
        if (left != 0) {
            Way::start(page, left);
            Way::move(in_bank, place);
        }
        pages.go_on();
    }
}

// Starts the reads or the writes of a step.
template <const TensorLayout& tensor, typename Way>
inline void start_moving_strips(Block block, uint32_t segment, uint32_t address, uint32_t l1_address) {
    for (uint32_t row = 0; row < block.rows; row += contract::kRowsPerStrip) {
        if constexpr (tensor.is_in_tiles()) {
            move_strip_in_tiles<tensor, Way>(block.first_page + row, segment, address, l1_address);
        } else {
            move_strip_in_rows<tensor, Way>(block.first_page + row, segment, address, l1_address);
        }
        l1_address += strip_bytes(tensor);
    }
}

}  // namespace layernorm_fused_rm
