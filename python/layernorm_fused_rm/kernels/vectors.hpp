// How gamma and beta [kWidth] reach kGamma and kBeta of every core. For the reader.
//
// A vector is pieces of consecutive elements: chunks of the one page of [kWidth], pages of 32 elements, or rows of 16
// in the faces of tiles (ttnn's tile: four faces of 16 x 16, row-major; row 0 is in the first two). Read by every core,
// a vector of one page would queue at its bank (64 cores x 4 KB at 24 B/cycle are 11,000 cycles). So where it pays (the
// plan says so) one core, the source, reads both and multicasts them to all others: every receiver reserves its pages
// and counts itself ready at the source; the source waits for all, multicasts, and sets every receiver's semaphore
// behind the data, on the same virtual channel, which keeps the order.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {

// Transaction ids of the reader's reads, to wait for each kind on its own. 0 is everyone else's.
inline constexpr uint32_t kVectorsId = 1;
inline constexpr uint32_t kFirstStepId = 2;

inline constexpr bool kHasVectors = kGammaVector.is_there() || kBetaVector.is_there();

inline uint32_t common_argument(contract::ReaderArgument argument) {
    return get_common_arg_val<uint32_t>(static_cast<int>(argument));
}

inline volatile tt_l1_ptr uint32_t* semaphore_pointer(contract::Semaphore semaphore) {
    return reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(static_cast<uint32_t>(semaphore)));
}

inline bool is_vector_source() {
    return get_arg_val<uint32_t>(static_cast<uint32_t>(contract::CoreArgument::kIsVectorSource)) != 0;
}

// Starts the reads of a vector's elements from `first`, a multiple of a chunk, up to `last`, to the buffer's back page.
template <const Vector& vector>
inline void start_reading_vector(uint32_t address, uint32_t first, uint32_t last, uint32_t buffer) {
    if constexpr (vector.is_there()) {
        const uint32_t l1_address = get_write_ptr(buffer);
        constexpr uint32_t kPieceBytes = vector.piece_elements * vector.element_bytes;
        const uint32_t first_piece = first / vector.piece_elements;
        for (uint32_t piece = first_piece; piece * vector.piece_elements < last; ++piece) {
            const uint32_t page = piece / vector.pieces_per_page;
            const uint32_t offset = piece % vector.pieces_per_page * vector.piece_stride_bytes;
            const uint32_t left = vector.page_bytes - offset;  // the last chunk of a page is shorter
            noc_async_read(get_noc_addr_from_bank_id<vector.in_dram>(
                               page % vector.banks, address + page / vector.banks * vector.page_bytes + offset),
                           l1_address + (piece - first_piece) * kPieceBytes, left < kPieceBytes ? left : kPieceBytes);
        }
    }
}

// The NoC address of `l1_address` on all cores of the program.
inline uint64_t everywhere(uint32_t l1_address) {
    using contract::ReaderArgument;
    return get_noc_multicast_addr(common_argument(ReaderArgument::kFirstX), common_argument(ReaderArgument::kFirstY),
                                  common_argument(ReaderArgument::kLastX), common_argument(ReaderArgument::kLastY),
                                  l1_address);
}

// Room for a vector, and its way to compute; nothing where there is no vector.
template <const Vector& vector>
inline void reserve_vector(uint32_t buffer) {
    if constexpr (vector.is_there()) {
        cb_reserve_back(buffer, 1);
    }
}
template <const Vector& vector>
inline void push_vector(uint32_t buffer) {
    if constexpr (vector.is_there()) {
        cb_push_back(buffer, 1);
    }
}

// First part: reserves both pages, and starts the reads or tells the source that there is room.
inline void ask_for_vectors() {
    using contract::ReaderArgument;
    reserve_vector<kGammaVector>(kGamma);
    reserve_vector<kBetaVector>(kBeta);
    if (!kSharesVectors || is_vector_source()) {
        noc_async_read_set_trid(kVectorsId);
        start_reading_vector<kGammaVector>(common_argument(ReaderArgument::kGammaAddress), 0, kWidth, kGamma);
        start_reading_vector<kBetaVector>(common_argument(ReaderArgument::kBetaAddress), 0, kWidth, kBeta);
    } else {
        const uint32_t ready = get_semaphore(static_cast<uint32_t>(contract::Semaphore::kReceiversReady));
        noc_semaphore_inc(
            get_noc_addr(common_argument(ReaderArgument::kSourceX), common_argument(ReaderArgument::kSourceY), ready),
            1);
    }
}

template <const Vector& vector>
inline void multicast_vector(uint32_t buffer, uint32_t receivers) {
    if constexpr (vector.is_there()) {
        noc_async_write_multicast(get_write_ptr(buffer), everywhere(get_write_ptr(buffer)),
                                  kWidth * vector.element_bytes, receivers);
    }
}

// The source's second part, its reads complete: multicasts both vectors and the news of it.
inline void share_vectors() {
    const uint32_t receivers = common_argument(contract::ReaderArgument::kReceivers);
    volatile tt_l1_ptr uint32_t* ready = semaphore_pointer(contract::Semaphore::kReceiversReady);
    noc_semaphore_wait(ready, receivers);
    noc_semaphore_set(ready, 0);
    multicast_vector<kGammaVector>(kGamma, receivers);
    multicast_vector<kBetaVector>(kBeta, receivers);
    volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(contract::Semaphore::kVectorsArrived);
    const uint32_t arrived_address = get_semaphore(static_cast<uint32_t>(contract::Semaphore::kVectorsArrived));
    noc_semaphore_set(arrived, 1);
    noc_semaphore_set_multicast(arrived_address, everywhere(arrived_address), receivers);
    noc_async_write_barrier();
    noc_semaphore_set(arrived, 0);
}

// Second part: passes both pages to compute once they are there.
inline void push_vectors() {
    noc_async_read_barrier_with_trid(kVectorsId);
    if constexpr (kSharesVectors) {
        if (is_vector_source()) {
            share_vectors();
        } else {
            volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(contract::Semaphore::kVectorsArrived);
            noc_semaphore_wait(arrived, 1);
            noc_semaphore_set(arrived, 0);
        }
    }
    push_vector<kGammaVector>(kGamma);
    push_vector<kBetaVector>(kBeta);
}

}  // namespace layernorm_fused_rm
