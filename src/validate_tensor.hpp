// SPDX-License-Identifier: Apache-2.0
// What one tensor must be, whatever the call: where it is stored and as what, in which tiles, with which padding.
// Each check refuses by the tensor's name (error.hpp). How tensors go together: validate.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "contract.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// Of ttnn's own tiles; ttnn.layer_norm takes row-major gamma and beta cut into rows of that width.
inline constexpr std::int64_t kTileWidth = contract::kTileSide;

inline constexpr std::string_view kOtherMemory =
    " must be INTERLEAVED in DRAM or L1, or HEIGHT, WIDTH or BLOCK sharded in L1 with a shard_spec, but is in another "
    "memory (sharded in DRAM, sharded with an nd_shard_spec, without a shard_spec, or in another type of buffer); ";

[[nodiscard]] bool is_served(DataType dtype);

// As ttnn names them.
[[nodiscard]] std::string name_of(DataType dtype);
[[nodiscard]] std::string name_of(Layout layout);

// Memory, layout and data type of a tensor of rows: one that is read, or `output`, which is to be written.
void check_rows(const std::string& name, const TensorSpec& spec);
void check_output_rows(const std::string& name, const TensorSpec& spec);

// The same of gamma or beta. TILE layout is taken too: it is what ttnn.layer_norm wants.
void check_vector(const std::string& name, const TensorSpec& spec);

// Not negative.
void check_dimensions(const std::string& name, const TensorSpec& spec);

// Of dimensions that are checked.
void check_padding_of_rows(const std::string& name, const TensorSpec& spec);
void check_padding_of_output(const std::string& name, const TensorSpec& spec);
void check_padding_of_vector(const std::string& name, const TensorSpec& spec);

}  // namespace layernorm_fused_rm
