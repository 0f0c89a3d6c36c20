// SPDX-License-Identifier: Apache-2.0
// What a kernel thread calls, written down in order. The fake API (this folder) turns each call into an Event; the
// checker
// (../checker) replays the events of all threads against each other.
//
// Shared by kernel units, of which many are compiled, and the checker: <stdint.h> only. No call returns anything that
// depends on another thread, so a thread's events are the same under every interleaving and need to be recorded once.
#pragma once

#include <stdint.h>

namespace protocol {

enum class Thread : uint8_t { kReader, kWriter, kUnpack, kMath, kPack, kCount };
inline constexpr uint32_t kThreads = static_cast<uint32_t>(Thread::kCount);

// In brackets: who runs the event, the RISC-V core or, in order behind it, the thread's Tensix instruction queue; and
// the meaning of Event's fields.
enum class EventKind : uint8_t {
    // Circular buffers: index = buffer, first = pages. Pushes of the pack thread and pops of the unpack thread are
    // Tensix
    // instructions that wait for packer and unpacker (llk_io_pack.h, llk_push_to_brisc; llk_io_unpack.h,
    // llk_pop_tiles).
    kReserveBack,
    kPushBack,
    kWaitFront,
    kPopFront,
    // NoC: address = remote address, first = L1 address, second = bytes or value, third = transaction id or number of
    // destinations, index = kNoc* flags.
    kNocRead,
    kNocWrite,
    kNocMulticast,
    kNocReadBarrier,
    kNocReadBarrierTransaction,
    kNocWriteBarrier,
    kNocWriteBarrierTransaction,
    kNocWritesFlushed,
    kNocWritesFlushedTransaction,
    kNocPostedWritesFlushed,
    kNocAtomicBarrier,
    // L1 semaphores: first = L1 address, second = value; remote ones by `address`.
    kSemaphoreWait,
    kSemaphoreWaitAtLeast,
    kSemaphoreSet,
    kSemaphoreIncrement,
    kSemaphoreIncrementMulticast,
    // The RISC-V's own loads and stores of L1: first = L1 address, second = bytes, third = value.
    kLoad,
    kStore,
    // RISC-V side of the compute threads.
    kSeePushed,          // index = buffer, first = pages pushed since the start, as the thread has found
    kSeePopped,          // likewise popped
    kConfigureUnpacker,  // first = L1 address in 16-byte words less one, index = context
    kWaitForContext,     // first = contexts
    kSyncPost,           // index = Tensix semaphore; semaphore_post
    kMathReady,          // waits until FPU and SFPU have done all that was issued; math_unpack_to_dest_math_ready
    kGiveDestRow,        // first = DEST row; mailbox_write to the unpack thread
    kTakeDestRow,        // mailbox_read of set_dst_write_addr
    // Tensix instructions.
    kSyncGet,            // index = Tensix semaphore, first = what to wait for (p_stall)
    kSyncPostAfter,      // index = Tensix semaphore, first = what to wait for (p_stall)
    kSyncInit,           // index = semaphore mask, first = capacity, second = value
    kSyncWait,           // index = semaphore mask, first = what stalls (p_stall), second = condition
    kStall,              // STALLWAIT: first = what stalls, second = what it waits for
    kSelectContext,      // first = context
    kSetUnpackElements,  // first = elements
    kUnpack,             // UNPACR: index = source register, first = hands it over, second = zeroes in place of L1
    kAimAtDest,          // set_dst_write_addr: index = context; the DEST row is what kTakeDestRow brought
    kAimRegister,        // cfg_reg_rmw_tensix: index = context, first = kAim*, second = value
    kOutFormat,          // cfg_reg_rmw_tensix: first = the format that UNPACR writes
    kSetSourceBase,      // first = SRCA_SET_Base
    kFormat,             // reconfig_data_format_srca, pack_reconfig_data_format: index = buffer
    kUnpackZeroes,       // UNPACR_NOP: index = source register, first = zeroes it, second = hands it over
    kSetDestOffset,      // first = DEST row
    kAddressMode,        // index = slot, first = SrcA increment, second = DEST increment, third = kClear* flags
    kMoveToDest,         // ELWADD: index = slot, first = released sources, second = dest, third = adds to it
    kSetCounters,        // SETRWC: first = mask, second = released sources
    kReleaseSources,     // CLEARDVALID: first = sources
    kReplay,             // index = start, first = length, second = kReplay* flags
    kVector,             // an SFPU instruction: first = word
    kPackChunk,          // first = chunk of DEST, second = L1 address in 16-byte words less one
    kStart,              // compute_kernel_hw_startup: first, second = input buffer, output buffer
    kCopyInit,           // first = buffer
    // Not an event on the device: what a thread must not do.
    kFault,  // file = what it did
};

inline constexpr uint16_t kNocPosted = 1;     // a write that is not acknowledged
inline constexpr uint16_t kNocLoopback = 2;   // a multicast that reaches its sender too
inline constexpr uint16_t kNocSemaphore = 4;  // sends the semaphore at the L1 address, not data
inline constexpr uint32_t kClearSrcA = 1;
inline constexpr uint32_t kClearDest = 2;
inline constexpr uint32_t kReplayRecord = 1;   // the next instructions are recorded ...
inline constexpr uint32_t kReplayExecute = 2;  // ... and executed, too
inline constexpr uint32_t kNoTransaction = 0;
inline constexpr uint32_t kAimInterface = 0;  // Unpack_if_sel: 0 for SrcA, 1 for DEST
inline constexpr uint32_t kAimAddress = 1;    // Dest_address

// Where in the kernel sources a call stands.
struct Place {
    const char* file;
    uint32_t line;
};

struct Event {
    EventKind kind;
    uint8_t noc;
    uint16_t index;
    uint32_t first;
    uint32_t second;
    uint32_t third;
    uint64_t address;
    Place place;
};

// A remote address: 36 bits within the destination, 24 bits for which one, 4 bits for what it is.
enum class Target : uint64_t { kNone, kDramBank, kL1Bank, kCore, kCores };
inline constexpr uint32_t kLocalBits = 36;
inline constexpr uint32_t kPlaceBits = 24;
inline constexpr uint64_t kLocalMask = (uint64_t{1} << kLocalBits) - 1;
constexpr uint64_t remote_address(Target target, uint64_t place, uint64_t local) {
    return (static_cast<uint64_t>(target) << (kLocalBits + kPlaceBits)) | (place << kLocalBits) | local;
}

// Six bits a coordinate: Wormhole's and Blackhole's virtual coordinates end below 32.
constexpr uint64_t core_place(uint32_t x, uint32_t y) { return (uint64_t{x} << 6) | y; }
constexpr uint64_t cores_place(uint64_t first, uint64_t last) { return (first << 12) | last; }

// One circular buffer as its thread sees it; bytes on the data movement threads, 16-byte words on the compute threads.
struct LocalBuffer {
    uint32_t fifo_rd_ptr;
    uint32_t fifo_wr_ptr;
    uint32_t fifo_limit;
    uint32_t fifo_size;
    uint32_t fifo_page_size;
    uint32_t fifo_num_pages;
};

inline constexpr uint32_t kMaxBuffers = 32;
inline constexpr uint32_t kTransactions = 16;

inline constexpr uint32_t kLooksUntilFree = 2;

// Stateful NoC commands: what *_set_state and *_set_trid left behind.
struct NocState {
    uint64_t read_address;
    uint64_t write_address;
    uint32_t read_bytes;
    uint32_t write_bytes;
    uint32_t read_transaction;
    uint32_t write_transaction;
    // Looks that the thread has taken, since its last command, at whether that has left its registers: kLooksUntilFree
    // until they are free for another.
    uint32_t looks_at_reads;
    uint32_t looks_at_writes;
    // Commands issued that barriers do not know of yet.
    uint32_t uncounted_reads;
    uint32_t uncounted_writes;
    uint32_t unconfirmed_writes;
};

// What a thread is given, and where its events go.
struct Recorder {
    Event* first;
    Event* next;
    Event* end;
    void (*make_room)(Recorder&);  // throws when there are too many events
    Thread thread;
    uint8_t noc;
    uint8_t core_x;  // NoC place of this core
    uint8_t core_y;
    uint32_t semaphore_address;  // of semaphore 0
    // A load and a store of L1, as the thread would find it were no other there (harness/scenario.hpp).
    uint32_t (*load)(const Recorder&, uint32_t address, uint32_t bytes);
    void (*store)(const Recorder&, uint32_t address, uint32_t value);
    // Pages pushed to a buffer, or popped from it (kSeePushed, kSeePopped), as a thread finds them that polls.
    uint32_t (*count)(const Recorder&, EventKind counter, uint32_t buffer);
    void* scenario;
    uint32_t pops;        // of the thread
    uint32_t last_store;  // its address, until it is loaded
    const uint32_t* arguments;
    uint32_t argument_count;
    const uint32_t* common_arguments;
    uint32_t common_argument_count;
    LocalBuffer buffers[kMaxBuffers];
    NocState noc_state;
};

}  // namespace protocol

// The recorder of the thread that runs now; one variable for each unit (units/unit.cpp).
extern protocol::Recorder* protocol_recorder;

namespace protocol {

inline void record(Event event) {
    Recorder& recorder = *protocol_recorder;
    if (recorder.next == recorder.end) {
        recorder.make_room(recorder);
    }
    *recorder.next++ = event;
}

inline void record(EventKind kind, uint16_t index, uint32_t first, uint32_t second, Place place) {
    record(Event{kind, 0, index, first, second, 0, 0, place});
}

// A load or store. Of several in the same 16 bytes, with no other call between them, one stands for all, but for a load
// of what was stored last. Stores stand for those that they are followed by, with what all of them have stored.
inline void record_access(EventKind kind, uint32_t address, uint32_t bytes, uint32_t value) {
    constexpr uint32_t kLooksBack = 4;
    Recorder& recorder = *protocol_recorder;
    const bool sees_store = kind == EventKind::kLoad && address == recorder.last_store;
    recorder.last_store = kind == EventKind::kStore ? address : (sees_store ? 0 : recorder.last_store);
    if (sees_store) {
        record(Event{kind, 0, 0, address, bytes, value, 0, {"L1", 0}});
        return;
    }
    Event* before = recorder.next;
    for (uint32_t i = 0; i < kLooksBack && before != recorder.first; ++i) {
        --before;
        if (before->kind != EventKind::kLoad && before->kind != EventKind::kStore) {
            break;
        }
        if (before->kind == kind && before->first / 16 == address / 16 && kind == EventKind::kLoad) {
            return;
        }
        if (before->kind == kind && before->first / 16 == address / 16 && address == before->first + before->second) {
            before->second += bytes;
            before->third |= value;
            return;
        }
    }
    record(Event{kind, 0, 0, address, bytes, value, 0, {"L1", 0}});
}

inline void fault(const char* what, uint32_t line) { record(Event{EventKind::kFault, 0, 0, 0, 0, 0, 0, {what, line}}); }

inline uint32_t argument_at(const uint32_t* arguments, uint32_t count, uint32_t index, uint32_t line) {
    if (index >= count) {
        fault("reads a runtime argument that the plan does not give", line);
        return 0;
    }
    return arguments[index];
}

}  // namespace protocol
