// SPDX-License-Identifier: Apache-2.0
// How gamma and beta reach the cores: each core reads them itself, or one reads them and multicasts them to all.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// gamma and beta, as far as a call has them.
struct AffineVectors {
    std::int64_t bytes = 0;           // of both
    std::int64_t elements = 0;        // of each
    std::int64_t piece_elements = 0;  // that lie side by side in memory, of whichever has the longest pieces
    BufferType memory = BufferType::kDram;
};

// Decides for cores that need both each, or each team of them. Where sharing pays, `cores` afterwards holds every core of
// the bounding rectangle, in row-major order: a multicast reaches whole rectangles, and a core in it that has no rows still
// has to make room for what arrives.
[[nodiscard]] std::optional<AffineSharing> share_affine(std::vector<CoreWork>& cores, const AffineVectors& vectors,
                                                        const Device& device);

}  // namespace layernorm_fused_rm
