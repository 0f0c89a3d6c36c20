// SPDX-License-Identifier: Apache-2.0
// Compute of a block of rows of several segments: each pass fills DEST with a segment after the other.
//
// Zones: before one is committed the other is acquired, and filled meanwhile. So at most one is committed and not
// released, which is MATH_PACK's capacity here (tensix/zones.hpp), and a block begins with a zone that is acquired: the
// first, or the one that the last block's last segment has acquired.
#pragma once

#include <stdint.h>

#include <type_traits>

#include "compute/exchange.hpp"
#include "compute/state.hpp"
#include "compute/stats.hpp"
#include "norm/passes.hpp"
#include "tensix/zones.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

static_assert(kIsResident || (kRowsPerBlock == kRowsPerBatch &&
                              kVectorsPerBatch <= (kShifts ? contract::kMaxShiftedStreamedRowsPerBatch
                                                           : contract::kMaxStreamedRowsPerBatch)));
static_assert(kIsResident || !kResidualTensor.is_there() || kVectorsPerBatch == 1);
static_assert(kIsResident || !kActivates || kVectorsPerBatch <= contract::kMaxActivatedStreamedRowsPerBatch);

// Elements of a chunk for each of gamma's that belongs to it.
inline constexpr uint32_t kVectorCopies = kRowsAreStrips ? contract::kRowsPerStrip : 1;

// The last pass over a segment comes in parts. Behind each but the last there is room in SrcA for two rows of the next.
inline constexpr uint32_t kSourceBanks = 2;
inline constexpr uint32_t kParts = (kVectorsPerBatch + kSourceBanks - 1) / kSourceBanks + 1;
inline uint32_t rows_from(uint32_t first) {
    return first + kSourceBanks < kVectorsPerBatch ? first + kSourceBanks : kVectorsPerBatch;
}

// Where a summing pass finds a segment's step in the buffers of rows. What is read again is dropped at once.
inline uint32_t steps_behind(uint32_t segment) { return kReadsAgain ? 0 : segment; }
inline void drop_segment() {
    if constexpr (kReadsAgain) {
        pop_rows(kPagesPerStep);
    }
}

// Waits for a segment in a summing pass.
inline void wait_for_segment(uint32_t segment) { wait_for_rows((steps_behind(segment) + 1) * kPagesPerStep); }

// Calls visit(elements of a row, or of a strip, in this segment), a constant, so that what is issued for it is a plain
// sequence: a loop takes the RISC-V three cycles an instruction, and what lies between two parts of a pass is waited
// for.
template <typename Visit>
inline __attribute__((always_inline)) void with_elements_of(uint32_t segment, Visit visit) {
    if (kLastSegment == kColumnsPerChunk || segment + 1 < kSegments) {
        visit(std::integral_constant<uint32_t, contract::kElementsPerChunk>{});
    } else if constexpr (kRowsAreStrips) {
        visit(std::integral_constant<uint32_t, kGroupsOfLastSegment * kElementsPerGroup>{});
    } else {
        visit(std::integral_constant<uint32_t, kLastSegment>{});
    }
}
// Groups of 64 columns in it, each as many vectors, also where its rows lie one behind the other.
inline constexpr uint32_t kVectorsPerGroup = kElementsPerGroup / sfpu::kLanes;
inline uint32_t groups_of(uint32_t segment) {
    return segment + 1 < kSegments ? sfpu::kGroupsPerChunk : kGroupsOfLastSegment;
}

// One segment of rows `first` to `last` - 1 of a block, kInput and kResidual -> their chunks in a zone; the segment's
// pages are `steps` steps behind the front of their buffers.
inline void fill_rows(uint32_t first, uint32_t last, uint32_t steps, uint32_t zone, uint32_t segment,
                      Formats& formats) {
    with_elements_of(segment, [&](auto elements) {
        for (uint32_t row = first; row < last; ++row) {
            const uint32_t page = steps * kPagesPerStep + row;
            fill_from_page<kInputOperand>(page, zone_row(zone) + row * kChunkRows, elements, formats);
            fill_from_page<kResidualOperand>(page, zone_row(zone) + kResidualRow, elements, formats);
        }
    });
}

// A segment of the block's rows, once it is there -> the zone at hand, where the SFPU is pointed at it.
inline __attribute__((always_inline)) void bring_segment(uint32_t segment, State& state) {
    wait_for_segment(segment);
    tensix::order_fill_after_sfpu();
    fill_rows(0, kVectorsPerBatch, steps_behind(segment), state.zone, segment, state.formats);
    tensix::order_sfpu_after_fill();
    drop_segment();
    turn_inputs(zone_row(state.zone), groups_of(segment));
    MATH((point_sfpu_at(zone_row(state.zone))));
}

// One summing pass over all segments of the block in one zone, each as soon as it is there, a piece of the sums each.
template <typename Pass>
inline void sum_segments(uint32_t first, State& state, Pass pass) {
    for (uint32_t segment = first; segment < kSegments; ++segment) {
        bring_segment(segment, state);
        pass(segment);
        MATH((join_pieces(segment, kGammaRow)));
    }
}

// A whole segment of each row of a block -> the sums of pairs of its matrices, in the zone -> the rows' sums: a row's
// while the next one is unpacked.
template <uint32_t row = 0>
inline void sum_whole_segment(uint32_t steps, State& state) {
    constexpr uint32_t kPairs = tensix::kMatricesPerChunk / 2;
    const uint32_t dest_row = zone_row(state.zone) + row * kChunkRows;
    const uint32_t element = (steps * kPagesPerStep + row) * kPageElements;
    UNPACK((tensix::unpack_to_srca(element_address<kInputOperand>(element), contract::kElementsPerChunk)));
    MATH((tensix::move_sums_to_dest<kPairs>(dest_row)));
    if constexpr (row > 0) {
        MATH((sum_pairs<row - 1, kPairs, sfpu::Sums::kBegin>(dest_row - kChunkRows)));
    }
    if constexpr (row + 1 < kVectorsPerBatch) {
        sum_whole_segment<row + 1>(steps, state);
    } else {
        MATH((turn_pairs(dest_row, kPairs)));
        MATH((sum_pairs<row, kPairs, sfpu::Sums::kBegin>(dest_row)));
    }
}

// The pass that sums the block's rows: whole segments with the FPU's help.
inline void sum_rows_of_block(State& state) {
    uint32_t segment = 0;
    if constexpr (kSumsSegmentsOnFpu) {
        state.formats.unpack_from<kInputOperand>();
        for (; segment < kWholeSegments; ++segment) {
            wait_for_segment(segment);
            tensix::order_fill_after_sfpu();
            sum_whole_segment(steps_behind(segment), state);
            MATH((join_pieces(segment, kGammaRow)));
            drop_segment();
        }
    }
    sum_segments(segment, state, [](uint32_t at) { MATH((sum_segment(at))); });
}

// -K of rows whose first elements the first slice has; a pass of its own, since the zone goes to the exchange.
inline void find_shifts([[maybe_unused]] State& state) {
    if constexpr (kExchangesSums && kShifts) {
        bring_segment(0, state);
        if (own_slice() == 0) {
            MATH((sfpu::issue<FindShifts>()));
            MATH((sfpu::issue<GiveShift>()));
        } else {
            MATH((sfpu::issue<GiveNoShift>()));
        }
        exchange_sums(state);
        MATH((sfpu::issue<TakeShift>()));
    }
}

// A block of which each pass gets all elements anew, so centring them is part of each. Statistics stay in their
// registers, since DEST has another segment by then: hand_over_statistics stores them.
struct StreamedBlock {
    State& state;

    template <typename Pass>
    void sum() const {
        if constexpr (std::is_same_v<Pass, Sum>) {
            find_shifts(state);
            sum_rows_of_block(state);
        } else {
            sum_segments(0, state, [](uint32_t segment) { MATH((sum_piece<Pass>(segment + 1 == kSegments))); });
        }
    }
    template <typename Find, typename Store>
    void find([[maybe_unused]] uint32_t operand = 0) const {
        exchange_sums(state);
        MATH((sfpu::issue<Find>(operand)));
    }
    template <typename Pass>
    void adjust() const {}
};

// Takes rows out of their buffers that have only been summed.
inline void drop_rows() {
    if constexpr (!kReadsAgain) {
        pop_rows(kSegments * kPagesPerStep);
    }
}

// The block's statistics, LREGs -> kStatistics, by the zone at hand; acquires the other.
inline void hand_over_statistics(State& state) {
    hand_over(
        state,
        [] {
            if constexpr (kCentres && kReturnsStatistics) {
                MATH((store_statistic<StoreMeans>(0)));
            }
            MATH((store_statistic<StoreRstds>(0)));
        },
        [&](uint32_t chunk) { pack_statistics(chunk, state.formats); });
}

// One segment of gamma and beta -> DEST.
inline void fill_affine_segment(uint32_t segment, State& state) {
    if constexpr (kReadsAgain) {
        wait_for_affine();
        with_elements_of(segment, [&](auto elements) { fill_affine(0, elements / kVectorCopies, state.formats); });
        pop_affine();
    } else {
        const uint32_t first = first_affine_column() + segment * kColumnsPerChunk;
        with_elements_of(segment, [&](auto elements) { fill_affine(first, elements / kVectorCopies, state.formats); });
    }
}

// Packs the rows of one segment, a page a row.
template <const TensorLayout& tensor>
inline void pack_segment(uint32_t buffer, uint32_t chunk, Formats& formats) {
    if constexpr (tensor.is_there()) {
        formats.pack_to(buffer, tensor.element_bytes);
        cb_reserve_back(buffer, kPagesPerStep);
        for (uint32_t row = 0; row < kVectorsPerBatch; ++row) {
            tensix::pack_chunk(chunk + row, tensix::back_address(buffer) + row * page_bytes(tensor));
        }
        cb_push_back(buffer, kPagesPerStep);
    }
}

// Rows `first` to the last of a segment, and the segment's gamma and beta -> DEST. Pops its step.
inline void finish_fill(uint32_t first, uint32_t segment, State& state) {
    fill_rows(first, kVectorsPerBatch, 0, state.zone, segment, state.formats);
    pop_rows(kPagesPerStep);
    fill_affine_segment(segment, state);
}

// Normalises one segment of the block's rows in place, part by part, and acquires the other zone. Behind each part but
// the last goes what the unpacker has meanwhile brought of the next segment: SrcA's banks hold two rows.
inline void normalise_segment(uint32_t segment, uint32_t zone, Formats& formats) {
    const bool is_last = segment + 1 == kSegments;
    const uint32_t per_part = is_last ? kLastSteps / kParts : kLastStepsOfChunk / kParts;
    uint32_t left = is_last ? kLastSteps : kLastStepsOfChunk;
    uint32_t dest_row = zone_row(zone);
    if constexpr (!kNormalisesGroups || kJoinsFirst) {
        turn_inputs(dest_row, groups_of(segment));
    }
    if constexpr (kJoinsFirst) {
        MATH((join_segment(dest_row, kGammaRow, is_last ? kLastVectors : kVectorsPerChunk)));
    }
    for (uint32_t part = 0; part < kParts; ++part) {
        const uint32_t steps = part + 1 < kParts ? per_part : left;
        MATH((run_part(LastPasses{}, dest_row, steps, kGammaRow - zone_row(zone))));
        dest_row += steps * kLastStepRows;
        left -= steps;
        if (part == 0) {
            tensix::acquire_zone();
        }
        if (part + 1 < kParts && !is_last) {
            wait_for_rows(kPagesPerStep);
            const uint32_t first = part * kSourceBanks;
            fill_rows(first, rows_from(first), 0, zone ^ 1, segment + 1, formats);
        }
    }
}

// The last pass over all segments: normalises and packs. Pops and pushes a step each. Of a strip, `rows` rows are no
// padding.
inline void normalise_segments([[maybe_unused]] uint32_t rows, State& state) {
    wait_for_rows(kPagesPerStep);
    tensix::order_fill_after_sfpu();
    finish_fill(0, 0, state);
    for (uint32_t segment = 0; segment < kSegments; ++segment) {
        const uint32_t chunk = state.zone * kChunksPerZone;
        const bool is_last = segment + 1 == kSegments;
        const uint32_t vectors = is_last ? kLastVectors : kVectorsPerChunk;
        normalise_segment(segment, state.zone, state.formats);
        activate_rows(state.zone, kVectorsPerBatch, kRowsAreStrips ? groups_of(segment) * kVectorsPerGroup : vectors);
        clear_padding_of_outputs(zone_row(state.zone), vectors, is_last, rows);
        MATH((round_sums(zone_row(state.zone) + kResidualRow, vectors)));
        turn_outputs(zone_row(state.zone), groups_of(segment));
        tensix::commit_zone();
        state.zone ^= 1;
        if (segment + 1 < kSegments) {
            finish_fill(kVectorsPerBatch, segment + 1, state);
        }
        tensix::wait_zone();
        pack_segment<kOutputTensor>(kOutput, chunk, state.formats);
        pack_segment<kSumTensor>(kSum, chunk + kResidualRow / kChunkRows, state.formats);
        tensix::release_zone();
    }
}

// Block [kRowsPerBatch, kWidth] of several segments: filled once a pass. `first_row` as of resident blocks.
inline void normalise_streamed_block([[maybe_unused]] uint32_t first_row, State& state) {
    MATH((sfpu::issue<ClearSums>()));
    if constexpr (kTakesStats) {
        take_stats(state);
    } else if constexpr (kTellsStats) {
        sum_rows(StreamedBlock{state});
        tell_stats(state);
        return drop_rows();
    } else {
        find_statistics(StreamedBlock{state});
    }
    if constexpr (kHandsOverStatistics) {
        hand_over_statistics(state);
    }
    load_affine_once(state);
    if constexpr (kNormalisesGroups) {
        MATH((store_factors(kGammaRow)));
    }
    normalise_segments(rows_in_strip<contract::ComputeArgument>(first_row), state);
}

}  // namespace layernorm_fused_rm
