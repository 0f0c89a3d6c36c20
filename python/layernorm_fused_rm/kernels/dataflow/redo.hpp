// SPDX-License-Identifier: Apache-2.0
// Rows that are redone: how finite rows whose sums left fp32's range come once more, scaled by a power of two.
//
// Such a row comes out without one finite element, so the writer sees it by its first. It marks the row
// (dataflow/redo_list.hpp), and does not write it where that would overwrite what it came from. Once all rows are
// through, so is the reader, and the writer brings the marked ones again itself, one at a time, behind the reader's
// last page: pages that announce it, pushed before the last page of kOutput is popped; then the row's elements times
// 2^-s, the largest in [2^50, 2^51). Compute, which has nothing left to do once its last output is popped, looks then
// whether there is more in kInput (the two counters are registers of one memory region, in which a RISC-V's stores come
// in order: ISA documents, "Memory Ordering"). It normalises the row as any other, and its y is that of the row itself:
//
//     (2^-s x - 2^-s mean) / sqrt(2^-2s variance + epsilon) = (x - mean) / sqrt(variance + 2^2s epsilon)
//
// where neither epsilon counts beside the variance: of 300,000 fp32 elements below 2^51 one at least lies 2^27 off the
// mean, so it is beyond 2^35, or 0. Scaling is exact but for elements that are less than 2^-176 of the row's largest.
// With a residual elements are below 2^52 and 2^53 once centred, and 300,000 squares below 2^125. A row that was marked
// for another reason, say an infinite gamma, has s = 0 and comes out as before.
#pragma once

#include <stdint.h>

#include <type_traits>

#include "api/core_local_mem.h"
#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/rows.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// fp32's bits.
inline constexpr uint32_t kExponentPosition = 23;
inline constexpr uint32_t kSpecialExponent = 255;  // of infinities and of what is no number
inline constexpr uint32_t kExponentOfOne = 127;
inline constexpr uint32_t kLargestExponent = kExponentOfOne + 50;  // of a scaled element, which is below 2^51
inline constexpr uint32_t kSignBit = 1u << 31;
inline constexpr uint32_t kSizeOfInfinity = kSpecialExponent << (kExponentPosition + 1);
inline uint32_t exponent_of(uint32_t bits) { return (bits >> kExponentPosition) & kSpecialExponent; }

// fp32 bits times 2^-s, or times 2^s; what becomes too small is zero, what becomes too large infinite.
inline uint32_t scaled_down(uint32_t bits, uint32_t s) {
    return exponent_of(bits) > s ? bits - (s << kExponentPosition) : bits & kSignBit;
}
inline uint32_t scaled_up(uint32_t bits, uint32_t s) {
    const uint32_t exponent = exponent_of(bits);
    if (exponent == 0) {
        return bits & kSignBit;
    }
    return exponent + s < kSpecialExponent ? bits + (s << kExponentPosition)
                                           : (bits & kSignBit) | (kSpecialExponent << kExponentPosition);
}

// A word of this core's L1 memory. A store is waited for, and with it all that this RISC-V has stored before: what
// tells others of it must not overtake it (ISA documents, "Memory Ordering").
inline uint32_t load(uint32_t address) { return *CoreLocalMem<volatile uint32_t>(address); }
inline void store_and_wait(uint32_t address, uint32_t word) {
    *CoreLocalMem<volatile uint32_t>(address) = word;
    while (load(address) != word) {
    }
}

// Elements in an L1 page, as fp32 bits. bf16's are the upper half of these.
template <const TensorLayout& tensor>
class Elements {
public:
    explicit Elements(uint32_t address) : elements_(address) {}
    uint32_t get(uint32_t row, uint32_t column) const {
        return static_cast<uint32_t>(elements_[element_in_page<tensor>(row, column)]) << kLowerBits;
    }
    void set(uint32_t row, uint32_t column, uint32_t bits) {
        elements_[element_in_page<tensor>(row, column)] = static_cast<Element>(bits >> kLowerBits);
    }

private:
    using Element = std::conditional_t<tensor.element_bytes == contract::kBytesPerBfloat16, uint16_t, uint32_t>;
    static constexpr uint32_t kLowerBits = 8 * (sizeof(uint32_t) - sizeof(Element));

    CoreLocalMem<volatile Element> elements_;
};

// The first `count` elements of a row times 2^-s.
template <const TensorLayout& tensor>
inline void scale_down(uint32_t address, uint32_t row, uint32_t count, uint32_t s) {
    Elements<tensor> elements(address);
    uint32_t last = 0;
    for (uint32_t i = 0; i < count; ++i) {
        last = scaled_down(elements.get(row, i), s);
        elements.set(row, i, last);
    }
    while (elements.get(row, count - 1) != last) {  // see store_and_wait
    }
}

// Zeros for the rows of a strip that are padding, which compute takes for rows here.
inline void clear_padding_rows(Block rows, uint32_t segment, uint32_t address) {
    if constexpr (kPadsRows) {
        Elements<kOutputTensor> elements(address);
        for (uint32_t row = rows_in_strip<contract::DataMovementArgument>(rows.first_page); row < rows.rows; ++row) {
            for (uint32_t i = 0; i < segment_elements(segment); ++i) {
                elements.set(row, i, 0);
            }
            while (elements.get(row, segment_elements(segment) - 1) != 0) {  // see store_and_wait
            }
        }
    }
}

// Powers of two, of the rows that are redone together.
struct Scales {
    uint32_t of[kRowsRedone];
};
// Those that are no padding.
inline uint32_t count_rows(Block rows) {
    return kRowsAreStrips ? rows_in_strip<contract::DataMovementArgument>(rows.first_page) : rows.rows;
}

// kInput and kResidual behind the reader's last page, for whoever fills them once the reader is through.
class RowFeed {
public:
    // Behind so many blocks. Before the first push of this RISC-V, so that its own pointers are where the buffers
    // begin.
    explicit RowFeed(uint32_t blocks) : slot_(blocks * kReadsPerRow * kSegments % kSlots) {}

    // Tells compute that a row follows. Before the last page of kOutput is popped that there is so far.
    void announce_row() {
        reserve_rows(kPagesOfAnnouncement);
        push(kPagesOfAnnouncement);
    }

    // Finds the power of two that is to be taken out of each row of the tensors at `tensors`: none where it has
    // elements that are not finite. Of whole rows, whoever shares them.
    Scales find_scales(Block rows, RowAddresses tensors) {
        Scales largest{};
        for (uint32_t segment = 0; segment < kSlices * kSegments; ++segment) {
            fetch(rows, segment, tensors);
            for (uint32_t row = 0; row < count_rows(rows); ++row) {
                const uint32_t exponent = find_largest_exponent(row, segment);
                largest.of[row] = largest.of[row] < exponent ? exponent : largest.of[row];
            }
        }
        for (uint32_t& scale : largest.of) {
            scale = scale == kSpecialExponent || scale < kLargestExponent ? 0 : scale - kLargestExponent;
        }
        return largest;
    }

    // Pushes a segment of rows, scaled.
    void push_scaled(Block rows, uint32_t segment, RowAddresses tensors, const Scales& scales) {
        fetch(rows, segment_of_row(segment), tensors);
        for (uint32_t row = 0; row < count_rows(rows); ++row) {
            scale_down<kInputTensor>(next().input, row, segment_elements(segment), scales.of[row]);
            if constexpr (kResidualTensor.is_there()) {
                scale_down<kResidualTensor>(next().residual, row, segment_elements(segment), scales.of[row]);
            }
        }
        push(kPagesPerStep);
    }

private:
    // L1 addresses of the next step.
    RowAddresses next() const { return pages_of_slot(first_, slot_); }
    void push(uint32_t pages) {
        push_rows(pages);
        slot_ = (slot_ + pages / kPagesPerStep) % kSlots;
    }

    // A segment of the rows -> the next step, there but not pushed.
    void fetch(Block rows, uint32_t segment, RowAddresses tensors) {
        reserve_rows(kPagesPerStep);
        start_reading_step(rows, segment, tensors, next());
        noc_async_read_barrier();
    }

    // The largest exponent in a row of the next step; of elements that a residual takes away, none.
    uint32_t find_largest_exponent(uint32_t row, uint32_t segment) const {
        const Elements<kInputTensor> input(next().input);
        uint32_t largest = 0;  // size, an fp32 number's bits without its sign and in the upper 31
        for (uint32_t i = 0; i < segment_elements(segment); ++i) {
            const uint32_t bits = input.get(row, i);
            uint32_t size = bits << 1;
            if constexpr (kResidualTensor.is_there()) {
                const uint32_t other = Elements<kResidualTensor>(next().residual).get(row, i);
                const bool cancel = (bits ^ other) == kSignBit && size < kSizeOfInfinity;
                size = cancel ? 0 : size < other << 1 ? other << 1 : size;
            }
            largest = largest < size ? size : largest;
        }
        return exponent_of(largest >> 1);
    }

    const RowAddresses first_ = row_buffers();
    uint32_t slot_;
};

// Row or strip `position` of this core, in the order of its runs, as a block.
template <typename Common>
inline Block row_at(uint32_t position) {
    uint32_t index = 0;
    Run run = read_run<Common>(0);
    position *= kRowsRedone;
    while (position >= run.rows) {
        position -= run.rows;
        run = read_run<Common>(++index);
    }
    return {run.bank, run.first_page + position, kRowsRedone};
}

}  // namespace layernorm_fused_rm
