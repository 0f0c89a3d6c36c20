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
#include "recorder.hpp"

namespace protocol {

inline constexpr std::uint32_t kFirstSemaphoreAddress = 0x8000;  // below every circular buffer

// What one run takes in. Copies go on by themselves, from where they were made.
struct Program {
    std::vector<Core> cores;
    Memory memory;
    std::vector<std::shared_ptr<const std::vector<Event>>> recordings;  // that the cores' threads are at
};

// The rules by which agents act, one step at a time. Who goes next is for a schedule to say (checker/schedules.hpp).
class Machine {
public:
    // Who can act on a core: a thread's RISC-V, its instruction queue, or a channel of a NoC port.
    struct Agent {
        enum class Kind : std::uint8_t { kDataThread, kRisc, kTensix, kChannel } kind;
        std::uint8_t thread;  // Thread
        std::uint8_t channel = 0;
    };

    Machine(Program& program, std::uint32_t queue_length) : program_(program), queue_length_(queue_length) {}

    // Those of any core.
    [[nodiscard]] static std::vector<Agent> agents();
    // What a thread does next; nothing at its end, or for a channel.
    [[nodiscard]] static const Event* event_at(const Core& core, Agent agent);
    // False if the agent waits, and nothing has changed then. A step that others may wait for is visible. Throws a Finding.
    [[nodiscard]] bool step(Core& core, Agent agent, bool& is_visible_step);
    // Nobody can go on: throws a Finding unless everything is done.
    void check_end() const;

private:
    [[nodiscard]] bool act(Core& core, Agent agent, bool& is_visible_step);
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
    [[nodiscard]] std::string describe_waits(const Core& core, Thread thread) const;
    void check_that_all_ended() const;

    Program& program_;
    std::uint32_t queue_length_;  // of Tensix instructions
};

}  // namespace protocol
