// SPDX-License-Identifier: Apache-2.0
// A core's NoC ports and its L1 semaphores.
#pragma once

#include "checker/core.hpp"
#include "checker/memory.hpp"

namespace protocol {

[[nodiscard]] inline Target target_of(const Event& event) {
    return static_cast<Target>(event.address >> (kLocalBits + kPlaceBits));
}
// core_place or cores_place of what it is sent to.
[[nodiscard]] inline std::uint64_t place_of(const Event& event) {
    return (event.address >> kLocalBits) & ((std::uint64_t{1} << kPlaceBits) - 1);
}

void note_pages(Buffer& buffer, const Event& event);
// Pushes and pops of a data movement thread: nothing on the NoC may still concern the pages.
void push(Core& core, NocPort& port, const Event& event);
void pop(Core& core, NocPort& port, const Event& event);

// A read, from a tensor or from the core's own L1, to pages that this thread has reserved; the data counts as there
// after a barrier.
void start_read(Core& core, NocPort& port, Memory& memory, const Event& event);
// A write to an output, from pages that this thread has waited for.
void write_tensor(Core& core, NocPort& port, Memory& memory, const Event& event);

// Barriers, flushes, and semaphores of this core; false if the thread has to wait.
[[nodiscard]] bool wait_or_set(Core& core, NocPort& port, const Event& event);

[[nodiscard]] std::uint32_t& semaphore_at(Core& core, std::uint64_t l1_address);
// Takes what a message carries out of L1, unless it has been taken.
void leave(Core& core, Message& message);
void check_multicast_source(Core& core, const Event& event);

void check_port_at_end(const NocPort& port);
void check_core_at_end(const Core& core);

}  // namespace protocol
