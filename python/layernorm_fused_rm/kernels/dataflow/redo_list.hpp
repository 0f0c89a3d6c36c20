// SPDX-License-Identifier: Apache-2.0
// Which rows of the output the writer redoes (dataflow/redo.hpp): found by their first elements, as they come; those that
// cores share by their 1 / deviation, which no core has otherwise than another.
#pragma once

#include <stdint.h>

#include "api/core_local_mem.h"
#include "arguments.hpp"
#include "dataflow/strips.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Positions among the core's rows, or its strips, which are redone whole. The first kMost of them; where there are more,
// all rows from the next one on, for redoing changes none. What is done for every block is short: the last one's is waited for.
class RedoList {
public:
    // Looks at the first elements of a block's rows, or at their 1 / deviations, in the page at `l1_address`, and marks
    // those that are no finite number.
    void look_at(Block block, uint32_t l1_address) {
        asm volatile("" ::: "memory");  // what is loaded is not from before
        uint32_t specials = 0;
#pragma GCC unroll 8
        for (uint32_t row = 0; row < kRowsPerBlock; ++row) {
            specials |= carry_if_special(l1_address, row);  // be it one that the block lacks
        }
        if (specials >= kCarry) {
            mark(block, l1_address);
        }
        seen_ += block.rows / kRowsRedone;
    }

    bool is_empty() const { return count_ == 0; }
    uint32_t size() const { return count_ + (all_from_ < seen_ ? seen_ - all_from_ : 0); }
    // Whether row `row` of the block of `rows` rows that was last looked at is to be redone; or the strip it begins.
    bool has_marked(uint32_t row, uint32_t rows) const {
        const uint32_t position = seen_ - (rows - row) / kRowsRedone;
        bool is_marked = position >= all_from_;
        for (uint32_t i = 0; i < count_; ++i) {
            is_marked = is_marked || marked_[i] == position;
        }
        return is_marked;
    }

    // Calls redo(position) for each of them.
    template <typename Visit>
    void for_each_row(Visit redo) const {
        for (uint32_t i = 0; i < count_; ++i) {
            redo(marked_[i]);
        }
        for (uint32_t position = all_from_; position < seen_; ++position) {
            redo(position);
        }
    }

private:
    static constexpr uint32_t kMost = 16;
    static constexpr uint32_t kNone = 0xffffffff;
    // The upper half of the fp32 bits of what is looked at -> kCarry or more if all bits of its exponent are ones.
    static constexpr uint32_t kCarry = 1u << 15;
    static uint32_t carry_if_special(uint32_t l1_address, uint32_t row) {
        constexpr uint32_t kBytes = kExchangesSums ? contract::kBytesPerFloat32 : kOutputTensor.element_bytes;
        constexpr uint32_t kUpperHalf = kBytes - sizeof(uint16_t);
        const uint32_t element =
            kExchangesSums ? contract::rstd_offset(row, kRowsPerVector) : element_in_page<kOutputTensor>(row, 0);
        const uint32_t first = element * kBytes;
        const uint32_t half = *CoreLocalMem<uint16_t>(l1_address + first + kUpperHalf);
        return (half & 0x7f80u) + 0x80u;
    }

    __attribute__((noinline, cold)) void mark(Block block, uint32_t l1_address) {
        for (uint32_t row = 0; row < block.rows; ++row) {
            if (is_padding(block, row) || carry_if_special(l1_address, row) < kCarry) {
                continue;
            }
            const uint32_t position = seen_ + row / kRowsRedone;
            if (count_ != 0 && marked_[count_ - 1] == position) {
                continue;
            }
            if (count_ < kMost) {
                marked_[count_++] = position;
            } else if (position < all_from_) {
                all_from_ = position;
            }
        }
    }

    uint32_t seen_ = 0;  // rows or strips looked at
    uint32_t all_from_ = kNone;
    uint32_t count_ = 0;
    uint32_t marked_[kMost];  // rising
};

}  // namespace layernorm_fused_rm
