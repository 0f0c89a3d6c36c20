// The contract's semaphores on this core, for reader and writer.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "contract.hpp"

namespace layernorm_fused_rm {

inline uint32_t semaphore_address(contract::Semaphore semaphore) {
    return get_semaphore(static_cast<uint32_t>(semaphore));
}
inline volatile tt_l1_ptr uint32_t* semaphore_pointer(contract::Semaphore semaphore) {
    return reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(static_cast<uint32_t>(semaphore)));
}

}  // namespace layernorm_fused_rm
