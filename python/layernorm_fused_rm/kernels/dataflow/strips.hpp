// SPDX-License-Identifier: Apache-2.0
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
#include "dataflow/noc_commands.hpp"
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

// A strip's segment in tiles, as blocks of 16 columns, two of which are a tile's.
template <const TensorLayout& tensor, typename Way>
inline __attribute__((always_inline)) void move_strip_in_tiles(uint32_t first_row, uint32_t segment, uint32_t address,
                                                               uint32_t l1_address) {
    constexpr uint32_t kBytes = kPieceElements * tensor.element_bytes;
    constexpr uint32_t kBlocksPerTile = contract::kTileSide / kColumnsPerBlock;
    constexpr uint32_t kBlocksPerSegment = kColumnsPerChunk / kColumnsPerBlock;
    constexpr uint32_t kBlocksOfRow = Way::takes_padding ? tensor.tiles_per_row * kBlocksPerTile
                                                         : (kRowElements + kColumnsPerBlock - 1) / kColumnsPerBlock;
    constexpr uint32_t kFromLeftToRight = contract::element_in_tile(0, 1) * tensor.element_bytes;
    const uint32_t first = segment * kBlocksPerSegment;
    const uint32_t last = first + kBlocksPerSegment < kBlocksOfRow ? first + kBlocksPerSegment : kBlocksOfRow;
    const uint32_t left = contract::element_in_tile(first_row, 0) * tensor.element_bytes;
    Pages<tensor> tiles(contract::tile_row_of(first_row), contract::tile_column_of(first), address + left);
    Way::start(tiles.here(), kBytes);
    for (uint32_t block = first; block < last; block += kBlocksPerTile) {
        bool is_free = Way::is_free();
        const uint64_t piece = tiles.here();
        tiles.go_on();
        Way::wait(is_free);
        Way::move_elsewhere(piece, l1_address);
        if (kBlocksOfRow % kBlocksPerTile == 0 || block + 1 < last) {
            is_free = Way::is_free();
            const uint32_t right = static_cast<uint32_t>(piece) + kFromLeftToRight;
            Way::wait(is_free);
            Way::move(right, l1_address + kBytes);
        }
        l1_address += kBlocksPerTile * kBytes;
    }
    Way::count(last - first);
}

// A strip's segment in rows, those that are no padding, as pieces of 64 columns.
template <const TensorLayout& tensor, typename Way>
inline __attribute__((always_inline)) void move_strip_in_rows(uint32_t first_row, uint32_t segment, uint32_t address,
                                                              uint32_t l1_address) {
    constexpr uint32_t kBytes = kPieceElements * tensor.element_bytes;
    const uint32_t rows = rows_in_strip<contract::DataMovementArgument>(first_row);
    if (kPadsRows && rows == 0) {
        return;  // of padding, no tensor row
    }
    const uint32_t offset = segment * kColumnsPerChunk * tensor.element_bytes;
    const uint32_t bytes = segment_elements(segment) * tensor.element_bytes;
    Pages<tensor> pages(tensor_row(first_row), 0, address);
    uint32_t commands = 0;
    for (uint32_t row = 0; row < rows; ++row) {
        const uint64_t page = pages.here() + offset;
        auto in_bank = static_cast<uint32_t>(page);
        uint32_t place = l1_address + row * kBytes;
        uint32_t left = bytes;
        Way::start(page, kBytes);
        bool is_free = Way::is_free();
        for (; left >= kBytes; left -= kBytes) {
            Way::wait(is_free);
            Way::move(in_bank, place);
            is_free = Way::is_free();
            in_bank += kBytes;
            place += contract::kRowsPerStrip * kBytes;
            ++commands;
        }
        if (left != 0) {
            Way::start(page, left);
            Way::wait(Way::is_free());
            Way::move(in_bank, place);
            ++commands;
        }
        pages.go_on();
    }
    Way::count(commands);
}

// The same where shards cut the rows, and perhaps pieces.
template <const TensorLayout& tensor, typename Way>
inline void move_strip_in_cut_rows(uint32_t first_row, uint32_t segment, uint32_t address, uint32_t l1_address) {
    constexpr uint32_t kBytes = kPieceElements * tensor.element_bytes;
    const uint32_t rows = rows_in_strip<contract::DataMovementArgument>(first_row);
    const uint32_t first = tensor_row(first_row);
    const uint32_t columns = segment_elements(segment);
    for (uint32_t row = 0; row < rows; ++row) {
        for (uint32_t column = 0; column < columns; column += kPieceElements) {
            const uint32_t left = columns - column;
            const uint32_t place = l1_address + (column / kPieceElements * contract::kRowsPerStrip + row) * kBytes;
            for_each_part<tensor>(
                first + row, segment * kColumnsPerChunk + column, left < kPieceElements ? left : kPieceElements,
                address, [=](uint64_t part, uint32_t before, uint32_t in_part) {
                    Way::move_part(part, place + before * tensor.element_bytes, in_part * tensor.element_bytes);
                });
        }
    }
}

// Starts the reads or the writes of a step.
template <const TensorLayout& tensor, typename Way>
inline void start_moving_strips(Block block, uint32_t segment, uint32_t address, uint32_t l1_address) {
    for (uint32_t row = 0; row < block.rows; row += contract::kRowsPerStrip) {
        if constexpr (tensor.is_in_tiles()) {
            move_strip_in_tiles<tensor, Way>(block.first_page + row, segment, address, l1_address);
        } else if constexpr (tensor.has_cut_rows()) {
            move_strip_in_cut_rows<tensor, Way>(block.first_page + row, segment, address, l1_address);
        } else {
            move_strip_in_rows<tensor, Way>(block.first_page + row, segment, address, l1_address);
        }
        l1_address += strip_bytes(tensor);
    }
}

}  // namespace layernorm_fused_rm
