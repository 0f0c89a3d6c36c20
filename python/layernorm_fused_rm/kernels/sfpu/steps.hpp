// The passes over a batch of one to four rows, as SFPU sequences: one step handles one vector (32 elements) of each row
// and advances the row counter by one vector. What happens between passes is in statistics.hpp.
//
//    LayerNorm   y = (x - mean) * rsqrt(variance + epsilon) * gamma + beta       mean = sum(x) / W, variance biased
//    RMSNorm     y = x * rsqrt(sum(x^2) / W + epsilon) * gamma + beta
//
// Everything is fp32. The variance is the mean of squares of centred elements, never E[x^2] - mean^2.
//
// kScaled: the quotient sum / W is never rounded. With 2^k the least power of two >= W and c = W / 2^k, a row is centred
// as c x - sum / 2^k = c (x - mean) in one multiply-add, and c leaves again with the variance and rstd. A mean rounded
// to fp32 would cost bf16 rows far from zero their last bit, and a constant row would not be centred to exact zeros.
// kShifted: sums of float32 rows are rounded, so rows are shifted by K, their own first element, and then centred as
// above. x - K is exact where x is within a factor of two of K (Sterbenz, "Floating-Point Computation", 1974), which is
// where a mean far from zero would cost bits; elsewhere its rounding error is 2^-24 of x - K, and |x - K| is at most
// twice the row's largest |x - mean|.
// Registers: row j's running sum in Lj, its -K and then its -sum / 2^k in L(11+j), its rstd / c in Lj at last. A single
// streamed row keeps both, -K in L11 and -sum / 2^k in L12. c in L14, or for four rows, which fill L11..L14, in L7.
#pragma once

#include <stdint.h>

#include "sfpu/hazards.hpp"
#include "sfpu/instruction.hpp"

namespace layernorm_fused_rm::sfpu {

// Rows of a batch in DEST, and how an element gets from there into a register.
struct Batch {
    uint32_t rows;
    uint32_t stride;             // DEST rows from one to the next
    uint32_t residual_distance;  // DEST rows from a row to its residual's; 0: nothing to add
    bool shifts;                 // subtracts K, which DEST's rows do not have taken out
    bool keeps_shift;            // K stays in its register from pass to pass

    [[nodiscard]] constexpr bool has_residual() const { return residual_distance != 0; }
    [[nodiscard]] constexpr uint32_t dest_row(uint32_t row) const { return row * stride; }
};

// What a step puts back into DEST.
struct Stores {
    bool value;  // in the row's place
    bool sum;    // input + residual, in the residual's place
};

inline constexpr uint32_t kFirstValue = 4;  // L4..L7 hold the elements at hand
[[nodiscard]] constexpr uint32_t sum_of(uint32_t row) { return row; }
[[nodiscard]] constexpr uint32_t rstd_of(uint32_t row) { return row; }
[[nodiscard]] constexpr uint32_t negative_shift_of(uint32_t row) { return kProgrammable + row; }
[[nodiscard]] constexpr uint32_t negative_centre_of(Batch batch, uint32_t row) {
    return kProgrammable + row + (batch.keeps_shift ? 1 : 0);
}
[[nodiscard]] constexpr uint32_t centre_scale_of(uint32_t rows) { return rows == 4 ? 7 : kProgrammable + 3; }

// Rows that go through a step together: at least two where there are, so that no result is read by the next
// instruction. A residual takes a second register for each.
[[nodiscard]] constexpr uint32_t rows_at_a_time(Batch batch) {
    return batch.rows == 3 && !batch.has_residual() ? 3 : 2;
}
[[nodiscard]] constexpr uint32_t value_of(Batch batch, uint32_t i) {
    return kFirstValue + (batch.has_residual() ? 2 * i : i);
}

// The rows at hand: `count` from `first`, the i-th with its element in register(i).
struct Group {
    Batch batch;
    uint32_t first;
    uint32_t count;

    [[nodiscard]] constexpr uint32_t row(uint32_t i) const { return first + i; }
    [[nodiscard]] constexpr uint32_t dest_row(uint32_t i) const { return batch.dest_row(first + i); }
};

template <typename Append>
[[nodiscard]] constexpr Sequence for_each_group(Batch batch, Append append) {
    Sequence sequence;
    const uint32_t most = rows_at_a_time(batch);
    for (uint32_t first = 0; first < batch.rows; first += most) {
        const uint32_t left = batch.rows - first;
        append(sequence, Group{batch, first, left < most ? left : most});
    }
    return sequence.advance();
}

// DEST -> registers: x, or x + residual, and less K. `value` names the register of the group's i-th row.
template <typename Value>
constexpr void fetch(Sequence& sequence, Group group, Stores stores, Value value) {
    for (uint32_t i = 0; i < group.count; ++i) {
        sequence.then(load(value(i), group.dest_row(i)));
    }
    for (uint32_t i = 0; i < group.count && group.batch.has_residual(); ++i) {
        sequence.then(load(value(i) + 1, group.dest_row(i) + group.batch.residual_distance));
    }
    for (uint32_t i = 0; i < group.count && group.batch.has_residual(); ++i) {
        sequence.then(add(value(i), value(i) + 1, value(i)));
    }
    for (uint32_t i = 0; i < group.count && stores.sum; ++i) {
        sequence.then(store(value(i), group.dest_row(i) + group.batch.residual_distance));
    }
    for (uint32_t i = 0; i < group.count && group.batch.shifts; ++i) {
        sequence.then(add(value(i), negative_shift_of(group.row(i)), value(i)));
    }
}

template <typename Value>
constexpr void put_back(Sequence& sequence, Group group, Value value) {
    for (uint32_t i = 0; i < group.count; ++i) {
        sequence.then(store(value(i), group.dest_row(i)));
    }
}

// value -> c (value - mean)
template <typename Value>
constexpr void centre(Sequence& sequence, Group group, Value value) {
    for (uint32_t i = 0; i < group.count; ++i) {
        sequence.then(
            mad(value(i), centre_scale_of(group.batch.rows), negative_centre_of(group.batch, group.row(i)), value(i)));
    }
}

// sum += x
[[nodiscard]] constexpr Sequence sum_step(Batch batch, Stores stores) {
    return for_each_group(batch, [=](Sequence& sequence, Group group) {
        const auto value = [=](uint32_t i) { return value_of(batch, i); };
        fetch(sequence, group, stores, value);
        for (uint32_t i = 0; i < group.count; ++i) {
            sequence.then(add(sum_of(group.row(i)), value(i), sum_of(group.row(i))));
        }
        if (stores.value) {
            put_back(sequence, group, value);
        }
    });
}

// sum += x^2, or with `centres` the square of c (x - mean), which spares the last pass the centring if it is stored.
[[nodiscard]] constexpr Sequence square_step(Batch batch, bool centres, Stores stores) {
    return for_each_group(batch, [=](Sequence& sequence, Group group) {
        const auto value = [=](uint32_t i) { return value_of(batch, i); };
        fetch(sequence, group, stores, value);
        if (centres) {
            centre(sequence, group, value);
        }
        for (uint32_t i = 0; i < group.count; ++i) {
            sequence.then(mad(value(i), value(i), sum_of(group.row(i)), sum_of(group.row(i))));
        }
        if (stores.value) {
            put_back(sequence, group, value);
        }
    });
}

// gamma and beta at the distant base, beta `beta_distance` DEST rows behind gamma.
struct Affine {
    bool has_gamma;
    bool has_beta;
    bool gamma_is_zero_centred;
    uint32_t beta_distance;
};
inline constexpr uint32_t kGammaRegister = 6;
inline constexpr uint32_t kBetaRegister = 7;

[[nodiscard]] constexpr Sequence load_affine(Affine affine) {
    Sequence sequence;
    if (affine.has_gamma) {
        sequence.then(load_distant(kGammaRegister, 0));
    }
    if (affine.has_beta) {
        sequence.then(load_distant(kBetaRegister, affine.beta_distance));
    }
    if (affine.has_gamma && affine.gamma_is_zero_centred) {
        sequence.then(add(kGammaRegister, kOne, kGammaRegister));
    }
    return sequence;
}

// value -> value * gamma + beta, of what there is of them.
constexpr void apply_affine(Sequence& sequence, Affine affine, uint32_t value) {
    if (affine.has_gamma && affine.has_beta) {
        sequence.then(mad(value, kGammaRegister, kBetaRegister, value));
    } else if (affine.has_gamma) {
        sequence.then(multiply(value, kGammaRegister, value));
    } else if (affine.has_beta) {
        sequence.then(add(value, kBetaRegister, value));
    }
}

// DEST = (x - mean) * rstd * gamma + beta; `centres` where DEST holds x still. Elements in L4, L5, and in L3 where only
// three rows need an rstd.
[[nodiscard]] constexpr Sequence normalise_step(Batch batch, bool centres, Affine affine, bool stores_sum) {
    Sequence sequence = load_affine(affine);
    return sequence.then(for_each_group(batch, [=](Sequence& steps, Group group) {
        const auto value = [](uint32_t i) { return i == 2 ? 3 : kFirstValue + i; };
        fetch(steps, group, {false, stores_sum}, value);
        if (centres) {
            centre(steps, group, value);
        }
        for (uint32_t i = 0; i < group.count; ++i) {
            steps.then(multiply(value(i), rstd_of(group.row(i)), value(i)));
        }
        for (uint32_t i = 0; i < group.count; ++i) {
            apply_affine(steps, affine, value(i));
        }
        put_back(steps, group, value);
    }));
}

// The step for a row's last vectors, of which only the lanes with 2 * lane < limit hold elements of the row.
[[nodiscard]] constexpr Sequence masked(const Sequence& step, int32_t limit) {
    Sequence sequence;
    sequence.then(conditions_on()).then(enable_lanes_below(limit, kFirstValue)).then(step);
    return sequence.then(conditions_off());
}

}  // namespace layernorm_fused_rm::sfpu
