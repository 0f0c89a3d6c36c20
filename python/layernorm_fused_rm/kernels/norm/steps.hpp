// SPDX-License-Identifier: Apache-2.0
// The passes over a batch of one to four rows, as SFPU sequences: one step handles one vector (32 elements) of each
// row, or two of a single row. What happens between passes is in statistics.hpp.
//
//    LayerNorm   y = (x - mean) * rsqrt(variance + epsilon) * gamma + beta       mean = sum(x) / W, variance biased
//    RMSNorm     y = x * rsqrt(sum(x^2) / W + epsilon) * gamma + beta
//
// Everything is fp32. The variance is the mean of squares of centred elements, never E[x^2] - mean^2.
//
// kScaled: the quotient sum / W is never rounded. With 2^k the least power of two >= W and c = W / 2^k, a row is
// centred as c x - sum / 2^k = c (x - mean) in one multiply-add, and c leaves again with the variance and rstd. A mean
// rounded to fp32 would cost bf16 rows far from zero their last bit, and a constant row would not be centred to exact
// zeros. kShifted: sums of float32 rows are rounded, so rows are shifted by K, their own first element, and then
// centred as above. x - K is exact where x is within a factor of two of K (Sterbenz, "Floating-Point Computation",
// 1974), which is where a mean far from zero would cost bits; elsewhere its rounding error is 2^-24 of x - K, and |x -
// K| is at most twice the row's largest |x - mean|. Registers: row j's running sum in Lj, its -K and then its -sum /
// 2^k in L(11+j), its rstd / c in Lj at last. A single streamed row keeps both, -K in L11 and -sum / 2^k in L12. c in
// L14, or for four rows, which fill L11..L14, in L7. Vectors join a sum one after the other whatever the batch, so that
// its size decides no bit of a row. Paired rows share their vectors, one in lane rows 0 and 1, the other in 2 and 3, so
// what stands for "row" here is a pair. L11..L14 have one value for all lane rows, so a pair's -K and then its -sum /
// 2^k stay in Lj, and each is applied by a pass of its own (adjust_step) before Lj is a sum again. A strip's four rows
// share their vectors too, a lane row each, and what stands for "row" is a strip. A batch is one strip: its rows' sums
// and then rstd / c are in L0, their -K in L1, their -sum / 2^k in L3.
#pragma once

#include <stdint.h>

#include "sfpu/hazards.hpp"
#include "sfpu/instruction.hpp"

namespace layernorm_fused_rm::sfpu {

inline constexpr uint32_t kDestRowsPerVector = 2;  // to the next one: even and odd elements of the same 64

// Rows side by side in the vectors of a pair, and of a strip.
inline constexpr uint32_t kRowsOfPair = 2;
inline constexpr uint32_t kRowsOfStrip = 4;

// Rows of a batch in DEST, or pairs of rows, and how an element gets from there into a register. A step's items are one
// vector of each row, or several of a single row: with two items at least, no result is read by the very next
// instruction.
struct Batch {
    uint32_t rows;
    uint32_t stride;             // DEST rows from one to the next
    uint32_t residual_distance;  // DEST rows from a row to its residual's; 0: nothing to add
    bool shifts;                 // subtracts K, which DEST's rows do not have taken out
    bool keeps_shift;            // K stays in its register from pass to pass
    uint32_t vectors = 1;        // of a row in one step
    uint32_t side_by_side = 1;   // rows in each vector: two are a pair, four a strip
    uint32_t first_vector = 0;   // of the step, from where the row counter stands

    [[nodiscard]] constexpr bool is_pair() const { return side_by_side == kRowsOfPair; }
    [[nodiscard]] constexpr bool is_strip() const { return side_by_side == kRowsOfStrip; }
    [[nodiscard]] constexpr bool has_residual() const { return residual_distance != 0; }
    [[nodiscard]] constexpr uint32_t items() const { return rows * vectors; }
    [[nodiscard]] constexpr uint32_t row_of(uint32_t item) const { return item / vectors; }
    [[nodiscard]] constexpr uint32_t dest_row(uint32_t item) const {
        return row_of(item) * stride + (first_vector + item % vectors) * kDestRowsPerVector;
    }
    // The same rows for a step that begins at vector `first`.
    [[nodiscard]] constexpr Batch from_vector(uint32_t first) const {
        Batch other = *this;
        other.first_vector = first;
        return other;
    }
    // The same rows for a step that takes only one vector of each.
    [[nodiscard]] constexpr Batch with_vector(uint32_t vector) const {
        Batch other = *this;
        other.vectors = 1;
        other.first_vector = vector;
        return other;
    }
};

// What a step puts back into DEST.
struct Stores {
    bool value;  // in the row's place
    bool sum;    // input + residual, in the residual's place
};

inline constexpr uint32_t kFirstValue = 4;  // L4..L7 hold the elements at hand
[[nodiscard]] constexpr uint32_t sum_of(uint32_t row) { return row; }
[[nodiscard]] constexpr uint32_t rstd_of(uint32_t row) { return row; }
inline constexpr uint32_t kShiftsOfStrip = 1;
inline constexpr uint32_t kCentresOfStrip = 3;
[[nodiscard]] constexpr uint32_t negative_shift_of(Batch batch, uint32_t row) {
    return batch.is_strip() ? kShiftsOfStrip : batch.is_pair() ? row : kProgrammable + row;
}
[[nodiscard]] constexpr uint32_t negative_centre_of(Batch batch, uint32_t row) {
    return batch.is_strip()  ? kCentresOfStrip
           : batch.is_pair() ? row
                             : kProgrammable + row + (batch.keeps_shift ? 1 : 0);
}
[[nodiscard]] constexpr bool keeps_centre_scale(Batch batch) { return batch.rows < 4 || batch.is_pair(); }
[[nodiscard]] constexpr uint32_t centre_scale_of(Batch batch) {
    return keeps_centre_scale(batch) ? kProgrammable + 3 : 7;
}

// Items that go through a step together. A residual takes a second register for each.
[[nodiscard]] constexpr uint32_t items_at_a_time(Batch batch) {
    return batch.items() == 3 && !batch.has_residual() ? 3 : 2;
}

// The items at hand: `count` from `first`.
struct Group {
    Batch batch;
    uint32_t first;
    uint32_t count;

    [[nodiscard]] constexpr uint32_t row(uint32_t i) const { return batch.row_of(first + i); }
    [[nodiscard]] constexpr uint32_t dest_row(uint32_t i) const { return batch.dest_row(first + i); }
    [[nodiscard]] constexpr uint32_t residual_row(uint32_t i) const { return dest_row(i) + batch.residual_distance; }
};

template <typename Append>
[[nodiscard]] constexpr Sequence for_each_group(Batch batch, uint32_t most, Append append) {
    Sequence sequence;
    for (uint32_t first = 0; first < batch.items(); first += most) {
        const uint32_t left = batch.items() - first;
        append(sequence, Group{batch, first, left < most ? left : most});
    }
    return sequence;
}

// Registers of the items at hand. A residual's are needed only until it is added.
inline constexpr uint32_t kResidualRegisters = 2;
[[nodiscard]] constexpr uint32_t value_of(uint32_t i) { return kFirstValue + i; }
[[nodiscard]] constexpr uint32_t residual_of(uint32_t i) { return value_of(i) + kResidualRegisters; }

// DEST -> registers: x, or x + residual, and less K. `value` names the register of the group's i-th item.
template <typename Value>
constexpr void fetch(Sequence& sequence, Group group, Stores stores, Value value) {
    for (uint32_t i = 0; i < group.count; ++i) {
        sequence.then(load(value(i), group.dest_row(i)));
    }
    for (uint32_t i = 0; i < group.count && group.batch.has_residual(); ++i) {
        sequence.then(load(residual_of(i), group.residual_row(i)));
    }
    for (uint32_t i = 0; i < group.count && group.batch.has_residual(); ++i) {
        sequence.then(add(value(i), residual_of(i), value(i)));
    }
    for (uint32_t i = 0; i < group.count && stores.sum; ++i) {
        sequence.then(store(value(i), group.residual_row(i)));
    }
    for (uint32_t i = 0; i < group.count && group.batch.shifts; ++i) {
        sequence.then(add(value(i), negative_shift_of(group.batch, group.row(i)), value(i)));
    }
}

template <typename Value>
constexpr void put_back(Sequence& sequence, Group group, Value value) {
    for (uint32_t i = 0; i < group.count; ++i) {
        sequence.then(store(value(i), group.dest_row(i)));
    }
}

// One item's value -> DEST, if it is to be there. Between two items, so that a single row's sum is late for neither.
constexpr void keep(Sequence& sequence, Group group, uint32_t i, Stores stores) {
    if (stores.value) {
        sequence.then(store(value_of(i), group.dest_row(i)));
    }
}

// value -> c (value - mean)
template <typename Value>
constexpr void centre(Sequence& sequence, Group group, Value value) {
    for (uint32_t i = 0; i < group.count; ++i) {
        sequence.then(
            mad(value(i), centre_scale_of(group.batch), negative_centre_of(group.batch, group.row(i)), value(i)));
    }
}

// x -> x - K, or with `centres` c (x - mean), in place. Paired rows only.
[[nodiscard]] constexpr Sequence adjust_step(Batch batch, bool centres, Stores stores) {
    return for_each_group(batch, items_at_a_time(batch), [=](Sequence& sequence, Group group) {
        fetch(sequence, group, stores, value_of);
        if (centres) {
            centre(sequence, group, value_of);
        }
        put_back(sequence, group, value_of);
    });
}

// Whether a step's sums are those of what came before and this, or of this alone, whatever their registers hold.
enum class Sums { kGoOn, kBegin };
// The register of what the group's i-th item is added to: nothing, where the item is the row's first of a step that
// begins.
[[nodiscard]] constexpr uint32_t sum_before(Group group, uint32_t i, Sums sums) {
    const bool is_first = sums == Sums::kBegin && (group.first + i) % group.batch.vectors == 0;
    return is_first ? kZero : sum_of(group.row(i));
}

// sum += x. An element that is added as it is loaded needs no other item beside it.
[[nodiscard]] constexpr Sequence sum_step(Batch batch, Stores stores, Sums sums = Sums::kGoOn) {
    const bool is_plain = !batch.has_residual() && !batch.shifts;
    return for_each_group(batch, is_plain ? 1 : items_at_a_time(batch), [=](Sequence& sequence, Group group) {
        fetch(sequence, group, stores, value_of);
        for (uint32_t i = 0; i < group.count; ++i) {
            sequence.then(add(sum_before(group, i, sums), value_of(i), sum_of(group.row(i))));
            keep(sequence, group, i, stores);
        }
    });
}

// sum of `row` += `vectors` vectors from vector `first` on, of this row alone.
[[nodiscard]] constexpr Sequence sum_row_step(uint32_t row, uint32_t first, uint32_t vectors, Sums sums) {
    Sequence sequence;
    for (uint32_t vector = 0; vector < vectors; ++vector) {
        const uint32_t dest_row = (first + vector) * kDestRowsPerVector;
        if (vector == 0 && sums == Sums::kBegin) {
            sequence.then(load(sum_of(row), dest_row));
        } else {
            sequence.then(load(kFirstValue, dest_row)).then(add(sum_of(row), kFirstValue, sum_of(row)));
        }
    }
    return sequence;
}

// sum += x^2, or with `centres` the square of c (x - mean), which spares the last pass the centring if it is stored.
[[nodiscard]] constexpr Sequence square_step(Batch batch, bool centres, Stores stores, Sums sums = Sums::kGoOn) {
    return for_each_group(batch, items_at_a_time(batch), [=](Sequence& sequence, Group group) {
        fetch(sequence, group, stores, value_of);
        if (centres) {
            centre(sequence, group, value_of);
        }
        for (uint32_t i = 0; i < group.count; ++i) {
            sequence.then(mad(value_of(i), value_of(i), sum_before(group, i, sums), sum_of(group.row(i))));
            keep(sequence, group, i, stores);
        }
    });
}

// gamma and beta at the distant base, beta `beta_distance` DEST rows behind gamma.
struct Affine {
    bool has_gamma;
    bool has_beta;
    bool zero_centered_gamma;
    uint32_t beta_distance;
};
// Their registers, of a step's first vector and of the second: where there is one, L2 and L3 hold nothing else. A
// strip's, where L3 does, take turns.
[[nodiscard]] constexpr uint32_t gamma_of(uint32_t vector) { return vector == 0 ? 6 : 2; }
[[nodiscard]] constexpr uint32_t beta_of(uint32_t vector) { return vector == 0 ? 7 : 3; }

constexpr void load_affine_of(Sequence& sequence, Affine affine, uint32_t vector, uint32_t registers) {
    if (affine.has_gamma) {
        sequence.then(load_distant(gamma_of(registers), vector * kDestRowsPerVector));
    }
    if (affine.has_beta) {
        sequence.then(load_distant(beta_of(registers), affine.beta_distance + vector * kDestRowsPerVector));
    }
}
constexpr void centre_gamma(Sequence& sequence, Affine affine, uint32_t registers) {
    if (affine.has_gamma && affine.zero_centered_gamma) {
        sequence.then(add(gamma_of(registers), kOne, gamma_of(registers)));
    }
}
constexpr void load_affine(Sequence& sequence, Affine affine, uint32_t vectors) {
    for (uint32_t vector = 0; vector < vectors; ++vector) {
        load_affine_of(sequence, affine, vector, vector);
    }
    for (uint32_t vector = 0; vector < vectors; ++vector) {
        centre_gamma(sequence, affine, vector);
    }
}

// value -> value * gamma + beta, of what there is of them.
constexpr void apply_affine(Sequence& sequence, Affine affine, uint32_t vector, uint32_t value) {
    if (affine.has_gamma && affine.has_beta) {
        sequence.then(mad(value, gamma_of(vector), beta_of(vector), value));
    } else if (affine.has_gamma) {
        sequence.then(multiply(value, gamma_of(vector), value));
    } else if (affine.has_beta) {
        sequence.then(add(value, beta_of(vector), value));
    }
}

// DEST = (x - mean) * rstd * gamma + beta; `centres` where DEST holds x still. Elements in L4, L5, and in L3 where only
// three rows need an rstd. gamma and beta serve all rows of a step; behind a residual, whose registers they take.
[[nodiscard]] constexpr Sequence normalise_step(Batch batch, bool centres, Affine affine, bool stores_sum) {
    Sequence sequence;
    if (!batch.has_residual() && !batch.is_strip()) {
        load_affine(sequence, affine, batch.vectors);
    }
    return sequence.then(for_each_group(batch, items_at_a_time(batch), [=](Sequence& steps, Group group) {
        const auto value = [](uint32_t i) { return i == 2 ? 3 : value_of(i); };
        fetch(steps, group, {false, stores_sum}, value);
        if (batch.has_residual() && !batch.is_strip()) {
            load_affine(steps, affine, batch.vectors);
        }
        if (centres) {
            centre(steps, group, value);
        }
        for (uint32_t i = 0; i < group.count; ++i) {
            steps.then(multiply(value(i), rstd_of(group.row(i)), value(i)));
        }
        for (uint32_t i = 0; i < group.count; ++i) {
            if (batch.is_strip()) {
                load_affine_of(steps, affine, i % batch.vectors, 0);
                centre_gamma(steps, affine, 0);
            }
            apply_affine(steps, affine, batch.is_strip() ? 0 : i % batch.vectors, value(i));
        }
        put_back(steps, group, value);
    }));
}

// fp32 in DEST -> fp32 that the packer, which rounds halves away from zero, rounds to what bf16 is nearest to the
// number that was there, of halves the even one. On the bits, as integers: v - 1, and 1 again if bit 16 of it is one. A
// half then is one only above an odd bf16 number, which it leaves for the even one above; else it is a little less.
// bf16 numbers, 0 among them, and infinities stay, since their v - 1 has bit 16 as that of the bf16 number below.
[[nodiscard]] constexpr Sequence round_to_even_step(uint32_t vectors) {
    constexpr uint32_t kValue = kFirstValue;
    constexpr uint32_t kBit = kFirstValue + 1;
    constexpr int32_t kLowerBits = 16;
    Sequence sequence;
    for (uint32_t vector = 0; vector < vectors; ++vector) {
        const uint32_t dest_row = vector * kDestRowsPerVector;
        sequence.then(load(kValue, dest_row)).then(integer_add_value(kValue, -1, kValue)).then(move(kValue, kBit));
        sequence.then(shift(kBit, 31 - kLowerBits)).then(shift(kBit, -31));
        sequence.then(integer_add(kBit, kValue)).then(store(kValue, dest_row));
    }
    return sequence;
}

// 2 * lane, counted anew for each of the rows side by side, in `to`, or as it is in its own register. Returns which.
constexpr uint32_t count_lanes(Sequence& sequence, uint32_t side_by_side, uint32_t to) {
    if (side_by_side == 1) {
        return kTwiceLane;
    }
    const int32_t bits_above = side_by_side == kRowsOfPair ? 27 : 28;  // of the five, or four, that count within a row
    sequence.then(move(kTwiceLane, to)).then(shift(to, bits_above)).then(shift(to, -bits_above));
    return to;
}

// Enables the lanes with 2 * lane < limit of each row.
[[nodiscard]] constexpr Sequence enable_first_lanes(uint32_t side_by_side, int32_t limit, uint32_t scratch) {
    Sequence sequence;
    const uint32_t counted = count_lanes(sequence, side_by_side, scratch);
    return sequence.then(conditions_on()).then(enable_lanes_below(counted, limit, scratch));
}

// The step for a row's last vectors, of which only the lanes with 2 * lane < limit hold elements of the row.
[[nodiscard]] constexpr Sequence masked(Batch batch, const Sequence& step, int32_t limit) {
    Sequence sequence = enable_first_lanes(batch.side_by_side, limit, kFirstValue);
    return sequence.then(step).then(conditions_off());
}

}  // namespace layernorm_fused_rm::sfpu
