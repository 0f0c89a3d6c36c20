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

}  // namespace layernorm_fused_rm
