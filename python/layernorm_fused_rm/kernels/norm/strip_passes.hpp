// SPDX-License-Identifier: Apache-2.0
// The math thread's part of the norm that only strips have (norm/strips.hpp): turned before they are summed and behind
// their last pass, gamma, beta and their own factors beside the last pass's groups, zeros where padding is.
#pragma once

#include "norm/normalise.hpp"

#ifdef TRISC_MATH

namespace layernorm_fused_rm {

// clang-format off
struct Turn { static constexpr sfpu::Sequence value = sfpu::turn_step(); };
struct PlaceAffine { static constexpr sfpu::Sequence value = sfpu::place_affine(kAffine); };
struct KeepShifts { static constexpr sfpu::Sequence value = sfpu::keep_shifts(); };
struct FetchShifts { static constexpr sfpu::Sequence value = sfpu::fetch_shifts(); };
struct StoreFactors {
    static constexpr sfpu::Sequence value = sfpu::store_factors(kLaterPass, kCentres && !kIsResident);
};
struct ClearTail { static constexpr sfpu::Sequence value = sfpu::clear_columns(kTail); };
struct BeginClearingRows { static constexpr sfpu::Sequence value = sfpu::begin_clearing_rows(); };
struct EndClearingRows { static constexpr sfpu::Sequence value = sfpu::Sequence{}.then(sfpu::conditions_off()); };
struct SetZeros {
    static constexpr sfpu::Sequence value = sfpu::Sequence{}.then(sfpu::move(sfpu::kZero, sfpu::kFirstValue));
};
struct ClearPair { static constexpr sfpu::Sequence value = sfpu::clear_step().advance(); };
// x + residual - K in place, of a streamed strip, before its last pass.
struct Join {
    static constexpr sfpu::Batch batch = kFirstPass;
    static constexpr sfpu::Sequence step(sfpu::Batch batch) {
        return sfpu::adjust_step(batch, false, {false, kSumTensor.is_there()});
    }
};
// clang-format on

// Groups of 64 columns of a strip from `dest_row` on, turned from rows one behind the other or back to them.
inline void turn(uint32_t dest_row, uint32_t groups) {
    static_assert(!kRowsAreStrips || kDestRowsPerStep == sfpu::kDestRowsPerPair,
                  "a step ends a vector pair further on");
    point_sfpu_at(dest_row);
    sfpu::repeat<Turn>(groups);
    rewind();
}

// The sums of a strip's pairs of matrices, behind as many matrices from `dest_row` on, turned to rows side by side.
inline void turn_pairs(uint32_t dest_row, uint32_t pairs) {
    if constexpr (kTurns<kInputTensor>) {
        const uint32_t rows = pairs * tensix::kRowsPerMatrix;
        tensix::order_sfpu_after_fill();
        turn(dest_row + rows, rows / sfpu::kDestRowsPerGroup);
    }
}

// gamma and beta of a segment of strips -> their groups, from `dest_row` on; the strip's factors -> there too.
inline void place_affine(uint32_t dest_row) {
    point_sfpu_at(dest_row);
    sfpu::issue<PlaceAffine>();
}
inline void store_factors(uint32_t dest_row) {
    point_sfpu_at(dest_row);
    sfpu::issue<StoreFactors>();
    if constexpr (kJoinsFirst && kShifts) {
        sfpu::issue<KeepShifts>();
    }
}

// A segment of a streamed strip, joined and shifted before its last pass, which it is then like any other in.
inline void join_segment(uint32_t dest_row, uint32_t factors_row, uint32_t vectors) {
    if constexpr (kShifts) {
        point_sfpu_at(factors_row);
        sfpu::issue<FetchShifts>();
    }
    point_sfpu_at(dest_row);
    sfpu::repeat<Step<Join>>(vectors / kVectorsPerStep);
    rewind();
}

// Zeros for what of a strip's segment, of `vectors` vectors from `dest_row` on, is padding of tiles: columns behind its
// row's end, and rows but the first `rows`.
template <const TensorLayout& tensor>
inline void clear_padding(uint32_t dest_row, uint32_t vectors, bool is_last_segment, uint32_t rows) {
    if constexpr (!tensor.is_in_tiles()) {
        return;
    }
    if constexpr (kWidth % contract::kTileSide != 0) {
        if (is_last_segment) {
            if constexpr (kTail != 0) {
                point_sfpu_at(dest_row + (kLastVectors / 2 - 1) * sfpu::kDestRowsPerPair);
                sfpu::issue<ClearTail>();
            }
            if constexpr (kLastVectors / 2 % 2 != 0) {
                point_sfpu_at(dest_row + kLastVectors / 2 * sfpu::kDestRowsPerPair);
                sfpu::issue<SetZeros>();
                sfpu::issue<ClearPair>();
                rewind();
            }
        }
    }
    if constexpr (kPadsRows) {
        if (rows < contract::kRowsPerStrip) {
            point_sfpu_at(dest_row);
            sfpu::issue<BeginClearingRows>(rows * 2 * sfpu::kLanes / contract::kRowsPerStrip);
            sfpu::repeat<ClearPair>(vectors / 2);
            sfpu::issue<EndClearingRows>();
            rewind();
        }
    }
}

}  // namespace layernorm_fused_rm

#endif
