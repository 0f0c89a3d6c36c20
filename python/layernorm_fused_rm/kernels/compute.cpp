// Compute of layernorm_fused_rm: normalises rows in fp32, from L1 through DEST and back to L1. Three threads: unpack,
// math, pack.
//
//     y = (x - mean(x)) * rsqrt(variance(x) + epsilon) * gamma + beta        over the kWidth elements of each row
//
// shapes   kInput, kOutput: a page is kRowsPerBlock rows kRowStrideBytes apart, or one segment of one row; linear,
//          never tiles
// in       kInput, kGamma, kBeta (one page each, kept to the end)
// out      kOutput
// invariant: per step kPagesPerStep pages of kInput are popped and as many of kOutput pushed; a zone is acquired,
//            committed, waited for and released once per step
// numerics: bf16 in, fp32 in DEST and on the SFPU, two passes, one rounding to bf16 at the packer
#include <stdint.h>

#include "api/compute/common.h"
#include "api/compute/tile_move_copy.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "normalise.hpp"
#include "tensix/buffers.hpp"
#include "tensix/fill.hpp"
#include "tensix/zones.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

inline constexpr uint32_t kRowsInChunk = contract::kElementsPerChunk / contract::kElementsPerDestRow;
inline constexpr uint32_t kBytesPerChunk = contract::kElementsPerChunk * contract::kBytesPerBfloat16;
inline constexpr uint32_t kChunksPerZone =
    kSegments == 1 ? contract::kChunksPerResidentZone : contract::kChunksPerStreamedZone;

// DEST rows of gamma and beta: behind both zones when resident, behind the two rows of x in each streamed zone.
inline constexpr uint32_t kResidentGammaRow = contract::kZones * contract::kChunksPerResidentZone * kRowsInChunk;
inline constexpr uint32_t kStreamedGammaRow = contract::kMaxStreamedRowsPerBatch * kRowsInChunk;

static_assert(kSegments > 1 ||
              kRowsPerBlock * kRowStride <= contract::kChunksPerResidentZone * contract::kElementsPerChunk);
static_assert(kSegments == 1 ||
              (kRowsPerBlock == kRowsPerBatch && kRowsPerBatch <= contract::kMaxStreamedRowsPerBatch));
static_assert(kRowsPerBatch <= contract::kMaxRowsPerBatch);

inline constexpr uint32_t kBatchStrideRows = kSegments == 1 ? kRowStride / contract::kElementsPerDestRow : kRowsInChunk;

// What outlives a block.
struct State {
    uint32_t zone = 0;               // the next to be filled
    bool affine_is_settled = false;  // gamma and beta are where they are read
};

inline uint32_t zone_row(uint32_t zone) { return zone * kChunksPerZone * kRowsInChunk; }

// kGamma, kBeta [kWidth] -> DEST from `gamma_row`, beta one chunk behind gamma; `offset` elements into the vectors.
inline void fill_affine(uint32_t gamma_row, uint32_t offset, uint32_t elements) {
    const uint32_t offset_bytes = offset * contract::kBytesPerBfloat16;
    tensix::fill(tensix::front_address(kGamma) + offset_bytes, gamma_row, elements);
    tensix::fill(tensix::front_address(kBeta) + offset_bytes, gamma_row + kRowsInChunk, elements);
}

// Packs a zone's `elements` elements, chunk by chunk, to the back page of kOutput.
inline void pack_block(uint32_t zone, uint32_t elements) {
    const uint32_t address = tensix::back_address(kOutput);
    for (uint32_t chunk = 0; chunk * contract::kElementsPerChunk < elements; ++chunk) {
        tensix::pack_chunk(zone * kChunksPerZone + chunk, address + chunk * kBytesPerChunk);
    }
}

// kGamma and kBeta -> DEST, to stay. Late, in the first block, because rows arrive before they do.
inline void settle_affine(bool& is_settled) {
    if (!is_settled) {
        cb_wait_front(kGamma, 1);
        cb_wait_front(kBeta, 1);
        fill_affine(kResidentGammaRow, 0, kWidth);
        tensix::order_sfpu_after_fill();
        is_settled = true;
    }
}

// Block [rows, kWidth] of one segment: filled once, normalised batch by batch, packed once. Pops kInput, pushes
// kOutput.
inline void normalise_resident_block(uint32_t rows, State& state) {
    const uint32_t zone = state.zone;
    const uint32_t batches = (rows + kRowsPerBatch - 1) / kRowsPerBatch;
    const uint32_t elements = batches * kRowsPerBatch * kRowStride;
    tensix::acquire_zone();
    cb_wait_front(kInput, 1);
    tensix::fill(tensix::front_address(kInput), zone_row(zone), elements);
    cb_pop_front(kInput, 1);
    tensix::order_sfpu_after_fill();
    for (uint32_t batch = 0; batch < batches; ++batch) {
        const uint32_t row = zone_row(zone) + batch * kRowsPerBatch * kBatchStrideRows;
        MATH((find_statistics(row)));
        settle_affine(state.affine_is_settled);
        MATH((scale_and_shift(row, kResidentGammaRow)));
    }
    tensix::commit_zone();
    tensix::wait_zone();
    cb_reserve_back(kOutput, 1);
    pack_block(zone, elements);
    cb_push_back(kOutput, 1);
    tensix::release_zone();
    state.zone ^= 1;
}

// One segment of each row of a block, kInput -> the first chunks of a zone, one chunk a row; the segment's pages are
// `steps` steps behind the front of kInput.
inline void fill_segment(uint32_t steps, uint32_t zone, uint32_t elements) {
    const uint32_t address = tensix::front_address(kInput) + steps * kPagesPerStep * kBufferPageBytes;
    tensix::order_fill_after_sfpu();
    for (uint32_t row = 0; row < kRowsPerBatch; ++row) {
        tensix::fill(address + row * kBufferPageBytes, zone_row(zone) + row * kRowsInChunk, elements);
    }
}

// Elements that one segment's fill moves: a chunk, or the rest of the row.
inline uint32_t segment_elements(uint32_t segment) {
    return segment + 1 < kSegments ? contract::kElementsPerChunk : kWidth - segment * contract::kElementsPerChunk;
}

// One summing pass over all segments of the block in one zone, each as soon as it is there; sums stay in LREGs.
template <typename Pass>
inline void sum_segments(uint32_t zone, Pass pass) {
    for (uint32_t segment = 0; segment < kSegments; ++segment) {
        cb_wait_front(kInput, (segment + 1) * kPagesPerStep);
        fill_segment(segment, zone, segment_elements(segment));
        tensix::order_sfpu_after_fill();
        MATH((point_sfpu_at(zone_row(zone))));
        pass(segment + 1 == kSegments);
    }
}

// Normalises and packs one segment of the block's rows. Pops and pushes its step.
inline void normalise_segment(uint32_t segment, State& state) {
    const uint32_t zone = state.zone;
    tensix::acquire_zone();
    fill_segment(0, zone, segment_elements(segment));
    cb_pop_front(kInput, kPagesPerStep);
    fill_affine(zone_row(zone) + kStreamedGammaRow, segment * contract::kElementsPerChunk, segment_elements(segment));
    tensix::order_sfpu_after_fill();
    MATH((point_sfpu_at(zone_row(zone))));
    MATH((run_normalising_pass(segment + 1 == kSegments, kStreamedGammaRow)));
    tensix::commit_zone();
    tensix::wait_zone();
    cb_reserve_back(kOutput, kPagesPerStep);
    for (uint32_t row = 0; row < kRowsPerBatch; ++row) {
        tensix::pack_chunk(zone * kChunksPerZone + row, tensix::back_address(kOutput) + row * kBufferPageBytes);
    }
    cb_push_back(kOutput, kPagesPerStep);
    tensix::release_zone();
    state.zone ^= 1;
}

// Waits for kGamma and kBeta, once; they stay at the front of their buffers.
inline void wait_affine(bool& is_settled) {
    if (!is_settled) {
        cb_wait_front(kGamma, 1);
        cb_wait_front(kBeta, 1);
        is_settled = true;
    }
}

// Block [kRowsPerBatch, kWidth] of several segments: filled three times, once a pass.
inline void normalise_streamed_block(State& state) {
    const uint32_t zone = state.zone;
    tensix::acquire_zone();
    MATH((sfpu::issue<ClearSums>()));
    sum_segments(zone, [](bool is_last) { MATH((run_summing_pass<SumStep>(is_last))); });
    MATH((sfpu::issue<FindCentres>()));
    sum_segments(zone, [](bool is_last) { MATH((run_summing_pass<SquareStep>(is_last))); });
    MATH((sfpu::issue<FindRstd>()));
    wait_affine(state.affine_is_settled);
    for (uint32_t segment = 0; segment < kSegments; ++segment) {
        normalise_segment(segment, state);
    }
}

// Sets the three threads up.
inline void start() {
    compute_kernel_hw_startup(kInput, kOutput);
    copy_init(kInput);
    tensix::start_zones();
    tensix::start_fill();
    MATH((sfpu::issue<SetCentreScale>()));
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
    for_each_block([&](Block block) {
        if constexpr (kSegments == 1) {
            normalise_resident_block(block.rows, state);
        } else {
            normalise_streamed_block(state);
        }
    });
    wait_affine(state.affine_is_settled);  // a core without rows has not waited yet
    cb_pop_front(kGamma, 1);
    cb_pop_front(kBeta, 1);
    finish();
}
