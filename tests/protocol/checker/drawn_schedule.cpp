// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>

#include "checker/random.hpp"
#include "checker/schedules.hpp"

namespace protocol {
namespace {

using Agent = Machine::Agent;

constexpr std::array<std::uint32_t, 4> kQueueLengths = {2, 8, 32, 1U << 30};
constexpr std::array<std::uint32_t, 4> kQuanta = {1, 4, 64, 1U << 30};
constexpr std::uint64_t kRoundsPerOrder = 8;

class DrawnSchedule {
public:
    DrawnSchedule(Program& program, std::uint64_t seed)
        : program_(program),
          random_(seed),
          machine_(program, kQueueLengths[random_.below(kQueueLengths.size())]),
          quantum_(kQuanta[random_.below(kQuanta.size())]) {
        std::vector<Agent> agents = Machine::agents();
        for (std::size_t i = 0; i < program.cores.size(); ++i) {
            random_.shuffle(std::span(agents));
            orders_.push_back(agents);
        }
    }

    void run() {
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
        machine_.check_end();
    }

private:
    // Runs a core until all its agents wait.
    [[nodiscard]] bool run_core(Core& core, std::vector<Agent>& order) {
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

    // Runs an agent until it waits or its quantum is used up.
    [[nodiscard]] bool run_agent(Core& core, Agent agent) {
        bool has_run = false;
        bool is_visible_step = true;
        for (std::uint32_t steps = 0; steps < quantum_ && machine_.step(core, agent, is_visible_step);) {
            has_run = true;
            steps += is_visible_step ? 1 : 0;
        }
        return has_run;
    }

    Program& program_;
    Random random_;
    Machine machine_;
    std::vector<std::vector<Agent>> orders_;  // per core, first goes first
    std::uint32_t quantum_;                   // visible steps of an agent before others of higher precedence are asked
};

}  // namespace

void run_drawn_schedule(Program& program, std::uint64_t seed) { DrawnSchedule(program, seed).run(); }

}  // namespace protocol
