// SPDX-License-Identifier: Apache-2.0
// Of activations: rows that are activated, and what the SFPU's registers hold meanwhile and then.
#include "contract.hpp"
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

namespace contract = layernorm_fused_rm::contract;
using layernorm_fused_rm::Plan;

[[nodiscard]] std::vector<Mutation> resident_mutations() {
    const std::string call = "activate_rows(zone, 1, elements / sfpu::kLanes);";
    const std::string last_pass = "MATH((run_part(LastPasses{}, row, kLastSteps, kGammaRow - row)));";
    return {
        {"activated without being asked for", "kActivation", "kCall.activation", "contract::Activation::kRelu"},
        {"resident rows not activated", "normalise_resident_block", call, "", kActivatedRows},
        {"resident rows activated twice", "normalise_resident_block", call, call + call, kActivatedRows},
        {"resident rows activated before the last pass", "normalise_resident_block", last_pass, call + last_pass,
         kActivatedRows},
        {"resident rows of the other zone activated", "normalise_resident_block", "activate_rows(zone,",
         "activate_rows(zone ^ 1,", kActivatedRows},
        {"resident rows activated but for a vector pair", "normalise_resident_block", "1, elements / sfpu::kLanes",
         "1, elements / sfpu::kLanes - 2", kActivatedRows},
        {"strips activated as far as one row's vectors", "normalise_resident_block", "1, elements / sfpu::kLanes",
         "1, kLastVectors / contract::kRowsPerStrip", kActivatedStrips},
    };
}

[[nodiscard]] std::vector<Mutation> streamed_rows_mutations() {
    const std::string last_pass = "normalise_segment(segment, state.zone, state.formats);";
    const std::string vectors = "kRowsAreStrips ? groups_of(segment) * kVectorsPerGroup : vectors";
    const std::string call = "activate_rows(state.zone, kVectorsPerBatch, " + vectors + ");";
    return {
        {"segment not activated", "normalise_segments", call, "", kActivatedStreamed},
        {"segment activated twice", "normalise_segments", call, call + call, kActivatedStreamed},
        {"segment activated before the last pass", "normalise_segments", last_pass + " " + call, call + last_pass,
         kActivatedStreamed},
        {"first row of a segment activated only", "normalise_segments", "activate_rows(state.zone, kVectorsPerBatch",
         "activate_rows(state.zone, 1", kActivatedStreamed},
        {"segment of the other zone activated", "normalise_segments", "activate_rows(state.zone,",
         "activate_rows(state.zone ^ 1,", kActivatedStreamed},
        {"as much of each segment activated as of the last", "normalise_segments", "kVectorsPerGroup : vectors",
         "kVectorsPerGroup : kLastVectors", kActivatedStreamed},
        {"columns of a strip's last group counted where rows lie behind each other", "normalise_segments", vectors,
         "vectors", kActivatedStripsOfTiles},
    };
}

[[nodiscard]] std::vector<Mutation> pass_mutations() {
    return {
        {"last row not activated", "activate_rows", "row < rows", "row + 1 < rows", kActivatedStreamed},
        {"first row activated for all", "activate_rows", "first + row * kChunkRows", "first", kActivatedStreamed},
        {"last step of an activation left out", "activate", "vector < vectors", "vector + kVectors < vectors",
         kActivatedRows},
        {"first step of an activation left out", "activate", "vector = 0", "vector = kVectors", kActivatedRows},
        {"one step of an activation for all", "activate", "dest_row + vector * sfpu::kDestRowsPerVector", "dest_row",
         kActivatedRows},
        {"an activation where the SFPU stands", "activate",
         "point_sfpu_at(dest_row + vector * sfpu::kDestRowsPerVector);", "", kActivatedRows},
        {"an activation's step replayed that nobody has recorded", "activate", "vector == 0", "false", kActivatedRows},
        {"an activation's step not recorded", "issue_turn", "TTI_REPLAY(0, recorded, 1, 1);", "", kActivatedRows},
        {"an activation's step not replayed", "issue_turn", "TTI_REPLAY(0, recorded, 0, 0);", "", kActivatedRows},
        {"only what is recorded of an activation's step issued", "issue_turn",
         "issue_some<Constant, 0, length - recorded>(0);", "", kActivatedRows},
        {"every other vector not activated", "vectors_per_activation_step", "Activation::kGelu ? 1 : 2",
         "Activation::kGelu ? 2 : 2", kActivatedPairs},
        {"every other vector activated twice", "vectors_per_activation_step", "Activation::kGelu ? 1 : 2",
         "Activation::kGelu ? 1 : 1", kActivatedRows},
    };
}

[[nodiscard]] std::vector<Mutation> register_mutations() {
    return {
        {"an activation not begun", "activate_rows", "MATH((begin_activation(first + kSparedRow)));", "",
         kActivatedStreamed},
        {"an activation not ended", "activate_rows", "MATH((end_activation(first + kSparedRow)));", "",
         kActivatedStreamed},
        {"registers restored from the other zone", "activate_rows", "end_activation(first + kSparedRow)",
         "end_activation(zone_row(zone ^ 1) + kSparedRow)", kActivatedStreamed},
        {"registers saved over the second row", "kSparedRow", "(kChunksPerZone - 1) * kChunkRows", "kChunkRows",
         kActivatedStreamed},
        {"registers saved over the sum", "kSparedRow", "(kChunksPerZone - 1) * kChunkRows", "kResidualRow",
         kActivatedWithSum},
        {"registers saved over a strip's sum", "kSparedRow", "(kChunksPerZone - 1) * kChunkRows", "kResidualRow",
         kActivatedStripsWithSum},
        {"registers not saved", "begin_activation",
         "if constexpr (!kIsResident) { point_sfpu_at(saved_row); sfpu::issue<SaveRegisters>(); }", "",
         kActivatedStreamed},
        {"a strip's registers not saved", "begin_activation", "sfpu::issue<SaveRegisters>();", "",
         kActivatedStripsWithSum},
        {"registers saved where the SFPU stands", "begin_activation", "point_sfpu_at(saved_row);", "",
         kActivatedStreamed},
        {"constants of an activation not set", "begin_activation", "sfpu::issue<SetActivationConstants>();", "",
         kActivatedStreamed},
        {"registers not restored", "end_activation", "sfpu::issue<RestoreRegisters>();", "", kActivatedStreamed},
        {"a strip's registers not restored", "end_activation", "sfpu::issue<RestoreRegisters>();", "",
         kActivatedStripsWithSum},
        {"registers restored from where the SFPU stands", "end_activation", "point_sfpu_at(saved_row);", "",
         kActivatedStreamed},
        {"constants of rows not set anew", "end_activation", "sfpu::issue<SetConstants>();", "", kActivatedRows},
        {"constants of pairs not set anew", "end_activation", "sfpu::issue<SetConstants>();", "", kActivatedPairs},
        {"constants of strips not set anew", "end_activation", "sfpu::issue<SetConstants>();", "", kActivatedStrips},
        {"registers saved in one place", "save_registers", "store(i, i * kDestRowsPerVector)", "store(i, 0)",
         kActivatedStreamed},
        {"one programmable register saved for all", "save_registers", "move(kProgrammable + i, kFirstValue)",
         "move(kProgrammable, kFirstValue)", kActivatedStreamed},
        {"programmable registers saved over general ones", "save_registers", "(kSavedGeneral + i)", "i",
         kActivatedStreamed},
        {"general registers restored as each other", "restore_registers", "load(i, i * kDestRowsPerVector)",
         "load(i ^ 1, i * kDestRowsPerVector)", kActivatedStreamed},
        {"programmable registers restored as each other", "restore_registers", "configure(kProgrammable + i)",
         "configure(kProgrammable + (i ^ 1))", kActivatedStreamed},
        {"programmable registers restored from general ones", "restore_registers", "load(0, (kSavedGeneral + i)",
         "load(0, i", kActivatedStreamed},
        {"general registers restored before programmable ones", "restore_registers",
         "for (uint32_t i = 0; i < kSavedProgrammable; ++i) { sequence.then(load(0, (kSavedGeneral + i) * "
         "kDestRowsPerVector)).then(configure(kProgrammable + i)); } for (uint32_t i = 0; i < kSavedGeneral; ++i) { "
         "sequence.then(load(i, i * kDestRowsPerVector)); }",
         "for (uint32_t i = 0; i < kSavedGeneral; ++i) { sequence.then(load(i, i * kDestRowsPerVector)); } "
         "for (uint32_t i = 0; i < kSavedProgrammable; ++i) { sequence.then(load(0, (kSavedGeneral + i) * "
         "kDestRowsPerVector)).then(configure(kProgrammable + i)); }",
         kActivatedStreamed},
    };
}

[[nodiscard]] std::vector<Mutation> step_mutations() {
    return {
        {"SiLU of the step's other vector", "logistic_step", "load(x(i), i * kDestRowsPerVector)",
         "load(x(i), (1 - i) * kDestRowsPerVector)", kActivatedRows},
        {"SiLU times the step's other element", "logistic_step", "multiply(x(i), f(i), f(i))",
         "multiply(x(1 - i), f(i), f(i))", kActivatedRows},
        {"SiLU of the step's first vector only", "logistic_step", "store(f(i), i * kDestRowsPerVector)",
         "store(f(i), 0)", kActivatedRows},
        {"SiLU of a strip put over other elements", "logistic_step", "store(f(i), i * kDestRowsPerVector)",
         "store(f(i), (i + 2) * kDestRowsPerVector)", kActivatedStrips},
        {"SiLU not stored", "logistic_step", "store(f(i),", "store(x(i),", kActivatedRows},
        {"SiLU of padding's zeros not zero", "logistic_step", "multiply(x(i), f(i), f(i))", "add(x(i), f(i), f(i))",
         kActivatedStrips},
        {"exp of the step's other element", "exponential", "mad(p(i), slope, f(i), f(i))",
         "mad(p(0), slope, f(i), f(i))", kActivatedRows},
        {"exp's power of two of the step's other element", "logistic_step", "mad(x(i), t(i), f(i), t(i))",
         "mad(x(i), t(1 - i), f(i), t(i))", kActivatedRows},
        {"divisor of the step's other element", "divide_items", "multiply(q(i), d(i), q(i))",
         "multiply(q(i), d(0), q(i))", kActivatedRows},
        {"GELU times another element", "gelu_step", "then(load(kU, 0)).then(absolute(kU, kN))",
         "then(load(kU, kDestRowsPerVector)).then(absolute(kU, kN))", kActivatedPairs},
        {"GELU put over another element", "gelu_step", "store(kU, 0)", "store(kU, kDestRowsPerVector)",
         kActivatedPairs},
        {"ReLU of the step's first vector for both", "relu_step", "load(i, i * kDestRowsPerVector)", "load(i, 0)",
         kActivatedWithSum},
        {"ReLU not stored", "relu_step", "store(i, i * kDestRowsPerVector)",
         "store(kGiven + i, i * kDestRowsPerVector)", kActivatedWithSum},
    };
}

// Where two rows are streamed together, three are: pages and all.
void stream_three_rows(Plan& plan) {
    const auto grow = [](auto& number) { number = number / 2 * 3; };
    if (plan.call.segments == 1 || plan.call.rows_per_block != 2) {
        return;
    }
    grow(plan.call.rows_per_batch);
    grow(plan.call.rows_per_block);
    grow(plan.call.input_pages);
    plan.l1_bytes_used = 0;
    for (auto& buffer : plan.buffers) {
        const bool has_rows = buffer.index == static_cast<std::uint32_t>(contract::Buffer::kInput) ||
                              buffer.index == static_cast<std::uint32_t>(contract::Buffer::kOutput);
        if (has_rows) {
            grow(buffer.pages);
        }
        plan.l1_bytes_used += buffer.bytes();
    }
}

[[nodiscard]] std::vector<Mutation> limit_mutations() {
    const PlanMutation three_rows{.plan = stream_three_rows, .layout = {}};
    return {
        {.name = "three rows streamed with an activation", .kind = kActivatedStreamed, .plan = three_rows},
        {.name = "three rows' registers saved over the third",
         .symbol = "kMaxActivatedStreamedRowsPerBatch",
         .from = "= 2;",
         .to = "= 3;",
         .kind = kActivatedStreamed,
         .plan = three_rows},
    };
}

}  // namespace

std::vector<Mutation> activation_mutations() {
    std::vector<Mutation> all;
    for (const auto& some : {resident_mutations(), streamed_rows_mutations(), pass_mutations(), register_mutations(),
                             step_mutations(), limit_mutations()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
