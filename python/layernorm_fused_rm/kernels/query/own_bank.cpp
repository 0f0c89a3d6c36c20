// SPDX-License-Identifier: Apache-2.0
// Which bank of interleaved L1 tensors a core is (l1_banks.py). Data movement.
//
// in       an L1 tensor with one page of 32 bytes in each bank, at the same address on every core
// out      DRAM: what this core has at that address
// common arguments: both addresses; of the core: the DRAM bank of its answer, and how far behind the address it goes
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"

void kernel_main() {
    const uint32_t question = get_common_arg_val<uint32_t>(0);
    const uint32_t answers = get_common_arg_val<uint32_t>(1);
    const uint32_t bank = get_arg_val<uint32_t>(0);
    const uint32_t offset = get_arg_val<uint32_t>(1);
    noc_async_write(question, get_noc_addr_from_bank_id<true>(bank, answers + offset), 32);
    noc_async_write_barrier();
}
