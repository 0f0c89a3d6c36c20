// SPDX-License-Identifier: Apache-2.0
// Stand-in for SFPI's lltt.h: the Tensix REPLAY instruction as LLK's headers use it, in raw instruction words.
// Source: ISA documents, "REPLAY"; encoding as TT_OP_REPLAY in ckernel_ops.h.
#pragma once

#include <cstdint>

extern volatile std::uint32_t __instrn_buffer[];  // as in ckernel.h, which includes this file first for Blackhole

namespace lltt {

enum ExecBool : bool { NoExec = false, Exec = true };

// The REPLAY instruction word: expand (or, with load, record) length instructions from slot start.
[[nodiscard]] constexpr std::uint32_t replay_word(
    std::uint32_t start, std::uint32_t length, bool execute_while_loading, bool load) {
    return (0x04u << 24) | (start << 14) | (length << 4) | (std::uint32_t{execute_while_loading} << 1) |
           std::uint32_t{load};
}

// A word known at compile time stands in the RISC-V stream itself, as SFPI's compiler would put it.
inline __attribute__((always_inline)) void issue(std::uint32_t word) {
    if (__builtin_constant_p(word)) {
        __asm__ __volatile__(".ttinsn %0" ::"i"(word));
    } else {
        __instrn_buffer[0] = word;
    }
}

template <ExecBool execute = NoExec>
inline __attribute__((always_inline)) void record(std::uint32_t start, std::uint32_t length) {
    issue(replay_word(start, length, execute, true));
}

inline __attribute__((always_inline)) void replay(std::uint32_t start, std::uint32_t length) {
    issue(replay_word(start, length, false, false));
}

[[nodiscard]] constexpr std::uint32_t replay_insn(std::uint32_t start, std::uint32_t length) {
    return replay_word(start, length, false, false);
}

}  // namespace lltt
