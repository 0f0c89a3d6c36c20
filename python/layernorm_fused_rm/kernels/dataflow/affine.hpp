// SPDX-License-Identifier: Apache-2.0
// How gamma and beta [kRowElements] reach kGamma and kBeta of every core. For the writer, which has nothing else to do before
// the first row is normalised, and whose NoC is free until then.
//
// Each is pieces of consecutive elements: chunks of the one page of [kWidth], pages of 32 elements, or rows of 16
// in the faces of tiles (ttnn's tile: four faces of 16 x 16, row-major; row 0 is in the first two). Read by every core,
// one page would queue at its bank (64 cores x 4 KB at 24 B/cycle are 11,000 cycles). So where it pays (the
// plan says so) each is read by one core, its source, and multicast to all others, whose page for it is empty from the
// start (contract/runtime.hpp, Semaphore); the source sets their semaphores behind the data, on the same virtual channel,
// which keeps the order. A source that has no rows may leave the reading to its reader: where that starts first, its
// read is at the bank before those of rows.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/noc_commands.hpp"
#include "dataflow/pages.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

using contract::DataMovementArgument;
using contract::Semaphore;

inline uint32_t common_argument(DataMovementArgument argument) {
    return get_common_arg_val<uint32_t>(static_cast<int>(argument));
}

inline uint32_t semaphore_address(Semaphore semaphore) { return get_semaphore(static_cast<uint32_t>(semaphore)); }
inline volatile tt_l1_ptr uint32_t* semaphore_pointer(Semaphore semaphore) {
    return reinterpret_cast<volatile tt_l1_ptr uint32_t*>(semaphore_address(semaphore));
}

// gamma or beta: where it goes, and what says that it has come from its source.
struct Vector {
    Tensor tensor;
    uint32_t buffer;
    Semaphore arrived;
};
inline constexpr Vector kGammaVector = {Tensor::kGamma, kGamma, Semaphore::kGammaArrived};
inline constexpr Vector kBetaVector = {Tensor::kBeta, kBeta, Semaphore::kBetaArrived};

template <const Vector& vector>
inline constexpr TensorLayout kLayout = kCall[vector.tensor];
inline constexpr bool kHasAffine = kLayout<kGammaVector>.is_there() || kLayout<kBetaVector>.is_there();

// Which of the two this core is the source of; Tensor::kCount if of neither.
inline Tensor own_vector() {
    return static_cast<Tensor>(
        core_argument<DataMovementArgument>(static_cast<uint32_t>(contract::CoreArgument::kSourceOf)));
}

// Calls visit(piece, page, at) for the pieces of its elements from `first`, a multiple of a chunk, up to `last`: each
// belongs `at` bytes into `page`, the buffer's back page, beneath row `row` of those side by side.
template <const Vector& vector, typename Visit>
inline void for_each_piece(uint32_t first, uint32_t last, uint32_t row, Visit visit) {
    constexpr TensorLayout layout = kLayout<vector>;
    if constexpr (layout.is_there()) {
        const uint32_t page = get_write_ptr(vector.buffer);
        const uint32_t first_piece = first / layout.piece_elements;
        for (uint32_t piece = first_piece; piece * layout.piece_elements < last; ++piece) {
            visit(piece, page, row * stride_bytes(layout) + (piece - first_piece) * layout.piece_bytes());
        }
    }
}

// Where a piece is read to: where it belongs or, where the memory's alignment does not allow that, near there in the
// second half of the page.
template <const Vector& vector>
inline uint32_t place_to_read_to(uint32_t piece, uint32_t at) {
    constexpr TensorLayout layout = kLayout<vector>;
    if constexpr (layout.has_short_pieces()) {
        constexpr uint32_t kWithin = layout.alignment_bytes - 1;
        constexpr uint32_t kSecondHalf = kCall.affine_elements() * layout.element_bytes;
        const uint32_t offset = layout.offset_of(piece);
        return (offset & kWithin) == (at & kWithin) ? at : kSecondHalf + (at & ~kWithin) + (offset & kWithin);
    }
    return at;
}

// Starts the reads of a vector's chunks in its one page, of which the last is shorter.
template <const Vector& vector>
inline void start_reading_chunks(uint32_t first, uint32_t last, uint32_t row, uint32_t address) {
    for_each_piece<vector>(first, last, row, [=](uint32_t piece, uint32_t page, uint32_t at) {
        constexpr TensorLayout layout = kLayout<vector>;
        const uint32_t offset = layout.offset_of(piece);
        const uint32_t left = layout.page_bytes - offset;
        noc_async_read(page_address<kLayout<vector>>(0, address) + offset, page + place_to_read_to<vector>(piece, at),
                       left < layout.piece_bytes() ? left : layout.piece_bytes());
    });
}

// And of its short pieces in many pages: all alike, by commands of which only the places change.
template <const Vector& vector>
inline void start_reading_short_pieces(uint32_t first, uint32_t last, uint32_t row, uint32_t address) {
    constexpr TensorLayout layout = kLayout<vector>;
    const uint32_t first_piece = first / layout.piece_elements;
    Pages<kLayout<vector>> pages(layout.page_of(first_piece), 0, address);
    uint64_t next_page = pages.here();
    uint32_t in_bank = 0;  // where the page at hand lies
    uint32_t commands = 0;
    Reads::start(next_page, layout.piece_bytes());
    bool is_free = Reads::is_free();
    for_each_piece<vector>(first, last, row, [&](uint32_t piece, uint32_t page, uint32_t at) {
        const uint32_t offset = layout.offset_of(piece);
        const uint32_t place = page + place_to_read_to<vector>(piece, at);
        Reads::wait(is_free);
        if (offset != 0) {
            Reads::move(in_bank + offset, place);
            is_free = Reads::is_free();
        } else {
            Reads::move_elsewhere(next_page, place);
            is_free = Reads::is_free();
            in_bank = static_cast<uint32_t>(next_page);
            pages.go_on();
            next_page = pages.here();
        }
        ++commands;
    });
    Reads::count(commands);
}

// Starts the reads of the elements from `first` up to `last`, once for each of the rows side by side.
template <const Vector& vector>
inline void start_reading(uint32_t first, uint32_t last) {
    const uint32_t address = tensor_address(vector.tensor);
    for (uint32_t row = 0; row < kAffineCopies; ++row) {
        if constexpr (!kLayout<vector>.is_there()) {
            return;
        } else if constexpr (kLayout<vector>.is_one_page()) {
            start_reading_chunks<vector>(first, last, row, address);
        } else {
            start_reading_short_pieces<vector>(first, last, row, address);
        }
    }
}

// Moves what was read elsewhere to where it belongs: within L1, whose alignment allows it.
template <const Vector& vector>
inline void move_read(uint32_t first, uint32_t last) {
    if constexpr (kLayout<vector>.has_short_pieces()) {
        for (uint32_t row = 0; row < kAffineCopies; ++row) {
            for_each_piece<vector>(first, last, row, [=](uint32_t piece, uint32_t page, uint32_t at) {
                const uint32_t from = place_to_read_to<vector>(piece, at);
                if (from != at) {
                    noc_async_read(get_noc_addr(page + from), page + at, kLayout<vector>.piece_bytes());
                }
            });
        }
        noc_async_read_barrier();
    }
}

// Room for it, and its way to compute; nothing for what the call does not have.
template <const Vector& vector>
inline void reserve() {
    if constexpr (kLayout<vector>.is_there()) {
        cb_reserve_back(vector.buffer, 1);
    }
}
template <const Vector& vector>
inline void push() {
    if constexpr (kLayout<vector>.is_there()) {
        cb_push_back(vector.buffer, 1);
    }
}

// Both, from device memory -> a page each of kGamma, kBeta.
inline void start_reading_affine(uint32_t first, uint32_t last) {
    reserve<kGammaVector>();
    reserve<kBetaVector>();
    start_reading<kGammaVector>(first, last);
    start_reading<kBetaVector>(first, last);
}
inline void finish_reading_affine(uint32_t first, uint32_t last) {
    noc_async_read_barrier();
    move_read<kGammaVector>(first, last);
    move_read<kBetaVector>(first, last);
    push<kGammaVector>();
    push<kBetaVector>();
}

// The NoC address of L1 address 0 on all cores of the program. NoC 1 goes left and up, so its rectangles begin with the
// last corner (ISA documents, "Coordinates").
inline uint64_t everywhere() {
    return get_noc_multicast_addr(
        common_argument(DataMovementArgument::kLastX), common_argument(DataMovementArgument::kLastY),
        common_argument(DataMovementArgument::kFirstX), common_argument(DataMovementArgument::kFirstY), 0);
}

// A source: starts to read its own, whole, and waits for it.
template <const Vector& vector>
inline void start_reading_own() {
    reserve<vector>();
    start_reading<vector>(0, kRowElements);
}
template <const Vector& vector>
inline void finish_reading_own() {
    noc_async_read_barrier();
    move_read<vector>(0, kRowElements);
}

// And multicasts it and the news of it, once it is read, by this writer or by the core's reader. Where it goes is worked
// out before it is there.
template <const Vector& vector>
inline void share() {
    const uint32_t receivers = common_argument(DataMovementArgument::kReceivers);
    const uint64_t cores = everywhere();
    const uint32_t page = get_write_ptr(vector.buffer);
    volatile tt_l1_ptr uint32_t* read = semaphore_pointer(Semaphore::kVectorRead);
    volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(vector.arrived);
    const uint32_t arrived_address = semaphore_address(vector.arrived);
    noc_semaphore_set(arrived, 1);
    if constexpr (kReadersReadAffine) {
        noc_semaphore_wait(read, 1);
    } else {
        finish_reading_own<vector>();
    }
    noc_async_write_multicast(page, cores + page, kAffineElements * kLayout<vector>.element_bytes, receivers);
    noc_semaphore_set_multicast(arrived_address, cores + arrived_address, receivers);
    noc_async_writes_flushed();  // what confirms them all takes a while, and is waited for at the end
    noc_semaphore_set(arrived, 0);
    if constexpr (kReadersReadAffine) {
        noc_semaphore_set(read, 0);
    } else {
        push<vector>();
    }
}

// The reader of a source without rows: reads for its writer, and pushes once that has multicast.
template <const Vector& vector>
inline void read_for_writer() {
    start_reading_own<vector>();
    volatile tt_l1_ptr uint32_t* read = semaphore_pointer(Semaphore::kVectorRead);
    finish_reading_own<vector>();
    noc_semaphore_set(read, 1);
    noc_semaphore_wait(read, 0);
    push<vector>();
}

// Any other core: reserves its page, before anything is waited for; and waits for it.
template <const Vector& vector>
inline void prepare_to_receive(Tensor own) {
    if (own != vector.tensor) {
        reserve<vector>();
    }
}
template <const Vector& vector>
inline void receive(Tensor own) {
    if (kLayout<vector>.is_there() && own != vector.tensor) {
        volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(vector.arrived);
        noc_semaphore_wait(arrived, 1);
        push<vector>();
        noc_semaphore_set(arrived, 0);
    }
}

// Calls gamma() or beta() where this core is its source.
template <typename Gamma, typename Beta>
inline void for_own_vector(Tensor own, Gamma gamma, Beta beta) {
    if (kLayout<kGammaVector>.is_there() && own == Tensor::kGamma) {
        gamma();
    } else if (kLayout<kBetaVector>.is_there() && own == Tensor::kBeta) {
        beta();
    }
}

// Both, as far as it takes nobody else; then, whoever brings them -> kGamma, kBeta: whole where they are shared, else what
// belongs to this core's slice.
inline void request_affine() {
    if constexpr (!kSharesAffine) {
        start_reading_affine(first_column(), first_column() + kWidth);
    } else {
        const Tensor own = own_vector();
        if constexpr (!kReadersReadAffine) {
            for_own_vector(own, start_reading_own<kGammaVector>, start_reading_own<kBetaVector>);
        }
        prepare_to_receive<kGammaVector>(own);
        prepare_to_receive<kBetaVector>(own);
        for_own_vector(own, share<kGammaVector>, share<kBetaVector>);
    }
}
inline void receive_affine() {
    if constexpr (!kSharesAffine) {
        finish_reading_affine(first_column(), first_column() + kWidth);
    } else {
        const Tensor own = own_vector();
        receive<kGammaVector>(own);
        receive<kBetaVector>(own);
    }
}

// One segment of both -> a page each of kGamma, kBeta.
inline void bring_affine_segment(uint32_t segment) {
    const uint32_t first = segment * kColumnsPerChunk;
    start_reading_affine(first, first + segment_elements(segment));
    finish_reading_affine(first, first + segment_elements(segment));
}

}  // namespace layernorm_fused_rm
