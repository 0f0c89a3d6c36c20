// SPDX-License-Identifier: Apache-2.0
// What the threads of one core find where they look themselves: in L1, and in the counters of buffers. Of the output's
// rows some begin with what is no finite number, where the case wants that.
//
// Reader and writer are recorded before compute, so a compute thread that polls the counter of a buffer that the writer
// empties finds each of the writer's pops, one after the other, and in the counter of another buffer what had been
// pushed to it by then: the least that it may rely on, whatever the schedule.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "checker/buffer.hpp"
#include "harness/case.hpp"
#include "recorder.hpp"

namespace protocol {

class Scenario {
public:
    // `output` is the core's buffer of output rows, `looked_at` the one that shows which of them overflow. Cores that
    // share rows have the same seed.
    Scenario(const Case& value, const Buffer& output, const Buffer& looked_at, std::uint64_t seed)
        : output_(output), looked_at_(looked_at), seed_(seed), some_overflow_(value.asks('o')) {}

    // Lets a thread find it.
    void enter(Recorder& recorder);
    // A thread has been recorded.
    void leave(Thread thread, std::span<const Event> events);

private:
    using Counts = std::array<std::uint32_t, kMaxBuffers>;  // pages of each buffer

    static std::uint32_t load(const Recorder& recorder, std::uint32_t address, std::uint32_t bytes);
    static void store(const Recorder& recorder, std::uint32_t address, std::uint32_t value);
    static std::uint32_t count(const Recorder& recorder, EventKind counter, std::uint32_t buffer);
    [[nodiscard]] std::uint32_t load_for(const Recorder& recorder, std::uint32_t address, std::uint32_t bytes);
    [[nodiscard]] std::uint32_t next_pop_of_output();

    const Buffer& output_;
    const Buffer& looked_at_;
    std::uint64_t seed_;
    bool some_overflow_;
    std::unordered_map<std::uint32_t, std::uint32_t> words_;  // by address: what the thread has stored
    Counts reader_pushes_{};
    std::vector<Counts> writer_pushes_{Counts{}};  // before the writer's pop of the same index, the first without one
    std::vector<std::uint32_t> output_pops_{0};    // at each of them
    std::size_t seen_ = 0;                         // by the compute thread that is recorded
    std::uint32_t polls_at_end_ = 0;
};

}  // namespace protocol
