// SPDX-License-Identifier: Apache-2.0
// Writer: y, a block of 32 sticks at a time, which are kPagesPerBlock pages of kOutputSticks.
#include <cstdint>

#include "api/dataflow/dataflow_api.h"
#include "buffers.hpp"

using namespace report;

void kernel_main() {
    constexpr uint32_t kPagesPerBlock = get_compile_time_arg_val(kOwnArguments);
    constexpr auto kY = TensorAccessorArgs<kOwnArguments + 1>();
    const auto y = TensorAccessor(kY, get_arg_val<uint32_t>(0), kStickBytes);

    for (uint32_t block = 0; block < kBlocks; ++block) {
        cb_wait_front(kOutputSticks, kPagesPerBlock);
        uint32_t address = get_read_ptr(kOutputSticks);
        for (uint32_t stick = 0; stick < kSticksPerBlock; ++stick) {
            noc_async_write(address, y.get_noc_addr(block * kSticksPerBlock + stick), kStickBytes);
            address += kStickBytes;
        }
        noc_async_write_barrier();
        cb_pop_front(kOutputSticks, kPagesPerBlock);
    }
}
