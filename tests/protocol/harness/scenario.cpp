// SPDX-License-Identifier: Apache-2.0
#include "harness/scenario.hpp"

#include "checker/machine.hpp"
#include "checker/random.hpp"

namespace protocol {
namespace {

constexpr std::uint32_t kOne = 0x3f80;  // upper halves of an fp32 number's bits
constexpr std::uint32_t kInfinity = 0x7f80;
constexpr std::uint64_t kOneRowIn = 3;
constexpr std::uint32_t kMostPollsAtEnd = 2;
constexpr std::uint32_t kPoison = 0xffffffff;  // where the thread has not stored anything

}  // namespace

void Scenario::enter(Recorder& recorder) {
    recorder.scenario = this;
    recorder.load = load;
    recorder.store = store;
    recorder.count = count;
    words_.clear();
    seen_ = 0;
    polls_at_end_ = 0;
}

std::uint32_t Scenario::load(const Recorder& recorder, std::uint32_t address, std::uint32_t bytes) {
    return static_cast<Scenario*>(recorder.scenario)->load_for(recorder, address, bytes);
}

std::uint32_t Scenario::load_for(const Recorder& recorder, std::uint32_t address, std::uint32_t bytes) {
    // What the thread has stored is there once, to be waited for; then others may have been there.
    const auto found = words_.extract(address);
    if (!found.empty()) {
        return found.mapped();
    }
    if (looked_at_.contains(address) && bytes == sizeof(std::uint16_t)) {
        // The same place is the same row until a page is popped.
        Random random(seed_ ^ (std::uint64_t{recorder.pops} << 32U) ^ address);
        return some_overflow_ && random.one_in(kOneRowIn) ? kInfinity : kOne;
    }
    return kPoison;
}

void Scenario::store(const Recorder& recorder, std::uint32_t address, std::uint32_t value) {
    static_cast<Scenario*>(recorder.scenario)->words_[address] = value;
}

void Scenario::leave(Thread thread, std::span<const Event> events) {
    if (is_compute(thread)) {
        return;
    }
    Counts pushes{};
    for (const Event& event : events) {
        if (event.kind == EventKind::kPushBack) {
            pushes.at(event.index) += event.first;
        } else if (thread == Thread::kWriter && event.kind == EventKind::kPopFront && event.index == output_.index()) {
            writer_pushes_.push_back(pushes);
            output_pops_.push_back(output_pops_.back() + event.first);
        }
    }
    reader_pushes_ = thread == Thread::kReader ? pushes : reader_pushes_;
}

std::uint32_t Scenario::count(const Recorder& recorder, EventKind counter, std::uint32_t buffer) {
    auto& self = *static_cast<Scenario*>(recorder.scenario);
    if (counter == EventKind::kSeePopped && buffer == self.output_.index()) {
        return self.next_pop_of_output();
    }
    require(counter == EventKind::kSeePushed && buffer < kMaxBuffers && buffer != self.output_.index(),
            Rule::kBufferProtocol, "looks at a counter of which nothing is known here");
    return self.reader_pushes_[buffer] + self.writer_pushes_[self.seen_][buffer];
}

// Where there is none, the number stays; a thread that waits for another one waits for ever.
std::uint32_t Scenario::next_pop_of_output() {
    if (seen_ + 1 < output_pops_.size()) {
        ++seen_;
    } else {
        ++polls_at_end_;
        require(polls_at_end_ <= kMostPollsAtEnd, Rule::kEndless, "polls for a pop that does not come");
    }
    return output_pops_[seen_];
}

}  // namespace protocol
