// SPDX-License-Identifier: Apache-2.0
// A vector unit over a DEST whose elements are their own places, for tests of instructions and of sequences.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <memory>

#include "interpreter.hpp"
#include "sfpu/hazards.hpp"

namespace layernorm_fused_rm::arithmetic {

[[nodiscard]] inline Bits bits_of(float value) { return std::bit_cast<Bits>(value); }

// Lane i holds first + i, as an integer.
[[nodiscard]] inline Lanes counting_from(Bits first) {
    Lanes lanes;
    for (Bits i = 0; i < kLaneCount; ++i) {
        lanes[i] = first + i;
    }
    return lanes;
}

class InterpreterTest : public testing::Test {
protected:
    InterpreterTest() {
        for (std::uint32_t row = 0; row < kDestRows; ++row) {
            for (std::uint32_t column = 0; column < kDestColumns; ++column) {
                (*dest)[row][column] = 16 * row + column;
            }
        }
        cursor.modes[1] = {.increment = 2};
    }
    void execute(sfpu::Instruction instruction) { unit.execute(instruction.word); }
    // As it is issued with DEST rows to what is distant, or with a number for the lower half of a register.
    void execute(const sfpu::Sequence& sequence, std::uint32_t operand = 0) {
        for (std::uint32_t i = 0; i < sequence.size; ++i) {
            const sfpu::Instruction instruction = sequence.instructions[i];
            const bool takes_it =
                instruction.base == sfpu::Base::kDistant || instruction.base == sfpu::Base::kLowerHalf;
            unit.execute(instruction.word + (takes_it ? operand : 0));
        }
    }

    std::unique_ptr<Dest> dest = std::make_unique<Dest>();
    RowCursor cursor;
    VectorUnit unit{*dest, cursor};
};

}  // namespace layernorm_fused_rm::arithmetic
