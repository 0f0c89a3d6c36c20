// SPDX-License-Identifier: Apache-2.0
// What strips need besides the passes, as SFPU sequences: 64 columns of their four rows turned from rows that lie one
// behind the other to rows side by side and back; the last pass, for which gamma and beta need one vector for four rows;
// zeros where padding is.
//
// Of 64 columns of four rows DEST has 16 rows. As rows one behind the other: DEST row 4 j + b holds columns 16 b and on
// of row j. As a strip: DEST row 4 b + j does. A vector is four of these DEST rows, every other column, and SFPTRANSP
// swaps register and lane row, that is b and j, of four vectors. It swaps those of L0..L3 as well.
#pragma once

#include <stdint.h>

#include "norm/steps.hpp"

namespace layernorm_fused_rm::sfpu {

inline constexpr uint32_t kDestRowsPerPair = 4;    // a vector pair
inline constexpr uint32_t kVectorsTurned = 4;      // at a time
inline constexpr uint32_t kDestRowsPerGroup = 16;  // 64 columns of a strip

// Stores L4..L7 to the vectors of a group, of its even or its odd columns. With `advances` the row counter has moved on
// by a group at last, a vector pair at a time.
constexpr void store_group(Sequence& sequence, uint32_t parity, bool advances) {
    for (uint32_t i = 0; i < kVectorsTurned; ++i) {
        const uint32_t row = parity * kDestRowsPerVector + (advances ? 0 : i * kDestRowsPerPair);
        const Instruction access = store(kFirstValue + i, row);
        sequence.then(advances ? advancing(access, Advance::kNextStep) : access);
    }
}

// 64 columns of four rows, one way or the other, in place. L4..L7 lost. A step advances by a vector pair.
[[nodiscard]] constexpr Sequence turn_step() {
    Sequence sequence;
    for (uint32_t parity = 0; parity < 2; ++parity) {
        for (uint32_t i = 0; i < kVectorsTurned; ++i) {
            sequence.then(load(kFirstValue + i, parity * kDestRowsPerVector + i * kDestRowsPerPair));
        }
        sequence.then(transpose());
        store_group(sequence, parity, parity == 1);
    }
    return sequence;
}

// What the last pass multiplies and adds, group by group beside the strip's own groups: gamma and beta of the group's
// 64 columns, as of one row, and the strip's factors, rstd / c in the even columns of a vector pair and -sum / 2^k in
// the odd ones. In DEST rows from the group's first.
inline constexpr uint32_t kGammaInGroup = 0;
inline constexpr uint32_t kBetaInGroup = 4;
inline constexpr uint32_t kFactorsInGroup = 8;
inline constexpr uint32_t kGroupsPerChunk = 4;
// Where gamma and beta come in, 256 consecutive columns each, behind those groups.
inline constexpr uint32_t kColumnsIn = kGroupsPerChunk * kDestRowsPerGroup;
inline constexpr uint32_t kBetaColumnsIn = kColumnsIn + kDestRowsPerGroup;

// gamma or beta, from `columns` to `in_group` of each group; gamma + 1 where it is `zero_centered`. L4, L5 lost.
constexpr void place_columns(Sequence& sequence, uint32_t columns, uint32_t in_group, bool zero_centered) {
    for (uint32_t group = 0; group < kGroupsPerChunk; ++group) {
        for (uint32_t i = 0; i < 2; ++i) {
            sequence.then(load(kFirstValue + i, columns + group * kDestRowsPerPair + i * kDestRowsPerVector));
        }
        for (uint32_t i = 0; i < 2 && zero_centered; ++i) {
            sequence.then(add(kFirstValue + i, kOne, kFirstValue + i));
        }
        for (uint32_t i = 0; i < 2; ++i) {
            sequence.then(store(kFirstValue + i, group * kDestRowsPerGroup + in_group + i * kDestRowsPerVector));
        }
    }
}
[[nodiscard]] constexpr Sequence place_affine(Affine affine) {
    Sequence sequence;
    if (affine.has_gamma) {
        place_columns(sequence, kColumnsIn, kGammaInGroup, affine.zero_centered_gamma);
    }
    if (affine.has_beta) {
        place_columns(sequence, kBetaColumnsIn, kBetaInGroup, false);
    }
    return sequence;
}

// Where a strip's -K is kept for its last pass, behind the first group's factors.
inline constexpr uint32_t kShiftsIn = 12;
[[nodiscard]] constexpr Sequence keep_shifts() { return Sequence{}.then(store(kShiftsOfStrip, kShiftsIn)); }
[[nodiscard]] constexpr Sequence fetch_shifts() { return Sequence{}.then(load(kShiftsOfStrip, kShiftsIn)); }

// The strip's factors -> each group.
[[nodiscard]] constexpr Sequence store_factors(Batch batch, bool centres) {
    Sequence sequence;
    for (uint32_t group = 0; group < kGroupsPerChunk; ++group) {
        const uint32_t row = group * kDestRowsPerGroup + kFactorsInGroup;
        sequence.then(store(rstd_of(0), row));
        if (centres) {
            sequence.then(store(negative_centre_of(batch, 0), row + kDestRowsPerVector));
        }
    }
    return sequence;
}

// How the last pass finds a strip's group, and leaves it: as rows one behind the other, or side by side.
struct Turns {
    bool before;
    bool behind;
};

// DEST = (x - mean) * rstd * gamma + beta of the even or the odd columns of a group; `centres` where DEST holds x
// still. Side by side the four rows are centred and scaled, one behind the other they share gamma and beta: a vector of
// 64 columns serves all four. The SFPU stands at the group, two DEST rows on for the odd columns. L0..L7 lost.
[[nodiscard]] constexpr Sequence normalise_group_step(uint32_t parity, bool centres, Affine affine, Turns turns) {
    constexpr uint32_t kRstd = 0;
    constexpr uint32_t kGamma = 1;
    constexpr uint32_t kBeta = 2;
    constexpr uint32_t kCentreScale = kProgrammable + 3;
    const uint32_t factors = kFactorsInGroup - parity * kDestRowsPerVector;
    const auto for_each_value = [](Sequence& sequence, auto make) {
        for (uint32_t i = 0; i < kVectorsTurned; ++i) {
            sequence.then(make(kFirstValue + i));
        }
    };
    Sequence sequence;
    for (uint32_t i = 0; i < kVectorsTurned; ++i) {
        sequence.then(load(kFirstValue + i, i * kDestRowsPerPair));
    }
    if (turns.before) {
        sequence.then(transpose());
    }
    sequence.then(load_distant(kRstd, factors));
    if (centres) {
        sequence.then(load_distant(kCentresOfStrip, factors + kDestRowsPerVector));
        for_each_value(sequence, [=](uint32_t x) { return mad(x, kCentreScale, kCentresOfStrip, x); });
    }
    for_each_value(sequence, [=](uint32_t x) { return multiply(x, kRstd, x); });
    sequence.then(transpose());
    if (affine.has_gamma) {
        sequence.then(load_distant(kGamma, kGammaInGroup));
    }
    if (affine.has_beta) {
        sequence.then(load_distant(kBeta, kBetaInGroup));
    }
    for_each_value(sequence, [=](uint32_t x) {
        return affine.has_gamma ? (affine.has_beta ? mad(x, kGamma, kBeta, x) : multiply(x, kGamma, x))
                                : add(x, kBeta, x);
    });
    if (turns.behind) {
        sequence.then(transpose());
    }
    store_group(sequence, 0, true);
    return sequence;
}

// Zeros for the columns from `columns` on of the 16 in a vector pair. L4, L5 lost.
[[nodiscard]] constexpr Sequence clear_columns(uint32_t columns) {
    constexpr uint32_t kZeros = kFirstValue;
    constexpr uint32_t kCounted = kFirstValue + 1;
    Sequence sequence;
    sequence.then(move(kZero, kZeros));
    for (uint32_t parity = 0; parity < 2; ++parity) {  // column 2 lane + parity is one of them
        const uint32_t lane = count_lanes(sequence, kRowsOfStrip, kCounted);
        const int32_t limit = static_cast<int32_t>(columns) - static_cast<int32_t>(parity);
        sequence.then(conditions_on()).then(enable_lanes_from(lane, limit, kCounted));
        sequence.then(store(kZeros, parity * kDestRowsPerVector)).then(conditions_off());
    }
    return sequence;
}

// Enables the lane rows from one on, which issue() is given times 16; L4 holds zeros. L5 lost.
[[nodiscard]] constexpr Sequence begin_clearing_rows() {
    constexpr uint32_t kLimit = kFirstValue + 1;
    Sequence sequence;
    sequence.then(move(kZero, kFirstValue)).then(load_half(kLimit, kUpperHalf, 0));
    sequence.then(load_operand_half(kLimit, kLowerHalf)).then(conditions_on());
    return sequence.then(enable_lanes_from_register(kTwiceLane, kLimit));
}
// Zeros for both vectors of a pair, as far as lanes are enabled.
[[nodiscard]] constexpr Sequence clear_step() {
    Sequence sequence;
    return sequence.then(store(kFirstValue, 0)).then(store(kFirstValue, kDestRowsPerVector));
}

}  // namespace layernorm_fused_rm::sfpu
