// SPDX-License-Identifier: Apache-2.0
// Into how many slices rows are cut, each a core's, where there are fewer rows than cores: by an estimate of simulated
// cycles. A slice is pieces of a row's sums (kernels/norm/pieces.hpp), as many as a power of two, so a row's bits are the
// same however it is cut.
#pragma once

#include <cstdint>
#include <vector>

#include "contract.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// Simulated cycles that a call takes beside its launch, if each team of cores takes `rounds` rows, or strips, in so many
// slices.
[[nodiscard]] std::int64_t estimate_cycles(const contract::Call& call, std::int64_t rounds, std::int64_t slices);

// Numbers of slices that rows of the call can be cut into, 1 first.
[[nodiscard]] std::vector<std::int64_t> possible_slices(const contract::Call& call, std::int64_t cores);

// Cuts the call's rows, `rows` with the padding of their tiles, into the number that is estimated to take least: strips
// in tiles, and single rows in DRAM.
void slice_rows(contract::Call& call, std::int64_t rows, BufferType memory, const Device& device);

}  // namespace layernorm_fused_rm
