// SPDX-License-Identifier: Apache-2.0
// Machine's part at the end: was everything done, and if not, who waits for what.
#include <array>

#include "checker/machine.hpp"
#include "checker/noc.hpp"
#include "checker/waiting.hpp"

namespace protocol {
namespace {

constexpr std::array kThreadNames = {"reader", "writer", "unpack", "math", "pack"};

[[nodiscard]] std::string file_name(const char* path) {
    const std::string text = path;
    return text.substr(text.rfind('/') + 1);
}

}  // namespace

const Event* Machine::event_at(const Core& core, Agent agent) {
    if (agent.kind == Agent::Kind::kChannel) {
        return nullptr;
    }
    const ThreadState& state = core.threads[agent.thread];
    const std::size_t position = agent.kind == Agent::Kind::kTensix ? state.tensix_position : state.position;
    return position < state.events.size() ? &state.events[position] : nullptr;
}

std::string Machine::where(const Core& core, Thread thread, const Event* event) const {
    std::string text = "core (" + std::to_string(core.x) + ", " + std::to_string(core.y) + ") " +
                       kThreadNames.at(static_cast<std::size_t>(thread));
    if (event != nullptr && event->kind != EventKind::kFault) {
        text += " at " + file_name(event->place.file) + ":" + std::to_string(event->place.line);
    }
    return text;
}

// What a thread waits for, on its RISC-V and in its instruction queue; empty if for nothing.
std::string Machine::describe_waits(const Core& core, Thread thread) const {
    const ThreadState& state = core.threads[static_cast<std::size_t>(thread)];
    std::string text;
    if (state.position < state.events.size()) {
        const Event& event = state.events[state.position];
        const bool is_queue_full = is_compute(thread) && is_instruction(event.kind);
        text += "\n    " + where(core, thread, &event) + " waits for " +
                (is_queue_full ? "room in its instruction queue" : describe_wait(core, event));
    }
    if (is_compute(thread) && state.tensix_position < state.position) {
        const Event& event = state.events[state.tensix_position];
        text += "\n    " + where(core, thread, &event) + " (instruction) waits for " + describe_wait(core, event);
    }
    return text;
}

void Machine::check_that_all_ended() const {
    std::string waits;
    for (const Core& core : program_.cores) {
        for (std::uint8_t thread = 0; thread < kThreads; ++thread) {
            waits += describe_waits(core, static_cast<Thread>(thread));
        }
    }
    if (!waits.empty()) {
        throw Finding(Rule::kDeadlock, "nobody can go on:" + waits);
    }
}

void Machine::check_end() const {
    check_that_all_ended();
    for (const Core& core : program_.cores) {
        try {
            check_core_at_end(core);
        } catch (const Finding& finding) {
            throw Finding(finding.rule(), "core (" + std::to_string(core.x) + ", " + std::to_string(core.y) +
                                              ") at the end: " + finding.what());
        }
    }
    program_.memory.check_outputs_are_complete();
}

}  // namespace protocol
