// SPDX-License-Identifier: Apache-2.0
// Where a page of a tensor lies on the NoC, for the reader and the writer.
#pragma once

#include <stdint.h>

#include <type_traits>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {

// Of a tensor's first page in each bank; 0 if the call does not have it.
inline uint32_t tensor_address(Tensor tensor) { return get_common_arg_val<uint32_t>(static_cast<int>(tensor)); }

// Of an address in bank `bank`. A shard's core is said by x + y * 2^16.
template <const TensorLayout& tensor>
inline uint64_t bank_address(uint32_t bank, uint32_t address) {
    if constexpr (tensor.is_sharded()) {
        const uint32_t place = get_common_arg_val<uint32_t>(static_cast<int>(tensor.first_place + bank));
        return get_noc_addr(place & 0xffff, place >> 16, address);
    } else {
        return get_noc_addr_from_bank_id<tensor.in_dram != 0>(bank, address);
    }
}

// Of row `row` of bank `bank`, and of row `row` of the tensor, where no row is cut; a page is a row.
template <const TensorLayout& tensor>
inline uint64_t page_address(uint32_t bank, uint32_t row, uint32_t address) {
    static_assert(!tensor.has_cut_rows());
    return bank_address<tensor>(bank, address + row * tensor.page_bytes);
}
template <const TensorLayout& tensor>
inline uint64_t page_address(uint32_t row, uint32_t address) {
    return page_address<tensor>(tensor.distribution().bank_of(row), tensor.distribution().row_in_bank(row), address);
}

// value / divisor, for values below 2^31, by a multiplication: a division takes a RISC-V some 35 cycles, and kernels
// are compiled for size. With l = ceil(log2 divisor), ceil(2^(31 + l) / divisor) is off by less than 2^l, which such a
// value does not see (Granlund, Montgomery, "Division by Invariant Integers using Multiplication", 1994).
template <uint32_t divisor>
inline uint32_t divide(uint32_t value) {
    if constexpr (divisor == 1) {
        return value;
    } else {
        constexpr uint32_t kLog = 32 - __builtin_clz(divisor - 1);
        constexpr uint64_t kFactor = ((uint64_t{1} << (31 + kLog)) + divisor - 1) / divisor;
        static_assert(kFactor <= 0xffffffff);
        return static_cast<uint32_t>((value * kFactor) >> 32) >> (kLog - 1);
    }
}

// Pages that follow one another, without a division for each: rows, or the tiles of a tile row, from tile `column` of tile
// row `row` on.
template <const TensorLayout& tensor>
class InterleavedPages {
public:
    InterleavedPages(uint32_t row, uint32_t column, uint32_t address) : bank_(0), address_(address) {
        const uint32_t first = tensor.is_in_tiles() ? row * tensor.tiles_per_row + column : row;
        const uint32_t in_bank = divide<tensor.banks>(first);
        bank_ = first - in_bank * tensor.banks;
        address_ += in_bank * tensor.page_bytes;
    }

    uint64_t here() const { return bank_address<tensor>(bank_, address_); }
    void go_on() {
        if (++bank_ == tensor.banks) {
            bank_ = 0;
            address_ += tensor.page_bytes;
        }
    }

private:
    uint32_t bank_;
    uint32_t address_;
};

// The same in shards. Rows go on in the shard below, tiles in the one beside.
template <const TensorLayout& tensor>
class ShardedPages {
public:
    ShardedPages(uint32_t row, uint32_t column, uint32_t address) {
        const uint32_t shard_row = divide<tensor.shard_rows>(row);
        const uint32_t shard_column = divide<tensor.shard_pages>(column);
        const uint32_t row_in_shard = row - shard_row * tensor.shard_rows;
        const uint32_t column_in_shard = column - shard_column * tensor.shard_pages;
        const uint32_t first = tensor.is_in_tiles() ? row_in_shard * tensor.shard_pages : 0;
        const uint32_t before = tensor.is_in_tiles() ? column_in_shard : row_in_shard;
        bank_ = shard_row * tensor.shards_per_row + shard_column;
        first_address_ = address + first * tensor.page_bytes;
        address_ = first_address_ + before * tensor.page_bytes;
        left_ = kPages - before;
        core_ = bank_address<tensor>(bank_, 0);
    }

    uint64_t here() const { return core_ | address_; }
    void go_on() {
        address_ += tensor.page_bytes;
        if (--left_ == 0 && ++bank_ < tensor.banks) {
            core_ = bank_address<tensor>(bank_, 0);
            address_ = first_address_;
            left_ = kPages;
        }
    }

private:
    static constexpr uint32_t kPages = tensor.is_in_tiles() ? tensor.shard_pages : tensor.shard_rows;

    uint32_t bank_;
    uint32_t first_address_;
    uint32_t address_;
    uint32_t left_;  // pages until the next shard
    uint64_t core_;  // address 0 of the bank
};

template <const TensorLayout& tensor>
using Pages = std::conditional_t<tensor.is_sharded(), ShardedPages<tensor>, InterleavedPages<tensor>>;

// Calls visit(part, before, columns) for each part that a page has of `columns` columns of a row: where it lies, and how
// many columns there are before it and in it.
template <const TensorLayout& tensor, typename Visit>
inline __attribute__((always_inline)) void for_each_part(uint32_t row, uint32_t column, uint32_t columns,
                                                         uint32_t address, Visit visit) {
    constexpr uint32_t kColumns = tensor.page_bytes / tensor.element_bytes;
    const uint32_t shard_row = divide<tensor.shard_rows>(row);
    const uint32_t in_bank = address + (row - shard_row * tensor.shard_rows) * tensor.page_bytes;
    uint32_t shard = divide<kColumns>(column);
    uint32_t in_page = column - shard * kColumns;
    for (uint32_t before = 0; before < columns;) {
        const uint32_t in_part = kColumns - in_page < columns - before ? kColumns - in_page : columns - before;
        visit(bank_address<tensor>(shard_row * tensor.shards_per_row + shard, in_bank + in_page * tensor.element_bytes),
              before, in_part);
        before += in_part;
        in_page = 0;
        ++shard;
    }
}

}  // namespace layernorm_fused_rm
