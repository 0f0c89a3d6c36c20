// SPDX-License-Identifier: Apache-2.0
// The tensors of a case and what it asks of their rows, worked out from the case alone: what the planner says of them
// is what is tested.
#pragma once

#include <vector>

#include "checker/memory.hpp"
#include "harness/case.hpp"

namespace protocol {

[[nodiscard]] Call to_call(const Case& value);
// In the order of contract::Tensor, without addresses.
[[nodiscard]] std::vector<Tensor> make_tensors(const Case& value);

}  // namespace protocol
