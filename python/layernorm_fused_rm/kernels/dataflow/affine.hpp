// How gamma and beta [kWidth] reach kGamma and kBeta of every core. For the writer, which has nothing else to do before
// the first row is normalised, and whose NoC is free until then.
//
// Each is pieces of consecutive elements: chunks of the one page of [kWidth], pages of 32 elements, or rows of 16
// in the faces of tiles (ttnn's tile: four faces of 16 x 16, row-major; row 0 is in the first two). Read by every core,
// one page would queue at its bank (64 cores x 4 KB at 24 B/cycle are 11,000 cycles). So where it pays (the
// plan says so) one core, the source, reads both and multicasts them to all others: every receiver reserves its pages
// and counts itself ready at the source; the source waits for all, multicasts, and sets every receiver's semaphore
// behind the data, on the same virtual channel, which keeps the order.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/pages.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

inline constexpr bool kHasAffine = kGammaTensor.is_there() || kBetaTensor.is_there();

inline uint32_t common_argument(contract::WriterArgument argument) {
    return get_common_arg_val<uint32_t>(static_cast<int>(argument));
}

inline uint32_t semaphore_address(contract::Semaphore semaphore) {
    return get_semaphore(static_cast<uint32_t>(semaphore));
}
inline volatile tt_l1_ptr uint32_t* semaphore_pointer(contract::Semaphore semaphore) {
    return reinterpret_cast<volatile tt_l1_ptr uint32_t*>(semaphore_address(semaphore));
}

inline bool is_affine_source() {
    return core_argument<contract::WriterArgument>(static_cast<uint32_t>(contract::CoreArgument::kIsAffineSource)) != 0;
}

// Calls visit(piece, page, at) for the pieces of its elements from `first`, a multiple of a chunk, up to `last`: each
// belongs `at` bytes into `page`, the buffer's back page, beneath row `row` of those side by side.
template <const TensorLayout& tensor, typename Visit>
inline void for_each_piece(uint32_t first, uint32_t last, uint32_t buffer, uint32_t row, Visit visit) {
    if constexpr (tensor.is_there()) {
        const uint32_t page = get_write_ptr(buffer);
        const uint32_t first_piece = first / tensor.piece_elements;
        for (uint32_t piece = first_piece; piece * tensor.piece_elements < last; ++piece) {
            visit(piece, page, row * stride_bytes(tensor) + (piece - first_piece) * tensor.piece_bytes());
        }
    }
}

// Where a piece is read to: where it belongs or, where the memory's alignment does not allow that, near there in the
// second half of the page.
template <const TensorLayout& tensor>
inline uint32_t place_to_read_to(uint32_t piece, uint32_t at) {
    if constexpr (tensor.has_short_pieces()) {
        constexpr uint32_t kWithin = tensor.alignment_bytes - 1;
        constexpr uint32_t kSecondHalf = kCall.affine_elements() * tensor.element_bytes;
        const uint32_t offset = tensor.offset_of(piece);
        return (offset & kWithin) == (at & kWithin) ? at : kSecondHalf + (at & ~kWithin) + (offset & kWithin);
    }
    return at;
}

// Starts the reads.
template <const TensorLayout& tensor>
inline void start_reading_affine(uint32_t address, uint32_t first, uint32_t last, uint32_t buffer, uint32_t row) {
    for_each_piece<tensor>(first, last, buffer, row, [=](uint32_t piece, uint32_t page, uint32_t at) {
        const uint32_t offset = tensor.offset_of(piece);
        const uint32_t left = tensor.page_bytes - offset;  // the last chunk of a page is shorter
        noc_async_read(page_address<tensor>(tensor.page_of(piece), address) + offset,
                       page + place_to_read_to<tensor>(piece, at),
                       left < tensor.piece_bytes() ? left : tensor.piece_bytes());
    });
}

// Starts moving what was read elsewhere to where it belongs: within L1, whose alignment allows it.
template <const TensorLayout& tensor>
inline void start_moving_affine(uint32_t first, uint32_t last, uint32_t buffer, uint32_t row) {
    for_each_piece<tensor>(first, last, buffer, row, [=](uint32_t piece, uint32_t page, uint32_t at) {
        const uint32_t from = place_to_read_to<tensor>(piece, at);
        if (from != at) {
            noc_async_read(get_noc_addr(page + from), page + at, tensor.piece_bytes());
        }
    });
}

// The NoC address of `l1_address` on all cores of the program. NoC 1 goes left and up, so its rectangles begin with the
// last corner (ISA documents, "Coordinates").
inline uint64_t everywhere(uint32_t l1_address) {
    using contract::WriterArgument;
    return get_noc_multicast_addr(common_argument(WriterArgument::kLastX), common_argument(WriterArgument::kLastY),
                                  common_argument(WriterArgument::kFirstX), common_argument(WriterArgument::kFirstY),
                                  l1_address);
}

// Room for one of them, or both, and its way to compute; nothing for what the call does not have.
template <const TensorLayout& tensor>
inline void reserve_affine(uint32_t buffer) {
    if constexpr (tensor.is_there()) {
        cb_reserve_back(buffer, 1);
    }
}
template <const TensorLayout& tensor>
inline void push_affine(uint32_t buffer) {
    if constexpr (tensor.is_there()) {
        cb_push_back(buffer, 1);
    }
}

inline void reserve_affine() {
    reserve_affine<kGammaTensor>(kGamma);
    reserve_affine<kBetaTensor>(kBeta);
}
inline void push_affine() {
    push_affine<kGammaTensor>(kGamma);
    push_affine<kBetaTensor>(kBeta);
}

// Puts what has been read where it belongs.
inline void move_affine(uint32_t first, uint32_t last) {
    if constexpr (kGammaTensor.has_short_pieces() || kBetaTensor.has_short_pieces()) {
        for (uint32_t row = 0; row < kRowsPerVector; ++row) {
            start_moving_affine<kGammaTensor>(first, last, kGamma, row);
            start_moving_affine<kBetaTensor>(first, last, kBeta, row);
        }
        noc_async_read_barrier();
    }
}

// Reads the elements of both from `first` up to `last` into their reserved pages, once for each row of a pair.
inline void read_affine(uint32_t first, uint32_t last) {
    for (uint32_t row = 0; row < kRowsPerVector; ++row) {
        start_reading_affine<kGammaTensor>(tensor_address(Tensor::kGamma), first, last, kGamma, row);
        start_reading_affine<kBetaTensor>(tensor_address(Tensor::kBeta), first, last, kBeta, row);
    }
    noc_async_read_barrier();
    move_affine(first, last);
}

template <const TensorLayout& tensor>
inline void multicast_affine(uint32_t buffer, uint32_t receivers) {
    if constexpr (tensor.is_there()) {
        noc_async_write_multicast(get_write_ptr(buffer), everywhere(get_write_ptr(buffer)),
                                  kAffineElements * tensor.element_bytes, receivers);
    }
}

// The source, its reads complete: multicasts both and the news of it.
inline void share_affine() {
    const uint32_t receivers = common_argument(contract::WriterArgument::kReceivers);
    volatile tt_l1_ptr uint32_t* ready = semaphore_pointer(contract::Semaphore::kReceiversReady);
    noc_semaphore_wait(ready, receivers);
    noc_semaphore_set(ready, 0);
    multicast_affine<kGammaTensor>(kGamma, receivers);
    multicast_affine<kBetaTensor>(kBeta, receivers);
    volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(contract::Semaphore::kAffineArrived);
    const uint32_t arrived_address = semaphore_address(contract::Semaphore::kAffineArrived);
    noc_semaphore_set(arrived, 1);
    noc_semaphore_set_multicast(arrived_address, everywhere(arrived_address), receivers);
    noc_async_write_barrier();
    noc_semaphore_set(arrived, 0);
}

// A receiver: tells the source that there is room, and waits for both.
inline void receive_affine() {
    using contract::WriterArgument;
    const uint32_t ready = semaphore_address(contract::Semaphore::kReceiversReady);
    noc_semaphore_inc(
        get_noc_addr(common_argument(WriterArgument::kSourceX), common_argument(WriterArgument::kSourceY), ready), 1);
    volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(contract::Semaphore::kAffineArrived);
    noc_semaphore_wait(arrived, 1);
    noc_semaphore_set(arrived, 0);
    noc_async_atomic_barrier();
}

// Both, whole -> kGamma, kBeta.
inline void bring_affine() {
    reserve_affine();
    if (!kSharesAffine || is_affine_source()) {
        read_affine(0, kWidth);
        if constexpr (kSharesAffine) {
            share_affine();
        }
    } else {
        receive_affine();
    }
    push_affine();
}

// One segment of both -> a page each of kGamma, kBeta.
inline void bring_affine_segment(uint32_t segment) {
    const uint32_t first = segment * contract::kElementsPerChunk;
    reserve_affine();
    read_affine(first, first + segment_elements(segment));
    push_affine();
}

}  // namespace layernorm_fused_rm
