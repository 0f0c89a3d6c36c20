// SPDX-License-Identifier: Apache-2.0
// What happens between the passes over a batch (steps.hpp), as SFPU sequences: from sums over lanes to shifts, centres
// and 1 / deviation of up to four rows at once, and to the statistics that are returned.
//
// The rows' sums are reduced over the lanes together: SFPTRANSP turns register j into lane row j.
#pragma once

#include <stdint.h>

#include "norm/steps.hpp"

namespace layernorm_fused_rm::sfpu {

// All that a batch may have; of a strip, which keeps more than sums there, its one.
[[nodiscard]] constexpr Sequence clear_sums(Batch batch) {
    Sequence sequence;
    for (uint32_t row = 0; row < (batch.is_strip() ? 1 : 4); ++row) {
        sequence.then(move(kZero, sum_of(row)));
    }
    return sequence;
}

// Adds up the eight lanes of each lane row, in L0 or, by turns, in L0 and L1; L2 and L3 lost. Halves are added to
// halves, so all eight get the very same sum, bit for bit, unless it is no number.
constexpr void add_lanes(Sequence& sequence, uint32_t registers) {
    constexpr uint32_t kRotated = 2;
    for (uint32_t distance = 4; distance != 0; distance /= 2) {
        for (uint32_t turn = 0; turn < distance; ++turn) {
            for (uint32_t i = 0; i < registers; ++i) {
                sequence.then(rotate(turn == 0 ? i : kRotated + i, kRotated + i));
            }
        }
        for (uint32_t i = 0; i < registers; ++i) {
            sequence.then(add(i, kRotated + i, i));
        }
    }
}

// L0..L3, one sum a lane -> L0, lane row j holding in each of its eight lanes the whole sum of row j; of paired rows
// that of pair j's first row, and L1 that of its second. L2 and L3 lost. A strip's are in their lane rows; L2 lost.
[[nodiscard]] constexpr Sequence reduce_lanes(Batch batch) {
    Sequence sequence;
    if (batch.is_strip()) {
        add_lanes(sequence, 1);
        return sequence;
    }
    sequence.then(transpose()).then(add(0, 1, 0)).then(add(2, 3, batch.is_pair() ? 1 : 2));
    if (!batch.is_pair()) {
        sequence.then(add(0, 2, 0));
    }
    add_lanes(sequence, batch.is_pair() ? 2 : 1);
    return sequence;
}

// Registers of one value, lane row j of which concerns row j; or paired of two, of pairs' first rows and of the second.
struct RowValues {
    uint32_t registers[2];
};
inline constexpr RowValues kReduced = {{0, 1}};

// A value in L1, lane row j of which is of row j -> L0..L3, each lane of Lj having the value of its row.
[[nodiscard]] constexpr Sequence spread() {
    return Sequence{}.then(move(1, 0)).then(move(1, 2)).then(move(1, 3)).then(transpose());
}

// `values`, times what register `scale` holds -> L0..L3, each lane of Lj having the value of its row; of a strip L0.
[[nodiscard]] constexpr Sequence scale_and_spread(Batch batch, RowValues values, uint32_t scale) {
    Sequence sequence;
    if (batch.is_strip()) {
        return sequence.then(multiply(values.registers[0], scale, 0)).settle();
    }
    if (!batch.is_pair()) {
        return sequence.then(multiply(values.registers[0], scale, 1)).then(spread());
    }
    sequence.then(multiply(values.registers[0], scale, 0)).then(multiply(values.registers[1], scale, 2));
    return sequence.then(move(0, 1)).then(move(2, 3)).then(transpose());
}

// An fp32 number's bits, or an integer, put into an LREG in two halves.
[[nodiscard]] constexpr Sequence load_bits(uint32_t to, uint32_t bits) {
    Sequence sequence;
    return sequence.then(load_half(to, kUpperHalf, bits >> 16)).then(load_half(to, kLowerHalf, bits));
}
// The bits that issue() is given.
[[nodiscard]] constexpr Sequence load_operand(uint32_t to) {
    Sequence sequence;
    return sequence.then(load_operand_half(to, kUpperHalf)).then(load_operand_half(to, kLowerHalf));
}

// fp32 constants of a width, as bits; the planner works them out (src/plan.cpp). Without centring c is 1.
struct RowConstants {
    uint32_t negative_sum_scale_bits;          // -2^-k
    uint32_t centre_scale_bits;                // c = W / 2^k, exact, 1/2 < c <= 1
    uint32_t negative_mean_square_scale_bits;  // -1 / (W c^2)
    uint32_t rstd_scale_bits;                  // 1 / c
};

inline constexpr uint32_t kThreeEighthsBits = 0x3ec00000;
inline constexpr uint32_t kOneHalfBits = 0x3f000000;

// 3/8 and 1/2 of 1/sqrt, of rows that share vectors, in registers that only rows by themselves use otherwise.
inline constexpr uint32_t kSharedThreeEighths = kProgrammable + 1;
inline constexpr uint32_t kSharedOneHalf = kProgrammable + 2;

// Puts constants where the steps find them for good, as far as there are registers; L0 lost. Once, before the first
// batch.
[[nodiscard]] constexpr Sequence set_constants(Batch batch, RowConstants constants) {
    Sequence sequence;
    if (keeps_centre_scale(batch)) {
        sequence.then(load_bits(0, constants.centre_scale_bits)).then(configure(centre_scale_of(batch)));
    }
    if (batch.side_by_side > 1) {
        sequence.then(load_bits(0, kThreeEighthsBits)).then(configure(kSharedThreeEighths));
        sequence.then(load_bits(0, kOneHalfBits)).then(configure(kSharedOneHalf));
    }
    return sequence;
}

inline constexpr uint32_t kSpecialExponent = 255;  // of infinities and of what is no number
inline constexpr uint32_t kNoNumberBits = 0x7f800001;

// L1 = L0 * L4 where L0 is a number and finite, else kNoNumberBits; L5 lost. For no numbers come in many kinds
// ("SFPMAD"), other ones in other lanes, and SFPCONFIG is to be given lanes that are equal bit for bit, whatever they
// hold: ttsim refuses any others, though the ISA documents have eight different ones.
[[nodiscard]] constexpr Sequence scale_numbers() {
    Sequence sequence;
    sequence.then(conditions_on()).then(exponent(0, 5)).then(enable_lanes_below(5, kSpecialExponent, 5));
    return sequence.then(multiply(0, 4, 1)).then(conditions_off());
}

// Sums in L0..L3 -> the scaled sum of row j in L(first+j), and sums cleared for the next pass; paired, in Lj; a
// strip's, from L0, in L(first).
[[nodiscard]] constexpr Sequence scale_sums(Batch batch, uint32_t scale_bits, uint32_t first) {
    Sequence sequence;
    sequence.then(reduce_lanes(batch)).then_early(load_bits(4, scale_bits));
    if (batch.is_strip()) {
        return sequence.then(multiply(0, 4, first)).then(clear_sums(batch));
    }
    if (batch.is_pair()) {
        return sequence.then(scale_and_spread(batch, kReduced, 4));
    }
    sequence.then_early(load_bits(1, kNoNumberBits)).then(scale_numbers()).then(spread());
    for (uint32_t row = 0; row < batch.rows; ++row) {
        if (row > 0) {
            sequence.then(move(row, 0));
        }
        sequence.then(configure(first + row));
    }
    return sequence.then(clear_sums(batch));
}

inline constexpr uint32_t kNegativeOneBits = 0xbf800000;

// The rows' first elements -> -K of each row; L0..L3 zero before and, unless paired, after. Loaded into a row's first
// lane alone: the sum over the lanes then adds zeros, and every lane gets K itself.
[[nodiscard]] constexpr Sequence shifts_from_first_elements(Batch batch) {
    Sequence sequence = enable_first_lanes(batch.side_by_side, 1, kFirstValue);
    for (uint32_t row = 0; row < batch.rows; ++row) {
        sequence.then(load(sum_of(row), batch.dest_row(row * batch.vectors)));
        if (batch.has_residual()) {
            sequence.then(load(kFirstValue, batch.dest_row(row * batch.vectors) + batch.residual_distance));
            sequence.then(add(sum_of(row), kFirstValue, sum_of(row)));
        }
    }
    sequence.then(conditions_off());
    return sequence.then(scale_sums(batch, kNegativeOneBits, negative_shift_of(batch, 0)));
}

// -K of a batch of one row, or of one strip, to where sums are exchanged, or -0, which changes none that it is added to,
// where the first slice is another core's; and back.
inline constexpr uint32_t kNegativeZeroBits = 0x80000000;
[[nodiscard]] constexpr Sequence give_shift(Batch batch) {
    return Sequence{}.then(move(negative_shift_of(batch, 0), sum_of(0)));
}
[[nodiscard]] constexpr Sequence give_no_shift() { return load_bits(sum_of(0), kNegativeZeroBits); }
[[nodiscard]] constexpr Sequence take_shift(Batch batch) {
    const uint32_t to = negative_shift_of(batch, 0);
    return Sequence{}.then(batch.is_strip() ? move(sum_of(0), to) : configure(to));
}

// Sums of x, or of x - K -> -sum / 2^k of each row.
[[nodiscard]] constexpr Sequence centres_from_sums(Batch batch, RowConstants constants) {
    Sequence sequence = scale_sums(batch, constants.negative_sum_scale_bits, negative_centre_of(batch, 0));
    if (!keeps_centre_scale(batch)) {
        sequence.then(load_bits(centre_scale_of(batch), constants.centre_scale_bits));
    }
    return sequence;
}

// Seed of 1/sqrt(v): kRsqrtMagic - (bits of v >> 1), relative error at most 3.5 % (Lomont, "Fast inverse square root").
inline constexpr uint32_t kRsqrtMagic = 0x5f3759df;

// Registers of 1/sqrt, of one value or of two that take turns.
struct Rsqrt {
    uint32_t values;
    RowValues negative;  // -v
    RowValues result;
    RowValues error;
    RowValues factor;
    uint32_t three_eighths;
    uint32_t one_half;
};
inline constexpr Rsqrt kRsqrt = {1, kReduced, {{2}}, {{1}}, {{6}}, 7, 3};
inline constexpr Rsqrt kPairedRsqrt = {2, kReduced, {{2, 3}}, {{4, 5}}, {{6, 7}}, kSharedThreeEighths, kSharedOneHalf};
// Beside -K and -sum / 2^k in L1 and L3.
inline constexpr Rsqrt kStripRsqrt = {1, kReduced, {{2}}, {{7}}, {{6}}, kSharedThreeEighths, kSharedOneHalf};

// Appends make(registers...) for one value, or for each of two.
template <typename Make, typename... Values>
constexpr void for_each_value(Sequence& sequence, Rsqrt at, Make make, Values... values) {
    for (uint32_t i = 0; i < at.values; ++i) {
        sequence.then(make(values.registers[i]...));
    }
}

// y *= 1 + e/2 + 3/8 e^2 with e = 1 - v y^2 (Householder, order 3): a relative error d of y becomes about 5/2 d^3.
constexpr void improve_rsqrt(Sequence& sequence, Rsqrt at) {
    const auto one_plus = [](uint32_t a, uint32_t b) { return mad(a, b, kOne, a); };
    const auto series = [=](uint32_t e, uint32_t to) { return mad(e, at.three_eighths, at.one_half, to); };
    const auto plus = [](uint32_t a, uint32_t b, uint32_t to) { return mad(a, b, to, to); };
    for_each_value(sequence, at, multiply, at.negative, at.result, at.error);  // -v y
    for_each_value(sequence, at, one_plus, at.error, at.result);               // e
    for_each_value(sequence, at, series, at.error, at.factor);                 // 1/2 + 3/8 e
    for_each_value(sequence, at, multiply, at.error, at.result, at.error);     // e y
    for_each_value(sequence, at, plus, at.error, at.factor, at.result);
}

// Sums of squares in L0..L3 -> Lj = 1 / (c sqrt(variance + epsilon)) of row j. Issued with the bits of -epsilon.
[[nodiscard]] constexpr Sequence rstd_from_squares(Batch batch, RowConstants constants) {
    constexpr uint32_t kScale = 4;  // registers of constants that have been used before 1/sqrt needs theirs
    constexpr uint32_t kTerm = 6;
    constexpr uint32_t kMagic = 5;
    const Rsqrt at = batch.is_strip() ? kStripRsqrt : batch.is_pair() ? kPairedRsqrt : kRsqrt;
    Sequence sequence;
    sequence.then(reduce_lanes(batch)).then_early(load_bits(kScale, constants.negative_mean_square_scale_bits));
    sequence.then_early(load_operand(kTerm)).then_early(load_bits(kMagic, kRsqrtMagic));
    if (batch.side_by_side == 1) {
        sequence.then_early(load_bits(at.three_eighths, kThreeEighthsBits));
        sequence.then_early(load_bits(at.one_half, kOneHalfBits));
    }
    for_each_value(
        sequence, at, [](uint32_t sum) { return mad(sum, kScale, kTerm, sum); }, kReduced);  // -v
    for_each_value(sequence, at, negate, at.negative, at.result);
    for_each_value(
        sequence, at, [](uint32_t v) { return shift(v, -1); }, at.result);
    for_each_value(
        sequence, at, [](uint32_t v) { return integer_subtract_from(kMagic, v); }, at.result);
    improve_rsqrt(sequence, at);
    improve_rsqrt(sequence, at);
    sequence.then_early(load_bits(kScale, constants.rstd_scale_bits));
    return sequence.then(scale_and_spread(batch, at.result, kScale));
}

// Statistics in DEST at the distant base: for each row a vector pair for its mean, one for its rstd, the even elements
// of each.
inline constexpr uint32_t kDestRowsPerStatistic = 4;  // a vector pair
[[nodiscard]] constexpr uint32_t mean_row(uint32_t row) { return 2 * row * kDestRowsPerStatistic; }
[[nodiscard]] constexpr uint32_t rstd_row(uint32_t row) { return mean_row(row) + kDestRowsPerStatistic; }

// -K -> the places of the means, before the registers are used anew.
[[nodiscard]] constexpr Sequence store_shifts(Batch batch) {
    Sequence sequence;
    for (uint32_t row = 0; row < batch.rows; ++row) {
        sequence.then(move(negative_shift_of(batch, row), kFirstValue)).then(store_distant(kFirstValue, mean_row(row)));
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
            sequence.then(add(5, negative_shift_of(batch, row), 5));
        } else if (shifts) {
            sequence.then(load_distant(6, mean_row(row))).then(add(5, 6, 5));
        }
        sequence.then(negate(5, 5)).then(store_distant(5, mean_row(row)));
    }
    return sequence;
}

// Lj = rstd / c, L4, L5 lost.
[[nodiscard]] constexpr Sequence store_rstds(Batch batch, RowConstants constants) {
    Sequence sequence = load_bits(4, constants.centre_scale_bits);
    for (uint32_t row = 0; row < batch.rows; ++row) {
        sequence.then(multiply(rstd_of(row), 4, 5)).then(store_distant(5, rstd_row(row)));
    }
    return sequence;
}

}  // namespace layernorm_fused_rm::sfpu
