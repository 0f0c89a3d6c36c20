// SPDX-License-Identifier: Apache-2.0
// One core: its L1, its five threads with what they have recorded, its coprocessor and its NoC ports.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "checker/buffer.hpp"
#include "checker/memory.hpp"
#include "checker/tag.hpp"
#include "checker/tensix.hpp"
#include "recorder.hpp"

namespace protocol {

// A thread's events and how far they have run. A compute thread has two positions: its RISC-V runs ahead of its Tensix
// instructions by at most the length of their queue.
struct ThreadState {
    std::span<const Event> events;    // Program::recordings
    std::size_t position = 0;         // of the RISC-V
    std::size_t tensix_position = 0;  // of the instruction queue
    std::uint32_t queued = 0;         // instructions between the two
};

// A read that no barrier has covered yet: the data may still come, so it is not there.
struct PendingRead {
    std::uint32_t l1_address = 0;
    std::uint32_t bytes = 0;
    std::uint32_t transaction = 0;
    TensorRange source{};           // has no tensor where the core's own L1 is read
    std::uint32_t own_address = 0;  // then where
};

// A write whose data may still lie in L1 (not flushed), or may not yet have arrived (no barrier).
struct PendingWrite {
    std::uint64_t remote = 0;
    std::uint32_t l1_address = 0;
    std::uint32_t bytes = 0;
    std::uint32_t transaction = 0;
    bool is_posted = false;
    bool is_flushed = false;
};

// A packet on its way to other cores. Data is taken from L1 as late as is allowed: when it arrives or is flushed.
struct Message {
    Event event{};
    bool has_left = false;
    std::uint32_t value = 0;
    std::vector<Tag> data{};
};

// What a data movement thread has on its NoC. Packets on one virtual channel arrive in order.
struct NocPort {
    enum Channel { kUnicast, kMulticast, kChannels };
    std::vector<PendingRead> reads;
    std::vector<PendingWrite> writes;
    std::array<std::deque<Message>, kChannels> messages;
    bool has_unconfirmed_writes = false;  // multicasts and remote semaphores since the last write barrier
    bool has_sent_news = false;           // a semaphore among them
    bool has_unconfirmed_atomics = false;
    std::uint32_t stored_unit = 0;  // the thread's last store to L1, in units, if it has not loaded from there since
};

inline constexpr std::uint32_t kDataThreads = 2;  // reader, writer
[[nodiscard]] inline bool is_compute(Thread thread) { return thread != Thread::kReader && thread != Thread::kWriter; }
inline constexpr std::uint32_t kL1Semaphores = 8;
inline constexpr std::uint32_t kSemaphoreBytes = 16;

struct Core {
    std::uint32_t x = 0;  // NoC place
    std::uint32_t y = 0;
    std::vector<Buffer> buffers;
    std::uint32_t l1_address = 0;  // of the first tag
    std::vector<Tag> l1;
    std::array<std::uint32_t, kL1Semaphores> semaphores{};
    std::array<ThreadState, kThreads> threads;
    std::uint32_t pushed_by_reader = 0;  // buffers, a bit each
    std::array<NocPort, kDataThreads> ports;
    Tensix tensix;

    [[nodiscard]] Tag* tags_at(std::uint32_t address) { return &l1[(address - l1_address) / kUnitBytes]; }
    [[nodiscard]] Buffer& buffer(std::uint32_t index);
    [[nodiscard]] Buffer& buffer_at(std::uint32_t address);
    // Whether a thread is a buffer's producer: the plan's, or the writer behind the reader's last page
    // (kernels/dataflow/redo.hpp), or a reader in the place of its writer, all along (kernels/dataflow/affine.hpp).
    [[nodiscard]] bool is_producer(const Buffer& buffer, Thread thread) const;
    // Takes pages out of a buffer. What they held is forgotten: of a page that is not filled whole again, as that of a
    // block with fewer rows, the rest is no row of the tensor.
    void pop(Buffer& buffer, std::uint64_t pages);
};

}  // namespace protocol
