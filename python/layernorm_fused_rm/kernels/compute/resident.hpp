// SPDX-License-Identifier: Apache-2.0
// Compute of a block of rows of one segment (width <= 1,024): the rows stay in DEST from their first pass to their
// last.
#pragma once

#include <stdint.h>

#include "compute/state.hpp"
#include "norm/passes.hpp"
#include "tensix/zones.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

inline constexpr uint32_t kResidentChunksForRows =
    kResidualTensor.is_there() ? 1 : kChunksPerZone - (kReturnsStatistics ? 1 : 0);
static_assert(!kIsResident || kRowsPerBlock * kRowStride <= kResidentChunksForRows * contract::kElementsPerChunk);

// A batch's rows, from row `first` of kInput's front page -> DEST from `dest_row`, each by itself, and their sums. The
// SFPU need not wait for the FPU: statistics lie between the last row's move and what is loaded of it.
template <uint32_t row = 0>
inline void fill_and_sum_batch(uint32_t first, uint32_t dest_row, Formats& formats) {
    formats.unpack_from<kInputOperand>();
    UNPACK((tensix::unpack_to_srca(element_address<kInputOperand>((first + row) * kRowStride), kRowStride)));
    MATH((move_and_sum_row<row>(dest_row + row * kBatchStrideRows)));
    if constexpr (row + 1 < kRowsPerBatch) {
        fill_and_sum_batch<row + 1>(first, dest_row, formats);
    }
}

// A batch that lies in DEST where the SFPU is pointed at; its statistics go `statistics_distance` rows behind that. The
// sums have been cleared, or hold what the FPU has summed.
struct ResidentBatch {
    uint32_t statistics_distance;

    template <typename Pass>
    void sum() const {
        MATH((sum_resident_rows<Pass>(statistics_distance)));
    }
    template <typename Find, typename Store>
    void find([[maybe_unused]] uint32_t operand = 0) const {
        MATH((sfpu::issue<Find>(operand)));
        MATH((store_statistic<Store>(statistics_distance)));
    }
    template <typename Pass>
    void adjust() const {
        MATH((adjust_paired_rows<Pass>()));
    }
};

// Block [rows, kWidth] of one segment: filled once, normalised batch by batch, packed once. Pops kInput and kResidual,
// pushes kStatistics, kOutput, kSum. The SFPU need not wait for the FPU here either: sums are cleared first. Of strips,
// `first_row` is the first's, kNoPadding where it is to be taken for one without padding.
inline void normalise_resident_block(uint32_t rows, [[maybe_unused]] uint32_t first_row, State& state) {
    const uint32_t zone = state.zone;
    const uint32_t batches = (rows + kRowsPerBatch - 1) / kRowsPerBatch;
    const uint32_t elements = batches * kRowsPerBatch * kRowStride;
    tensix::acquire_zone();
    if constexpr (kSumsWhileMoving) {
        cb_wait_front(kInput, 1);
    } else {
        fill_page<kInputOperand>(zone_row(zone), elements, state.formats);
        fill_page<kResidualOperand>(zone_row(zone) + kResidualRow, elements, state.formats);
        if constexpr (kTurns<kInputTensor> || kTurns<kResidualTensor>) {
            tensix::order_sfpu_after_fill();
            turn_inputs(zone_row(zone), elements / kElementsPerGroup);
        }
    }
    for (uint32_t batch = 0; batch < batches; ++batch) {
        const uint32_t row = zone_row(zone) + batch * kVectorsPerBatch * kBatchStrideRows;
        const uint32_t statistics_row = zone_row(zone) + kSparedRow;
        MATH((sfpu::issue<ClearSums>()));
        if constexpr (kSumsWhileMoving) {
            fill_and_sum_batch(batch * kRowsPerBatch, row, state.formats);
        }
        MATH((point_sfpu_at(row)));
        MATH((find_statistics(ResidentBatch{statistics_row + sfpu::mean_row(batch * kVectorsPerBatch) - row})));
        load_affine_once(state);
        if constexpr (kNormalisesGroups) {
            MATH((store_factors(kGammaRow)));
        }
        MATH((run_part(LastPasses{}, row, kLastSteps, kGammaRow - row)));
        if constexpr (kRowsAreStrips) {
            const uint32_t first = first_row == kNoPadding ? kNoPadding : first_row + batch * kRowsPerBatch;
            clear_padding_of_outputs(row, kLastVectors, true, rows_in_strip<contract::ComputeArgument>(first));
        }
    }
    activate_rows(zone, 1, elements / sfpu::kLanes);
    turn_outputs(zone_row(zone), elements / kElementsPerGroup);
    MATH((round_sums(zone_row(zone) + kResidualRow, elements / sfpu::kLanes)));
    if constexpr (kSumsWhileMoving) {
        cb_pop_front(kInput, 1);
    }
    tensix::commit_zone();
    tensix::wait_zone();
    const uint32_t chunk = zone * kChunksPerZone;
    pack_statistics(chunk + kSparedRow / kChunkRows, state.formats);
    pack_rows<kOutputTensor>(kOutput, chunk, elements, state.formats);
    pack_rows<kSumTensor>(kSum, chunk + kResidualRow / kChunkRows, elements, state.formats);
    tensix::release_zone();
    state.zone ^= 1;
}

}  // namespace layernorm_fused_rm
