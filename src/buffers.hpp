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
    std::int64_t steps_in_flight = 0;
};

// The first choice that fits into `budget_bytes`: less room to work ahead before smaller blocks. Throws
// std::invalid_argument when a single row of `width` elements is too wide, with the largest width that fits.
[[nodiscard]] Buffers fit_buffers(std::int64_t width, std::int64_t most_rows, std::int64_t budget_bytes);

}  // namespace layernorm_fused_rm
