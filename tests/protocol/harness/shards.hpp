// SPDX-License-Identifier: Apache-2.0
// How a case shards a tensor over all cores of its grid: H(EIGHT), W(IDTH) or B(LOCK)_SHARDED, as ttnn does.
#pragma once

#include <cstdint>

#include "harness/case.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace protocol {

[[nodiscard]] constexpr bool is_sharded(char memory) { return memory == 'H' || memory == 'W' || memory == 'B'; }

struct Sharding {
    layernorm_fused_rm::Shards shards;
    std::int64_t across = 1;  // shards beside each other
};
[[nodiscard]] Sharding shard(const Case& value, char memory, char layout, std::uint32_t element_bytes);

}  // namespace protocol
