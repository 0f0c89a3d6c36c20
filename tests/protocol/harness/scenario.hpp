// What the threads of one core find in L1 where they look themselves. Of the output's rows some begin with what is no
// finite number, where the case wants that. The writer is recorded before compute: what it tells that is there.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "checker/buffer.hpp"
#include "harness/case.hpp"
#include "recorder.hpp"

namespace protocol {

class Scenario {
public:
    // `input` and `output` are the core's buffers of rows.
    Scenario(const Case& value, const Buffer& input, const Buffer& output, std::uint64_t seed)
        : input_(input), output_(output), seed_(seed), some_overflow_(value.asks('o')) {}

    // Lets a thread find it.
    void enter(Recorder& recorder);

private:
    static std::uint32_t load(const Recorder& recorder, std::uint32_t address, std::uint32_t bytes);
    static void store(const Recorder& recorder, std::uint32_t address, std::uint32_t value);
    [[nodiscard]] std::uint32_t load_for(const Recorder& recorder, std::uint32_t address, std::uint32_t bytes);

    const Buffer& input_;
    const Buffer& output_;
    std::uint64_t seed_;
    bool some_overflow_;
    std::unordered_map<std::uint32_t, std::uint32_t> words_;  // by address: what the thread has stored
    std::vector<std::uint32_t> words_told_;                   // by the writer
    std::array<std::size_t, kThreads> words_heard_{};
};

}  // namespace protocol
