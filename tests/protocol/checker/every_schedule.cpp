// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>

#include "checker/memory.hpp"
#include "checker/noc.hpp"
#include "checker/schedules.hpp"

namespace protocol {
namespace {

using Agent = Machine::Agent;
using Group = std::vector<std::size_t>;  // cores, by their number

// Of Tensix instructions: how far a thread runs ahead is its core's own affair.
constexpr std::uint32_t kQueueLength = 32;

template <typename Visit>
void for_each_event_of_data_threads(const Core& core, Visit visit) {
    for (std::size_t thread = 0; thread < kDataThreads; ++thread) {
        std::ranges::for_each(core.threads[thread].events, visit);
    }
}

// Circular buffers that data between cores goes to or comes from, a bit each.
[[nodiscard]] std::uint32_t find_exchanged(const Program& program) {
    std::uint32_t exchanged = 0;
    for (const Core& core : program.cores) {
        const auto note = [&](std::uint64_t address) {
            for (const Buffer& buffer : core.buffers) {
                const bool is_there = buffer.contains(static_cast<std::uint32_t>(address & kLocalMask));
                exchanged |= is_there ? 1U << buffer.index() : 0U;
            }
        };
        for_each_event_of_data_threads(core, [&](const Event& event) {
            const bool is_sent = event.kind == EventKind::kNocMulticast ||
                                 (event.kind == EventKind::kNocWrite && target_of(event) == Target::kCore);
            if (is_sent && (event.index & kNocSemaphore) == 0) {
                note(event.address);
                note(event.first);
            }
        });
    }
    return exchanged;
}

// Cores that send to each other, directly or by way of others; all of them where one multicasts.
[[nodiscard]] std::vector<Group> find_groups(const Program& program) {
    std::vector<std::size_t> group_of(program.cores.size());
    std::iota(group_of.begin(), group_of.end(), 0);
    for (std::size_t i = 0; i < program.cores.size(); ++i) {
        for_each_event_of_data_threads(program.cores[i], [&](const Event& event) {
            for (std::size_t other = 0; other < program.cores.size(); ++other) {
                const bool is_meant = target_of(event) == Target::kCores ||
                                      (target_of(event) == Target::kCore &&
                                       place_of(event) == core_place(program.cores[other].x, program.cores[other].y));
                if (is_meant && group_of[i] != group_of[other]) {
                    std::ranges::replace(group_of, group_of[other], group_of[i]);
                }
            }
        });
    }
    std::vector<Group> groups(program.cores.size());
    for (std::size_t i = 0; i < program.cores.size(); ++i) {
        groups[group_of[i]].push_back(i);
    }
    std::erase_if(groups, [](const Group& group) { return group.empty(); });
    return groups;
}

// All that steps of a group change.
struct Snapshot {
    std::vector<Core> cores;
    Memory memory;

    Snapshot(const Program& program, const Group& group) : memory(program.memory) {
        for (const std::size_t core : group) {
            cores.push_back(program.cores[core]);
        }
    }
    void restore(Program& program, const Group& group) const {
        for (std::size_t i = 0; i < group.size(); ++i) {
            program.cores[group[i]] = cores[i];
        }
        program.memory = memory;
    }
};

// Where a group is, as bytes: alike in this it is alike in all that can still happen to it.
[[nodiscard]] std::string places_of(const Program& program, const Group& group) {
    std::vector<std::uint32_t> places;
    const auto put = [&](std::size_t number) { places.push_back(static_cast<std::uint32_t>(number)); };
    for (const std::size_t i : group) {
        const Core& core = program.cores[i];
        for (const ThreadState& thread : core.threads) {
            put(thread.position);
            put(thread.tensix_position);
        }
        for (const NocPort& port : core.ports) {
            for (const auto& channel : port.messages) {
                put(channel.size());
            }
        }
        std::ranges::for_each(core.semaphores, put);
    }
    std::string bytes(places.size() * sizeof(std::uint32_t), '\0');
    std::memcpy(bytes.data(), places.data(), bytes.size());
    return bytes;
}

[[nodiscard]] bool has_ended(const Core& core) {
    return std::ranges::all_of(core.threads,
                               [](const ThreadState& thread) { return thread.position == thread.events.size(); });
}

// Of one group, from where the program is.
class EverySchedule {
public:
    EverySchedule(Program& program, const Group& group, std::uint32_t exchanged, std::size_t most_states)
        : program_(program),
          machine_(program, kQueueLength),
          group_(group),
          exchanged_(exchanged),
          most_states_(most_states) {}

    // Leaves the program at the group's end.
    std::size_t run() {
        explore();
        end_.value().restore(program_, group_);
        return seen_.size();
    }

private:
    // Everything that can happen from here.
    void explore() {
        settle();
        if (!seen_.insert(places_of(program_, group_)).second) {
            return;
        }
        if (seen_.size() > most_states_) {
            throw std::length_error("a group of cores has more than " + std::to_string(most_states_) + " states");
        }
        const Snapshot here(program_, group_);
        bool has_gone_on = false;
        for (const std::size_t core : group_) {
            for (const Agent agent : kAgents) {
                if (meets_others(program_.cores[core], agent) && step(core, agent)) {
                    explore();
                    here.restore(program_, group_);
                    has_gone_on = true;
                }
            }
        }
        if (!has_gone_on) {
            finish();
        }
    }

    void finish() {
        if (!std::ranges::all_of(group_, [&](std::size_t core) { return has_ended(program_.cores[core]); })) {
            machine_.check_end();
        }
        end_.emplace(program_, group_);
    }

    [[nodiscard]] bool step(std::size_t core, Agent agent) {
        bool is_visible = true;
        return machine_.step(program_.cores[core], agent, is_visible);
    }

    // Takes all steps that meet nobody.
    void settle() {
        for (const std::size_t core : group_) {
            for (std::size_t i = 0; i < kAgents.size();) {
                bool has_run = false;
                while (!meets_others(program_.cores[core], kAgents[i]) && step(core, kAgents[i])) {
                    has_run = true;
                }
                i = has_run ? 0 : i + 1;
            }
        }
    }

    // Whether it matters to others when this agent takes its next step.
    [[nodiscard]] bool meets_others(const Core& core, Agent agent) const {
        if (agent.kind != Agent::Kind::kDataThread) {
            return agent.kind == Agent::Kind::kChannel;
        }
        const Event* const event = Machine::event_at(core, agent);
        switch (event == nullptr ? EventKind::kFault : event->kind) {
            case EventKind::kSemaphoreWait:
            case EventKind::kSemaphoreWaitAtLeast:
            case EventKind::kSemaphoreSet: return true;
            case EventKind::kReserveBack:
            case EventKind::kPushBack:
            case EventKind::kPopFront: return (exchanged_ >> event->index & 1U) != 0;
            case EventKind::kNocWritesFlushed:
            case EventKind::kNocWritesFlushedTransaction:
            case EventKind::kNocPostedWritesFlushed:
                return std::ranges::any_of(core.ports[agent.thread].messages,
                                           [](const auto& channel) { return !channel.empty(); });
            default: return false;
        }
    }

    inline static const std::vector<Agent> kAgents = Machine::agents();
    Program& program_;
    Machine machine_;
    const Group& group_;
    std::uint32_t exchanged_;
    std::size_t most_states_;
    std::unordered_set<std::string> seen_;
    std::optional<Snapshot> end_;
};

}  // namespace

std::size_t run_every_schedule(Program program, std::size_t most_states) {
    const std::uint32_t exchanged = find_exchanged(program);
    std::size_t states = 0;
    for (const Group& group : find_groups(program)) {
        states += EverySchedule(program, group, exchanged, most_states).run();
    }
    Machine(program, kQueueLength).check_end();
    return states;
}

}  // namespace protocol
