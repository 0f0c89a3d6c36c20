#include "harness/scenario.hpp"

#include "checker/machine.hpp"
#include "checker/random.hpp"
#include "contract.hpp"

namespace protocol {
namespace {

namespace contract = layernorm_fused_rm::contract;

constexpr std::uint32_t kOne = 0x3f80;  // upper halves of an fp32 number's bits
constexpr std::uint32_t kInfinity = 0x7f80;
constexpr std::uint64_t kOneRowIn = 3;
constexpr std::uint32_t kPoison = 0xffffffff;  // where the thread has not stored anything

}  // namespace

void Scenario::enter(Recorder& recorder) {
    recorder.scenario = this;
    recorder.load = load;
    recorder.store = store;
    words_.clear();
}

std::uint32_t Scenario::load(const Recorder& recorder, std::uint32_t address, std::uint32_t bytes) {
    return static_cast<Scenario*>(recorder.scenario)->load_for(recorder, address, bytes);
}

std::uint32_t Scenario::load_for(const Recorder& recorder, std::uint32_t address, std::uint32_t bytes) {
    if (is_compute(recorder.thread)) {
        const std::size_t next = words_heard_.at(static_cast<std::size_t>(recorder.thread))++;
        return next < words_told_.size() ? words_told_[next] : static_cast<std::uint32_t>(contract::Redo::kNone);
    }
    if (output_.contains(address) && bytes == sizeof(std::uint16_t)) {
        // The same place is the same row until a page is popped.
        Random random(seed_ ^ (std::uint64_t{recorder.pops} << 32U) ^ address);
        return some_overflow_ && random.one_in(kOneRowIn) ? kInfinity : kOne;
    }
    // What the thread has stored is there once, to be waited for; then others may have been there.
    const auto found = words_.extract(address);
    return found.empty() ? kPoison : found.mapped();
}

void Scenario::store(const Recorder& recorder, std::uint32_t address, std::uint32_t value) {
    auto& self = *static_cast<Scenario*>(recorder.scenario);
    self.words_[address] = value;
    if (recorder.thread == Thread::kWriter && self.input_.contains(address) &&
        value <= static_cast<std::uint32_t>(contract::Redo::kRow)) {
        self.words_told_.push_back(value);  // no element is: they are poison
    }
}

}  // namespace protocol
