// SPDX-License-Identifier: Apache-2.0
// What a call asks of the kernels, as far as its tensors and options say it: their layout in device memory, and how the
// mean is taken out of a row. How rows are cut is chosen later (blocking.hpp, buffers.hpp).
#pragma once

#include <cstdint>

#include "contract.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

[[nodiscard]] constexpr std::int64_t element_bytes(DataType dtype) {
    return dtype == DataType::kFloat32 ? contract::kBytesPerFloat32 : contract::kBytesPerBfloat16;
}

// Of ttnn's tiles, whose faces have at most 16 rows of 16 elements.
inline constexpr std::int64_t kFaceSide = contract::kFaceSide;

// Elements of a row as it is stored, its padding included.
[[nodiscard]] inline std::int64_t stored_width(const TensorSpec& spec) {
    return spec.padded_shape.empty() ? spec.shape.back() : spec.padded_shape.back();
}

// Of a problem that validate() has accepted.
[[nodiscard]] contract::Call describe_call(const Problem& problem);

}  // namespace layernorm_fused_rm
