// SPDX-License-Identifier: Apache-2.0
// How gamma and beta reach the cores: each core reads them itself, or one reads them and multicasts them to all.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// Decides for cores that need `affine_bytes` of gamma and beta each, or each team of them, which lie in `memory`. Where sharing pays, `cores`
// afterwards holds every core of the bounding rectangle, in row-major order: a multicast reaches whole rectangles, and a
// core in it that has no rows still has to make room for what arrives.
[[nodiscard]] std::optional<AffineSharing> share_affine(std::vector<CoreWork>& cores, std::int64_t affine_bytes,
                                                        BufferType memory, const Device& device);

}  // namespace layernorm_fused_rm
