// SPDX-License-Identifier: Apache-2.0
// DEST and what lies where in it: the sizes of the Tensix tile registers, and how they are shared out.
#pragma once

#include <stdint.h>

namespace layernorm_fused_rm::contract {

// DEST in 32-bit mode: 512 rows of 16 elements (ISA documents, "Dst"; DST_ACCESS_STRIDED is off). A chunk is 1,024
// consecutive elements, the most that one UNPACR can place in SrcA (64 rows of 16; ISA documents, "SrcA SrcB").
inline constexpr uint32_t kElementsPerDestRow = 16;
inline constexpr uint32_t kElementsPerChunk = 1024;
inline constexpr uint32_t kChunksInDest = 8;

// Two SFPU vectors (even columns, odd columns) cover four DEST rows: 64 elements (ISA documents, "SFPLOAD"). Of one
// row, consecutive; or of two rows of at most 32, a pair; or, where a tensor is in TILE layout, 16 of each of four rows,
// a strip, of which each then has a DEST row, and the next 16 lie in the next two vectors. A row starts at a multiple of
// the 64 in L1 and in DEST, or a pair of rows, or a strip.
inline constexpr uint32_t kElementsPerVectorPair = 64;
inline constexpr uint32_t kRowsPerPair = 2;
inline constexpr uint32_t kRowsPerStrip = 4;
inline constexpr uint32_t kElementsPerPairedRow = kElementsPerVectorPair / kRowsPerPair;
// Elements of a row in one segment of it: of one row, or of each of a strip's.
[[nodiscard]] constexpr uint32_t columns_per_chunk(uint32_t rows_per_vector) {
    return rows_per_vector == kRowsPerStrip ? kElementsPerChunk / kRowsPerStrip : kElementsPerChunk;
}

// DEST is shared out in two zones of three chunks, one computed while the other is packed; gamma and beta lie in the
// last two chunks, for good where a row is one segment (width <= 1,024), else those of the segment at hand. A
// residual's rows lie one chunk behind the input's; the statistics of a block of short rows in its zone's last chunk.
inline constexpr uint32_t kZones = 2;
inline constexpr uint32_t kChunksPerZone = 3;
inline constexpr uint32_t kMaxVectorsPerBatch = 4;       // of rows: one LREG each in the reduction over lanes
inline constexpr uint32_t kMaxStreamedRowsPerBatch = 3;  // a chunk each; one if rows are shifted (norm/steps.hpp)
inline constexpr uint32_t kMaxShiftedStreamedRowsPerBatch = 1;
inline constexpr uint32_t kMaxActivatedStreamedRowsPerBatch = 2;  // a chunk keeps registers (norm/activation.hpp)
// Rows of so many segments at most are streamed together: sums of their pieces must fit beside them (norm/pieces.hpp).
inline constexpr uint32_t kMaxSegmentsOfRowsTogether = 1024;

// Cores that may share a row: the sums of all slices of a vector of rows, a vector pair each, are one chunk at most.
inline constexpr uint32_t kMaxSlices = kElementsPerChunk / kElementsPerVectorPair;

// A row's statistics in DEST and in a page of kStatistics: its mean fills the even elements of one vector pair, its
// 1 / deviation those of the next. Rows that share their vectors share these.
inline constexpr uint32_t kStatisticsPerRow = 2;
inline constexpr uint32_t kMaxVectorsWithStatistics = kElementsPerChunk / (kStatisticsPerRow * kElementsPerVectorPair);
// Where a block's row has its mean, in elements from the start of the page.
[[nodiscard]] constexpr uint32_t mean_offset(uint32_t row, uint32_t rows_per_vector) {
    return row / rows_per_vector * kStatisticsPerRow * kElementsPerVectorPair +
           row % rows_per_vector * (kElementsPerVectorPair / rows_per_vector);
}
[[nodiscard]] constexpr uint32_t rstd_offset(uint32_t row, uint32_t rows_per_vector) {
    return mean_offset(row, rows_per_vector) + kElementsPerVectorPair;
}

}  // namespace layernorm_fused_rm::contract
