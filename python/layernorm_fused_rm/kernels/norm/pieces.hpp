// SPDX-License-Identifier: Apache-2.0
// Sums of rows of several segments: each segment's by itself, a piece, and the pieces joined in a binary tree by their
// number, as SFPU sequences.
//
// A lane adds up 32 vectors of a piece at most. Rounding errors that all go one way, as in constant or rising rows,
// then do not grow with the width; and a piece's sum is the same wherever and beside whatever it is computed. The tree
// is a binary counter: behind piece i the pieces before it stand on one level for each bit of i that is one, level l
// being the sum of 2^l of them.
#pragma once

#include <stdint.h>

#include "norm/steps.hpp"

namespace layernorm_fused_rm::sfpu {

inline constexpr uint32_t kDestRowsPerSum = 4;  // the even elements of a vector pair

// DEST rows of a level, a sum of each row.
[[nodiscard]] constexpr uint32_t dest_rows_per_level(uint32_t rows) { return rows * kDestRowsPerSum; }
// Levels of a row of so many pieces.
[[nodiscard]] constexpr uint32_t count_levels(uint32_t pieces) {
    uint32_t levels = 0;
    for (uint32_t left = pieces - 1; left != 0; left /= 2) {
        ++levels;
    }
    return levels;
}

// sum += what a level has of each row; L4.. lost. Statistics may follow at once.
[[nodiscard]] constexpr Sequence join_level(uint32_t rows) {
    Sequence sequence;
    for (uint32_t row = 0; row < rows; ++row) {
        sequence.then(load(kFirstValue + row, row * kDestRowsPerSum));
    }
    for (uint32_t row = 0; row < rows; ++row) {
        sequence.then(add(sum_of(row), kFirstValue + row, sum_of(row)));
    }
    return sequence.settle();
}

// Sums of each slice of the rows, in the order of slices -> sums, joined as join_level has joined those of a slice:
// slices are as many pieces each. L4.. lost. Statistics may follow at once.
[[nodiscard]] constexpr Sequence join_slices(uint32_t rows, uint32_t slices) {
    Sequence sequence;
    for (uint32_t row = 0; row < rows; ++row) {
        for (uint32_t slice = 0; slice < slices; ++slice) {
            const bool is_last = slice + 1 == slices;
            sequence.then(load(sum_of(row), (slice * rows + row) * kDestRowsPerSum));
            uint32_t level = kFirstValue;
            for (uint32_t left = slice; left % 2 != 0 || (is_last && left != 0); left /= 2, ++level) {
                if (left % 2 != 0) {
                    sequence.then(add(sum_of(row), level, sum_of(row)));
                }
            }
            if (!is_last) {
                sequence.then(move(sum_of(row), level));
            }
        }
    }
    return sequence.settle();
}

// Sums -> a level.
[[nodiscard]] constexpr Sequence store_level(uint32_t rows) {
    Sequence sequence;
    for (uint32_t row = 0; row < rows; ++row) {
        sequence.then(store(sum_of(row), row * kDestRowsPerSum));
    }
    return sequence;
}

}  // namespace layernorm_fused_rm::sfpu
