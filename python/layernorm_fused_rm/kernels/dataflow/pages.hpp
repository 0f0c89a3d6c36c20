// Where a page of a tensor lies on the NoC, for the reader and the writer.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {

// Of a tensor's first page in each bank; 0 if the call does not have it.
inline uint32_t tensor_address(Tensor tensor) { return get_common_arg_val<uint32_t>(static_cast<int>(tensor)); }

// Of page `page` of bank `bank`, and of page `page` of the tensor.
template <const TensorLayout& tensor>
inline uint64_t page_address(uint32_t bank, uint32_t page, uint32_t address) {
    return get_noc_addr_from_bank_id<tensor.in_dram != 0>(bank, address + page * tensor.page_bytes);
}
template <const TensorLayout& tensor>
inline uint64_t page_address(uint32_t page, uint32_t address) {
    return page_address<tensor>(tensor.distribution().bank_of(page), tensor.distribution().page_in_bank(page), address);
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

// Pages that follow one another, without a division for each.
template <const TensorLayout& tensor>
class Pages {
public:
    Pages(uint32_t first, uint32_t address) : bank_(0), address_(address) {
        const uint32_t in_bank = divide<tensor.banks>(first);
        bank_ = first - in_bank * tensor.banks;
        address_ += in_bank * tensor.page_bytes;
    }

    uint64_t here() const { return get_noc_addr_from_bank_id<tensor.in_dram != 0>(bank_, address_); }
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

}  // namespace layernorm_fused_rm
