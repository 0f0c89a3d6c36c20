// SPDX-License-Identifier: Apache-2.0
// Every refusal of a device, word for word.
#include "refusals.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::error_of;
class DeviceCheck : public tests::Refusals {};

TEST_F(DeviceCheck, refuses_a_grid_without_cores) {
    for (const auto& [grid, given] : std::initializer_list<std::pair<Coordinate, std::string>>{
             {{0, 8}, "0 x 8"}, {{8, 0}, "8 x 0"}, {{-1, 8}, "-1 x 8"}, {{8, 65}, "8 x 65"}, {{65, 8}, "65 x 8"}}) {
        problem.device.grid = grid;
        expect_error("device has a grid of " + given +
                     " cores, but needs 1 to 64 on either side; pass device.compute_with_storage_grid_size()");
    }
}

TEST_F(DeviceCheck, refuses_a_noc_larger_than_any) {
    const Coordinate unknown{};
    problem.device.noc_size = unknown;
    expect_error("");
    for (const auto& [size, given] : std::initializer_list<std::pair<Coordinate, std::string>>{
             {{-1, 12}, "-1 x 12"}, {{10, 65}, "10 x 65"}, {{2147483647, 12}, "2147483647 x 12"}}) {
        problem.device.noc_size = size;
        expect_error("device has a NoC of " + given +
                     " places, but a NoC has at most 64 on either side; pass its size, or 0 x 0 if it is unknown");
    }
}

TEST_F(DeviceCheck, refuses_a_core_without_l1) {
    problem.device.l1_bytes = 0;
    expect_error(
        "device has 0 bytes of L1 for circular buffers on a core, but needs 1 to 67108864; pass the free L1 of a core");
    problem.device.l1_bytes = 67108865;
    expect_error(
        "device has 67108865 bytes of L1 for circular buffers on a core, but needs 1 to 67108864; pass the free L1 of "
        "a core");
}

TEST_F(DeviceCheck, refuses_a_memory_without_banks_where_a_tensor_lies_there) {
    const std::string no_l1 =
        "device has 0 L1 banks, but a tensor of this call lies there; pass the device's number of L1 banks";
    problem.device.l1_banks = 0;
    expect_error("");
    const TensorSpec residual = problem.input;
    const auto expect_no_l1 = [&](const auto& spec_of) {
        Problem changed = problem;
        changed.residual = residual;
        spec_of(changed).buffer_type = BufferType::kL1;
        EXPECT_EQ(error_of(changed), "layernorm_fused_rm: " + no_l1);
    };
    expect_no_l1([](Problem& changed) -> TensorSpec& { return changed.input; });
    expect_no_l1([](Problem& changed) -> TensorSpec& { return *changed.gamma; });
    expect_no_l1([](Problem& changed) -> TensorSpec& { return *changed.beta; });
    expect_no_l1([](Problem& changed) -> TensorSpec& { return *changed.residual; });
    problem.options.memory_config = MemoryConfig{BufferType::kL1};
    expect_error(no_l1);
    problem.device.dram_banks.clear();
    expect_error(
        "device has 0 DRAM banks, but a tensor of this call lies there; pass the device's number of DRAM banks");
}

TEST_F(DeviceCheck, refuses_an_alignment_other_than_16_32_or_64) {
    problem.device.dram_alignment_bytes = 64;
    expect_error("");
    problem.device.dram_alignment_bytes = 128;
    expect_error("device aligns pages in DRAM to 128 bytes, but needs 16, 32 or 64; use another memory");
    problem.device.dram_alignment_bytes = 0;
    expect_error("device aligns pages in DRAM to 0 bytes, but needs 16, 32 or 64; use another memory");
    problem.device.dram_alignment_bytes = 8;
    expect_error("device aligns pages in DRAM to 8 bytes, but needs 16, 32 or 64; use another memory");
    problem.device.dram_alignment_bytes = 32;
    problem.device.l1_alignment_bytes = 128;
    expect_error("");
    problem.options.memory_config = MemoryConfig{BufferType::kL1};
    expect_error("device aligns pages in L1 to 128 bytes, but needs 16, 32 or 64; use another memory");
}

TEST_F(DeviceCheck, refuses_more_banks_a_core_than_its_arguments_hold) {
    problem.device = tests::plain_device({.x = 1, .y = 1}, 12);
    problem.input = {.shape = {140, 1024}, .buffer_type = BufferType::kL1};
    problem.device.l1_banks = 107;
    expect_error("");
    problem.device.l1_banks = 108;
    expect_error(
        "a core would take rows of 108 banks, more than a kernel's runtime arguments hold; use more cores, or move "
        "the input to DRAM with ttnn.to_memory_config(input, ttnn.DRAM_MEMORY_CONFIG)");
}

}  // namespace
}  // namespace layernorm_fused_rm
