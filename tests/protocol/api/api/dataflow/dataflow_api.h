// SPDX-License-Identifier: Apache-2.0
// The data movement API as recording functions: names, order of arguments and defaults of the wheel's
// api/dataflow/dataflow_api.h. What is not here does not compile, so that no call goes unseen. Calls that tell a kernel
// how far others are (cb_pages_available_at_front) are left out on purpose: see recorder.hpp.
#pragma once

#include <stdint.h>

#include "api/kernel_thread.h"
#include "fake_chip.h"
#include "recorder.hpp"

inline constexpr uint8_t noc_index = PROTOCOL_NOC;
inline constexpr uint8_t NOC_UNICAST_WRITE_VC = 1;
inline constexpr uint8_t NOC_MULTICAST_WRITE_VC = 4;
inline constexpr uint8_t write_cmd_buf = 0;
inline constexpr uint8_t read_cmd_buf = 1;
inline constexpr uint8_t DM_DEDICATED_NOC = 0;
inline constexpr uint8_t DM_INVALID_NOC = 2;
inline constexpr uint8_t noc_mode = DM_DEDICATED_NOC;

namespace protocol {

inline void record_noc(EventKind kind, uint16_t flags, uint64_t remote, uint32_t l1, uint32_t bytes, uint32_t third,
                       uint8_t noc, Place place) {
    record(Event{kind, noc, flags, l1, bytes, third, remote, place});
}

// The one packet of a transfer that may have one only.
inline void check_packet(uint32_t bytes, uint32_t line) {
    if (bytes > NOC_MAX_BURST_SIZE) {
        fault("sends more than one packet holds (NOC_MAX_BURST_SIZE) by a one-packet call", line);
    }
}

inline void check_transaction(uint32_t transaction, uint32_t line) {
    if (transaction >= kTransactions) {
        fault("uses a transaction id that the NoC does not have", line);
    }
}

// Barriers wait for what has been counted.
inline void check_counted(bool are_all_counted, uint32_t line) {
    if (!are_all_counted) {
        fault("waits for NoC commands before it has counted them all", line);
    }
}
inline void check_reads_counted(uint32_t line) {
    check_counted(protocol_recorder->noc_state.uncounted_reads == 0, line);
}
inline void check_writes_counted(uint32_t line) {
    const NocState& state = protocol_recorder->noc_state;
    check_counted(state.uncounted_writes == 0 && state.unconfirmed_writes == 0, line);
}

inline uint64_t with_local(uint64_t remote, uint32_t local) { return (remote & ~kLocalMask) | local; }

}  // namespace protocol

// Circular buffers.
inline void cb_reserve_back(int32_t buffer, int32_t pages, PROTOCOL_PLACE) {
    protocol::record_pages(protocol::EventKind::kReserveBack, buffer, pages, file, line);
}
inline void cb_wait_front(int32_t buffer, int32_t pages, PROTOCOL_PLACE) {
    protocol::record_pages(protocol::EventKind::kWaitFront, buffer, pages, file, line);
}
inline void cb_push_back(int32_t buffer, int32_t pages, PROTOCOL_PLACE) {
    protocol::record_pages(protocol::EventKind::kPushBack, buffer, pages, file, line);
    protocol::LocalBuffer& local = get_local_cb_interface(buffer, line);
    protocol::move_pointer(local.fifo_wr_ptr, local, pages, line);
}
inline void cb_pop_front(int32_t buffer, int32_t pages, PROTOCOL_PLACE) {
    protocol::record_pages(protocol::EventKind::kPopFront, buffer, pages, file, line);
    ++protocol_recorder->pops;
    protocol::LocalBuffer& local = get_local_cb_interface(buffer, line);
    protocol::move_pointer(local.fifo_rd_ptr, local, pages, line);
}
inline uint32_t get_write_ptr(uint32_t buffer, uint32_t line = __builtin_LINE()) {
    return get_local_cb_interface(buffer, line).fifo_wr_ptr;
}
inline uint32_t get_read_ptr(uint32_t buffer, uint32_t line = __builtin_LINE()) {
    return get_local_cb_interface(buffer, line).fifo_rd_ptr;
}

// Addresses.
template <bool in_dram>
inline uint64_t get_noc_addr_from_bank_id(uint32_t bank, uint32_t bank_address_offset, uint8_t = noc_index) {
    return protocol::remote_address(in_dram ? protocol::Target::kDramBank : protocol::Target::kL1Bank, bank,
                                    bank_address_offset);
}
inline uint64_t get_noc_addr(uint32_t x, uint32_t y, uint32_t address, uint8_t = noc_index) {
    return protocol::remote_address(protocol::Target::kCore, protocol::core_place(x, y), address);
}
inline uint64_t get_noc_addr(uint32_t address, uint8_t = noc_index) {
    return get_noc_addr(protocol_recorder->core_x, protocol_recorder->core_y, address);
}
inline uint64_t get_noc_multicast_addr(uint32_t first_x, uint32_t first_y, uint32_t last_x, uint32_t last_y,
                                       uint32_t address, uint8_t = noc_index) {
    return protocol::remote_address(
        protocol::Target::kCores,
        protocol::cores_place(protocol::core_place(first_x, first_y), protocol::core_place(last_x, last_y)), address);
}
inline uintptr_t get_semaphore(uint32_t semaphore) { return protocol_recorder->semaphore_address + semaphore * 16; }

// Reads. One that brings its own address leaves no state for those that come without.
namespace protocol {
inline void record_read(uint64_t source, uint32_t l1_address, uint32_t bytes, uint8_t noc, Place place) {
    record_noc(EventKind::kNocRead, 0, source, l1_address, bytes, protocol_recorder->noc_state.read_transaction, noc,
               place);
}
}  // namespace protocol
template <uint32_t max_page_size = NOC_MAX_BURST_SIZE + 1, bool tracing = true>
inline void noc_async_read(uint64_t source, uint32_t l1_address, uint32_t bytes, uint8_t noc = noc_index, uint32_t = 0,
                           PROTOCOL_PLACE) {
    protocol::record_read(source, l1_address, bytes, noc, {file, line});
    protocol_recorder->noc_state.read_address = 0;
    protocol_recorder->noc_state.read_bytes = 0;
    protocol_recorder->noc_state.looks_at_reads = 0;
}
template <bool tracing = true>
inline void noc_async_read_one_packet(uint64_t source, uint32_t l1_address, uint32_t bytes, uint8_t noc = noc_index,
                                      uint32_t = 0, PROTOCOL_PLACE) {
    protocol::check_packet(bytes, line);
    noc_async_read(source, l1_address, bytes, noc, 0, file, line);
}
template <bool use_vc = false>
inline void noc_async_read_one_packet_set_state(uint64_t source, uint32_t bytes, const uint32_t = 0,
                                                uint8_t = noc_index, uint32_t line = __builtin_LINE()) {
    protocol::check_packet(bytes, line);
    protocol_recorder->noc_state.read_address = source;
    protocol_recorder->noc_state.read_bytes = bytes;
    protocol_recorder->noc_state.looks_at_reads = protocol::kLooksUntilFree;
}
template <bool inc_num_issued = true, bool use_vc = false>
inline void noc_async_read_one_packet_with_state(uint32_t source, uint32_t l1_address, const uint32_t = 0,
                                                 uint8_t noc = noc_index, PROTOCOL_PLACE) {
    static_assert(inc_num_issued, "the counter of issued reads is kept by the fake API");
    protocol::record_read(protocol::with_local(protocol_recorder->noc_state.read_address, source), l1_address,
                          protocol_recorder->noc_state.read_bytes, noc, {file, line});
}
inline void noc_async_read_set_state(uint64_t source, uint8_t = noc_index) {
    protocol_recorder->noc_state.read_address = source;
}
template <bool inc_num_issued = true, bool skip_cmdbuf_chk = false>
inline void noc_async_read_with_state(uint32_t source, uint32_t l1_address, uint32_t bytes, uint8_t noc = noc_index,
                                      PROTOCOL_PLACE) {
    static_assert(inc_num_issued && !skip_cmdbuf_chk, "the counter of issued reads is kept by the fake API");
    protocol::record_read(protocol::with_local(protocol_recorder->noc_state.read_address, source), l1_address, bytes,
                          noc, {file, line});
}
inline void noc_async_read_set_trid(uint32_t transaction = 0, uint8_t = noc_index, uint32_t line = __builtin_LINE()) {
    protocol::check_transaction(transaction, line);
    protocol_recorder->noc_state.read_transaction = transaction;
}
// `source_base` is added to `source` by the device's call, too.
template <bool skip_ptr_update = false, bool skip_cmdbuf_chk = false>
inline void noc_async_read_one_packet_with_state_with_trid(uint32_t source_base, uint32_t source, uint32_t l1_address,
                                                           uint32_t transaction = 0, uint8_t noc = noc_index,
                                                           PROTOCOL_PLACE) {
    static_assert(!skip_ptr_update && !skip_cmdbuf_chk, "the counter of issued reads is kept by the fake API");
    protocol_recorder->noc_state.read_transaction = transaction;
    noc_async_read_one_packet_with_state(source_base + source, l1_address, 0, noc, file, line);
}
inline void noc_async_read_barrier(uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::check_reads_counted(line);
    protocol::record_noc(protocol::EventKind::kNocReadBarrier, 0, 0, 0, 0, 0, noc, {file, line});
}
inline void noc_async_read_barrier_with_trid(uint32_t transaction, uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::check_reads_counted(line);
    protocol::record_noc(protocol::EventKind::kNocReadBarrierTransaction, 0, 0, 0, 0, transaction, noc, {file, line});
}

// Writes. As of reads.
namespace protocol {
inline void record_write(bool posted, uint32_t l1_address, uint64_t destination, uint32_t bytes, uint8_t noc,
                         Place place) {
    record_noc(EventKind::kNocWrite, posted ? kNocPosted : 0, destination, l1_address, bytes,
               protocol_recorder->noc_state.write_transaction, noc, place);
}
inline void forget_write_state() {
    protocol_recorder->noc_state.write_address = 0;
    protocol_recorder->noc_state.write_bytes = 0;
    protocol_recorder->noc_state.looks_at_writes = 0;
}
}  // namespace protocol
template <uint32_t max_page_size = NOC_MAX_BURST_SIZE + 1, bool tracing = true, bool posted = false>
inline void noc_async_write(uint32_t l1_address, uint64_t destination, uint32_t bytes, uint8_t noc = noc_index,
                            uint32_t = NOC_UNICAST_WRITE_VC, PROTOCOL_PLACE) {
    protocol::record_write(posted, l1_address, destination, bytes, noc, {file, line});
    protocol::forget_write_state();
}
template <bool tracing = true, bool posted = false>
inline void noc_async_write_one_packet(uint32_t l1_address, uint64_t destination, uint32_t bytes,
                                       uint8_t noc = noc_index, uint32_t = NOC_UNICAST_WRITE_VC, PROTOCOL_PLACE) {
    protocol::check_packet(bytes, line);
    noc_async_write<NOC_MAX_BURST_SIZE + 1, tracing, posted>(l1_address, destination, bytes, noc, 0, file, line);
}
template <bool posted = false>
inline void noc_async_write_one_packet_set_state(uint64_t destination, uint32_t bytes, uint8_t = noc_index,
                                                 uint8_t = NOC_UNICAST_WRITE_VC, uint32_t line = __builtin_LINE()) {
    protocol::check_packet(bytes, line);
    protocol_recorder->noc_state.write_address = destination;
    protocol_recorder->noc_state.write_bytes = bytes;
    protocol_recorder->noc_state.looks_at_writes = protocol::kLooksUntilFree;
}
template <bool posted = false>
inline void noc_async_write_one_packet_with_state(uint32_t l1_address, uint32_t destination, uint8_t noc = noc_index,
                                                  PROTOCOL_PLACE) {
    protocol::record_write(posted, l1_address,
                           protocol::with_local(protocol_recorder->noc_state.write_address, destination),
                           protocol_recorder->noc_state.write_bytes, noc, {file, line});
}
template <bool posted = false>
inline void noc_async_write_set_state(uint64_t destination, uint8_t = noc_index, uint8_t = NOC_UNICAST_WRITE_VC) {
    protocol_recorder->noc_state.write_address = destination;
}
template <bool posted = false, bool update_counter = true, bool skip_cmdbuf_chk = false>
inline void noc_async_write_with_state(uint32_t l1_address, uint32_t destination, uint32_t bytes,
                                       uint8_t noc = noc_index, PROTOCOL_PLACE) {
    static_assert(update_counter && !skip_cmdbuf_chk, "the counter of issued writes is kept by the fake API");
    protocol::record_write(posted, l1_address,
                           protocol::with_local(protocol_recorder->noc_state.write_address, destination), bytes, noc,
                           {file, line});
}
inline void noc_async_write_set_trid(uint32_t transaction = 0, uint8_t = noc_index, uint32_t line = __builtin_LINE()) {
    protocol::check_transaction(transaction, line);
    protocol_recorder->noc_state.write_transaction = transaction;
}
template <bool update_counter = true, bool posted = false>
inline void noc_async_write_one_packet_with_trid(uint32_t l1_address, uint64_t destination, uint32_t bytes,
                                                 uint32_t transaction, uint8_t = write_cmd_buf, uint8_t noc = noc_index,
                                                 uint8_t = NOC_UNICAST_WRITE_VC, PROTOCOL_PLACE) {
    static_assert(update_counter, "the counter of issued writes is kept by the fake API");
    protocol_recorder->noc_state.write_transaction = transaction;
    noc_async_write_one_packet<true, posted>(l1_address, destination, bytes, noc, 0, file, line);
}
inline void noc_async_writes_flushed(uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::check_writes_counted(line);
    protocol::record_noc(protocol::EventKind::kNocWritesFlushed, 0, 0, 0, 0, 0, noc, {file, line});
}
inline void noc_async_write_flushed_with_trid(uint32_t transaction, uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::check_writes_counted(line);
    protocol::record_noc(protocol::EventKind::kNocWritesFlushedTransaction, 0, 0, 0, 0, transaction, noc, {file, line});
}
inline void noc_async_posted_writes_flushed(uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::record_noc(protocol::EventKind::kNocPostedWritesFlushed, 0, 0, 0, 0, 0, noc, {file, line});
}
inline void noc_async_write_barrier(uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::check_writes_counted(line);
    protocol::record_noc(protocol::EventKind::kNocWriteBarrier, 0, 0, 0, 0, 0, noc, {file, line});
}
inline void noc_async_write_barrier_with_trid(uint32_t transaction, uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::check_writes_counted(line);
    protocol::record_noc(protocol::EventKind::kNocWriteBarrierTransaction, 0, 0, 0, 0, transaction, noc, {file, line});
}
inline void noc_async_atomic_barrier(uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::record_noc(protocol::EventKind::kNocAtomicBarrier, 0, 0, 0, 0, 0, noc, {file, line});
}
inline void noc_async_full_barrier(uint8_t noc = noc_index, PROTOCOL_PLACE) {
    noc_async_read_barrier(noc, file, line);
    noc_async_write_barrier(noc, file, line);
    noc_async_atomic_barrier(noc, file, line);
    noc_async_posted_writes_flushed(noc, file, line);
}

// noc_nonblocking_api.h: commands that write just what has changed of a command's registers, of reads or of writes. Who
// issues them waits and counts himself. A look at the registers finds them taken once, then free.
inline bool noc_cmd_buf_ready(uint32_t, uint32_t command_buffer) {
    protocol::NocState& state = protocol_recorder->noc_state;
    uint32_t& looks = command_buffer == read_cmd_buf ? state.looks_at_reads : state.looks_at_writes;
    looks += looks < protocol::kLooksUntilFree ? 1 : 0;
    return looks == protocol::kLooksUntilFree;
}

enum CQNocFlags { CQ_NOC_SnDl, CQ_NOC_SNDl };
enum CQNocSend { CQ_NOC_send, CQ_NOC_SEND };
enum CQNocWait { CQ_NOC_wait, CQ_NOC_WAIT };
namespace protocol {
inline void take_registers(uint32_t& looks, uint32_t line) {
    if (looks != kLooksUntilFree) {
        fault("starts a NoC command where the one before may not have left yet", line);
    }
    looks = 0;
}
template <CQNocFlags what_changes>
inline uint64_t changed(uint64_t& state, uint64_t to) {
    state = what_changes == CQ_NOC_SNDl ? to : with_local(state, static_cast<uint32_t>(to & kLocalMask));
    return state;
}
}  // namespace protocol
template <uint8_t mode, uint32_t command_buffer, CQNocFlags what_changes, CQNocSend send, CQNocWait wait>
inline void noc_read_with_state(uint32_t noc, uint64_t source, uint32_t l1_address, uint32_t, PROTOCOL_PLACE) {
    static_assert(mode == DM_INVALID_NOC && command_buffer == read_cmd_buf && send == CQ_NOC_SEND &&
                  wait == CQ_NOC_wait);
    protocol::NocState& state = protocol_recorder->noc_state;
    protocol::take_registers(state.looks_at_reads, line);
    ++state.uncounted_reads;
    protocol::record_read(protocol::changed<what_changes>(state.read_address, source), l1_address, state.read_bytes,
                          static_cast<uint8_t>(noc), {file, line});
}
template <uint8_t mode, uint32_t command_buffer, CQNocFlags what_changes, CQNocSend send, CQNocWait wait,
          bool update_counter>
inline void noc_write_with_state(uint32_t noc, uint32_t l1_address, uint64_t destination, PROTOCOL_PLACE) {
    static_assert(mode == DM_DEDICATED_NOC && command_buffer == write_cmd_buf && send == CQ_NOC_SEND &&
                  wait == CQ_NOC_wait && !update_counter);
    protocol::NocState& state = protocol_recorder->noc_state;
    protocol::take_registers(state.looks_at_writes, line);
    ++state.uncounted_writes;
    ++state.unconfirmed_writes;
    protocol::record_write(false, l1_address, protocol::changed<what_changes>(state.write_address, destination),
                           state.write_bytes, static_cast<uint8_t>(noc), {file, line});
}

namespace protocol {
// One of the numbers that barriers wait for: what is added to it is no longer owed.
template <uint32_t NocState::*owed>
struct CommandCounter {
    void operator+=(uint32_t commands) { protocol_recorder->noc_state.*owed -= commands; }
};
}  // namespace protocol
inline protocol::CommandCounter<&protocol::NocState::uncounted_reads> noc_reads_num_issued[2];
inline protocol::CommandCounter<&protocol::NocState::uncounted_writes> noc_nonposted_writes_num_issued[2];
inline protocol::CommandCounter<&protocol::NocState::unconfirmed_writes> noc_nonposted_writes_acked[2];

// Multicasts. `third` is the number of destinations.
template <uint32_t max_page_size = NOC_MAX_BURST_SIZE + 1>
inline void noc_async_write_multicast(uint32_t l1_address, uint64_t destinations, uint32_t bytes, uint32_t count,
                                      bool = false, uint8_t noc = noc_index, uint8_t = NOC_MULTICAST_WRITE_VC,
                                      PROTOCOL_PLACE) {
    protocol::record_noc(protocol::EventKind::kNocMulticast, 0, destinations, l1_address, bytes, count, noc,
                         {file, line});
    protocol::forget_write_state();
}
inline void noc_async_write_multicast_loopback_src(uint32_t l1_address, uint64_t destinations, uint32_t bytes,
                                                   uint32_t count, bool = false, uint8_t noc = noc_index,
                                                   PROTOCOL_PLACE) {
    protocol::record_noc(protocol::EventKind::kNocMulticast, protocol::kNocLoopback, destinations, l1_address, bytes,
                         count, noc, {file, line});
    protocol::forget_write_state();
}

// Semaphores in L1, by their address.
namespace protocol {
inline uint32_t l1_address_of(const volatile uint32_t* semaphore) {
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(semaphore));
}
}  // namespace protocol
inline void noc_semaphore_wait(volatile uint32_t* semaphore, uint32_t value, PROTOCOL_PLACE) {
    protocol::record(protocol::EventKind::kSemaphoreWait, 0, protocol::l1_address_of(semaphore), value, {file, line});
}
inline void noc_semaphore_wait_min(volatile uint32_t* semaphore, uint32_t value, PROTOCOL_PLACE) {
    protocol::record(protocol::EventKind::kSemaphoreWaitAtLeast, 0, protocol::l1_address_of(semaphore), value,
                     {file, line});
}
inline void noc_semaphore_set(volatile uint32_t* semaphore, uint32_t value, PROTOCOL_PLACE) {
    protocol::record(protocol::EventKind::kSemaphoreSet, 0, protocol::l1_address_of(semaphore), value, {file, line});
}
template <bool posted = false>
inline void noc_semaphore_inc(uint64_t semaphore, uint32_t increment, uint8_t noc = noc_index,
                              uint8_t = NOC_UNICAST_WRITE_VC, PROTOCOL_PLACE) {
    protocol::record_noc(protocol::EventKind::kSemaphoreIncrement, posted ? protocol::kNocPosted : 0, semaphore, 0,
                         increment, 1, noc, {file, line});
}
template <bool posted = false>
inline void noc_semaphore_inc_multicast(uint64_t semaphores, uint32_t increment, uint32_t count,
                                        uint8_t noc = noc_index, uint8_t = NOC_MULTICAST_WRITE_VC, PROTOCOL_PLACE) {
    protocol::record_noc(protocol::EventKind::kSemaphoreIncrementMulticast, posted ? protocol::kNocPosted : 0,
                         semaphores, 0, increment, count, noc, {file, line});
}
inline void noc_semaphore_set_remote(uint32_t l1_address, uint64_t semaphore, uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::record_noc(protocol::EventKind::kNocWrite, protocol::kNocSemaphore, semaphore, l1_address, 4, 0, noc,
                         {file, line});
}
inline void noc_semaphore_set_multicast(uint32_t l1_address, uint64_t semaphores, uint32_t count, bool = false,
                                        uint8_t noc = noc_index, uint8_t = NOC_MULTICAST_WRITE_VC, PROTOCOL_PLACE) {
    protocol::record_noc(protocol::EventKind::kNocMulticast, protocol::kNocSemaphore, semaphores, l1_address, 4, count,
                         noc, {file, line});
}
inline void noc_semaphore_set_multicast_loopback_src(uint32_t l1_address, uint64_t semaphores, uint32_t count,
                                                     bool = false, uint8_t noc = noc_index, PROTOCOL_PLACE) {
    protocol::record_noc(protocol::EventKind::kNocMulticast, protocol::kNocSemaphore | protocol::kNocLoopback,
                         semaphores, l1_address, 4, count, noc, {file, line});
}
