// SPDX-License-Identifier: Apache-2.0
// Where rows lie in tiles: ttnn's tile of 32 x 32 elements is four faces of 16 x 16, row-major, two beside each other
// and two below (tt-metal, tech_reports/tensor_layouts). Four rows of a face, 64 elements, are a piece: what a strip of
// four rows has of 16 columns.
#pragma once

#include <stdint.h>

#include "contract/dest.hpp"

namespace layernorm_fused_rm::contract {

inline constexpr uint32_t kTileSide = 32;
inline constexpr uint32_t kFaceSide = 16;
inline constexpr uint32_t kElementsPerTile = kTileSide * kTileSide;
inline constexpr uint32_t kElementsPerFace = kFaceSide * kFaceSide;
static_assert(kRowsPerStrip * kFaceSide == kElementsPerVectorPair, "a strip's piece is a vector pair");

// Of the strip that begins at `row`, and its piece `block`, columns 16 * block and on: the tile's row and column, and
// where in it the piece begins, in elements.
[[nodiscard]] constexpr uint32_t tile_row_of(uint32_t row) { return row / kTileSide; }
[[nodiscard]] constexpr uint32_t tile_column_of(uint32_t block) { return block * kFaceSide / kTileSide; }
[[nodiscard]] constexpr uint32_t element_in_tile(uint32_t row, uint32_t block) {
    constexpr uint32_t kFacesPerSide = kTileSide / kFaceSide;
    const uint32_t face = row % kTileSide / kFaceSide * kFacesPerSide + block % kFacesPerSide;
    return face * kElementsPerFace + row % kFaceSide * kFaceSide;
}

// Rows of a matrix in tiles, its padding included.
[[nodiscard]] constexpr uint32_t rows_in_tiles(uint32_t rows) { return (rows + kTileSide - 1) / kTileSide * kTileSide; }

}  // namespace layernorm_fused_rm::contract
