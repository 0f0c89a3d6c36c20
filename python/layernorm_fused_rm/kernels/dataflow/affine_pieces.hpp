// SPDX-License-Identifier: Apache-2.0
// gamma and beta as device memory holds them -> a page of kGamma, of kBeta.
//
// Each is pieces of consecutive elements: chunks of the one page of [kRowElements], pages of 32 elements, or rows of 16 in
// the faces of tiles (ttnn's tile: four faces of 16 x 16, row-major; row 0 is in the first two).
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

// gamma or beta: where it goes, where its source is, and what says that it has come from there.
struct Vector {
    Tensor tensor;
    uint32_t buffer;
    DataMovementArgument source;
    Semaphore arrived;
};
inline constexpr Vector kGammaVector = {Tensor::kGamma, kGamma, DataMovementArgument::kGammaSource,
                                        Semaphore::kGammaArrived};
inline constexpr Vector kBetaVector = {Tensor::kBeta, kBeta, DataMovementArgument::kBetaSource,
                                       Semaphore::kBetaArrived};

template <const Vector& vector>
inline constexpr TensorLayout kLayout = kCall[vector.tensor];
inline constexpr bool kHasAffine = kLayout<kGammaVector>.is_there() || kLayout<kBetaVector>.is_there();

// Columns from `first`, with which a page of the tensor begins, or a chunk of its one, up to `last`. In the buffer's page
// there are `before` others before them.
struct Columns {
    uint32_t first;
    uint32_t last;
    uint32_t before = 0;
};

// Calls visit(piece, page, at) for the pieces of columns: each belongs `at` bytes into `page`, the buffer's back page,
// beneath row `row` of those side by side.
template <const Vector& vector, typename Visit>
inline void for_each_piece(Columns columns, uint32_t row, Visit visit) {
    constexpr TensorLayout layout = kLayout<vector>;
    if constexpr (layout.is_there()) {
        const uint32_t page = get_write_ptr(vector.buffer);
        const uint32_t first_piece = columns.first / layout.piece_elements;
        const uint32_t before = row * stride_bytes(layout) + columns.before * layout.element_bytes;
        for (uint32_t piece = first_piece; piece * layout.piece_elements < columns.last; ++piece) {
            visit(piece, page, before + (piece - first_piece) * layout.piece_bytes());
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
inline void start_reading_chunks(Columns columns, uint32_t row, uint32_t address) {
    for_each_piece<vector>(columns, row, [=](uint32_t piece, uint32_t page, uint32_t at) {
        constexpr TensorLayout layout = kLayout<vector>;
        const uint32_t offset = layout.offset_of(piece);
        const uint32_t left = layout.page_bytes - offset;
        noc_async_read(page_address<kLayout<vector>>(0, address) + offset, page + place_to_read_to<vector>(piece, at),
                       left < layout.piece_bytes() ? left : layout.piece_bytes());
    });
}

// And of its short pieces in many pages: all alike, by commands of which only the places change.
template <const Vector& vector>
inline void start_reading_short_pieces(Columns columns, uint32_t row, uint32_t address) {
    constexpr TensorLayout layout = kLayout<vector>;
    const uint32_t first_piece = columns.first / layout.piece_elements;
    Pages<kLayout<vector>> pages(layout.page_of(first_piece), 0, address);
    uint64_t next_page = pages.here();
    uint32_t in_bank = 0;  // where the page at hand lies
    uint32_t commands = 0;
    Reads::start(next_page, layout.piece_bytes());
    bool is_free = Reads::is_free();
    for_each_piece<vector>(columns, row, [&](uint32_t piece, uint32_t page, uint32_t at) {
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

// Starts the reads of columns, once for each of the rows side by side.
template <const Vector& vector>
inline void start_reading(Columns columns) {
    const uint32_t address = tensor_address(vector.tensor);
    for (uint32_t row = 0; row < kAffineCopies; ++row) {
        if constexpr (!kLayout<vector>.is_there()) {
            return;
        } else if constexpr (kLayout<vector>.is_one_page()) {
            start_reading_chunks<vector>(columns, row, address);
        } else {
            start_reading_short_pieces<vector>(columns, row, address);
        }
    }
}

// Moves what was read elsewhere to where it belongs: within L1, whose alignment allows it.
template <const Vector& vector>
inline void move_read(Columns columns) {
    if constexpr (kLayout<vector>.has_short_pieces()) {
        for (uint32_t row = 0; row < kAffineCopies; ++row) {
            for_each_piece<vector>(columns, row, [=](uint32_t piece, uint32_t page, uint32_t at) {
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
inline void start_reading_affine(Columns columns) {
    reserve<kGammaVector>();
    reserve<kBetaVector>();
    start_reading<kGammaVector>(columns);
    start_reading<kBetaVector>(columns);
}
inline void finish_reading_affine(Columns columns) {
    noc_async_read_barrier();
    move_read<kGammaVector>(columns);
    move_read<kBetaVector>(columns);
    push<kGammaVector>();
    push<kBetaVector>();
}

// One segment of both -> a page each of kGamma, kBeta.
inline void bring_affine_segment(uint32_t segment) {
    const uint32_t first = segment * kColumnsPerChunk;
    const Columns columns = {first, first + segment_elements(segment)};
    start_reading_affine(columns);
    finish_reading_affine(columns);
}

}  // namespace layernorm_fused_rm
