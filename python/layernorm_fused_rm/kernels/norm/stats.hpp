// SPDX-License-Identifier: Apache-2.0
// Rows that several chips share, as SFPU sequences: the stats of a chip's part, and from those of all parts the
// statistics of whole rows.
//
//     part i      K_i, its first element;  d_i = mean_i - K_i;  v_i = variance_i         all parts are as long
//     whole row   m_i = (K_i - K_0) + d_i,  S = mean of all m_i:  mean = K_0 + S
//                 variance = mean of all (m_i - S)^2 + v_i
//
// (Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979, of parts of
// one length.) The parts' means are summed, centred and squared as a row's elements are (norm/steps.hpp), c and 2^k
// being those of so many elements; so a mean far from zero costs nothing here either. RMSNorm has K and d zero, and the
// mean square for v.
//
// In DEST a part's numbers are four columns of a vector pair: K and v in even lanes and odd lanes of the even columns,
// d and the number of elements in those of the odd columns.
#pragma once

#include <stdint.h>

#include "norm/statistics.hpp"
#include "norm/steps.hpp"

namespace layernorm_fused_rm::sfpu {

inline constexpr uint32_t kEvenColumns = kFirstValue;  // L4 to L7
inline constexpr uint32_t kOddColumns = kFirstValue + 1;
inline constexpr uint32_t kTold = kFirstValue + 2;
inline constexpr uint32_t kLimit = kFirstValue + 3;

// 0 in even lanes, the sign bit alone in odd ones; and enables these or those, by what tell_lanes_apart left in kTold.
[[nodiscard]] constexpr Sequence tell_lanes_apart() {
    return Sequence{}.then(move(kTwiceLane, kTold)).then(shift(kTold, 30));
}
[[nodiscard]] constexpr Instruction enable_even_lanes() { return enable_lanes_from(kTold, 0, kTold); }
[[nodiscard]] constexpr Instruction enable_odd_lanes() { return enable_lanes_below(kTold, 0, kTold); }

// m_i of a vector pair, in the even lanes of kEvenColumns.
[[nodiscard]] constexpr Sequence load_means(Batch batch) {
    Sequence sequence;
    sequence.then(load(kEvenColumns, 0)).then(load(kOddColumns, kDestRowsPerVector));
    sequence.then(add(kEvenColumns, negative_shift_of(batch, 0), kEvenColumns));
    return sequence.then(add(kEvenColumns, kOddColumns, kEvenColumns));
}

// sum += m_i of a vector pair, of which the first `numbers` of each row count.
[[nodiscard]] constexpr Sequence sum_means_step(Batch batch, uint32_t numbers) {
    Sequence sequence = tell_lanes_apart().then(load_means(batch));
    sequence.then(enable_first_lanes(batch.side_by_side, static_cast<int32_t>(numbers), kLimit));
    return sequence.then(enable_even_lanes()).then(add(sum_of(0), kEvenColumns, sum_of(0))).then(conditions_off());
}

// sum += c^2 ((m_i - S)^2 + v_i), or v_i alone.
[[nodiscard]] constexpr Sequence sum_variances_step(Batch batch, uint32_t numbers, bool centres) {
    constexpr uint32_t kSquares = kEvenColumns;
    constexpr uint32_t kVariances = kOddColumns;
    Sequence sequence = tell_lanes_apart();
    if (centres) {
        sequence.then(load_means(batch));
        sequence.then(mad(kSquares, centre_scale_of(batch), negative_centre_of(batch, 0), kSquares));
        sequence.then(multiply(kSquares, kSquares, kSquares)).then(load(kVariances, 0));
        sequence.then(multiply(kVariances, centre_scale_of(batch), kVariances));
        sequence.then(multiply(kVariances, centre_scale_of(batch), kVariances));
    } else {
        sequence.then(move(kZero, kSquares)).then(load(kVariances, 0));
    }
    sequence.then(conditions_on()).then(enable_odd_lanes()).then(move(kVariances, kSquares)).then(conditions_off());
    sequence.then(enable_first_lanes(batch.side_by_side, static_cast<int32_t>(numbers), kLimit));
    return sequence.then(add(sum_of(0), kSquares, sum_of(0))).then(conditions_off());
}

// Sums of squares in L0 -> v in L0: the variance, or the mean square. L1, L2 and L4 lost; a strip's L2 and L4.
[[nodiscard]] constexpr Sequence variances_from_squares(Batch batch, RowConstants constants) {
    constexpr uint32_t kSign = 0x80000000;
    constexpr uint32_t kScale = 4;
    Sequence sequence;
    sequence.then(reduce_lanes(batch)).then_early(load_bits(kScale, constants.negative_mean_square_scale_bits ^ kSign));
    return sequence.then(scale_and_spread(batch, kReduced, kScale));
}

// K, d, v and the part's elements, an fp32 number's bits -> a vector pair, all columns of it. v in L0; L4, L5, L6 lost.
[[nodiscard]] constexpr Sequence store_stats(Batch batch, bool centres, RowConstants constants,
                                             uint32_t elements_bits) {
    constexpr uint32_t kFirst = kEvenColumns;
    constexpr uint32_t kMean = kOddColumns;
    constexpr uint32_t kElements = kEvenColumns;
    Sequence sequence = tell_lanes_apart();
    if (centres) {
        sequence.then(negate(negative_shift_of(batch, 0), kFirst)).then(load_bits(kMean, constants.rstd_scale_bits));
        sequence.then(multiply(negative_centre_of(batch, 0), kMean, kMean)).then(store(kFirst, 0));
        sequence.then(negate(kMean, kMean)).then(store(kMean, kDestRowsPerVector));
    } else {
        sequence.then(move(kZero, kFirst)).then(store(kFirst, 0)).then(store(kFirst, kDestRowsPerVector));
    }
    sequence.then(load_bits(kElements, elements_bits)).then(conditions_on()).then(enable_odd_lanes());
    sequence.then(store(0, 0)).then(store(kElements, kDestRowsPerVector));
    return sequence.then(conditions_off());
}

}  // namespace layernorm_fused_rm::sfpu
