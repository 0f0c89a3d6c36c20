// SPDX-License-Identifier: Apache-2.0
// Machine's part for what the writer's RISC-V loads from L1 and stores there itself: pages that the thread is entitled
// to, and first elements of rows, by which it finds out which are to be redone (dataflow/redo.hpp).
#include <algorithm>

#include "checker/machine.hpp"
#include "checker/noc.hpp"
#include "contract.hpp"

namespace protocol {
namespace {

namespace contract = layernorm_fused_rm::contract;

constexpr std::uint32_t kExponentOfHalf = 0x7f80;  // in the upper half of an fp32 number's bits

[[nodiscard]] bool is(const Buffer& buffer, contract::Buffer index) {
    return buffer.index() == static_cast<std::uint32_t>(index);
}

void check_own_access(Core& core, Thread thread, const Event& event) {
    const Buffer& buffer = core.buffer_at(event.first);
    const Side side = core.is_producer(buffer, thread) ? Side::kProducer : Side::kConsumer;
    buffer.check_access(side, event.first, event.second);
    const NocPort& port = core.ports[static_cast<std::size_t>(thread)];
    const bool is_pending = std::ranges::any_of(port.reads, [&](const PendingRead& read) {
        return read.l1_address < event.first + event.second && event.first < read.l1_address + read.bytes;
    });
    require(!is_pending, Rule::kNocOrder, "uses what a read may still be filling: no barrier since");
}

// A zero in the place of an element of the output, which only padding gets.
void clear(Core& core, const Event& event, std::uint32_t element_bytes) {
    require(event.third == 0, Rule::kIdentity, "stores an element of the output itself");
    for (std::uint32_t address = event.first; address < event.first + event.second; address += element_bytes) {
        Tag& tag = *core.tags_at(address);
        const std::uint32_t place = address % kUnitBytes / element_bytes;
        require(tag.content == Content::kNothing, Rule::kIdentity, "stores zeros over elements of the output");
        tag.zeros |= static_cast<std::uint16_t>(1U << place);
    }
}

}  // namespace

void Machine::store(Core& core, Thread thread, const Event& event) {
    check_own_access(core, thread, event);
    if (is(core.buffer_at(event.first), contract::Buffer::kOutput)) {
        clear(core, event, program_.memory.output().element_bytes);
    }
    core.ports[static_cast<std::size_t>(thread)].stored_unit = event.first / kUnitBytes;
}

void Machine::load(Core& core, Thread thread, const Event& event) {
    check_own_access(core, thread, event);
    NocPort& port = core.ports[static_cast<std::size_t>(thread)];
    port.stored_unit = port.stored_unit == event.first / kUnitBytes ? 0 : port.stored_unit;
    const Tag& tag = *core.tags_at(event.first);
    if (is(core.buffer_at(event.first), contract::Buffer::kStatistics) && tag.content == Content::kStatistic &&
        event.second == sizeof(std::uint16_t)) {
        require((tag.done[0] & kFromSquares) != 0, Rule::kIdentity,
                "looks at something else than a row's 1 / deviation");
        program_.memory.note_look(tag.row, (event.third & kExponentOfHalf) != kExponentOfHalf);
        return;
    }
    if (!is(core.buffer_at(event.first), contract::Buffer::kOutput) || tag.content != Content::kRow) {
        return;
    }
    require(tag.element == 0, Rule::kIdentity, "looks at another element of a row than its first");
    program_.memory.note_look(tag.row, (event.third & kExponentOfHalf) != kExponentOfHalf);
}

}  // namespace protocol
