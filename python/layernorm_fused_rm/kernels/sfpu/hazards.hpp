// SPDX-License-Identifier: Apache-2.0
// Latency hazards of the SFPU, which neither a compiler nor the hardware nor a simulator looks for, and the Sequence
// that cannot contain one: `then` puts an SFPNOP where the next instruction would come too early.
//
// Rules (ISA documents, "instruction scheduling" of each page). The result of SFPMAD, SFPADD, SFPMUL and SFPSHFT2
// SHFLROR1 is late: the next instruction may not read it. It may not write it either, since no page says which write
// would win. After SHFLROR1 none of a list of instructions of the simple sub-unit may follow ("SFPSHFT2"); SFPTRANSP
// and SFPENCC belong to that sub-unit and are kept away although the list leaves them out. SFPCONFIG of anything but
// L11..L14 may take effect one instruction late. Everything else used here takes one cycle ("VectorUnit").
#pragma once

#include <stdint.h>

#include "sfpu/instruction.hpp"

namespace layernorm_fused_rm::sfpu {

// Sets of LREGs, one bit each.
[[nodiscard]] constexpr uint32_t lreg_bit(uint32_t lreg) { return 1u << lreg; }
inline constexpr uint32_t kTransposed = 0xffu;

[[nodiscard]] constexpr uint32_t field(Instruction instruction, uint32_t shift) {
    return (instruction.word >> shift) & 0xfu;
}

[[nodiscard]] constexpr uint32_t lregs_read(Instruction instruction) {
    switch (instruction.opcode()) {
        case Opcode::kMad:
        case Opcode::kAdd:
        case Opcode::kMultiply:
            return lreg_bit(field(instruction, 16)) | lreg_bit(field(instruction, 12)) |
                   lreg_bit(field(instruction, 8));
        case Opcode::kStore:
        case Opcode::kLoadImmediate: return lreg_bit(field(instruction, 20));
        case Opcode::kIntegerAdd:
        case Opcode::kSwap: return lreg_bit(field(instruction, 8)) | lreg_bit(field(instruction, 4));
        case Opcode::kExponent:
        case Opcode::kMove:
        case Opcode::kAbsolute:
        case Opcode::kRotate: return lreg_bit(field(instruction, 8));
        case Opcode::kShift: return lreg_bit(field(instruction, 4));
        case Opcode::kTranspose: return kTransposed;
        case Opcode::kConfigure: return lreg_bit(0);
        case Opcode::kLoad:
        case Opcode::kConditions:
        case Opcode::kNop: return 0;
    }
    return kTransposed;  // unknown: whatever was late is read
}

[[nodiscard]] constexpr uint32_t lregs_written(Instruction instruction) {
    switch (instruction.opcode()) {
        case Opcode::kLoad:
        case Opcode::kLoadImmediate: return lreg_bit(field(instruction, 20));
        case Opcode::kMad:
        case Opcode::kAdd:
        case Opcode::kMultiply:
        case Opcode::kExponent:
        case Opcode::kIntegerAdd:
        case Opcode::kShift:
        case Opcode::kMove:
        case Opcode::kAbsolute:
        case Opcode::kRotate:
        case Opcode::kConfigure: return lreg_bit(field(instruction, 4));
        case Opcode::kSwap: return lreg_bit(field(instruction, 8)) | lreg_bit(field(instruction, 4));
        case Opcode::kTranspose: return kTransposed;
        case Opcode::kStore:
        case Opcode::kConditions:
        case Opcode::kNop: return 0;
    }
    return kTransposed;
}

// The LREG that is not ready for the very next instruction, as a set.
[[nodiscard]] constexpr uint32_t lregs_late(Instruction instruction) {
    switch (instruction.opcode()) {
        case Opcode::kMad:
        case Opcode::kAdd:
        case Opcode::kMultiply:
        case Opcode::kRotate: return lreg_bit(field(instruction, 4));
        default: return 0;
    }
}

[[nodiscard]] constexpr bool is_simple_unit(Instruction instruction) {
    const Opcode opcode = instruction.opcode();
    return opcode == Opcode::kExponent || opcode == Opcode::kMove || opcode == Opcode::kAbsolute ||
           opcode == Opcode::kIntegerAdd || opcode == Opcode::kShift || opcode == Opcode::kSwap ||
           opcode == Opcode::kTranspose || opcode == Opcode::kConditions;
}

// SFPCONFIG of the vector unit's configuration and not of L11..L14.
[[nodiscard]] constexpr bool is_late_configuration(Instruction instruction) {
    const uint32_t to = field(instruction, 4);
    return instruction.opcode() == Opcode::kConfigure && (to < kProgrammable || to == kTwiceLane);
}

[[nodiscard]] constexpr bool is_too_early(Instruction previous, Instruction next) {
    if (previous.opcode() == Opcode::kRotate && is_simple_unit(next)) {
        return true;
    }
    if (is_late_configuration(previous) && next.opcode() != Opcode::kNop) {
        return true;
    }
    return (lregs_late(previous) & (lregs_read(next) | lregs_written(next))) != 0;
}

inline constexpr uint32_t kMaxSequence = 96;

struct Sequence {
    Instruction instructions[kMaxSequence] = {};
    uint32_t size = 0;

    // Appends one instruction, after an SFPNOP if it would come too early.
    constexpr Sequence& then(Instruction instruction) {
        if (size != 0 && is_too_early(instructions[size - 1], instruction)) {
            instructions[size++] = nop();
        }
        instructions[size++] = instruction;
        return *this;
    }
    constexpr Sequence& then(const Sequence& other) {
        for (uint32_t i = 0; i < other.size; ++i) {
            then(other.instructions[i]);
        }
        return *this;
    }
    // Appends instructions that load immediates, each in the place of an SFPNOP where there is one that it may take:
    // behind those before it, and ahead of nothing that reads or writes its register.
    constexpr Sequence& then_early(const Sequence& loads) {
        uint32_t place = 0;
        for (uint32_t i = 0; i < loads.size; ++i) {
            while (place < size && !may_take(place, loads.instructions[i])) {
                ++place;
            }
            if (place < size) {
                instructions[place++] = loads.instructions[i];
            } else {
                then(loads.instructions[i]);
                place = size;
            }
        }
        return *this;
    }
    constexpr Sequence& then_early(Instruction load) { return then_early(Sequence{}.then(load)); }
    // True if there is an SFPNOP at `place`, and a load of an immediate may be there instead of at the end.
    [[nodiscard]] constexpr bool may_take(uint32_t place, Instruction load) const {
        bool may = instructions[place].opcode() == Opcode::kNop && load.opcode() == Opcode::kLoadImmediate;
        for (uint32_t i = place + 1; i < size && may; ++i) {
            const uint32_t used = lregs_read(instructions[i]) | lregs_written(instructions[i]);
            may = (used & lregs_written(load)) == 0;
        }
        return may && (place == 0 || !is_too_early(instructions[place - 1], load));
    }
    // Makes the last access to DEST, which there must be, move the row counter on to the next step.
    constexpr Sequence& advance() {
        uint32_t last = size;
        while (instructions[last - 1].opcode() != Opcode::kLoad && instructions[last - 1].opcode() != Opcode::kStore) {
            --last;
        }
        instructions[last - 1] = advancing(instructions[last - 1], Advance::kNextStep);
        return *this;
    }
    // Makes the sequence safe to be followed by anything, itself included: nothing it wrote is still late.
    constexpr Sequence& settle() {
        if (size != 0 && (lregs_late(instructions[size - 1]) != 0 || is_late_configuration(instructions[size - 1]))) {
            instructions[size++] = nop();
        }
        return *this;
    }
};

[[nodiscard]] constexpr bool has_hazard(const Sequence& sequence) {
    for (uint32_t i = 1; i < sequence.size; ++i) {
        if (is_too_early(sequence.instructions[i - 1], sequence.instructions[i])) {
            return true;
        }
    }
    return false;
}

// True if `next` may be issued straight after `previous`.
[[nodiscard]] constexpr bool may_follow(const Sequence& previous, const Sequence& next) {
    return previous.size == 0 || next.size == 0 ||
           !is_too_early(previous.instructions[previous.size - 1], next.instructions[0]);
}

}  // namespace layernorm_fused_rm::sfpu
