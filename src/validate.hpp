// SPDX-License-Identifier: Apache-2.0
// The door: every condition on a call is checked here, once. What comes after relies on it.
#pragma once

#include <cstdint>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// The input as rows: every dimension but the last is rows.
struct Extent {
    std::int64_t rows = 0;
    std::int64_t width = 0;  // elements
};

// Both throw std::invalid_argument. The device comes last: a tensor on the host has none, and should be told so first.
[[nodiscard]] Extent validate(const Problem& problem);

// What `validate` ends with: the device, and the tensors of a call that is sound otherwise on it.
void validate_device(const Problem& problem, const Extent& extent);

}  // namespace layernorm_fused_rm
