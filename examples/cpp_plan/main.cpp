// SPDX-License-Identifier: Apache-2.0
// Plans LayerNorm over 32 rows of 1,024 elements on a Wormhole card, prints the plan, and what a wrong call is told.
#include <contract.hpp>
#include <cstdio>
#include <layernorm_fused_rm/plan.hpp>
#include <stdexcept>

int main() {
    using namespace layernorm_fused_rm;
    Problem problem{
        .input = {.shape = {32, 1024}},  // bfloat16, ROW_MAJOR, interleaved in DRAM
        .gamma = TensorSpec{.shape = {1024}},
        .beta = TensorSpec{.shape = {1024}},
        .device = {.grid = {.x = 8, .y = 9}, .dram_banks = std::vector<Coordinate>(12), .l1_bytes = 1'393'312}};
    const Plan planned = plan(problem);
    std::puts(planned.describe().c_str());

    problem.gamma->shape = {1000};
    bool was_refused = false;
    try {
        check(problem);
    } catch (const std::invalid_argument& error) {
        was_refused = true;
        std::printf("with a gamma of 1000: %s\n", error.what());
    }
    // What kernels agree on with the plan is installed too.
    const auto first = static_cast<contract::Buffer>(planned.buffers.front().index);
    return was_refused && first == contract::Buffer::kInput ? 0 : 1;
}
