// SPDX-License-Identifier: Apache-2.0
#include "checker/noc.hpp"

#include <algorithm>

#include "checker/machine.hpp"

namespace protocol {
namespace {

constexpr std::uint32_t kL1Alignment = 32;  // stricter than the NoC is: rows and pieces all lie so, but parts of shards
constexpr std::uint32_t kWriteAlignment = 16;  // noc_parameters.h: NOC_DRAM_WRITE_ALIGNMENT_BYTES, NOC_L1_*

[[nodiscard]] bool overlap(std::uint32_t a, std::uint32_t a_bytes, std::uint32_t b, std::uint32_t b_bytes) {
    return a < b + b_bytes && b < a + a_bytes;
}

// Source and destination must be congruent (sanitize_noc.h, debug_sanitize_noc_and_worker_addr; ISA documents, "NoC").
void check_alignment(std::uint64_t remote, std::uint32_t l1_address, std::uint32_t alignment,
                     std::uint32_t l1_alignment = kL1Alignment) {
    require((remote & kLocalMask) % alignment == l1_address % alignment, Rule::kAlignment,
            "NoC address and L1 address differ modulo the alignment");
    require(l1_address % l1_alignment == 0, Rule::kAlignment, "an L1 address is no multiple of 32 bytes");
}

// What a unit of a tensor brings, of which `bytes` bytes are read: its elements if they are all among these.
[[nodiscard]] Tag tag_of_part(const TensorRange& source, std::uint64_t first, std::uint32_t bytes) {
    const bool is_whole =
        bytes >= kUnitBytes || (source.tensor->form == Form::kRows &&
                                bytes >= source.tensor->own_bytes(source.page(first), source.offset(first)));
    return is_whole ? source.tag(first) : Tag{};
}

void arrive(Core& core, const PendingRead& read) {
    Tag* const to = core.tags_at(read.l1_address);
    for (std::uint32_t first = 0; first < read.bytes; first += kUnitBytes) {
        const std::uint32_t unit = first / kUnitBytes;
        to[unit] = read.source.tensor != nullptr ? tag_of_part(read.source, first, read.bytes - first)
                                                 : core.tags_at(read.own_address)[unit];
    }
}

[[nodiscard]] bool is_own_l1(const Core& core, std::uint64_t address) {
    return address >> kLocalBits == remote_address(Target::kCore, core_place(core.x, core.y), 0) >> kLocalBits;
}

// Completes the reads of one transaction id, or all.
void finish_reads(Core& core, NocPort& port, const std::uint32_t* transaction) {
    std::erase_if(port.reads, [&](const PendingRead& read) {
        const bool is_meant = transaction == nullptr || read.transaction == *transaction;
        if (is_meant) {
            arrive(core, read);
        }
        return is_meant;
    });
}

void finish_writes(NocPort& port, const std::uint32_t* transaction) {
    std::erase_if(port.writes, [&](const PendingWrite& write) {
        return !write.is_posted && (transaction == nullptr || write.transaction == *transaction);
    });
}

void flush_writes(Core& core, NocPort& port, bool are_posted, const std::uint32_t* transaction) {
    for (PendingWrite& write : port.writes) {
        if (write.is_posted == are_posted && (transaction == nullptr || write.transaction == *transaction)) {
            write.is_flushed = true;
        }
    }
    for (auto& channel : port.messages) {
        for (Message& message : channel) {
            leave(core, message);
        }
    }
}

// A transfer that ends within a unit takes the unit's elements with it only if it takes all of them.
void cut(Tag& last, std::uint32_t bytes, const Call& call) {
    const std::uint32_t part = bytes % kUnitBytes;
    if (part != 0 && last.content != Content::kNothing &&
        part / last.element_bytes < std::min(kUnitBytes / last.element_bytes, call.width - last.element)) {
        last = {};
    }
}

[[nodiscard]] bool is_atomic(const Message& message) {
    return message.event.kind == EventKind::kSemaphoreIncrement ||
           message.event.kind == EventKind::kSemaphoreIncrementMulticast;
}

[[nodiscard]] bool has_messages(const NocPort& port, bool atomic) {
    return std::ranges::any_of(port.messages, [=](const auto& channel) {
        return std::ranges::any_of(channel, [=](const Message& message) { return is_atomic(message) == atomic; });
    });
}

[[nodiscard]] bool finish_all_writes(NocPort& port) {
    if (has_messages(port, false)) {
        return false;
    }
    finish_writes(port, nullptr);
    port.has_unconfirmed_writes = false;
    port.has_sent_news = false;
    return true;
}

[[nodiscard]] bool finish_atomics(NocPort& port) {
    if (has_messages(port, true)) {
        return false;
    }
    port.has_unconfirmed_atomics = false;
    return true;
}

}  // namespace

void note_pages(Buffer& buffer, const Event& event) {
    event.kind == EventKind::kReserveBack ? buffer.note_reserved(event.first) : buffer.note_waited(event.first);
}

void push(Core& core, NocPort& port, const Event& event) {
    Buffer& buffer = core.buffer(event.index);
    for (const PendingRead& read : port.reads) {
        require(!buffer.next_pages_touch(Side::kProducer, event.first, read.l1_address, read.bytes), Rule::kNocOrder,
                "pushes a page that a read may still be filling: no barrier since");
    }
    require(port.stored_unit == 0, Rule::kBufferProtocol,
            "pushes a page before what was stored there is seen to be there");
    buffer.issue_push(event.first);
    buffer.apply_push(event.first);
}

void pop(Core& core, NocPort& port, const Event& event) {
    Buffer& buffer = core.buffer(event.index);
    for (const PendingWrite& write : port.writes) {
        require(
            write.is_flushed || !buffer.next_pages_touch(Side::kConsumer, event.first, write.l1_address, write.bytes),
            Rule::kNocOrder, "pops a page that a write may still be reading: not flushed since");
    }
    buffer.issue_pop(event.first);
    core.pop(buffer, event.first);
}

namespace {

// Of what the thread has read into pages that it has reserved.
[[nodiscard]] PendingRead locate_in_own_l1(Core& core, const NocPort& port, const Event& event) {
    const auto from = static_cast<std::uint32_t>(event.address & kLocalMask);
    require(from % kWriteAlignment == event.first % kWriteAlignment && event.second % kUnitBytes == 0, Rule::kAlignment,
            "a read within L1 moves data by no multiple of 16 bytes, or such a number of them");
    core.buffer_at(from).check_access(Side::kProducer, from, event.second);
    require(!overlap(from, event.second, event.first, event.second), Rule::kNocOrder, "reads from where it reads to");
    for (const PendingRead& read : port.reads) {
        require(!overlap(from, event.second, read.l1_address, read.bytes), Rule::kNocOrder,
                "reads from where another read is still under way");
    }
    return {.l1_address = event.first, .bytes = event.second, .transaction = event.third, .own_address = from};
}

[[nodiscard]] std::uint32_t l1_alignment(const TensorRange& range) {
    return range.tensor->has_cut_rows() ? kWriteAlignment : kL1Alignment;
}

[[nodiscard]] PendingRead locate_in_tensor(Memory& memory, const Event& event) {
    const TensorRange source = memory.locate(event.address, event.second, false);
    memory.note_read(source, event.second);
    check_alignment(event.address, event.first, source.tensor->alignment_bytes, l1_alignment(source));
    return {.l1_address = event.first, .bytes = event.second, .transaction = event.third, .source = source};
}

}  // namespace

void start_read(Core& core, NocPort& port, Memory& memory, const Event& event) {
    require(event.second != 0, Rule::kNocAddress, "reads no bytes");
    const PendingRead started = is_own_l1(core, event.address) && !memory.is_in_shard(event.address)
                                    ? locate_in_own_l1(core, port, event)
                                    : locate_in_tensor(memory, event);
    core.buffer_at(event.first).check_access(Side::kProducer, event.first, event.second);
    for (const PendingRead& other : port.reads) {
        require(!overlap(event.first, event.second, other.l1_address, other.bytes), Rule::kNocOrder,
                "reads to where another read is still under way");
        require(other.source.tensor != nullptr || !overlap(event.first, event.second, other.own_address, other.bytes),
                Rule::kNocOrder, "reads to where another read is still reading from");
    }
    port.reads.push_back(started);
}

void write_tensor(Core& core, NocPort& port, Memory& memory, const Event& event) {
    require(event.second != 0, Rule::kNocAddress, "writes no bytes");
    const TensorRange destination = memory.locate(event.address, event.second, true);
    check_alignment(event.address, event.first, kWriteAlignment, l1_alignment(destination));
    core.buffer_at(event.first).check_access(Side::kConsumer, event.first, event.second);
    require(port.stored_unit == 0, Rule::kNocOrder, "writes a page before what was stored there is seen to be there");
    const Tag* const from = core.tags_at(event.first);
    if (memory.is_rewritten(destination)) {
        require(
            std::ranges::none_of(port.writes, [&](const PendingWrite& write) { return write.remote == event.address; }),
            Rule::kNocOrder, "writes where a write of its own may still be under way: no barrier since");
    }
    memory.write(destination, event.second, from);
    port.writes.push_back({.remote = event.address,
                           .l1_address = event.first,
                           .bytes = event.second,
                           .transaction = event.third,
                           .is_posted = (event.index & kNocPosted) != 0});
}

std::uint32_t& semaphore_at(Core& core, std::uint64_t l1_address) {
    const std::uint64_t offset = l1_address - kFirstSemaphoreAddress;
    require(l1_address >= kFirstSemaphoreAddress && offset % kSemaphoreBytes == 0 &&
                offset / kSemaphoreBytes < kL1Semaphores,
            Rule::kSemaphores, "uses an L1 address that is no semaphore's");
    return core.semaphores[offset / kSemaphoreBytes];
}

void leave(Core& core, Message& message) {
    const Event& event = message.event;
    if (message.has_left || is_atomic(message)) {
        return;
    }
    message.has_left = true;
    if ((event.index & kNocSemaphore) != 0) {
        message.value = semaphore_at(core, event.first);
    } else {
        message.data.assign(core.tags_at(event.first),
                            core.tags_at(event.first) + (event.second + kUnitBytes - 1) / kUnitBytes);
        cut(message.data.back(), event.second, core.tensix.call);
    }
}

// Data for other cores comes from pages that the thread itself has reserved (and filled) or waited for.
void check_multicast_source(Core& core, const Event& event) {
    if ((event.index & kNocSemaphore) != 0) {
        static_cast<void>(semaphore_at(core, event.first));
        return;
    }
    check_alignment(event.address, event.first, kWriteAlignment);
    const Buffer& buffer = core.buffer_at(event.first);
    if (!buffer.is_reserved(event.first, event.second)) {
        buffer.check_access(Side::kConsumer, event.first, event.second);
    }
    for (const NocPort& port : core.ports) {  // the reader may have read it for the writer
        for (const PendingRead& read : port.reads) {
            require(!overlap(event.first, event.second, read.l1_address, read.bytes), Rule::kNocOrder,
                    "multicasts what a read may still be filling: no barrier since");
        }
    }
}

bool wait_or_set(Core& core, NocPort& port, const Event& event) {
    switch (event.kind) {
        case EventKind::kNocReadBarrier: finish_reads(core, port, nullptr); return true;
        case EventKind::kNocReadBarrierTransaction: finish_reads(core, port, &event.third); return true;
        case EventKind::kNocWritesFlushed: flush_writes(core, port, false, nullptr); return true;
        case EventKind::kNocWritesFlushedTransaction: flush_writes(core, port, false, &event.third); return true;
        case EventKind::kNocPostedWritesFlushed: flush_writes(core, port, true, nullptr); return true;
        case EventKind::kNocWriteBarrier: return finish_all_writes(port);
        case EventKind::kNocWriteBarrierTransaction: finish_writes(port, &event.third); return true;
        case EventKind::kNocAtomicBarrier: return finish_atomics(port);
        case EventKind::kSemaphoreWait: return semaphore_at(core, event.first) == event.second;
        case EventKind::kSemaphoreWaitAtLeast: return semaphore_at(core, event.first) >= event.second;
        case EventKind::kSemaphoreSet: semaphore_at(core, event.first) = event.second; return true;
        default: throw Finding(Rule::kUnknown, "an event that a data movement thread cannot have");
    }
}

// What the firmware asserts when a kernel ends (ncrisck.cc, "no noc transactions are outstanding").
void check_port_at_end(const NocPort& port) {
    require(port.reads.empty(), Rule::kNocOrder, "ends with reads that no barrier covers");
    require(
        std::ranges::all_of(port.writes, [](const PendingWrite& write) { return write.is_posted && write.is_flushed; }),
        Rule::kNocOrder, "ends with writes that no barrier covers");
    require(!port.has_unconfirmed_writes, Rule::kNocOrder, "ends with multicasts that no write barrier covers");
    require(!port.has_unconfirmed_atomics, Rule::kNocOrder, "ends with atomics that no barrier covers");
}

void check_core_at_end(const Core& core) {
    for (const Buffer& buffer : core.buffers) {
        if (!buffer.is_empty()) {
            throw Finding(Rule::kBufferProtocol, buffer.describe() + " is not empty");
        }
    }
    require(std::ranges::all_of(core.semaphores, [](std::uint32_t value) { return value == 0; }), Rule::kSemaphores,
            "an L1 semaphore is not 0, as the next program expects it");
    check_at_end(core.tensix);
}

}  // namespace protocol
