// SPDX-License-Identifier: Apache-2.0
// From a plan to a program that the checker can run: layout of memory, and what every thread records.
#pragma once

#include <functional>

#include "checker/machine.hpp"
#include "contract.hpp"
#include "harness/case.hpp"
#include "harness/units.hpp"

namespace protocol {

// Where a program's parts lie; the host runtime's choice, so drawn from the seed.
struct Layout {
    using Index = layernorm_fused_rm::contract::Tensor;
    [[nodiscard]] Tensor& tensor(Index index) { return tensors.at(static_cast<std::size_t>(index)); }

    std::vector<std::uint32_t> buffer_addresses;  // by the plan's buffers
    std::vector<Tensor> tensors;                  // by Index
};

// A change that a mutation makes to what was planned.
struct PlanMutation {
    std::function<void(layernorm_fused_rm::Plan&)> plan;
    std::function<void(Layout&)> layout;
};

// What the threads of a plan with cores record, its layout changed by `change`, if there is one; throws a Finding.
[[nodiscard]] Program make_program(const Case& value, const layernorm_fused_rm::Plan& plan, const Units& units,
                                   const std::function<void(Layout&)>& change = {});

// Runs one case under a schedule of its seed; throws a Finding.
void run_case(const Case& value, const layernorm_fused_rm::Plan& plan, const Units& units,
              const std::function<void(Layout&)>& change = {});

}  // namespace protocol
