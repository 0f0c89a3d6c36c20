// Puts an SFPU sequence into the Tensix instruction stream of the math thread.
//
// A sequence is passed as a type with a static constexpr `value`, so that each instruction word is an immediate in the
// RISC-V program. A step that repeats is recorded in the replay buffer while its first turn runs; every later turn
// costs the RISC-V one REPLAY word (ISA documents, "REPLAY").
#pragma once

#include <stdint.h>

#include <utility>

#include "ckernel_ops.h"
#include "sfpu/hazards.hpp"

namespace layernorm_fused_rm::sfpu {

inline constexpr uint32_t kReplaySlots = 32;

template <typename Constant, uint32_t index>
inline __attribute__((always_inline)) void issue_one(uint32_t operand) {
    constexpr Instruction instruction = Constant::value.instructions[index];
    if constexpr (instruction.base == Base::kDistant) {
        TT_INSN(instruction.word + operand);
    } else if constexpr (instruction.base == Base::kUpperHalf) {
        TT_INSN(instruction.word + (operand >> 16));
    } else if constexpr (instruction.base == Base::kLowerHalf) {
        TT_INSN(instruction.word + (operand & 0xffffu));
    } else {
        TTI_INSN(instruction.word);
    }
}

template <typename Constant, uint32_t... indices>
inline __attribute__((always_inline)) void issue_each(uint32_t operand, std::integer_sequence<uint32_t, indices...>) {
    (issue_one<Constant, indices>(operand), ...);
}

// Issues the whole sequence once. `operand` leads from the batch's first DEST row to what is distant, or is the number
// that the sequence loads.
template <typename Constant>
inline __attribute__((always_inline)) void issue(uint32_t operand = 0) {
    static_assert(!has_hazard(Constant::value), "an SFPU result is read too early");
    issue_each<Constant>(operand, std::make_integer_sequence<uint32_t, Constant::value.size>{});
}

// Issues the sequence `count` times, count >= 1.
template <typename Constant>
inline __attribute__((always_inline)) void repeat(uint32_t count, uint32_t distance = 0) {
    constexpr uint32_t length = Constant::value.size;
    static_assert(length <= kReplaySlots, "a repeated step must fit in the replay buffer");
    static_assert(may_follow(Constant::value, Constant::value), "a step must be able to follow itself");
    TTI_REPLAY(0, length, 1, 1);
    issue<Constant>(distance);
    for (uint32_t turn = 1; turn < count; ++turn) {
        TTI_REPLAY(0, length, 0, 0);
    }
}

}  // namespace layernorm_fused_rm::sfpu
