// SPDX-License-Identifier: Apache-2.0
// The math thread's part of the norm: the passes over a batch of rows that lies in DEST.
//
// Each pass is one sequence of norm/steps.hpp, repeated over the row's vectors, a single row's two at a time; the last
// vectors of a width that is no multiple of 64 run under a lane mask, so that padding never counts. Half of the pass
// that sums bf16 rows is the FPU's.
#pragma once

#include <stdint.h>

#include <type_traits>

#include "api/compute/common.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "norm/pieces.hpp"
#include "norm/statistics.hpp"
#include "norm/stats.hpp"
#include "norm/steps.hpp"
#include "norm/strips.hpp"
#include "tensix/fill.hpp"
#include "tensix/instructions.hpp"

namespace layernorm_fused_rm {

inline constexpr uint32_t kChunkRows = contract::kElementsPerChunk / contract::kElementsPerDestRow;
inline constexpr uint32_t kVectorsPerBatch = kRowsPerBatch / kRowsPerVector;  // of rows, of pairs, of strips
inline constexpr uint32_t kBatchStrideRows =
    kIsResident ? kRowsPerVector * kRowStride / contract::kElementsPerDestRow : kChunkRows;
inline constexpr uint32_t kVectorsPerStep = kVectorsPerBatch == 1 ? 2 : 1;
inline constexpr uint32_t kDestRowsPerStep = kVectorsPerStep * sfpu::kDestRowsPerVector;
inline constexpr uint32_t kVectorsPerChunk = contract::kElementsPerChunk / sfpu::kLanes;

// The row's last segment: whole vectors, an even number, then a last pair of vectors of which kTail elements count.
inline constexpr uint32_t kLastSegment = kWidth - (kSegments - 1) * kColumnsPerChunk;
inline constexpr uint32_t kElementsPerPair = contract::kElementsPerVectorPair / kRowsPerVector;  // of one row
inline constexpr uint32_t kTail = kLastSegment % kElementsPerPair;
inline constexpr uint32_t kWholeVectors = kLastSegment / kElementsPerPair * 2;
inline constexpr uint32_t kLastVectors = kWholeVectors + (kTail != 0 ? 2 : 0);

// Rows one behind the other that are to be strips in DEST, or strips that are to be such rows (norm/strips.hpp): 64
// columns of four at a time, a group.
template <const TensorLayout& tensor>
inline constexpr bool kTurns = kRowsAreStrips&& tensor.is_there() && !tensor.is_in_tiles();
inline constexpr uint32_t kElementsPerGroup = contract::kRowsPerStrip * contract::kElementsPerVectorPair;
static_assert(sfpu::kGroupsPerChunk * kElementsPerGroup == contract::kElementsPerChunk);
inline constexpr uint32_t kGroupsOfLastSegment =
    (kLastSegment + contract::kElementsPerVectorPair - 1) / contract::kElementsPerVectorPair;

// Where rows are summed as they come, the FPU adds their matrices up in pairs as it moves them to DEST, which halves
// what is left to the SFPU (tensix/fill.hpp): of a streamed row the whole segments, of a resident one that has a bank
// of SrcA to itself the whole matrices. Of a strip's segment it adds column c and c + 128, whichever way its rows lie.
inline constexpr bool kSumsOnFpu = kCentres && !kShifts;
inline constexpr bool kSumsSegmentsOnFpu = kSumsOnFpu && !kIsResident;
inline constexpr uint32_t kWholeSegments = kWidth / kColumnsPerChunk;
inline constexpr uint32_t kMatricesPerRow = kRowStride / tensix::kElementsPerMatrix;
inline constexpr bool kSumsWhileMoving = kSumsOnFpu && kIsResident && kRowsPerVector == 1 &&
                                         kRowStride > contract::kElementsPerChunk / 2 &&
                                         kRowStride % tensix::kElementsPerMatrix == 0;
inline constexpr uint32_t kPairsOfMatrices = kSumsWhileMoving ? kWidth / tensix::kElementsPerMatrix / 2 : 0;

inline uint32_t negative_epsilon_bits() {
    return get_common_arg_val<uint32_t>(static_cast<int>(contract::ComputeArgument::kNegativeEpsilonBits));
}

// Strips have a last pass of their own where there is gamma or beta: group by group, each a step.
inline constexpr bool kNormalisesGroups = kRowsAreStrips && (kGammaTensor.is_there() || kBetaTensor.is_there());
inline constexpr bool kJoinsFirst = kNormalisesGroups && !kIsResident && (kShifts || kResidualTensor.is_there());
inline constexpr uint32_t kLastStepRows = kNormalisesGroups ? sfpu::kDestRowsPerGroup : kDestRowsPerStep;
inline constexpr uint32_t kLastStepsOfChunk = kChunkRows / kLastStepRows;
inline constexpr uint32_t kLastSteps = kNormalisesGroups ? kGroupsOfLastSegment : kLastVectors / kVectorsPerStep;

// Passes that follow one another.
template <typename... Pass>
struct PassList {};

}  // namespace layernorm_fused_rm

#ifdef TRISC_MATH

#include "sfpu/issue.hpp"

namespace layernorm_fused_rm {

inline constexpr uint32_t kVectorsPerMatrix = tensix::kElementsPerMatrix / sfpu::kLanes;
inline constexpr sfpu::RowConstants kConstants = {kCall.negative_sum_scale_bits, kCall.centre_scale_bits,
                                                  kCall.negative_mean_square_scale_bits, kCall.rstd_scale_bits};

// A resident row is joined with its residual, shifted and centred in place, each once. Of a streamed row every pass
// gets x anew.
inline constexpr bool kKeepsShift = kShifts && (!kIsResident || kRowsAreStrips);
inline constexpr uint32_t kResidualDistance = kResidualTensor.is_there() ? kChunkRows : 0;
constexpr sfpu::Batch batch_with(uint32_t residual_distance, bool shifts) {
    return {kVectorsPerBatch, kBatchStrideRows, residual_distance, shifts,
            kKeepsShift,      kVectorsPerStep,  kRowsPerVector};
}
inline constexpr sfpu::Batch kFirstPass = batch_with(kResidualDistance, kShifts);
inline constexpr sfpu::Batch kLaterPass = kIsResident ? batch_with(0, false) : kFirstPass;
inline constexpr sfpu::Stores kFirstStores = {kIsResident && (kResidualTensor.is_there() || kShifts),
                                              kIsResident&& kSumTensor.is_there()};
inline constexpr sfpu::Batch kStatsBatch = {1, 0, 0, false, kKeepsShift, kVectorsPerStep, kRowsPerVector};
inline constexpr sfpu::Affine kAffine = {kGammaTensor.is_there(), kBetaTensor.is_there(), kZeroCenteredGamma,
                                         kChunkRows};

// clang-format off
struct SetConstants { static constexpr sfpu::Sequence value = sfpu::set_constants(kLaterPass, kConstants); };
struct ClearSums { static constexpr sfpu::Sequence value = sfpu::clear_sums(kLaterPass); };
struct FindShifts { static constexpr sfpu::Sequence value = sfpu::shifts_from_first_elements(kFirstPass); };
struct GiveShift { static constexpr sfpu::Sequence value = sfpu::give_shift(kFirstPass); };
struct GiveNoShift { static constexpr sfpu::Sequence value = sfpu::give_no_shift(); };
struct TakeShift { static constexpr sfpu::Sequence value = sfpu::take_shift(kFirstPass); };
struct FindCentres { static constexpr sfpu::Sequence value = sfpu::centres_from_sums(kLaterPass, kConstants); };
struct FindRstd { static constexpr sfpu::Sequence value = sfpu::rstd_from_squares(kLaterPass, kConstants); };
struct StoreShifts { static constexpr sfpu::Sequence value = sfpu::store_shifts(kLaterPass); };
struct StoreMeans { static constexpr sfpu::Sequence value = sfpu::store_means(kLaterPass, kShifts, kConstants); };
struct StoreRstds { static constexpr sfpu::Sequence value = sfpu::store_rstds(kLaterPass, kConstants); };
struct FindVariances { static constexpr sfpu::Sequence value = sfpu::variances_from_squares(kLaterPass, kConstants); };
struct StoreStats {
    static constexpr uint32_t elements_bits = __builtin_bit_cast(uint32_t, static_cast<float>(kWidth));
    static constexpr sfpu::Sequence value = sfpu::store_stats(kLaterPass, kCentres, kConstants, elements_bits);
};
struct RestoreConstant { static constexpr sfpu::Sequence value = sfpu::Sequence{}.then(sfpu::restore_minus_one()); };

// The passes, each a step over a batch. Paired rows are shifted and centred in passes of their own.
struct Shift {
    static constexpr sfpu::Batch batch = kFirstPass;
    static constexpr sfpu::Sequence step(sfpu::Batch batch) { return sfpu::adjust_step(batch, false, kFirstStores); }
};
struct Sum {
    static constexpr bool is_first = !kShifts || !kRowsArePaired;
    static constexpr sfpu::Batch batch = is_first ? kFirstPass : kLaterPass;
    static constexpr sfpu::Sequence step(sfpu::Batch batch, sfpu::Sums sums = sfpu::Sums::kGoOn) {
        return sfpu::sum_step(batch, is_first ? kFirstStores : sfpu::Stores{}, sums);
    }
};
struct Centre {
    static constexpr sfpu::Batch batch = kLaterPass;
    static constexpr sfpu::Sequence step(sfpu::Batch batch) { return sfpu::adjust_step(batch, true, {}); }
};
struct Square {
    static constexpr sfpu::Batch batch = kCentres ? kLaterPass : kFirstPass;
    static constexpr bool centres = kCentres && !kRowsArePaired;
    static constexpr sfpu::Sequence step(sfpu::Batch batch, sfpu::Sums sums = sfpu::Sums::kGoOn) {
        return sfpu::square_step(batch, centres,
                                 kCentres ? sfpu::Stores{kIsResident && centres, false} : kFirstStores, sums);
    }
};
struct Normalise {
    static constexpr sfpu::Batch batch = kLaterPass;
    static constexpr sfpu::Sequence step(sfpu::Batch batch) {
        return sfpu::normalise_step(batch, kCentres && !kIsResident, kAffine, !kIsResident && kSumTensor.is_there());
    }
};

// The last pass over a strip's groups, even columns or odd ones.
template <uint32_t parity>
struct NormaliseGroup {
    static constexpr sfpu::Sequence value = sfpu::normalise_group_step(
        parity, kCentres && !kIsResident, kAffine,
        {kTurns<kInputTensor> && !kIsResident && !kJoinsFirst, !kTurns<kOutputTensor>});
};

// Stats of parts of rows, a vector pair each step, of which so many numbers of each row count.
struct FindShiftsOfParts { static constexpr sfpu::Sequence value = sfpu::shifts_from_first_elements(kStatsBatch); };
struct SumMeans {
    static constexpr sfpu::Sequence step(uint32_t numbers) { return sfpu::sum_means_step(kStatsBatch, numbers); }
};
struct SumVariances {
    static constexpr sfpu::Sequence step(uint32_t numbers) {
        return sfpu::sum_variances_step(kStatsBatch, numbers, kCentres);
    }
};
template <typename Sum, uint32_t numbers>
struct StatsStep { static constexpr sfpu::Sequence value = Sum::step(numbers).advance(); };

// From vector `first` of a row on.
template <typename Pass, uint32_t first = 0>
struct Step { static constexpr sfpu::Sequence value = Pass::step(Pass::batch.from_vector(first)).advance(); };
// The same, with which a piece of a sum begins.
template <typename Pass>
struct FirstStep { static constexpr sfpu::Sequence value = Pass::step(Pass::batch, sfpu::Sums::kBegin).advance(); };
// One of the last two vectors, even (0) or odd elements (1), of a pass from vector `first` on.
template <typename Pass, uint32_t vector, uint32_t first = 0>
struct TailStep {
    static constexpr sfpu::Batch batch = Pass::batch.with_vector(first + vector);
    static constexpr sfpu::Sequence value =
        sfpu::masked(batch, Pass::step(batch), static_cast<int32_t>(kTail) - static_cast<int32_t>(vector));
};
// Of what the FPU has added up of one row of the batch, behind as many matrices as it has added to.
template <uint32_t row, uint32_t pairs, sfpu::Sums sums>
struct SumPairs {
    static constexpr sfpu::Sequence value =
        sfpu::sum_row_step(row, pairs * kVectorsPerMatrix, kVectorsPerStep, sums).advance();
};
struct RoundToEven { static constexpr sfpu::Sequence value = sfpu::round_to_even_step(kVectorsPerStep).advance(); };
struct JoinLevel { static constexpr sfpu::Sequence value = sfpu::join_level(kVectorsPerBatch); };
struct StoreLevel { static constexpr sfpu::Sequence value = sfpu::store_level(kVectorsPerBatch); };
struct JoinSlices { static constexpr sfpu::Sequence value = sfpu::join_slices(kVectorsPerBatch, kSlices); };
// clang-format on

// The next batch's rows, and a segment's, start here; steps count vectors from it.
inline void point_sfpu_at(uint32_t dest_row) { TT_SETC16(DEST_TARGET_REG_CFG_MATH_Offset_ADDR32, dest_row); }
inline void rewind() { TTI_SETRWC(p_setrwc::CLR_NONE, 0, 0, 0, 0, p_setrwc::SET_D); }

// The vector pairs of stats that the SFPU is pointed at.
template <typename Sum>
inline void sum_stats() {
    constexpr uint32_t kPerPair = contract::stats_per_pair(kRowsPerVector);
    constexpr uint32_t kWholePairs = kStatsNumbers / kPerPair;
    static_assert(!kTakesStats || kDestRowsPerStep == sfpu::kDestRowsPerSum, "a step is a vector pair");
    if constexpr (kWholePairs != 0) {
        sfpu::repeat<StatsStep<Sum, kPerPair>>(kWholePairs);
    }
    if constexpr (kStatsNumbers % kPerPair != 0) {
        sfpu::issue<StatsStep<Sum, kStatsNumbers % kPerPair>>();
    }
    rewind();
}

// The row's last vectors, behind those from `first` on, their padding masked.
template <typename Pass, uint32_t first>
inline void sum_tail() {
    if constexpr (kTail != 0) {
        sfpu::issue<TailStep<Pass, 0, first>>();
        sfpu::issue<TailStep<Pass, 1, first>>();
    }
}

// One pass that sums a row of one segment, from vector `first` on; the sums go on.
template <typename Pass, uint32_t first = 0>
inline void run_summing_pass() {
    if constexpr (kWholeVectors > first) {
        sfpu::repeat<Step<Pass, first>>((kWholeVectors - first) / kVectorsPerStep);
    }
    sum_tail<Pass, first>();
    rewind();
}

// `vectors` vectors of each row, the first of a piece.
template <typename Pass, uint32_t vectors>
inline void begin_piece() {
    constexpr uint32_t kSteps = vectors / kVectorsPerStep;
    if constexpr (kSteps == 0) {
        sfpu::issue<ClearSums>();
    } else {
        sfpu::issue<FirstStep<Pass>>();
    }
    if constexpr (kSteps > 1) {
        sfpu::repeat<Step<Pass>>(kSteps - 1);
    }
}

// A piece's sums: over a whole chunk, or over the row's last segment with its padding masked.
template <typename Pass>
inline void sum_piece(bool is_last_segment) {
    if (kLastSegment == contract::kElementsPerChunk || !is_last_segment) {
        begin_piece<Pass, kVectorsPerChunk>();
    } else {
        begin_piece<Pass, kWholeVectors>();
        sum_tail<Pass, 0>();
    }
    rewind();
}

// Behind a piece's sums: those of the pieces before it, level by level, and all that are left behind the last. Levels
// stand where gamma and beta of a segment do in the last pass.
inline constexpr uint32_t kLevelRows = sfpu::dest_rows_per_level(kVectorsPerBatch);
static_assert(kIsResident || sfpu::count_levels(kSegments) * kLevelRows <= 2 * kChunkRows,
              "there is room for every level");
inline void join_pieces(uint32_t piece, uint32_t dest_row) {
    const bool is_last = piece + 1 == kSegments;
    for (uint32_t left = piece; left % 2 != 0 || (is_last && left != 0); left /= 2) {
        if (left % 2 != 0) {
            point_sfpu_at(dest_row);
            sfpu::issue<JoinLevel>();
        }
        dest_row += kLevelRows;
    }
    if (!is_last) {
        point_sfpu_at(dest_row);
        sfpu::issue<StoreLevel>();
    }
}

// The first pass over one segment of streamed rows; their shifts come from the first, if the core has it.
inline void sum_segment(uint32_t segment) {
    if (kShifts && !kExchangesSums && segment == 0) {
        sfpu::issue<FindShifts>();
    }
    sum_piece<Sum>(segment + 1 == kSegments);
}

// One pass that changes elements of a row of one segment in place; what it makes of padding is never written to a
// tensor, nor summed.
template <typename Pass>
inline void run_changing_pass() {
    sfpu::repeat<Step<Pass>>(kLastVectors / kVectorsPerStep);
    rewind();
}

// Some steps of one of the last passes, from `dest_row` on. Groups are normalised even columns first, then odd ones.
template <typename Pass>
inline void run_steps(uint32_t dest_row, uint32_t steps, uint32_t affine_distance) {
    point_sfpu_at(dest_row);
    if constexpr (kNormalisesGroups && std::is_same_v<Pass, Normalise>) {
        sfpu::repeat<NormaliseGroup<0>>(steps, affine_distance);
        rewind();
        point_sfpu_at(dest_row + sfpu::kDestRowsPerVector);
        sfpu::repeat<NormaliseGroup<1>>(steps, affine_distance);
    } else {
        sfpu::repeat<Step<Pass>>(steps * (kLastStepRows / kDestRowsPerStep), affine_distance);
    }
    rewind();
}

// Of all of them; none if there are no steps.
template <typename... Pass>
inline void run_part(PassList<Pass...>, uint32_t dest_row, uint32_t steps, uint32_t affine_distance) {
    if (steps != 0) {
        (run_steps<Pass>(dest_row, steps, affine_distance), ...);
    }
}

// A statistic from its registers -> the batch's statistics in DEST, `distance` rows from the batch, if they are
// returned.
template <typename Store>
inline void store_statistic(uint32_t distance) {
    if constexpr (kHandsOverStatistics) {
        sfpu::issue<Store>(distance);
    }
}

// What stays in the registers of sums is taken out of paired rows before these are sums again.
template <typename Pass>
inline void adjust_paired_rows() {
    if constexpr (kRowsArePaired) {
        run_changing_pass<Pass>();
        sfpu::issue<ClearSums>();
    }
}

// The sums of `pairs` pairs of matrices, which the FPU has put behind as many matrices from `dest_row` on -> the sum of
// row `row` of the batch. Each matrix is loaded four instructions and more behind its last addition, and needs three
// ("SFPLOAD").
template <uint32_t row, uint32_t pairs, sfpu::Sums sums>
inline void sum_pairs(uint32_t dest_row) {
    constexpr uint32_t kSteps = pairs * kVectorsPerMatrix / kVectorsPerStep;
    constexpr bool kBegins = sums == sfpu::Sums::kBegin;
    point_sfpu_at(dest_row);
    if constexpr (kBegins) {
        sfpu::issue<SumPairs<row, pairs, sfpu::Sums::kBegin>>();
    }
    sfpu::repeat<SumPairs<row, pairs, sfpu::Sums::kGoOn>>(kSteps - (kBegins ? 1 : 0));
    rewind();
}

// One row of a batch, SrcA -> DEST from `dest_row`, and all its pairs of matrices -> its sum.
template <uint32_t row>
inline void move_and_sum_row(uint32_t dest_row) {
    tensix::move_to_dest_with_sums<kMatricesPerRow, kPairsOfMatrices>(dest_row);
    sum_pairs<row, kPairsOfMatrices, sfpu::Sums::kGoOn>(dest_row);
    tensix::order_fill_after_sfpu();
    tensix::move_first_matrices<2 * kPairsOfMatrices>();
}

// A pass that sums a batch's resident rows. The first takes their shifts out of them, and leaves what the FPU has
// summed: all before the last pair of matrices.
template <typename Pass>
inline void sum_resident_rows([[maybe_unused]] uint32_t statistics_distance) {
    constexpr bool kIsFirst = std::is_same_v<Pass, Sum>;
    if constexpr (kIsFirst && kShifts) {
        sfpu::issue<FindShifts>();
        if constexpr (!kKeepsShift) {
            store_statistic<StoreShifts>(statistics_distance);
        }
        adjust_paired_rows<Shift>();
    }
    constexpr uint32_t kSummed = kIsFirst ? 2 * kPairsOfMatrices * kVectorsPerMatrix : 0;
    if constexpr (kSummed < kLastVectors) {
        run_summing_pass<Pass, kSummed>();
    }
}

// Sums from `dest_row` on, of `vectors` vectors, as the packer is to have them.
inline void round_sums(uint32_t dest_row, uint32_t vectors) {
    if constexpr (kSumTensor.element_bytes == contract::kBytesPerBfloat16) {
        point_sfpu_at(dest_row);
        sfpu::repeat<RoundToEven>(vectors / kVectorsPerStep);
        rewind();
    }
}

}  // namespace layernorm_fused_rm

#endif
