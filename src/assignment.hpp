// Which core serves which bank. The links of the NoCs, not the banks, are what a careless choice runs short of.
#pragma once

#include <cstdint>
#include <vector>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// A core for each share of rows, as an index into the grid in row-major order, all different. `banks[i]` is the bank
// where share i starts; shares of one bank lie side by side, and there are at most as many as cores. Cores are near
// their banks where the device says where both are, else they are taken in order.
[[nodiscard]] std::vector<std::int64_t> choose_cores(const std::vector<std::int64_t>& banks, BufferType memory,
                                                     const Device& device);

}  // namespace layernorm_fused_rm
