// SPDX-License-Identifier: Apache-2.0
// Rows of a block between device memory and L1, for the reader and the writer: where a row of each tensor lies, the
// transfers of one step, and the buffers of what is read. A row is a page, and its segments are the page's pieces; rows
// in strips are dataflow/strips.hpp's.
//
// A run is one of the input's banks. A tensor that is distributed alike has the same rows side by side in the same bank;
// any other has them bank by bank, and one in narrower shards than its rows has each of them in several.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/pages.hpp"
#include "dataflow/strips.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Of a block's row, its number in the tensor.
inline uint32_t row_number(Block block, uint32_t row) {
    if constexpr (kRowsAreStrips) {
        const uint32_t in_strip = row % contract::kRowsPerStrip;
        return tensor_row(block.first_page + row - in_strip) + in_strip;
    }
    return kInputTensor.distribution().row_at(block.bank, block.first_page + row);
}

// The NoC address of a block's row in a tensor at `address`.
template <const TensorLayout& tensor>
inline uint64_t row_address(Block block, uint32_t row, uint32_t address) {
    if constexpr (!kRowsAreStrips && tensor.distributes_like(kInputTensor)) {
        return page_address<tensor>(block.bank, block.first_page + row, address);
    } else {
        return page_address<tensor>(row_number(block, row), address);
    }
}

// True if a block is one transfer: its rows lie side by side, without gaps, in L1 and in the bank.
template <const TensorLayout& tensor>
inline constexpr bool kIsOneTransfer =
    !kRowsAreStrips && kIsResident && tensor.distributes_like(kInputTensor) &&
    tensor.page_bytes == stride_bytes(tensor) && tensor.page_bytes == row_bytes(tensor);

// Of a row's last segment: to the end of its page, or of its room in L1 where padding makes the page longer. Reads need
// not end with the row.
template <const TensorLayout& tensor>
inline constexpr uint32_t last_read_bytes() {
    constexpr uint32_t in_page = tensor.page_bytes - (kSegments - 1) * tensor.piece_stride_bytes;
    return in_page < stride_bytes(tensor) ? in_page : stride_bytes(tensor);
}

// Calls move(part, at, bytes) for each part that a shard has of a step's rows: where it lies, and where it belongs from
// the start of the step's page on.
template <const TensorLayout& tensor, typename Move>
inline __attribute__((always_inline)) void for_each_part_of_rows(Block block, uint32_t segment, uint32_t address,
                                                                 Move move) {
    for (uint32_t row = 0; row < block.rows; ++row) {
        for_each_part<tensor>(row_number(block, row), segment * kColumnsPerChunk, segment_elements(segment), address,
                              [=](uint64_t part, uint32_t before, uint32_t columns) {
                                  move(part, row * stride_bytes(tensor) + before * tensor.element_bytes,
                                       columns * tensor.element_bytes);
                              });
    }
}

// Starts the reads of a step.
template <const TensorLayout& tensor>
inline void start_reading_rows(Block block, uint32_t segment, uint32_t address, uint32_t l1_address) {
    if constexpr (kRowsAreStrips) {
        start_moving_strips<tensor, Reads>(block, segment, address, l1_address);
    } else if constexpr (kIsOneTransfer<tensor>) {
        noc_async_read(row_address<tensor>(block, 0, address), l1_address, block.rows * tensor.page_bytes);
    } else if constexpr (tensor.has_cut_rows()) {
        for_each_part_of_rows<tensor>(block, segment, address, [=](uint64_t part, uint32_t at, uint32_t bytes) {
            noc_async_read(part, l1_address + at, bytes);
        });
    } else {
        const uint32_t offset = segment * tensor.piece_stride_bytes;
        const uint32_t bytes =
            kIsSliced || segment + 1 < kSegments ? tensor.piece_stride_bytes : last_read_bytes<tensor>();
        for (uint32_t row = 0; row < block.rows; ++row) {
            noc_async_read(row_address<tensor>(block, row, address) + offset, l1_address + row * stride_bytes(tensor),
                           bytes);
        }
    }
}

// Of the input's rows and the residual's: the tensors, or pages of kInput and kResidual.
struct RowAddresses {
    uint32_t input;
    uint32_t residual;
};
inline RowAddresses row_tensors() { return {tensor_address(Tensor::kInput), tensor_address(Tensor::kResidual)}; }

// Starts the reads of a step of both.
inline __attribute__((always_inline)) void start_reading_step(Block block, uint32_t segment, RowAddresses tensors,
                                                              RowAddresses pages) {
    start_reading_rows<kInputTensor>(block, segment, tensors.input, pages.input);
    if constexpr (kResidualTensor.is_there()) {
        start_reading_rows<kResidualTensor>(block, segment, tensors.residual, pages.residual);
    }
}

// Their buffers, as far as this RISC-V has pushed.
inline RowAddresses row_buffers() {
    return {get_write_ptr(kInput), kResidualTensor.is_there() ? get_write_ptr(kResidual) : 0};
}
// They have room for so many steps, which go round: L1 addresses of the step in slot `slot` of buffers from `first` on.
inline constexpr uint32_t kSlots = kInputPages / kPagesPerStep;
inline RowAddresses pages_of_slot(RowAddresses first, uint32_t slot) {
    const uint32_t page = slot * kPagesPerStep;
    return {first.input + page * page_bytes(kInputTensor), first.residual + page * page_bytes(kResidualTensor)};
}
inline void reserve_rows(uint32_t pages) {
    cb_reserve_back(kInput, pages);
    if constexpr (kResidualTensor.is_there()) {
        cb_reserve_back(kResidual, pages);
    }
}
inline void push_rows(uint32_t pages) {
    cb_push_back(kInput, pages);
    if constexpr (kResidualTensor.is_there()) {
        cb_push_back(kResidual, pages);
    }
}

// Starts the writes of a step, of a tensor that the call has. Never more than the row: what lies behind it is not ours.
template <const TensorLayout& tensor>
inline void start_writing_rows(Block block, uint32_t segment, uint32_t address, uint32_t l1_address) {
    if constexpr (!tensor.is_there()) {
        return;
    } else if constexpr (kRowsAreStrips) {
        start_moving_strips<tensor, Writes>(block, segment, address, l1_address);
    } else if constexpr (kIsOneTransfer<tensor>) {
        noc_async_write(l1_address, row_address<tensor>(block, 0, address), block.rows * tensor.page_bytes);
    } else if constexpr (tensor.has_cut_rows()) {
        for_each_part_of_rows<tensor>(block, segment, address, [=](uint64_t part, uint32_t at, uint32_t bytes) {
            noc_async_write(l1_address + at, part, bytes);
        });
    } else {
        const uint32_t bytes = segment_elements(segment) * tensor.element_bytes;
        for (uint32_t row = 0; row < block.rows; ++row) {
            noc_async_write(l1_address + row * stride_bytes(tensor),
                            row_address<tensor>(block, row, address) + segment * tensor.piece_stride_bytes, bytes);
        }
    }
}

}  // namespace layernorm_fused_rm
