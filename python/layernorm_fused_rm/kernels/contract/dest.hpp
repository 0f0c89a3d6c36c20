// DEST and what lies where in it: the sizes of the Tensix tile registers, and how they are shared out.
#pragma once

#include <stdint.h>

namespace layernorm_fused_rm::contract {

// DEST in 32-bit mode: 512 rows of 16 elements (ISA documents, "Dst"; DST_ACCESS_STRIDED is off). A chunk is 1,024
// consecutive elements, the most that one UNPACR can place in SrcA (64 rows of 16; ISA documents, "SrcA SrcB").
inline constexpr uint32_t kElementsPerDestRow = 16;
inline constexpr uint32_t kElementsPerChunk = 1024;
inline constexpr uint32_t kChunksInDest = 8;

// Two SFPU vectors (even columns, odd columns) cover four DEST rows: 64 consecutive elements (ISA documents,
// "SFPLOAD"). A row starts at a multiple of this in L1 and in DEST, but rows of at most half of it lie in pairs, side
// by side in the same two vectors.
inline constexpr uint32_t kElementsPerVectorPair = 64;
inline constexpr uint32_t kElementsPerPairedRow = kElementsPerVectorPair / 2;
[[nodiscard]] constexpr uint32_t rows_per_vector(uint32_t row_stride) {
    return row_stride == kElementsPerPairedRow ? 2 : 1;
}

// DEST is shared out in two zones of three chunks, one computed while the other is packed; gamma and beta lie in the
// last two chunks, for good where a row is one segment (width <= 1,024), else those of the segment at hand. A
// residual's rows lie one chunk behind the input's; the statistics of a block of short rows in its zone's last chunk.
inline constexpr uint32_t kZones = 2;
inline constexpr uint32_t kChunksPerZone = 3;
inline constexpr uint32_t kMaxVectorsPerBatch = 4;       // of rows: one LREG each in the reduction over lanes
inline constexpr uint32_t kMaxStreamedRowsPerBatch = 3;  // a chunk each; one if rows are shifted (norm/steps.hpp)
inline constexpr uint32_t kMaxShiftedStreamedRowsPerBatch = 1;
// Rows of so many segments at most are streamed together: sums of their pieces must fit beside them (norm/pieces.hpp).
inline constexpr uint32_t kMaxSegmentsOfRowsTogether = 1024;

// A row's statistics in DEST and in a page of kStatistics: its mean fills the even elements of one vector pair, its
// 1 / deviation those of the next. Paired rows have a half of each.
inline constexpr uint32_t kStatisticsPerRow = 2;
inline constexpr uint32_t kMaxVectorsWithStatistics = kElementsPerChunk / (kStatisticsPerRow * kElementsPerVectorPair);
// Where a block's row has its mean, in elements from the start of the page.
[[nodiscard]] constexpr uint32_t mean_offset(uint32_t row, uint32_t rows_per_vector) {
    return row / rows_per_vector * kStatisticsPerRow * kElementsPerVectorPair +
           row % rows_per_vector * kElementsPerPairedRow;
}

}  // namespace layernorm_fused_rm::contract
