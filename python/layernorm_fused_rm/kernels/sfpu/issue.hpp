// SPDX-License-Identifier: Apache-2.0
// Puts an SFPU sequence into the Tensix instruction stream of the math thread.
//
// A sequence is passed as a type with a static constexpr `value`, so that each instruction word is an immediate in the
// RISC-V program. A step that repeats is recorded in the replay buffer while its first turn runs; every later turn
// costs the RISC-V one REPLAY word (ISA documents, "REPLAY").
#pragma once

#include <stdint.h>

#include <utility>

#include "sfpu/hazards.hpp"
#include "tensix/instructions.hpp"

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

// Instructions `first` and those behind it.
template <typename Constant, uint32_t first, uint32_t... indices>
inline __attribute__((always_inline)) void issue_each(uint32_t operand, std::integer_sequence<uint32_t, indices...>) {
    (issue_one<Constant, first + indices>(operand), ...);
}
template <typename Constant, uint32_t first, uint32_t count>
inline __attribute__((always_inline)) void issue_some(uint32_t operand) {
    issue_each<Constant, first>(operand, std::make_integer_sequence<uint32_t, count>{});
}

// Issues the whole sequence once. `operand` leads from the batch's first DEST row to what is distant, or is the number
// that the sequence loads.
template <typename Constant>
inline __attribute__((always_inline)) void issue(uint32_t operand = 0) {
    static_assert(!has_hazard(Constant::value), "an SFPU result is read too early");
    issue_some<Constant, 0, Constant::value.size>(operand);
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

// Issues a sequence of any length, in a turn that begins a loop or in a later one. Its last instructions are recorded
// by the first turn and replayed by later ones, so that the RISC-V has time for what is around them.
template <typename Constant>
inline __attribute__((always_inline)) void issue_turn(bool is_first) {
    constexpr uint32_t length = Constant::value.size;
    constexpr uint32_t recorded = length < kReplaySlots ? length : kReplaySlots;
    static_assert(!has_hazard(Constant::value), "an SFPU result is read too early");
    static_assert(may_follow(Constant::value, Constant::value), "a step must be able to follow itself");
    issue_some<Constant, 0, length - recorded>(0);
    if (is_first) {
        TTI_REPLAY(0, recorded, 1, 1);
        issue_some<Constant, length - recorded, recorded>(0);
    } else {
        TTI_REPLAY(0, recorded, 0, 0);
    }
}

}  // namespace layernorm_fused_rm::sfpu
