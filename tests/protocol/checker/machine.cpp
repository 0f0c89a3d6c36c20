// SPDX-License-Identifier: Apache-2.0
#include "checker/machine.hpp"

#include "checker/noc.hpp"

namespace protocol {
namespace {

void check_fault(const Event& event) {
    if (event.kind == EventKind::kFault) [[unlikely]] {
        throw Finding(Rule::kCall, event.place.file);
    }
}

void check_side(const Core& core, const Buffer& buffer, Side side, Thread thread) {
    const bool is_own = side == Side::kProducer
                            ? core.is_producer(buffer, thread)
                            : thread == (buffer.consumer() == "writer" ? Thread::kWriter : Thread::kUnpack);
    if (!is_own) {
        throw Finding(Rule::kBufferProtocol, "uses a side of " + buffer.describe() + " that belongs to the " +
                                                 (side == Side::kProducer ? buffer.producer() : buffer.consumer()));
    }
}

// The waiting half of cb_reserve_back and cb_wait_front.
[[nodiscard]] bool has_pages(Core& core, Thread thread, const Event& event) {
    const Buffer& buffer = core.buffer(event.index);
    const bool is_producer = event.kind == EventKind::kReserveBack;
    check_side(core, buffer, is_producer ? Side::kProducer : Side::kConsumer, thread);
    if (event.first > buffer.pages()) {
        throw Finding(Rule::kBufferProtocol,
                      "asks for " + std::to_string(event.first) + " pages of " + buffer.describe());
    }
    return (is_producer ? buffer.free_pages() : buffer.waiting_pages()) >= event.first;
}

}  // namespace

std::vector<Machine::Agent> Machine::agents() {
    std::vector<Agent> agents;
    for (std::uint8_t thread = 0; thread < kThreads; ++thread) {
        if (is_compute(static_cast<Thread>(thread))) {
            agents.push_back({Agent::Kind::kRisc, thread});
            agents.push_back({Agent::Kind::kTensix, thread});
        } else {
            agents.push_back({Agent::Kind::kDataThread, thread});
            agents.push_back({Agent::Kind::kChannel, thread, NocPort::kUnicast});
            agents.push_back({Agent::Kind::kChannel, thread, NocPort::kMulticast});
        }
    }
    return agents;
}

bool Machine::step(Core& core, Agent agent, bool& is_visible_step) {
    try {
        return act(core, agent, is_visible_step);
    } catch (const Finding& finding) {
        throw Finding(finding.rule(),
                      where(core, static_cast<Thread>(agent.thread), event_at(core, agent)) + ": " + finding.what());
    }
}

bool Machine::act(Core& core, Agent agent, bool& is_visible_step) {
    is_visible_step = true;
    const auto thread = static_cast<Thread>(agent.thread);
    switch (agent.kind) {
        case Agent::Kind::kDataThread: return step_data_thread(core, thread);
        case Agent::Kind::kRisc: return step_risc(core, thread);
        case Agent::Kind::kTensix: return step_tensix(core, thread, is_visible_step);
        case Agent::Kind::kChannel: break;
    }
    auto& messages = core.ports[agent.thread].messages[agent.channel];
    if (messages.empty()) {
        return false;
    }
    deliver(core, messages.front());
    messages.pop_front();
    return true;
}

bool Machine::step_data_thread(Core& core, Thread thread) {
    ThreadState& state = core.threads[static_cast<std::size_t>(thread)];
    if (state.position == state.events.size()) {
        return false;
    }
    const Event& event = state.events[state.position];
    check_fault(event);
    NocPort& port = core.ports[static_cast<std::size_t>(thread)];
    switch (event.kind) {
        case EventKind::kReserveBack:
        case EventKind::kWaitFront:
            if (!has_pages(core, thread, event)) {
                return false;
            }
            note_pages(core.buffer(event.index), event);
            break;
        case EventKind::kPushBack: push(core, port, event); break;
        case EventKind::kPopFront: pop(core, port, event); break;
        case EventKind::kNocRead: read(core, port, event); break;
        case EventKind::kNocWrite: write(core, port, event); break;
        case EventKind::kNocMulticast:
        case EventKind::kSemaphoreIncrement:
        case EventKind::kSemaphoreIncrementMulticast: send(core, port, event); break;
        case EventKind::kLoad: load(core, thread, event); break;
        case EventKind::kStore: store(core, thread, event); break;
        default:
            if (!wait_or_set(core, port, event)) {
                return false;
            }
    }
    ++state.position;
    if (state.position == state.events.size()) {
        check_port_at_end(port);
    }
    return true;
}

bool Machine::step_risc(Core& core, Thread thread) {
    ThreadState& state = core.threads[static_cast<std::size_t>(thread)];
    if (state.position == state.events.size()) {
        return false;
    }
    const Event& event = state.events[state.position];
    check_fault(event);
    if (is_instruction(event.kind) && state.queued >= queue_length_) {
        return false;
    }
    if (!run_risc(core, thread, event)) {
        return false;
    }
    state.queued += is_instruction(event.kind) ? 1 : 0;
    ++state.position;
    return true;
}

bool Machine::run_risc(Core& core, Thread thread, const Event& event) {
    TensixSemaphore& sync = core.tensix.semaphores[kUnpackSync];
    switch (event.kind) {
        case EventKind::kReserveBack:
        case EventKind::kWaitFront: return has_pages(core, thread, event);
        case EventKind::kPushBack:
            check_side(core, core.buffer(event.index), Side::kProducer, thread);
            core.buffer(event.index).issue_push(event.first);
            return true;
        case EventKind::kPopFront:
            check_side(core, core.buffer(event.index), Side::kConsumer, thread);
            core.buffer(event.index).issue_pop(event.first);
            return true;
        case EventKind::kWaitForContext: return sync.value < event.first;
        case EventKind::kMathReady:
            if (core.threads[static_cast<std::size_t>(thread)].queued != 0) {
                return false;
            }
            note_math_ready(core.tensix);
            return true;
        case EventKind::kGiveDestRow: return give_dest_row(core.tensix, event.first);
        case EventKind::kTakeDestRow: return take_dest_row(core.tensix);
        case EventKind::kSeePushed: return core.buffer(event.index).pushed() >= event.first;
        case EventKind::kSeePopped: return core.buffer(event.index).popped() >= event.first;
        case EventKind::kSyncPost: ++core.tensix.semaphores.at(event.index).value; return true;
        case EventKind::kConfigureUnpacker: store_unpack_address(core.tensix, event); return true;
        default: return true;
    }
}

bool Machine::step_tensix(Core& core, Thread thread, bool& is_visible_step) {
    ThreadState& state = core.threads[static_cast<std::size_t>(thread)];
    if (state.tensix_position == state.position) {
        return false;
    }
    const Event& event = state.events[state.tensix_position];
    if (!execute(core, thread, event)) {
        return false;
    }
    state.queued -= is_instruction(event.kind) ? 1 : 0;
    is_visible_step = is_visible(event.kind);
    ++state.tensix_position;
    return true;
}

}  // namespace protocol
