// SPDX-License-Identifier: Apache-2.0
// What compute's two ways through a block (compute/resident.hpp, compute/streamed.hpp) share: where things lie in DEST,
// what outlives a block, gamma and beta, packing.
#pragma once

#include <stdint.h>

#include "api/compute/common.h"
#include "arguments.hpp"
#include "compute/operands.hpp"
#include "contract.hpp"
#include "norm/activation_pass.hpp"
#include "norm/normalise.hpp"
#include "norm/strip_passes.hpp"
#include "tensix/circular_buffers.hpp"
#include "tensix/fill.hpp"
#include "tensix/zones.hpp"

namespace layernorm_fused_rm {

using contract::kChunksPerZone;

// DEST rows within a zone; and of gamma, behind both zones, with beta one chunk further on.
inline constexpr uint32_t kResidualRow = kChunkRows;
inline constexpr uint32_t kSparedRow = (kChunksPerZone - 1) * kChunkRows;  // statistics, or registers that are saved
inline constexpr uint32_t kGammaRow = contract::kZones * kChunksPerZone * kChunkRows;

static_assert(kVectorsPerBatch <= contract::kMaxVectorsPerBatch);
static_assert(!kReturnsStatistics || kRowsPerBlock <= kRowsPerVector * contract::kMaxVectorsWithStatistics);
static_assert(!kRowsAreStrips || kVectorsPerBatch == 1, "a batch is one strip");

// What outlives a block.
struct State {
    uint32_t zone = 0;              // the next to be filled
    bool affine_is_loaded = false;  // gamma and beta are where they are read
    Formats formats{};
};

inline uint32_t zone_row(uint32_t zone) { return zone * kChunksPerZone * kChunkRows; }

// Where gamma and beta come in.
inline constexpr uint32_t kGammaRowIn = kGammaRow + (kRowsAreStrips ? sfpu::kColumnsIn : 0);
inline constexpr uint32_t kBetaRowIn = kGammaRow + (kRowsAreStrips ? sfpu::kBetaColumnsIn : kChunkRows);

// kGamma, kBeta -> their places in DEST; from element `offset` of their pages. The SFPU may read them then.
inline __attribute__((always_inline)) void fill_affine(uint32_t offset, uint32_t elements, Formats& formats) {
    fill_from_element<kGammaOperand>(offset, kGammaRowIn, elements, formats);
    fill_from_element<kBetaOperand>(offset, kBetaRowIn, elements, formats);
    tensix::order_sfpu_after_fill();
    if constexpr (kNormalisesGroups) {
        MATH((place_affine(kGammaRow)));
    }
}

// Rows of a zone's segment as strips, where they have come as rows one behind the other.
inline void turn_inputs(uint32_t dest_row, uint32_t groups) {
    if constexpr (kTurns<kInputTensor>) {
        MATH((turn(dest_row, groups)));
    }
    if constexpr (kTurns<kResidualTensor>) {
        MATH((turn(dest_row + kResidualRow, groups)));
    }
}
// What is packed as rows one behind the other, unless the last pass has left it so.
inline void turn_outputs(uint32_t dest_row, uint32_t groups) {
    if constexpr (kTurns<kOutputTensor> && !kNormalisesGroups) {
        MATH((turn(dest_row, groups)));
    }
    if constexpr (kTurns<kSumTensor>) {
        MATH((turn(dest_row + kResidualRow, groups)));
    }
}

// f(y) of `rows` rows that have been normalised, `vectors` vectors each, a chunk apart. What rows keep in registers from
// segment to segment goes to their zone's last chunk meanwhile; what is resident has no more use for it.
inline void activate_rows([[maybe_unused]] uint32_t zone, [[maybe_unused]] uint32_t rows,
                          [[maybe_unused]] uint32_t vectors) {
    if constexpr (kActivates) {
        const uint32_t first = zone_row(zone);
        MATH((begin_activation(first + kSparedRow)));
        for (uint32_t row = 0; row < rows; ++row) {
            MATH((activate(first + row * kChunkRows, vectors)));
        }
        MATH((end_activation(first + kSparedRow)));
    }
}

// Zeros for the padding of a strip's segment, in what is packed.
inline void clear_padding_of_outputs([[maybe_unused]] uint32_t dest_row, [[maybe_unused]] uint32_t vectors,
                                     [[maybe_unused]] bool is_last_segment, [[maybe_unused]] uint32_t rows) {
    if constexpr (kRowsAreStrips) {
        MATH((clear_padding<kOutputTensor>(dest_row, vectors, is_last_segment, rows)));
        if constexpr (kSumTensor.is_there()) {
            MATH((clear_padding<kSumTensor>(dest_row + kResidualRow, vectors, is_last_segment, rows)));
        }
    }
}

// Packs a zone's `elements` elements from `chunk` on, chunk by chunk, to the back page of a buffer.
inline __attribute__((always_inline)) void pack_elements(uint32_t buffer, uint32_t element_bytes, uint32_t chunk,
                                                         uint32_t elements, Formats& formats) {
    formats.pack_to(buffer, element_bytes);
    cb_reserve_back(buffer, 1);
    const uint32_t address = tensix::back_address(buffer);
    for (uint32_t packed = 0; packed < elements; packed += contract::kElementsPerChunk, ++chunk) {
        tensix::pack_chunk(chunk, address + packed * element_bytes);
    }
    cb_push_back(buffer, 1);
}
template <const TensorLayout& tensor>
inline void pack_rows(uint32_t buffer, uint32_t chunk, uint32_t elements, Formats& formats) {
    if constexpr (tensor.is_there()) {
        pack_elements(buffer, tensor.element_bytes, chunk, elements, formats);
    }
}

// What `store` stores of registers -> what `pack` packs of a chunk, by the zone at hand; acquires the other.
template <typename Store, typename Pack>
inline __attribute__((always_inline)) void hand_over(State& state, Store store, Pack pack) {
    tensix::acquire_zone();
    MATH((point_sfpu_at(zone_row(state.zone))));
    store();
    tensix::commit_zone();
    tensix::wait_zone();
    pack(state.zone * kChunksPerZone);
    tensix::release_zone();
    state.zone ^= 1;
}

// The zone's chunk of statistics -> kStatistics.
inline void pack_statistics(uint32_t chunk, Formats& formats) {
    if constexpr (kHandsOverStatistics) {
        pack_elements(kStatistics, contract::kBytesPerFloat32, chunk, contract::kElementsPerChunk, formats);
    }
}

// Waits for kGamma and kBeta, once, and where rows are resident moves them to DEST, to stay. Late, in the first block,
// because rows arrive before they do.
inline void load_affine_once(State& state) {
    if (!state.affine_is_loaded && !kReadsAgain) {
        wait_for_affine();
        if constexpr (kIsResident) {
            fill_affine(0, kAffineElements, state.formats);
            pop_affine();
        }
    }
    state.affine_is_loaded = true;
}

// Pops kGamma and kBeta, unless that is done: rows of one segment do it as they load them, a core without rows has not
// even waited for them.
inline void drop_affine(const State& state) {
    if (!kReadsAgain && !(kIsResident && state.affine_is_loaded)) {
        wait_for_affine();
        pop_affine();
    }
}

}  // namespace layernorm_fused_rm
