// SPDX-License-Identifier: Apache-2.0
// Rows that several chips share, each a part of every row: what a chip tells the others of its part, its stats, four
// fp32 numbers a row (norm/stats.hpp says what becomes of them). Those of all chips lie side by side, in their order.
#pragma once

#include <stdint.h>

#include "contract/dest.hpp"

namespace layernorm_fused_rm::contract {

// In this order: the part's first element, or 0 for RMSNorm; its mean less that, or 0; its variance, or mean square;
// how many elements it has.
inline constexpr uint32_t kNumbersOfStats = 4;

// Chips that may share a row: the stats of a strip are one chunk at most.
inline constexpr uint32_t kMaxChips = 64;

// In DEST and in a page of kStats a row's stats fill vector pairs, as its elements do: of one row, or of each of a
// strip's. So many numbers of a row in one pair, and so many elements of all pairs.
[[nodiscard]] constexpr uint32_t stats_per_pair(uint32_t rows_per_vector) {
    return kElementsPerVectorPair / rows_per_vector;
}
[[nodiscard]] constexpr uint32_t stats_pairs(uint32_t numbers, uint32_t rows_per_vector) {
    return (numbers + stats_per_pair(rows_per_vector) - 1) / stats_per_pair(rows_per_vector);
}
[[nodiscard]] constexpr uint32_t stats_page_elements(uint32_t numbers, uint32_t rows_per_vector) {
    return stats_pairs(numbers, rows_per_vector) * kElementsPerVectorPair;
}

}  // namespace layernorm_fused_rm::contract
