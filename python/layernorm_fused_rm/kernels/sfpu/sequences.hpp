// The arithmetic of LayerNorm as SFPU sequences over a batch of one to four rows.
//
//    mean = sum(x) / W    variance = sum((x - mean)^2) / W    y = (x - mean) * rsqrt(variance + epsilon) * gamma + beta
//
// The quotient sum / W is never rounded: with 2^k the least power of two >= W and c = W / 2^k, each row is centred as
// c x - sum / 2^k = c (x - mean) in one multiply-add, and c leaves again with the variance and rstd. A mean rounded to
// fp32 would cost bf16 rows far from zero their last bit, and a constant row would not be centred to exact zeros.
//
// A batch's rows lie in DEST at a fixed stride; one step handles one vector (32 elements) of each row and advances the
// row counter by one vector. Row j's running sum is in Lj, its -sum / 2^k in L(11+j) once known, its rstd / c in Lj at
// last. The rows' sums are reduced over the lanes together: SFPTRANSP turns register j into lane row j.
// Everything is fp32. Two passes over the row, never E[x^2] - mean^2.
#pragma once

#include <stdint.h>

#include "sfpu/hazards.hpp"
#include "sfpu/instruction.hpp"

namespace layernorm_fused_rm::sfpu {

// Rows of a batch and the DEST rows from one to the next.
struct Batch {
    uint32_t rows;
    uint32_t stride;

    [[nodiscard]] constexpr uint32_t dest_row(uint32_t row) const { return row * stride; }
};

inline constexpr uint32_t kFirstValue = 4;  // L4..L7 hold the elements at hand
[[nodiscard]] constexpr uint32_t sum_of(uint32_t row) { return row; }
[[nodiscard]] constexpr uint32_t value_of(uint32_t row) { return kFirstValue + row; }
[[nodiscard]] constexpr uint32_t negative_centre_of(uint32_t row) { return kProgrammable + row; }
[[nodiscard]] constexpr uint32_t rstd_of(uint32_t row) { return row; }

// c. Four rows need all programmable registers for themselves; their square step has L7 to spare.
[[nodiscard]] constexpr uint32_t centre_scale_of(uint32_t rows) { return rows == 4 ? 7 : kProgrammable + 3; }

[[nodiscard]] constexpr Advance advance_after(bool last) { return last ? Advance::kNextVector : Advance::kStay; }

[[nodiscard]] constexpr Sequence clear_sums() {
    Sequence sequence;
    for (uint32_t row = 0; row < 4; ++row) {
        sequence.then(move(kZero, sum_of(row)));
    }
    return sequence;
}

// sum += x
[[nodiscard]] constexpr Sequence sum_step(Batch batch) {
    Sequence sequence;
    for (uint32_t row = 0; row < batch.rows; ++row) {
        sequence.then(load(value_of(row), batch.dest_row(row), advance_after(row + 1 == batch.rows)));
        if (row > 0) {
            sequence.then(add(sum_of(row - 1), value_of(row - 1), sum_of(row - 1)));
        }
    }
    return sequence.then(add(sum_of(batch.rows - 1), value_of(batch.rows - 1), sum_of(batch.rows - 1)));
}

// What a square step leaves in DEST: x as it was, or c (x - mean), which spares the last pass the centring.
enum class Keep : uint32_t { kX, kCentred };

// sum += (c (x - mean))^2. Three values in turn (L4..L6), each stage one row behind the one before it.
[[nodiscard]] constexpr Sequence square_step(Batch batch, Keep keep) {
    Sequence sequence;
    for (uint32_t turn = 0; turn < batch.rows + 2; ++turn) {
        // Rows; out of range outside the batch.
        const uint32_t loading = turn, centring = turn - 1, squaring = turn - 2;
        if (squaring < batch.rows && keep == Keep::kCentred) {
            sequence.then(
                store(value_of(squaring % 3), batch.dest_row(squaring), advance_after(squaring + 1 == batch.rows)));
        }
        if (centring < batch.rows) {
            const uint32_t value = value_of(centring % 3);
            sequence.then(mad(value, centre_scale_of(batch.rows), negative_centre_of(centring), value));
        }
        if (squaring < batch.rows) {
            const uint32_t value = value_of(squaring % 3);
            sequence.then(mad(value, value, sum_of(squaring), sum_of(squaring)));
        }
        if (loading < batch.rows) {
            const bool last_access = keep == Keep::kX && loading + 1 == batch.rows;
            sequence.then(load(value_of(loading % 3), batch.dest_row(loading), advance_after(last_access)));
        }
    }
    return sequence;
}

// Elements of the group at hand in the last pass: L4, L5, and L3 where only three rows need an rstd.
[[nodiscard]] constexpr uint32_t group_value(uint32_t i) { return i == 2 ? 3 : kFirstValue + i; }

// y = x * rstd * gamma + beta for up to three rows at once, with gamma in L6 and beta in L7. `centre` is for DEST that
// still holds x.
[[nodiscard]] constexpr Sequence normalise_group(Batch batch, uint32_t first, uint32_t rows, bool centre) {
    Sequence sequence;
    for (uint32_t i = 0; i < rows; ++i) {
        sequence.then(load(group_value(i), batch.dest_row(first + i)));
    }
    for (uint32_t i = 0; i < rows && centre; ++i) {
        sequence.then(mad(group_value(i), centre_scale_of(batch.rows), negative_centre_of(first + i), group_value(i)));
    }
    for (uint32_t i = 0; i < rows; ++i) {
        sequence.then(multiply(group_value(i), rstd_of(first + i), group_value(i)));
    }
    for (uint32_t i = 0; i < rows; ++i) {
        sequence.then(mad(group_value(i), 6, 7, group_value(i)));
    }
    for (uint32_t i = 0; i < rows; ++i) {
        sequence.then(store(group_value(i), batch.dest_row(first + i), advance_after(first + i + 1 == batch.rows)));
    }
    return sequence;
}

// DEST = (x - mean) * rstd * gamma + beta. gamma and beta lie at the affine base, beta `beta_distance` rows
// behind gamma.
[[nodiscard]] constexpr Sequence normalise_step(Batch batch, Keep kept, uint32_t beta_distance) {
    Sequence sequence;
    sequence.then(load_affine(6, 0)).then(load_affine(7, beta_distance));
    const uint32_t group = batch.rows == 4 ? 2 : batch.rows;
    for (uint32_t first = 0; first < batch.rows; first += group) {
        sequence.then(normalise_group(batch, first, group, kept == Keep::kX));
    }
    return sequence;
}

// The step for a row's last vectors, of which only the lanes with 2 * lane < limit hold elements of the row.
[[nodiscard]] constexpr Sequence masked(const Sequence& step, int32_t limit) {
    Sequence sequence;
    sequence.then(conditions_on()).then(enable_lanes_below(limit, kFirstValue)).then(step);
    return sequence.then(conditions_off());
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

// fp32 constants of a width and an epsilon, as bits; the planner works them out (src/plan.cpp).
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

// Sums in L0..L3 -> L(11+j) = -sum / 2^k of row j; sums cleared for the next pass.
[[nodiscard]] constexpr Sequence centres_from_sums(uint32_t rows, RowConstants constants) {
    Sequence sequence;
    sequence.then(reduce_lanes()).then(load_bits(4, constants.negative_sum_scale_bits)).then(multiply(0, 4, 1));
    sequence.then(spread_rows(1));
    for (uint32_t row = 0; row < rows; ++row) {
        if (row > 0) {
            sequence.then(move(row, 0));
        }
        sequence.then(configure(negative_centre_of(row)));
    }
    if (rows == 4) {
        sequence.then(load_bits(centre_scale_of(rows), constants.centre_scale_bits));
    }
    return sequence.then(clear_sums());
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

}  // namespace layernorm_fused_rm::sfpu
