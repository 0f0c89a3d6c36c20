// SPDX-License-Identifier: Apache-2.0
#include "try_plan.hpp"

#include <ctime>
#include <exception>
#include <sstream>
#include <stdexcept>

#include "layernorm_fused_rm/plan.hpp"
#include "plan_invariants.hpp"

namespace layernorm_fused_rm::tests {
namespace {

// Planning is done while a caller waits; the largest device that is not refused takes a tenth of this.
constexpr double kMostSeconds = 1.0;

[[nodiscard]] double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

[[nodiscard]] Outcome plan_and_check(const Problem& problem) {
    Outcome outcome;
    const double start = processor_seconds();
    const Plan planned = plan(problem);
    outcome.seconds = processor_seconds() - start;
    outcome.fault = broken_promise(problem, planned);
    if (outcome.fault.empty() && planned.describe().empty()) {
        outcome.fault = "a plan can be described";
    }
    return outcome;
}

void describe_shards(std::ostream& text, MemoryLayout layout, const Shards& shards) {
    if (layout != MemoryLayout::kSharded) {
        return;
    }
    text << ", shards " << shards.height << " x " << shards.width << ", " << shards.cores_per_row << " a row, on";
    for (const Coordinate core : shards.cores) {
        text << " (" << core.x << ", " << core.y << ")";
    }
}

void describe_tensor(std::ostream& text, const char* name, const TensorSpec& spec) {
    text << "  " << name << " [";
    for (std::size_t i = 0; i < spec.shape.size(); ++i) {
        text << (i == 0 ? "" : ", ") << spec.shape[i];
    }
    text << "], dtype " << static_cast<int>(spec.dtype) << ", layout " << static_cast<int>(spec.layout) << ", memory "
         << static_cast<int>(spec.buffer_type) << ", placement " << static_cast<int>(spec.memory_layout) << ", storage "
         << static_cast<int>(spec.storage) << ", tile " << spec.tile.height << " x " << spec.tile.width
         << (spec.tile.is_transposed ? " transposed" : "") << ", padded [";
    for (std::size_t i = 0; i < spec.padded_shape.size(); ++i) {
        text << (i == 0 ? "" : ", ") << spec.padded_shape[i];
    }
    text << "]";
    describe_shards(text, spec.memory_layout, spec.shards);
    text << "\n";
}

}  // namespace

Outcome try_plan(const Problem& problem) {
    Outcome outcome;
    const double start = processor_seconds();
    try {
        outcome = plan_and_check(problem);
    } catch (const std::invalid_argument& refusal) {
        outcome.seconds = processor_seconds() - start;
        outcome.refusal = refusal.what();
        outcome.fault = broken_refusal(problem.options, outcome.refusal);
    } catch (const std::exception& error) {
        outcome.fault = std::string("planning ended in another exception: ") + error.what();
    }
    if (outcome.fault.empty() && outcome.seconds > kMostSeconds) {
        outcome.fault = "planning took " + std::to_string(outcome.seconds) + " s of processor time";
    }
    return outcome;
}

std::string describe_problem(const Problem& problem) {
    std::ostringstream text;
    describe_tensor(text, "input", problem.input);
    for (const auto& [name, spec] : {std::pair("gamma", &problem.gamma), std::pair("beta ", &problem.beta),
                                     std::pair("residual", &problem.residual),
                                     std::pair("output", &problem.output_tensor), std::pair("stats", &problem.stats)}) {
        if (*spec) {
            describe_tensor(text, name, **spec);
        }
    }
    const Options& options = problem.options;
    const auto number = [](const std::optional<DataType>& dtype) { return dtype ? static_cast<int>(*dtype) : -1; };
    const auto layout_number = [](const std::optional<Layout>& layout) {
        return layout ? static_cast<int>(*layout) : -1;
    };
    const auto& memory = options.memory_config;
    text << "  norm " << static_cast<int>(options.norm) << ", stage " << static_cast<int>(options.stage)
         << ", gamma is zero-centered " << options.zero_centered_gamma << ", activation "
         << static_cast<int>(options.activation) << ", dtype " << number(options.dtype) << ", layout "
         << layout_number(options.layout) << ", sum's " << layout_number(options.sum_layout) << ", sum "
         << options.return_sum << " of dtype " << number(options.sum_dtype) << ", statistics "
         << options.return_statistics << ", memory " << (memory ? static_cast<int>(memory->buffer_type) : -1)
         << " layout " << (memory ? static_cast<int>(memory->memory_layout) : -1) << ", epsilon " << options.epsilon;
    if (memory) {
        describe_shards(text, memory->memory_layout, memory->shards);
    }
    text << "\n";
    const Device& device = problem.device;
    text << "  device: grid " << device.grid.x << " x " << device.grid.y << ", NoC " << device.noc_size.x << " x "
         << device.noc_size.y << ", places of " << device.workers.size() << " workers and "
         << device.l1_bank_places.size() << " L1 banks, " << device.dram_banks.size() << " DRAM banks, "
         << device.l1_banks << " L1 banks, " << device.l1_bytes << " bytes of L1, alignment "
         << device.dram_alignment_bytes << " and " << device.l1_alignment_bytes << "\n";
    return text.str();
}

}  // namespace layernorm_fused_rm::tests
