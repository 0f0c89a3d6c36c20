// Compute of layernorm_fused_rm: normalises rows in fp32, from L1 through DEST and back to L1. Three threads: unpack,
// math, pack.
//
//     y = (x - mean(x)) * rsqrt(variance(x) + epsilon) * gamma + beta        over the kWidth elements of each row
//     y = x * rsqrt(mean(x^2) + epsilon) * gamma + beta                      where kCentring is kNone
//
// shapes   kInput, kResidual, kOutput, kSum: a page is kRowsPerBlock rows kRowStride elements apart, or one segment of
//          one row; kStatistics: a block's means and rstds; linear, never tiles
// in       kInput, kResidual; kGamma, kBeta (one page each, kept to the end, or a page with each last step)
// out      kOutput, kSum, kStatistics
// invariant: per step kPagesPerStep pages of kInput are popped and as many of kOutput pushed, and of kResidual and kSum
//            where there are any; a page of kStatistics per block; a zone is acquired, committed, waited for and
//            released once per step, and once more for the statistics of streamed rows
// numerics: bf16 or fp32 in, fp32 in DEST and on the SFPU, one rounding to the output's format at the packer
#include <stdint.h>

#include "api/compute/common.h"
#include "api/compute/tile_move_copy.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "normalise.hpp"
#include "operands.hpp"
#include "tensix/buffers.hpp"
#include "tensix/fill.hpp"
#include "tensix/zones.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

inline constexpr uint32_t kChunksPerZone =
    kIsResident ? contract::kChunksPerResidentZone : contract::kChunksPerStreamedZone;

// DEST rows within a zone, and of gamma and beta: behind both zones when resident, behind the rows in each streamed
// zone.
inline constexpr uint32_t kResidualRow = kChunkRows;
inline constexpr uint32_t kResidentStatisticsRow = (contract::kChunksPerResidentZone - 1) * kChunkRows;
inline constexpr uint32_t kResidentGammaRow = contract::kZones * contract::kChunksPerResidentZone * kChunkRows;
inline constexpr uint32_t kStreamedGammaRow = contract::kMaxStreamedRowsPerBatch * kChunkRows;

inline constexpr uint32_t kResidentChunksForRows =
    kResidualTensor.is_there() ? 1 : contract::kChunksPerResidentZone - (kReturnsStatistics ? 1 : 0);
static_assert(!kIsResident || kRowsPerBlock * kRowStride <= kResidentChunksForRows * contract::kElementsPerChunk);
static_assert(kIsResident ||
              (kRowsPerBlock == kRowsPerBatch && kRowsPerBatch <= (kShifts ? contract::kMaxShiftedStreamedRowsPerBatch
                                                                           : contract::kMaxStreamedRowsPerBatch)));
static_assert(kIsResident || !kResidualTensor.is_there() || kRowsPerBatch == 1);
static_assert(kVectorsPerBatch <= contract::kMaxVectorsPerBatch);
static_assert(!kReturnsStatistics || kRowsPerBlock <= kRowsPerVector * contract::kMaxVectorsWithStatistics);

// What outlives a block.
struct State {
    uint32_t zone = 0;               // the next to be filled
    bool affine_is_settled = false;  // gamma and beta are where they are read
    Formats formats{};
};

inline uint32_t zone_row(uint32_t zone) { return zone * kChunksPerZone * kChunkRows; }

// kGamma, kBeta -> DEST from `gamma_row`, beta one chunk behind gamma; from element `offset` of their pages.
inline void fill_affine(uint32_t gamma_row, uint32_t offset, uint32_t elements, Formats& formats) {
    fill_from_element<kGammaOperand>(offset, gamma_row, elements, formats);
    fill_from_element<kBetaOperand>(offset, gamma_row + kChunkRows, elements, formats);
}

// Packs a zone's `elements` elements from `chunk` on, chunk by chunk, to the back page of a row buffer.
template <const RowTensor& tensor>
inline void pack_rows(uint32_t buffer, uint32_t chunk, uint32_t elements, Formats& formats) {
    if constexpr (tensor.is_there()) {
        formats.pack_to(buffer, tensor.element_bytes);
        cb_reserve_back(buffer, 1);
        const uint32_t address = tensix::back_address(buffer);
        for (uint32_t packed = 0; packed < elements; packed += contract::kElementsPerChunk, ++chunk) {
            tensix::pack_chunk(chunk, address + packed * tensor.element_bytes);
        }
        cb_push_back(buffer, 1);
    }
}

// The zone's chunk of statistics -> kStatistics.
inline void pack_statistics(uint32_t chunk, Formats& formats) {
    pack_rows<kStatisticsTensor>(kStatistics, chunk, contract::kElementsPerChunk, formats);
}

// Waits for kGamma and kBeta, once, and where rows are resident moves them to DEST, to stay. Late, in the first block,
// because rows arrive before they do.
inline void settle_affine(State& state) {
    if (!state.affine_is_settled && !kReadsAgain) {
        wait_for_vector<kGammaOperand>();
        wait_for_vector<kBetaOperand>();
        if constexpr (kIsResident) {
            fill_affine(kResidentGammaRow, 0, kVectorElements, state.formats);
            tensix::order_sfpu_after_fill();
        }
    }
    state.affine_is_settled = true;
}

// Block [rows, kWidth] of one segment: filled once, normalised batch by batch, packed once. Pops kInput and kResidual,
// pushes kStatistics, kOutput, kSum.
inline void normalise_resident_block(uint32_t rows, State& state) {
    const uint32_t zone = state.zone;
    const uint32_t batches = (rows + kRowsPerBatch - 1) / kRowsPerBatch;
    const uint32_t elements = batches * kRowsPerBatch * kRowStride;
    tensix::acquire_zone();
    fill_page<kInputOperand>(zone_row(zone), elements, state.formats);
    fill_page<kResidualOperand>(zone_row(zone) + kResidualRow, elements, state.formats);
    tensix::order_sfpu_after_fill();
    for (uint32_t batch = 0; batch < batches; ++batch) {
        const uint32_t row = zone_row(zone) + batch * kVectorsPerBatch * kBatchStrideRows;
        const uint32_t statistics_row = zone_row(zone) + kResidentStatisticsRow;
        MATH((find_statistics(row, statistics_row + sfpu::mean_row(batch * kVectorsPerBatch) - row)));
        settle_affine(state);
        MATH((scale_and_shift(row, kResidentGammaRow)));
    }
    tensix::commit_zone();
    tensix::wait_zone();
    const uint32_t chunk = zone * kChunksPerZone;
    pack_statistics(chunk + kResidentStatisticsRow / kChunkRows, state.formats);
    pack_rows<kOutputTensor>(kOutput, chunk, elements, state.formats);
    pack_rows<kSumTensor>(kSum, chunk + kResidualRow / kChunkRows, elements, state.formats);
    tensix::release_zone();
    state.zone ^= 1;
}

// One segment of each row of a block, kInput and kResidual -> the first chunks of a zone, one chunk a row; the segment's
// pages are `steps` steps behind the front of their buffers.
inline void fill_segment(uint32_t steps, uint32_t zone, uint32_t elements, Formats& formats) {
    tensix::order_fill_after_sfpu();
    for (uint32_t row = 0; row < kRowsPerBatch; ++row) {
        const uint32_t page = steps * kPagesPerStep + row;
        fill_from_page<kInputOperand>(page, zone_row(zone) + row * kChunkRows, elements, formats);
        fill_from_page<kResidualOperand>(page, zone_row(zone) + kResidualRow, elements, formats);
    }
    tensix::order_sfpu_after_fill();
}

// One summing pass over all segments of the block in one zone, each as soon as it is there; sums stay in LREGs.
template <typename Pass>
inline void sum_segments(State& state, Pass pass) {
    for (uint32_t segment = 0; segment < kSegments; ++segment) {
        const uint32_t behind = kReadsAgain ? 0 : segment;
        wait_for_rows((behind + 1) * kPagesPerStep);
        fill_segment(behind, state.zone, segment_elements(segment), state.formats);
        if constexpr (kReadsAgain) {
            pop_rows(kPagesPerStep);
        }
        MATH((point_sfpu_at(zone_row(state.zone))));
        pass(segment);
    }
}

// The block's statistics, LREGs -> kStatistics, by a zone of their own.
inline void hand_over_statistics(State& state) {
    tensix::acquire_zone();
    MATH((point_sfpu_at(zone_row(state.zone))));
    if constexpr (kCentres) {
        MATH((store_statistic<StoreMeans>(0)));
    }
    MATH((store_statistic<StoreRstds>(0)));
    tensix::commit_zone();
    tensix::wait_zone();
    pack_statistics(state.zone * kChunksPerZone, state.formats);
    tensix::release_zone();
    state.zone ^= 1;
}

// One segment of gamma and beta -> the zone, where the normalising pass looks for them.
inline void fill_affine_segment(uint32_t segment, State& state) {
    const uint32_t gamma_row = zone_row(state.zone) + kStreamedGammaRow;
    if constexpr (kReadsAgain) {
        wait_for_vector<kGammaOperand>();
        wait_for_vector<kBetaOperand>();
        fill_affine(gamma_row, 0, segment_elements(segment), state.formats);
        pop_vector<kGammaOperand>();
        pop_vector<kBetaOperand>();
    } else {
        fill_affine(gamma_row, segment * contract::kElementsPerChunk, segment_elements(segment), state.formats);
    }
    tensix::order_sfpu_after_fill();
}

// Packs the rows of one segment, a page a row.
template <const RowTensor& tensor>
inline void pack_segment(uint32_t buffer, uint32_t chunk, Formats& formats) {
    if constexpr (tensor.is_there()) {
        formats.pack_to(buffer, tensor.element_bytes);
        cb_reserve_back(buffer, kPagesPerStep);
        for (uint32_t row = 0; row < kRowsPerBatch; ++row) {
            tensix::pack_chunk(chunk + row, tensix::back_address(buffer) + row * page_bytes(tensor));
        }
        cb_push_back(buffer, kPagesPerStep);
    }
}

// Normalises and packs one segment of the block's rows. Pops and pushes its step.
inline void normalise_segment(uint32_t segment, State& state) {
    const uint32_t zone = state.zone;
    tensix::acquire_zone();
    wait_for_rows(kPagesPerStep);
    fill_segment(0, zone, segment_elements(segment), state.formats);
    pop_rows(kPagesPerStep);
    fill_affine_segment(segment, state);
    MATH((point_sfpu_at(zone_row(zone))));
    MATH((run_changing_pass<Normalise>(segment + 1 == kSegments, kStreamedGammaRow)));
    tensix::commit_zone();
    tensix::wait_zone();
    const uint32_t chunk = zone * kChunksPerZone;
    pack_segment<kOutputTensor>(kOutput, chunk, state.formats);
    pack_segment<kSumTensor>(kSum, chunk + kResidualRow / kChunkRows, state.formats);
    tensix::release_zone();
    state.zone ^= 1;
}

// Block [kRowsPerBatch, kWidth] of several segments: filled once a pass.
inline void normalise_streamed_block(State& state) {
    tensix::acquire_zone();
    MATH((sfpu::issue<ClearSums>()));
    if constexpr (kCentres) {
        sum_segments(state, [](uint32_t segment) { MATH((sum_segment(segment))); });
        MATH((sfpu::issue<FindCentres>()));
    }
    sum_segments(state, [](uint32_t segment) { MATH((run_summing_pass<Square>(segment + 1 == kSegments))); });
    MATH((sfpu::issue<FindRstd>()));
    if constexpr (kReturnsStatistics) {
        hand_over_statistics(state);
    }
    settle_affine(state);
    for (uint32_t segment = 0; segment < kSegments; ++segment) {
        normalise_segment(segment, state);
    }
}

// Sets the three threads up.
inline void start() {
    compute_kernel_hw_startup(kFirstOperand.buffer, kOutput);
    copy_init(kFirstOperand.buffer);
    tensix::start_zones();
    tensix::start_fill<kDestRowsPerStep>();
    MATH((sfpu::issue<SetConstants>()));
}

// Leaves the core as the next kernel expects it.
inline void finish() {
    MATH((sfpu::issue<RestoreConstant>()));
    tensix::end_fill();
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    start();
    State state;
    for_each_block<contract::ComputeArgument>([&](Block block) {
        if constexpr (kIsResident) {
            normalise_resident_block(block.rows, state);
        } else {
            normalise_streamed_block(state);
        }
    });
    if constexpr (!kReadsAgain) {
        wait_for_vector<kGammaOperand>();  // a core without rows has not waited yet
        wait_for_vector<kBetaOperand>();
        pop_vector<kGammaOperand>();
        pop_vector<kBetaOperand>();
    }
    finish();
}
