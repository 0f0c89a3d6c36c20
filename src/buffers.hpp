// SPDX-License-Identifier: Apache-2.0
// The circular buffers of every core, and whether L1 holds them.
#pragma once

#include <cstdint>
#include <vector>

#include "blocking.hpp"
#include "layernorm_fused_rm/plan.hpp"

namespace layernorm_fused_rm {

// A blocking and the buffers it needs.
struct Buffers {
    Blocking blocking{};
    std::vector<CircularBuffer> buffers{};
    std::int64_t bytes = 0;
    std::int64_t input_pages = 0;
    std::int64_t steps_in_flight = 0;
    bool reads_again = false;  // L1 keeps no whole row
};

// Whether L1 keeps rows, or slices of them, with some choice.
[[nodiscard]] bool keeps_rows(const contract::Call& call, std::int64_t most_rows, std::int64_t budget_bytes);

// The first choice that fits into `budget_bytes`: less room to work ahead before smaller blocks, and rows that are read
// again for each pass last of all. Throws std::invalid_argument when not even those fit.
[[nodiscard]] Buffers fit_buffers(const contract::Call& call, std::int64_t most_rows, std::int64_t budget_bytes);

}  // namespace layernorm_fused_rm
