// What happens between the passes over a batch (steps.hpp), as SFPU sequences: from sums over lanes to shifts, centres
// and 1 / deviation of up to four rows at once, and to the statistics that are returned.
//
// The rows' sums are reduced over the lanes together: SFPTRANSP turns register j into lane row j.
#pragma once

#include <stdint.h>

#include "sfpu/steps.hpp"

namespace layernorm_fused_rm::sfpu {

[[nodiscard]] constexpr Sequence clear_sums() {
    Sequence sequence;
    for (uint32_t row = 0; row < 4; ++row) {
        sequence.then(move(kZero, sum_of(row)));
    }
    return sequence;
}

// L0..L3, one sum a lane -> L0, lane row j holding in each of its eight lanes the whole sum of row j. L1 and L2 lost.
[[nodiscard]] constexpr Sequence reduce_lanes() {
    Sequence sequence;
    sequence.then(transpose()).then(add(0, 1, 0)).then(add(2, 3, 2)).then(add(0, 2, 0));
    sequence.then(rotate(0, 1));
    for (uint32_t turn = 0; turn < 6; ++turn) {
        const uint32_t from = turn % 2 == 0 ? 1 : 2;
        sequence.then(rotate(from, 3 - from)).then(add(0, from, 0));
    }
    return sequence.then(add(0, 1, 0));
}

// L0, lane row j of which concerns row j -> Lj, each lane of which has row j's value. Copies it to L1..L3 first.
[[nodiscard]] constexpr Sequence spread_rows(uint32_t from) {
    Sequence sequence;
    for (uint32_t row = 0; row < 4; ++row) {
        if (row != from) {
            sequence.then(move(from, row));
        }
    }
    return sequence.then(transpose());
}

// An fp32 number's bits, or an integer, put into an LREG in two halves.
[[nodiscard]] constexpr Sequence load_bits(uint32_t to, uint32_t bits) {
    Sequence sequence;
    return sequence.then(load_half(to, kUpperHalf, bits >> 16)).then(load_half(to, kLowerHalf, bits));
}

// fp32 constants of a width and an epsilon, as bits; the planner works them out (src/plan.cpp). Without centring c is 1.
struct RowConstants {
    uint32_t negative_sum_scale_bits;          // -2^-k
    uint32_t centre_scale_bits;                // c = W / 2^k, exact, 1/2 < c <= 1
    uint32_t negative_mean_square_scale_bits;  // -1 / (W c^2)
    uint32_t rstd_scale_bits;                  // 1 / c
    uint32_t negative_epsilon_bits;            // -epsilon
};

// Puts c where the steps of batches of up to three rows find it for good; L0 lost. Once, before the first batch.
[[nodiscard]] constexpr Sequence set_centre_scale(uint32_t rows, RowConstants constants) {
    Sequence sequence;
    if (rows < 4) {
        sequence.then(load_bits(0, constants.centre_scale_bits)).then(configure(centre_scale_of(rows)));
    }
    return sequence;
}

// Sums in L0..L3 -> L(first+j) = the scaled sum of row j; sums cleared for the next pass.
[[nodiscard]] constexpr Sequence scale_sums(uint32_t rows, uint32_t scale_bits, uint32_t first) {
    Sequence sequence;
    sequence.then(reduce_lanes()).then(load_bits(4, scale_bits)).then(multiply(0, 4, 1));
    sequence.then(spread_rows(1));
    for (uint32_t row = 0; row < rows; ++row) {
        if (row > 0) {
            sequence.then(move(row, 0));
        }
        sequence.then(configure(first + row));
    }
    return sequence.then(clear_sums());
}

inline constexpr uint32_t kNegativeOneBits = 0xbf800000;

// The rows' first elements -> -K of each row; L0..L3 zero before and after. Loaded into lane 0 alone: the sum over the
// lanes then adds zeros, so that every lane gets the very same K. (Sums differ in their last bit from lane to lane.)
[[nodiscard]] constexpr Sequence shifts_from_first_elements(Batch batch) {
    Sequence sequence;
    sequence.then(conditions_on()).then(enable_lanes_below(1, kFirstValue));
    for (uint32_t row = 0; row < batch.rows; ++row) {
        sequence.then(load(sum_of(row), batch.dest_row(row * batch.vectors)));
        if (batch.has_residual()) {
            sequence.then(load(kFirstValue, batch.dest_row(row * batch.vectors) + batch.residual_distance));
            sequence.then(add(sum_of(row), kFirstValue, sum_of(row)));
        }
    }
    sequence.then(conditions_off());
    return sequence.then(scale_sums(batch.rows, kNegativeOneBits, negative_shift_of(0)));
}

// Sums of x, or of x - K -> -sum / 2^k of each row.
[[nodiscard]] constexpr Sequence centres_from_sums(Batch batch, RowConstants constants) {
    Sequence sequence = scale_sums(batch.rows, constants.negative_sum_scale_bits, negative_centre_of(batch, 0));
    if (batch.rows == 4) {
        sequence.then(load_bits(centre_scale_of(batch.rows), constants.centre_scale_bits));
    }
    return sequence;
}

// Seed of 1/sqrt(v): kRsqrtMagic - (bits of v >> 1), relative error at most 3.5 % (Lomont, "Fast inverse square root").
inline constexpr uint32_t kRsqrtMagic = 0x5f3759df;
inline constexpr uint32_t kThreeEighthsBits = 0x3ec00000;
inline constexpr uint32_t kOneHalfBits = 0x3f000000;

// y *= 1 + e/2 + 3/8 e^2 with e = 1 - v y^2 (Householder, order 3): a relative error d of y becomes about 5/2 d^3.
// L0 = -v, L2 = y, L4 = 3/8, L5 = 1/2; L1 and L3 lost.
[[nodiscard]] constexpr Sequence rsqrt_step() {
    Sequence sequence;
    sequence.then(multiply(0, 2, 1));   // -v y
    sequence.then(mad(1, 2, kOne, 1));  // e
    sequence.then(mad(1, 4, 5, 3));     // 1/2 + 3/8 e
    sequence.then(multiply(1, 2, 1));   // e y
    return sequence.then(mad(1, 3, 2, 2));
}

// Sums of squares in L0..L3 -> Lj = 1 / (c sqrt(variance + epsilon)) of row j.
[[nodiscard]] constexpr Sequence rstd_from_squares(RowConstants constants) {
    Sequence sequence;
    sequence.then(reduce_lanes()).then(load_bits(4, constants.negative_mean_square_scale_bits));
    sequence.then(load_bits(6, constants.negative_epsilon_bits)).then(mad(0, 4, 6, 0));  // -v
    sequence.then(load_bits(5, kRsqrtMagic));
    sequence.then(negate(0, 2)).then(halve_bits(2)).then(integer_subtract_from(5, 2));
    sequence.then(load_bits(4, kThreeEighthsBits)).then(load_bits(5, kOneHalfBits));
    sequence.then(rsqrt_step()).then(rsqrt_step());
    sequence.then(load_bits(6, constants.rstd_scale_bits)).then(multiply(2, 6, 2));
    return sequence.then(spread_rows(2));
}

// Statistics in DEST at the distant base: for each row a vector pair for its mean, one for its rstd, the even elements
// of each.
inline constexpr uint32_t kDestRowsPerStatistic = 4;  // a vector pair
[[nodiscard]] constexpr uint32_t mean_row(uint32_t row) { return 2 * row * kDestRowsPerStatistic; }
[[nodiscard]] constexpr uint32_t rstd_row(uint32_t row) { return mean_row(row) + kDestRowsPerStatistic; }

// -K -> the places of the means, before the registers are used anew.
[[nodiscard]] constexpr Sequence store_shifts(uint32_t rows) {
    Sequence sequence;
    for (uint32_t row = 0; row < rows; ++row) {
        sequence.then(move(negative_shift_of(row), kFirstValue)).then(store_distant(kFirstValue, mean_row(row)));
    }
    return sequence;
}

// mean = K + sum / W, the sum being that of x - K; L4, L5, L6 lost. K from its register or from where store_shifts put
// it.
[[nodiscard]] constexpr Sequence store_means(Batch batch, bool shifts, RowConstants constants) {
    Sequence sequence = load_bits(4, constants.rstd_scale_bits);
    for (uint32_t row = 0; row < batch.rows; ++row) {
        sequence.then(multiply(negative_centre_of(batch, row), 4, 5));
        if (shifts && batch.keeps_shift) {
            sequence.then(add(5, negative_shift_of(row), 5));
        } else if (shifts) {
            sequence.then(load_distant(6, mean_row(row))).then(add(5, 6, 5));
        }
        sequence.then(negate(5, 5)).then(store_distant(5, mean_row(row)));
    }
    return sequence;
}

// Lj = rstd / c, L4, L5 lost.
[[nodiscard]] constexpr Sequence store_rstds(uint32_t rows, RowConstants constants) {
    Sequence sequence = load_bits(4, constants.centre_scale_bits);
    for (uint32_t row = 0; row < rows; ++row) {
        sequence.then(multiply(rstd_of(row), 4, 5)).then(store_distant(5, rstd_row(row)));
    }
    return sequence;
}

}  // namespace layernorm_fused_rm::sfpu
