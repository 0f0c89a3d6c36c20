// SPDX-License-Identifier: Apache-2.0
// The Tensix instructions that kernels issue, recorded by kind; names and arguments of ckernel_ops.h of the wheel
// (tt-llk); those that the chips have differently are in arch/<chip>/fake_chip.h. TTI_ takes constants and TT_ runtime values; here they are one and the same.
#pragma once

#include <stdint.h>

#include "fake_chip.h"
#include "recorder.hpp"

namespace protocol {

inline void instruction(EventKind kind, uint32_t index, uint32_t first, uint32_t second, uint32_t third,
                        const char* file = __builtin_FILE(), uint32_t line = __builtin_LINE()) {
    record(Event{kind, 0, static_cast<uint16_t>(index), first, second, third, 0, {file, line}});
}

// An instruction with fields that the checker has no meaning for, so that they must be as given here.
inline void plain_fields(bool are_plain, uint32_t line = __builtin_LINE()) {
    if (!are_plain) {
        fault("issues an instruction with fields that the checker does not know", line);
    }
}

// Registers that SETC16 writes (cfg_defines.h); any others are unknown to the checker.
inline constexpr uint32_t kMathOffsetRegister = 1;
inline constexpr uint32_t kContextRegister = 2;
inline constexpr uint32_t kSourceBaseRegister = 5;

inline void set_register(uint32_t which, uint32_t value, const char* file = __builtin_FILE(),
                         uint32_t line = __builtin_LINE()) {
    const bool is_context = which == kContextRegister;
    plain_fields(which == kMathOffsetRegister || is_context || which == kSourceBaseRegister, line);
    plain_fields(!is_context || value == 0 || value == 0x0101, line);
    const EventKind kind = is_context
                               ? EventKind::kSelectContext
                               : (which == kMathOffsetRegister ? EventKind::kSetDestOffset : EventKind::kSetSourceBase);
    record(Event{kind, 0, 0, is_context ? value & 1 : value, 0, 0, 0, {file, line}});
}

inline void unpack(uint32_t source, uint32_t hands_over, uint32_t zeroes, bool are_plain,
                   const char* file = __builtin_FILE(), uint32_t line = __builtin_LINE()) {
    plain_fields(are_plain, line);
    record(Event{EventKind::kUnpack, 0, static_cast<uint16_t>(source), hands_over, zeroes, 0, 0, {file, line}});
}

inline void replay(uint32_t start, uint32_t length, uint32_t executes, uint32_t records,
                   const char* file = __builtin_FILE(), uint32_t line = __builtin_LINE()) {
    const uint32_t flags = records == 0 ? 0 : kReplayRecord | (executes != 0 ? kReplayExecute : 0);
    record(Event{EventKind::kReplay, 0, static_cast<uint16_t>(start), length, flags, 0, 0, {file, line}});
}

}  // namespace protocol

#define TTI_INSN(word) protocol::instruction(protocol::EventKind::kVector, 0, word, 0, 0)
#define TT_INSN(word) TTI_INSN(word)
#define TTI_STALLWAIT(stalls, waits) protocol::instruction(protocol::EventKind::kStall, 0, stalls, waits, 0)
#define TTI_SEMWAIT(stalls, semaphores, condition) \
    protocol::instruction(protocol::EventKind::kSyncWait, semaphores, stalls, condition, 0)
#define TTI_SEMINIT(capacity, value, semaphores) \
    protocol::instruction(protocol::EventKind::kSyncInit, semaphores, capacity, value, 0)
#define TTI_SETC16(which, value) protocol::set_register(which, value)
#define TT_SETC16(which, value) protocol::set_register(which, value)
#define TT_SETADCXX(counters, last, first)                                  \
    (protocol::plain_fields((counters) == p_setadc::UNP_A && (first) == 0), \
     protocol::instruction(protocol::EventKind::kSetUnpackElements, 0, (last) + 1, 0, 0))
#define TTI_SETADCXX(counters, last, first) TT_SETADCXX(counters, last, first)
#define TTI_UNPACR(source, mode, increments, context, counter, overrides, hands_over, rarefy, zeroes, steps, search, \
                   flush, last)                                                                                      \
    protocol::unpack(source, hands_over, zeroes,                                                                     \
                     (mode) == 0 && (increments) == 0 && (context) == 0 && (counter) == 0 && (overrides) == 1 &&     \
                         (rarefy) == 0 && (steps) == 0 && (search) == 0 && (flush) == 0)
#define TTI_ELWADD(releases, accumulates, broadcast, mode, dest)                    \
    (protocol::plain_fields((broadcast) == 0 && (dest) < protocol::kDestAddresses), \
     protocol::instruction(protocol::EventKind::kMoveToDest, mode, releases, dest, accumulates))
#define TTI_SETRWC(releases, cr, d, b, a, mask)                             \
    (protocol::plain_fields((cr) == 0 && (d) == 0 && (b) == 0 && (a) == 0), \
     protocol::instruction(protocol::EventKind::kSetCounters, 0, mask, releases, 0))
#define TTI_CLEARDVALID(sources, reset)    \
    (protocol::plain_fields((reset) == 0), \
     protocol::instruction(protocol::EventKind::kReleaseSources, 0, sources, 0, 0))
#define TTI_REPLAY(start, length, executes, records) protocol::replay(start, length, executes, records)
#define TT_REPLAY(start, length, executes, records) protocol::replay(start, length, executes, records)
