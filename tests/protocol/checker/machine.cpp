#include "checker/machine.hpp"

#include <algorithm>
#include <array>

#include "checker/noc.hpp"
#include "checker/waiting.hpp"

namespace protocol {
namespace {

constexpr std::array<std::uint32_t, 4> kQueueLengths = {2, 8, 32, 1U << 30};
constexpr std::array<std::uint32_t, 4> kQuanta = {1, 4, 64, 1U << 30};
constexpr std::uint64_t kRoundsPerOrder = 8;

[[nodiscard]] bool is_compute(Thread thread) { return thread != Thread::kReader && thread != Thread::kWriter; }

// Which events the RISC-V runs itself; all of a compute thread's also pass through its instruction stream.
[[nodiscard]] bool is_instruction(const Event& event) {
    switch (event.kind) {
        case EventKind::kReserveBack:
        case EventKind::kWaitFront:
        case EventKind::kConfigureUnpacker:
        case EventKind::kWaitForContext:
        case EventKind::kSyncPost:
        case EventKind::kFault:
            return false;
        default:
            return true;
    }
}

void check_fault(const Event& event) {
    if (event.kind == EventKind::kFault) [[unlikely]] {
        throw Finding(Rule::kCall, event.place.file);
    }
}

void check_side(const Buffer& buffer, Side side, Thread thread) {
    const Thread compute = side == Side::kProducer ? Thread::kPack : Thread::kUnpack;
    const std::string& role = side == Side::kProducer ? buffer.producer() : buffer.consumer();
    const bool is_own = role == "reader" ? thread == Thread::kReader
                                         : (role == "writer" ? thread == Thread::kWriter : thread == compute);
    if (!is_own) {
        throw Finding(Rule::kBufferProtocol, "uses a side of " + buffer.describe() + " that belongs to the " + role);
    }
}

// The waiting half of cb_reserve_back and cb_wait_front.
[[nodiscard]] bool has_pages(Core& core, Thread thread, const Event& event) {
    const Buffer& buffer = core.buffer(event.index);
    const bool is_producer = event.kind == EventKind::kReserveBack;
    check_side(buffer, is_producer ? Side::kProducer : Side::kConsumer, thread);
    if (event.first > buffer.pages()) {
        throw Finding(Rule::kBufferProtocol,
                      "asks for " + std::to_string(event.first) + " pages of " + buffer.describe());
    }
    return (is_producer ? buffer.free_pages() : buffer.waiting_pages()) >= event.first;
}

[[nodiscard]] std::string file_name(const char* path) {
    const std::string text = path;
    return text.substr(text.rfind('/') + 1);
}

}  // namespace

Machine::Machine(Program& program, std::uint64_t seed) : program_(program), random_(seed) {
    queue_length_ = kQueueLengths[random_.below(kQueueLengths.size())];
    quantum_ = kQuanta[random_.below(kQuanta.size())];
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
    for (std::size_t i = 0; i < program.cores.size(); ++i) {
        random_.shuffle(std::span(agents));
        orders_.push_back(agents);
    }
}

void Machine::run() {
    std::vector<std::size_t> turns(program_.cores.size());
    for (std::size_t i = 0; i < turns.size(); ++i) {
        turns[i] = i;
    }
    bool has_progressed = true;
    while (has_progressed) {
        has_progressed = false;
        random_.shuffle(std::span(turns));
        for (const std::size_t core : turns) {
            has_progressed = run_core(program_.cores[core], orders_[core]) || has_progressed;
        }
    }
    check_end();
}

// Runs a core until all its agents wait.
bool Machine::run_core(Core& core, std::vector<Agent>& order) {
    if (random_.one_in(kRoundsPerOrder)) {
        random_.shuffle(std::span(order));
    }
    bool has_progressed = false;
    for (std::size_t i = 0; i < order.size();) {
        const bool has_run = run_agent(core, order[i]);
        has_progressed = has_progressed || has_run;
        i = has_run ? 0 : i + 1;
    }
    return has_progressed;
}

bool Machine::run_agent(Core& core, Agent agent) {
    bool has_run = false;
    try {
        for (std::uint32_t steps = 0; steps < quantum_;) {
            bool is_visible_step = true;
            if (!step(core, agent, is_visible_step)) {
                break;
            }
            has_run = true;
            steps += is_visible_step ? 1 : 0;
        }
    } catch (const Finding& finding) {
        throw Finding(finding.rule(),
                      where(core, static_cast<Thread>(agent.thread), event_at(core, agent)) + ": " + finding.what());
    }
    return has_run;
}

bool Machine::step(Core& core, Agent agent, bool& is_visible_step) {
    const auto thread = static_cast<Thread>(agent.thread);
    switch (agent.kind) {
        case Agent::Kind::kDataThread:
            return step_data_thread(core, thread);
        case Agent::Kind::kRisc:
            return step_risc(core, thread);
        case Agent::Kind::kTensix:
            return step_tensix(core, thread, is_visible_step);
        case Agent::Kind::kChannel:
            break;
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
        case EventKind::kPushBack:
            push(core, port, event);
            break;
        case EventKind::kPopFront:
            pop(core, port, event);
            break;
        case EventKind::kNocRead:
            read(core, port, event);
            break;
        case EventKind::kNocWrite:
            write(core, port, event);
            break;
        case EventKind::kNocMulticast:
        case EventKind::kSemaphoreIncrement:
        case EventKind::kSemaphoreIncrementMulticast:
            send(core, port, event);
            break;
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
    if (is_instruction(event) && state.queued >= queue_length_) {
        return false;
    }
    if (!run_risc(core, thread, event)) {
        return false;
    }
    state.queued += is_instruction(event) ? 1 : 0;
    ++state.position;
    return true;
}

bool Machine::run_risc(Core& core, Thread thread, const Event& event) {
    TensixSemaphore& sync = core.tensix.semaphores[kUnpackSync];
    switch (event.kind) {
        case EventKind::kReserveBack:
        case EventKind::kWaitFront:
            return has_pages(core, thread, event);
        case EventKind::kPushBack:
            check_side(core.buffer(event.index), Side::kProducer, thread);
            core.buffer(event.index).issue_push(event.first);
            return true;
        case EventKind::kPopFront:
            check_side(core.buffer(event.index), Side::kConsumer, thread);
            core.buffer(event.index).issue_pop(event.first);
            return true;
        case EventKind::kWaitForContext:
            return sync.value < event.first;
        case EventKind::kSyncPost:
            ++core.tensix.semaphores.at(event.index).value;
            return true;
        case EventKind::kConfigureUnpacker:
            store_unpack_address(core.tensix, event);
            return true;
        default:
            return true;
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
    state.queued -= is_instruction(event) ? 1 : 0;
    is_visible_step = is_visible(event.kind);
    ++state.tensix_position;
    return true;
}

const Event* Machine::event_at(const Core& core, Agent agent) const {
    const ThreadState& state = core.threads[agent.thread];
    const std::size_t position = agent.kind == Agent::Kind::kTensix ? state.tensix_position : state.position;
    return position < state.events.size() ? &state.events[position] : nullptr;
}

std::string Machine::where(const Core& core, Thread thread, const Event* event) const {
    constexpr const char* kNames[] = {"reader", "writer", "unpack", "math", "pack"};
    std::string text = "core (" + std::to_string(core.x) + ", " + std::to_string(core.y) + ") " +
                       kNames[static_cast<std::size_t>(thread)];
    if (event != nullptr && event->kind != EventKind::kFault) {
        text += " at " + file_name(event->place.file) + ":" + std::to_string(event->place.line);
    }
    return text;
}

void Machine::report_deadlock() {
    std::string text = "nobody can go on:";
    for (const Core& core : program_.cores) {
        for (std::uint8_t thread = 0; thread < kThreads; ++thread) {
            const ThreadState& state = core.threads[thread];
            for (const auto kind : {Agent::Kind::kRisc, Agent::Kind::kTensix}) {
                const Event* const event = event_at(core, {kind, thread});
                const bool is_risc = kind == Agent::Kind::kRisc;
                const bool waits =
                    is_risc ? event != nullptr
                            : is_compute(static_cast<Thread>(thread)) && state.tensix_position < state.position;
                if (waits) {
                    text += "\n    " + where(core, static_cast<Thread>(thread), event) +
                            (is_risc ? "" : " (instruction)") + " waits for " + describe_wait(core, *event);
                }
            }
        }
    }
    throw Finding(Rule::kDeadlock, text);
}

void Machine::check_end() {
    for (const Core& core : program_.cores) {
        const bool is_done = std::ranges::all_of(
            core.threads, [](const ThreadState& state) { return state.position == state.events.size(); });
        const bool has_run_all =
            std::all_of(core.threads.begin() + kDataThreads, core.threads.end(),
                        [](const ThreadState& state) { return state.tensix_position == state.events.size(); });
        if (!is_done || !has_run_all) {
            report_deadlock();
        }
    }
    for (const Core& core : program_.cores) {
        try {
            check_core_at_end(core);
        } catch (const Finding& finding) {
            throw Finding(finding.rule(), "core (" + std::to_string(core.x) + ", " + std::to_string(core.y) +
                                              ") at the end: " + finding.what());
        }
    }
    program_.memory.check_output_is_complete();
}

}  // namespace protocol
