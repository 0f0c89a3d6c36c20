// The math thread's part of LayerNorm: the passes over a batch of rows that lies in DEST.
//
// Each pass is one sequence of sfpu/sequences.hpp, repeated over the row's vectors; the last vectors of a width that is
// no multiple of 64 run under a lane mask, so that padding never counts.
#pragma once

#include <stdint.h>

#include "api/compute/common.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "sfpu/sequences.hpp"

#ifdef TRISC_MATH

#include "sfpu/issue.hpp"

namespace layernorm_fused_rm {

inline constexpr sfpu::Keep kKeep = kIsResident ? sfpu::Keep::kCentred : sfpu::Keep::kX;
inline constexpr uint32_t kChunkRows = contract::kElementsPerChunk / contract::kElementsPerDestRow;
inline constexpr uint32_t kVectorsPerChunk = contract::kElementsPerChunk / sfpu::kLanes;
inline constexpr sfpu::Batch kBatch = {kRowsPerBatch,
                                       kIsResident ? kRowStride / contract::kElementsPerDestRow : kChunkRows};
inline constexpr sfpu::RowConstants kConstants = {
    get_named_compile_time_arg_val(contract::argument::kNegativeSumScaleBits),
    get_named_compile_time_arg_val(contract::argument::kCentreScaleBits),
    get_named_compile_time_arg_val(contract::argument::kNegativeMeanSquareScaleBits),
    get_named_compile_time_arg_val(contract::argument::kRstdScaleBits),
    get_named_compile_time_arg_val(contract::argument::kNegativeEpsilonBits)};

// The row's last segment: whole vectors, then a last pair of vectors of which kTail elements count.
inline constexpr uint32_t kLastSegment = kWidth - (kSegments - 1) * contract::kElementsPerChunk;
inline constexpr uint32_t kTail = kLastSegment % contract::kElementsPerVectorPair;
inline constexpr uint32_t kWholeVectors = (kLastSegment - kTail) / sfpu::kLanes;

// clang-format off
struct SetCentreScale { static constexpr sfpu::Sequence value = sfpu::set_centre_scale(kRowsPerBatch, kConstants); };
struct ClearSums { static constexpr sfpu::Sequence value = sfpu::clear_sums(); };
struct SumStep { static constexpr sfpu::Sequence value = sfpu::sum_step(kBatch); };
struct FindCentres { static constexpr sfpu::Sequence value = sfpu::centres_from_sums(kRowsPerBatch, kConstants); };
struct SquareStep { static constexpr sfpu::Sequence value = sfpu::square_step(kBatch, kKeep); };
struct FindRstd { static constexpr sfpu::Sequence value = sfpu::rstd_from_squares(kConstants); };
struct NormaliseStep { static constexpr sfpu::Sequence value = sfpu::normalise_step(kBatch, kKeep, kChunkRows); };
struct RestoreConstant { static constexpr sfpu::Sequence value = sfpu::Sequence{}.then(sfpu::restore_minus_one()); };

template <typename Step, int32_t limit>
struct Masked { static constexpr sfpu::Sequence value = sfpu::masked(Step::value, limit); };
// clang-format on

// The next batch's rows, and a segment's, start here; steps count vectors from it.
inline void point_sfpu_at(uint32_t dest_row) { TT_SETC16(DEST_TARGET_REG_CFG_MATH_Offset_ADDR32, dest_row); }
inline void rewind() { TTI_SETRWC(p_setrwc::CLR_NONE, 0, 0, 0, 0, p_setrwc::SET_D); }

// One pass that sums: over a whole chunk, or over the row's last segment with its padding masked.
template <typename Step>
inline void run_summing_pass(bool is_last_segment) {
    if (!is_last_segment) {
        sfpu::repeat<Step>(kVectorsPerChunk);
    } else {
        if constexpr (kWholeVectors != 0) {
            sfpu::repeat<Step>(kWholeVectors);
        }
        if constexpr (kTail != 0) {
            sfpu::issue<Masked<Step, static_cast<int32_t>(kTail)>>();      // even elements
            sfpu::issue<Masked<Step, static_cast<int32_t>(kTail) - 1>>();  // odd elements
        }
    }
    rewind();
}

// The pass that normalises; what it makes of padding is never written to a tensor.
inline void run_normalising_pass(bool is_last_segment, uint32_t affine_distance) {
    constexpr uint32_t kLastVectors = kWholeVectors + (kTail != 0 ? 2 : 0);
    sfpu::repeat<NormaliseStep>(is_last_segment ? kLastVectors : kVectorsPerChunk, affine_distance);
    rewind();
}

// Statistics of one batch at `dest_row`: x -> c (x - mean) in place, rstd / c in L0..L3. Resident rows only.
inline void find_statistics(uint32_t dest_row) {
    point_sfpu_at(dest_row);
    sfpu::issue<ClearSums>();
    run_summing_pass<SumStep>(true);
    sfpu::issue<FindCentres>();
    run_summing_pass<SquareStep>(true);
    sfpu::issue<FindRstd>();
}

// c (x - mean) -> y in place, behind find_statistics.
inline void scale_and_shift(uint32_t dest_row, uint32_t gamma_row) {
    point_sfpu_at(dest_row);
    run_normalising_pass(true, gamma_row - dest_row);
}

}  // namespace layernorm_fused_rm

#endif
