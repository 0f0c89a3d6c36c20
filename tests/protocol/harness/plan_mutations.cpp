// SPDX-License-Identifier: Apache-2.0
#include "contract.hpp"
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

namespace contract = layernorm_fused_rm::contract;
using layernorm_fused_rm::Plan;

[[nodiscard]] Mutation on_plan(const char* name, std::function<void(Plan&)> change, CaseKind kind = kPlain) {
    return {.name = name, .kind = kind, .plan = {.plan = std::move(change), .layout = {}}};
}

[[nodiscard]] Mutation on_layout(const char* name, std::function<void(Layout&)> change) {
    return {.name = name, .plan = {.plan = {}, .layout = std::move(change)}};
}

[[nodiscard]] std::uint32_t& first_run(Plan& plan, std::size_t core, contract::RunArgument word) {
    return plan.core_arguments.at(core).at(contract::run_slot(0, word));
}

// One page less, and the plan knows of it.
void shorten(Plan& plan, std::size_t buffer) {
    --plan.buffers.at(buffer).pages;
    plan.l1_bytes_used -= plan.buffers.at(buffer).page_bytes;
}

}  // namespace

std::vector<Mutation> plan_mutations() {
    using contract::RunArgument;
    return {
        on_plan("input buffer a page too small", [](Plan& plan) { shorten(plan, 0); }),
        on_plan("output buffer with half pages",
                [](Plan& plan) {
                    auto& buffer = plan.buffers.back();
                    plan.l1_bytes_used -= buffer.bytes() / 2;
                    buffer.page_bytes /= 2;
                }),
        on_plan("buffers over the L1 budget", [](Plan& plan) { plan.l1_bytes_budget = plan.l1_bytes_used - 1; }),
        on_plan("L1 use counted wrongly", [](Plan& plan) { plan.l1_bytes_used -= 32; }),
        on_plan("a run one row longer", [](Plan& plan) { ++first_run(plan, 0, RunArgument::kRows); }),
        on_plan("a run one row shorter", [](Plan& plan) { --first_run(plan, 0, RunArgument::kRows); }),
        on_plan("two cores with the same run",
                [](Plan& plan) { plan.core_arguments.at(1) = plan.core_arguments.at(0); }),
        on_plan("a core left out",
                [](Plan& plan) {
                    plan.cores.pop_back();
                    plan.core_arguments.pop_back();
                }),
        on_plan("a bank that there is not", [](Plan& plan) { first_run(plan, 0, RunArgument::kBank) += 100; }),
        on_plan("runtime arguments cut short", [](Plan& plan) { plan.core_arguments.at(0).resize(2); }),
        on_plan(
            "residual buffer a step too small", [](Plan& plan) { shorten(plan, 3); }, kRichResident),
        on_plan(
            "a strip of two cores",
            [](Plan& plan) {
                first_run(plan, 1, RunArgument::kFirstPage) -= contract::kRowsPerStrip;
                first_run(plan, 1, RunArgument::kRows) += contract::kRowsPerStrip;
            },
            kStrips),
        on_plan(
            "a strip of no core", [](Plan& plan) { first_run(plan, 0, RunArgument::kRows) -= contract::kRowsPerStrip; },
            kStrips),
        on_plan(
            "a run that begins within a strip", [](Plan& plan) { first_run(plan, 1, RunArgument::kFirstPage) += 2; },
            kStrips),
        on_plan(
            "a matrix with a row less", [](Plan& plan) { --plan.rows_per_matrix; }, kStripsOfRows),
        on_plan(
            "a matrix with a row more for compute", [](Plan& plan) { ++plan.compute_arguments.at(1); }, kStrips),
        on_plan("buffers of the other format",
                [](Plan& plan) {
                    for (auto& buffer : plan.buffers) {
                        buffer.dtype = layernorm_fused_rm::DataType::kFloat32;
                    }
                }),
        on_layout("two buffers overlap", [](Layout& layout) { layout.buffer_addresses.at(1) -= 32; }),
        on_layout("buffers at odd addresses",
                  [](Layout& layout) {
                      for (std::uint32_t& address : layout.buffer_addresses) {
                          address += 16;
                      }
                  }),
        on_layout("gamma's tensor one unit off", [](Layout& layout) { layout.tensors.at(0).address += 16; }),
    };
}

}  // namespace protocol
