// SPDX-License-Identifier: Apache-2.0
#include "checker/waiting.hpp"

#include <algorithm>
#include <bit>

#include "tensix_constants.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::string pages_of(const Core& core, const Event& event) {
    const auto buffer = std::ranges::find(core.buffers, std::uint32_t{event.index}, &Buffer::index);
    const bool is_producer = event.kind == EventKind::kReserveBack;
    const std::uint64_t there = is_producer ? buffer->free_pages() : buffer->waiting_pages();
    return std::to_string(event.first) + (is_producer ? " free pages of " : " pages of ") + buffer->describe() +
           ", there are " + std::to_string(there);
}

[[nodiscard]] std::string count_of(const Core& core, const Event& event, const char* what) {
    const auto buffer = std::ranges::find(core.buffers, std::uint32_t{event.index}, &Buffer::index);
    return std::to_string(event.first) + " pages to be " + what + buffer->describe();
}

[[nodiscard]] std::string l1_semaphore(const Core& core, const Event& event, const char* relation) {
    std::string values;
    for (const std::uint32_t value : core.semaphores) {
        values += " " + std::to_string(value);
    }
    return "the L1 semaphore at " + std::to_string(event.first) + " to be " + relation + std::to_string(event.second) +
           " (semaphores:" + values + ")";
}

[[nodiscard]] std::string tensix_semaphore(const Core& core, const Event& event) {
    const auto index = static_cast<std::size_t>(std::countr_zero(std::uint32_t{event.index}));
    const TensixSemaphore& waited = core.tensix.semaphores.at(index);
    const bool on_max = event.second == p_stall::STALL_ON_MAX;
    return "Tensix semaphore " + std::to_string(index) + (index == semaphore::MATH_PACK ? " MATH_PACK" : "") +
           (index == semaphore::UNPACK_TO_DEST ? " UNPACK_TO_DEST" : "") + " to be " +
           (on_max ? "below its capacity" : "above 0") + " (it is " + std::to_string(waited.value) + " of " +
           std::to_string(waited.capacity) + ")";
}

}  // namespace

std::string describe_wait(const Core& core, const Event& event) {
    switch (event.kind) {
        case EventKind::kReserveBack:
        case EventKind::kWaitFront: return pages_of(core, event);
        case EventKind::kSemaphoreWait: return l1_semaphore(core, event, "");
        case EventKind::kSemaphoreWaitAtLeast: return l1_semaphore(core, event, "at least ");
        case EventKind::kNocWriteBarrier:
        case EventKind::kNocAtomicBarrier: return "packets to other cores";
        case EventKind::kWaitForContext: return "a free unpacker context";
        case EventKind::kSyncWait: return tensix_semaphore(core, event);
        case EventKind::kMathReady: return "FPU and SFPU to be done";
        case EventKind::kGiveDestRow: return "room in the unpacker's mailbox";
        case EventKind::kTakeDestRow: return "a DEST row from math";
        case EventKind::kSeePushed: return count_of(core, event, "pushed to ");
        case EventKind::kSeePopped: return count_of(core, event, "popped from ");
        case EventKind::kUnpack: return "a free SrcA bank";
        case EventKind::kMoveToDest: return "data in SrcA and SrcB";
        case EventKind::kStall: return "a condition of STALLWAIT " + std::to_string(event.second);
        default: return "nothing that is known";
    }
}

}  // namespace protocol
