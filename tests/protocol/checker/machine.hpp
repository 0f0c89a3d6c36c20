// SPDX-License-Identifier: Apache-2.0
// All cores of one program, with what their threads have recorded, run against each other.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "checker/core.hpp"
#include "checker/memory.hpp"
#include "checker/random.hpp"
#include "recorder.hpp"

namespace protocol {

inline constexpr std::uint32_t kFirstSemaphoreAddress = 0x8000;  // below every circular buffer

// What one run takes in beside the recorded events.
struct Program {
    std::vector<Core> cores;
    Memory memory;
};

// Runs the program under one schedule of `seed`; throws a Finding.
//
// Per core, agents have an order of precedence drawn from the seed, now and then drawn anew: one of them as far ahead
// as it can get, another as late as possible, which is where missing synchronisation shows.
class Machine {
public:
    Machine(Program& program, std::uint64_t seed);
    void run();

private:
    // Who can act on a core: a thread's RISC-V, its instruction queue, or a channel of a NoC port.
    struct Agent {
        enum class Kind : std::uint8_t { kDataThread, kRisc, kTensix, kChannel } kind;
        std::uint8_t thread;  // Thread
        std::uint8_t channel = 0;
    };

    [[nodiscard]] bool run_core(Core& core, std::vector<Agent>& order);
    [[nodiscard]] bool run_agent(Core& core, Agent agent);
    [[nodiscard]] bool run_steps(Core& core, Agent agent);
    [[nodiscard]] bool step(Core& core, Agent agent, bool& is_visible_step);
    [[nodiscard]] bool step_data_thread(Core& core, Thread thread);
    [[nodiscard]] bool step_risc(Core& core, Thread thread);
    [[nodiscard]] bool run_risc(Core& core, Thread thread, const Event& event);
    [[nodiscard]] bool step_tensix(Core& core, Thread thread, bool& is_visible_step);
    [[nodiscard]] std::vector<Core*> cores_between(const Event& event);
    [[nodiscard]] std::vector<Core*> destinations(const Core& core, const Event& event);
    void deliver(Core& core, const Message& message);
    void deliver_data(const Core& core, Core& destination, const Message& message);
    void send(Core& core, NocPort& port, const Event& event);
    void read(Core& core, NocPort& port, const Event& event);
    void write(Core& core, NocPort& port, const Event& event);
    void load(Core& core, Thread thread, const Event& event);
    void store(Core& core, Thread thread, const Event& event);
    [[nodiscard]] Core* core_at(std::uint32_t x, std::uint32_t y);
    [[nodiscard]] std::string where(const Core& core, Thread thread, const Event* event) const;
    [[nodiscard]] const Event* event_at(const Core& core, Agent agent) const;
    [[nodiscard]] std::string describe_waits(const Core& core, Thread thread) const;
    void check_that_all_ended() const;
    void check_end() const;

    Program& program_;
    Random random_;
    std::vector<std::vector<Agent>> orders_;  // per core, first goes first
    std::uint32_t queue_length_;              // of Tensix instructions
    std::uint32_t quantum_;                   // visible steps of an agent before others of higher precedence are asked
};

}  // namespace protocol
