// SPDX-License-Identifier: Apache-2.0
// Sizes of a Device.
#pragma once

#include <cstdint>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

[[nodiscard]] inline std::int64_t core_count(const Device& device) {
    return std::int64_t{device.grid.x} * std::int64_t{device.grid.y};
}

// Pages of an interleaved tensor go round the banks of its memory.
[[nodiscard]] inline std::int64_t bank_count(const Device& device, BufferType memory) {
    return memory == BufferType::kDram ? static_cast<std::int64_t>(device.dram_banks.size()) : device.l1_banks;
}

[[nodiscard]] inline std::int64_t page_alignment(const Device& device, BufferType memory) {
    return memory == BufferType::kDram ? device.dram_alignment_bytes : device.l1_alignment_bytes;
}

}  // namespace layernorm_fused_rm
