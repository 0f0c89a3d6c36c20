// SPDX-License-Identifier: Apache-2.0
// Plans 4 rows of 64 elements from the installed package and prints the plan.
#include <contract.hpp>
#include <cstdio>
#include <layernorm_fused_rm/plan.hpp>

int main() {
    using namespace layernorm_fused_rm;
    const Plan planned =
        plan({.input = {.shape = {4, 64}},
              .gamma = TensorSpec{.shape = {64}},
              .beta = TensorSpec{.shape = {64}},
              .device = {.grid = {.x = 2, .y = 2}, .dram_banks = std::vector<Coordinate>(12), .l1_bytes = 1'000'000}});
    std::puts(planned.describe().c_str());
    return planned.buffers.front().index == static_cast<std::uint32_t>(contract::Buffer::kInput) ? 0 : 1;
}
