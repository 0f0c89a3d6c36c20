// SPDX-License-Identifier: Apache-2.0
// Reader: 1 / W, epsilon, gamma and beta, then x, a block of 32 sticks (rows of memory) at a time.
#include <cstdint>

#include "api/dataflow/dataflow_api.h"
#include "buffers.hpp"
#include "ttnn/cpp/ttnn/kernel_lib/reduce_helpers_dataflow.hpp"

using namespace report;
using ckernel::PoolType;
using ckernel::ReduceDim;

namespace {

template <typename Tensor>
void read_sticks(const Tensor& tensor, uint32_t first, uint32_t sticks, uint32_t to) {
    cb_reserve_back(to, sticks);
    uint32_t address = get_write_ptr(to);
    for (uint32_t stick = first; stick < first + sticks; ++stick) {
        noc_async_read(tensor.get_noc_addr(stick), address, kStickBytes);
        address += kStickBytes;
    }
    noc_async_read_barrier();
    cb_push_back(to, sticks);
}

// A tile of which only the first element is looked at.
void make_scalar(uint16_t bfloat16_bits, uint32_t to) {
    cb_reserve_back(to, 1);
    *reinterpret_cast<volatile uint16_t*>(get_write_ptr(to)) = bfloat16_bits;
    cb_push_back(to, 1);
}

}  // namespace

void kernel_main() {
    constexpr uint32_t kEpsilonBits = get_compile_time_arg_val(kOwnArguments);
    constexpr auto kX = TensorAccessorArgs<kOwnArguments + 1>();
    constexpr auto kGammaTensor = TensorAccessorArgs<kX.next_compile_time_args_offset()>();
    constexpr auto kBetaTensor = TensorAccessorArgs<kGammaTensor.next_compile_time_args_offset()>();
    const auto x = TensorAccessor(kX, get_arg_val<uint32_t>(0), kStickBytes);
    const auto gamma = TensorAccessor(kGammaTensor, get_arg_val<uint32_t>(1), kStickBytes);
    const auto beta = TensorAccessor(kBetaTensor, get_arg_val<uint32_t>(2), kStickBytes);

    dataflow_kernel_lib::prepare_reduce_scaler<kScaler, PoolType::SUM, ReduceDim::REDUCE_ROW>(1.0f / kWidth);
    make_scalar(kEpsilonBits, kEpsilon);
    read_sticks(gamma, 0, 1, kGammaStick);
    read_sticks(beta, 0, 1, kBetaStick);
    for (uint32_t block = 0; block < kBlocks; ++block) {
        read_sticks(x, block * kSticksPerBlock, kSticksPerBlock, kInputSticks);
    }
}
