// SPDX-License-Identifier: Apache-2.0
// Each instruction does what its page of the ISA documents says.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>
#include <random>
#include <stdexcept>

#include "formats.hpp"
#include "interpreter_fixture.hpp"
#include "norm/statistics.hpp"
#include "norm/strips.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

using sfpu::Sequence;

TEST_F(InterpreterTest, LoadsEvenElementsOfFourRows) {
    execute(sfpu::load(4, 8));
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        EXPECT_EQ(unit.lanes(4)[lane], 16 * 8 + 2 * lane);
    }
}

TEST_F(InterpreterTest, LoadsOddElementsWhereTheAddressHasBitOne) {
    execute(sfpu::load(4, 10));
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        EXPECT_EQ(unit.lanes(4)[lane], 16 * 8 + 2 * lane + 1);
    }
}

TEST_F(InterpreterTest, AddsBaseAndCounterAndMovesTheCounter) {
    cursor.base = 64;
    execute(sfpu::advancing(sfpu::load(4, 8), sfpu::Advance::kNextStep));
    execute(sfpu::advancing(sfpu::load(5, 8), sfpu::Advance::kNextStep));
    execute(sfpu::load(6, 8));
    EXPECT_EQ(unit.lanes(4)[0], 16U * 72);
    EXPECT_EQ(unit.lanes(5)[0], 16U * 72 + 1);
    EXPECT_EQ(unit.lanes(6)[0], 16U * 76);
}

TEST_F(InterpreterTest, StoresWhereItLoads) {
    unit.set_lanes(3, counting_from(9000));
    execute(sfpu::store(3, 6));
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        const std::uint32_t row = 4 + lane / 8;
        const std::uint32_t column = lane % 8 * 2;
        EXPECT_EQ((*dest)[row][column + 1], 9000 + lane);
        EXPECT_EQ((*dest)[row][column], 16 * row + column);
    }
}

TEST_F(InterpreterTest, RotatesToTheRightWithinEight) {
    unit.set_lanes(1, counting_from(0));
    execute(sfpu::rotate(1, 2));
    EXPECT_EQ(unit.lanes(2)[0], 7U);
    EXPECT_EQ(unit.lanes(2)[1], 0U);
    EXPECT_EQ(unit.lanes(2)[8], 15U);
    EXPECT_EQ(unit.lanes(2)[31], 30U);
}

TEST_F(InterpreterTest, TransposesRegistersAgainstLaneRows) {
    for (std::uint32_t lreg = 0; lreg < 8; ++lreg) {
        unit.set_lanes(lreg, counting_from(100 * lreg));
    }
    execute(sfpu::transpose());
    for (std::uint32_t lreg = 0; lreg < 8; ++lreg) {
        for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
            const std::uint32_t group = lreg & 4U;
            EXPECT_EQ(unit.lanes(lreg)[lane], 100 * (group + lane / 8) + 8 * (lreg - group) + lane % 8);
        }
    }
}

TEST_F(InterpreterTest, ConfiguresFromLanesThatAreEqual) {
    unit.set_lanes(0, counting_from(50));
    EXPECT_THROW(execute(sfpu::configure(13)), std::logic_error);
    execute(sfpu::load_bits(0, 53));
    execute(sfpu::configure(13));
    EXPECT_EQ(unit.lanes(13)[27], 53U);
    execute(sfpu::configure(11));
    execute(sfpu::restore_minus_one());
    EXPECT_EQ(unit.lanes(11)[17], bits_of(-1.0F));
}

TEST_F(InterpreterTest, EnablesLanesByTwiceTheirNumber) {
    unit.set_lanes(5, counting_from(0));
    execute(sfpu::conditions_on());
    execute(sfpu::enable_lanes_below(sfpu::kTwiceLane, 31, 4));
    execute(sfpu::move(sfpu::kZero, 5));
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        EXPECT_EQ(unit.lanes(5)[lane], 2 * lane < 31 ? 0 : lane);
    }
    EXPECT_FALSE(unit.is_unconditional());
    execute(sfpu::conditions_off());
    execute(sfpu::move(sfpu::kOne, 5));
    EXPECT_EQ(unit.lanes(5)[31], bits_of(1.0F));
}

TEST_F(InterpreterTest, EnablesLanesFromOneOn) {
    for (const std::int32_t limit : {-1, 0, 1, 31, 32, 63}) {
        unit.set_lanes(5, counting_from(1));
        execute(sfpu::conditions_on());
        execute(sfpu::enable_lanes_from(sfpu::kTwiceLane, limit, 4));
        execute(sfpu::move(sfpu::kZero, 5));
        for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
            EXPECT_EQ(unit.lanes(5)[lane], static_cast<std::int32_t>(2 * lane) >= limit ? 0 : lane + 1) << limit;
        }
        execute(sfpu::conditions_off());
    }
}

TEST_F(InterpreterTest, EnablesLanesFromARegisterOn) {
    Lanes limits = counting_from(0);
    limits[7] = 15;
    limits[8] = 16;
    limits[9] = 0xffffffff;  // -1
    unit.set_lanes(4, limits);
    unit.set_lanes(5, counting_from(1));
    execute(sfpu::conditions_on());
    execute(sfpu::enable_lanes_from_register(sfpu::kTwiceLane, 4));
    execute(sfpu::move(sfpu::kZero, 5));
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        EXPECT_EQ(unit.lanes(5)[lane], lane == 7 ? 8 : 0) << lane;
        EXPECT_EQ(unit.lanes(4)[lane], 2 * lane - limits[lane]) << lane;
    }
}

// Flags change in lanes that are enabled, so that one condition narrows the other.
TEST_F(InterpreterTest, EnablesLanesThatAreFromOneOnAndBelowAnother) {
    unit.set_lanes(5, counting_from(1));
    execute(sfpu::conditions_on());
    execute(sfpu::enable_lanes_from(sfpu::kTwiceLane, 10, 4));
    execute(sfpu::enable_lanes_below(sfpu::kTwiceLane, 20, 4));
    execute(sfpu::move(sfpu::kZero, 5));
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        EXPECT_EQ(unit.lanes(5)[lane], lane >= 5 && lane < 10 ? 0 : lane + 1);
    }
}

TEST_F(InterpreterTest, EnablesTheFirstLanesOfEachOfFour) {
    for (const std::int32_t limit : {1, 15, 6}) {
        unit.set_lanes(5, counting_from(1));
        execute(sfpu::enable_first_lanes(4, limit, 4));
        execute(sfpu::move(sfpu::kZero, 5));
        for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
            const bool is_enabled = static_cast<std::int32_t>(2 * (lane % kLaneColumns)) < limit;
            EXPECT_EQ(unit.lanes(5)[lane], is_enabled ? 0 : lane + 1) << limit;
        }
        execute(sfpu::conditions_off());
    }
}

TEST_F(InterpreterTest, TakesTheLessAndTheGreaterOfTwoNumbers) {
    Lanes values = counting_from(0);
    values[0] = bits_of(-3.0F);
    values[1] = bits_of(0.5F);
    values[2] = bits_of(2.0F);
    values[3] = bits_of(-0.0F);
    values[4] = 0x7fc00000;  // no numbers: greater than all others, or less
    values[5] = 0xffc00000;
    unit.set_lanes(4, values);
    unit.set_lanes(5, values);
    execute(sfpu::minimum(sfpu::kOne, 4));
    execute(sfpu::maximum(sfpu::kOne, 5));
    const Bits one = bits_of(1.0F);
    const Lanes less = unit.lanes(4);
    const Lanes greater = unit.lanes(5);
    EXPECT_EQ((std::array{less[0], less[1], less[2], less[3], less[4], less[5]}),
              (std::array{values[0], values[1], one, values[3], one, values[5]}));
    EXPECT_EQ((std::array{greater[0], greater[1], greater[2], greater[3], greater[4], greater[5]}),
              (std::array{one, one, values[2], one, values[4], one}));
    EXPECT_EQ(unit.lanes(sfpu::kOne)[0], one);
}

TEST_F(InterpreterTest, ClearsTheSignOfNumbersOnly) {
    Lanes values = counting_from(0);
    values[0] = bits_of(-3.0F);
    values[1] = bits_of(3.0F);
    values[2] = 0xff800000;
    values[3] = 0xff800001;
    unit.set_lanes(4, values);
    execute(sfpu::absolute(4, 5));
    const Lanes& found = unit.lanes(5);
    EXPECT_EQ((std::array{found[0], found[1], found[2], found[3]}),
              (std::array{values[1], values[1], values[2], values[3]}));
}

TEST_F(InterpreterTest, LoadsUpperHalvesAloneWithZerosBelow) {
    unit.set_lanes(4, counting_from(0x12345678));
    execute(sfpu::load_top(4, 0x3f800000));
    EXPECT_EQ(unit.lanes(4)[7], 0x3f800000U);
}

TEST_F(InterpreterTest, EnablesTheFirstLanesOfBothHalves) {
    for (const std::int32_t limit : {1, 31, 20}) {
        unit.set_lanes(5, counting_from(1));
        const sfpu::Sequence sequence = sfpu::enable_first_lanes(2, limit, 4);
        for (std::uint32_t i = 0; i < sequence.size; ++i) {
            execute(sequence.instructions[i]);
        }
        execute(sfpu::move(sfpu::kZero, 5));
        for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
            const bool is_enabled = static_cast<std::int32_t>(2 * (lane % 16)) < limit;
            EXPECT_EQ(unit.lanes(5)[lane], is_enabled ? 0 : lane + 1) << limit;
        }
        execute(sfpu::conditions_off());
    }
}

TEST_F(InterpreterTest, LeavesDisabledLanesOfEveryTargetAlone) {
    execute(sfpu::load(4, 0));
    execute(sfpu::conditions_on());
    execute(sfpu::enable_lanes_below(sfpu::kTwiceLane, 2, 7));
    execute(sfpu::load(4, 64));
    execute(sfpu::store(sfpu::kZero, 0));
    execute(sfpu::load_half(6, sfpu::kUpperHalf, 7));
    EXPECT_EQ(unit.lanes(4)[0], 16U * 64);
    EXPECT_EQ(unit.lanes(4)[1], 2U);
    EXPECT_EQ((*dest)[0][0], 0U);
    EXPECT_EQ((*dest)[0][2], 2U);
    EXPECT_NE(unit.lanes(6)[1] >> 16, 7U);
}

TEST_F(InterpreterTest, ComputesOnIntegers) {
    execute(sfpu::load_bits(1, 0x12345678));
    execute(sfpu::load_bits(2, 0x80000001));
    execute(sfpu::shift(2, -1));
    EXPECT_EQ(unit.lanes(2)[9], 0x40000000U);
    execute(sfpu::integer_subtract_from(1, 2));
    EXPECT_EQ(unit.lanes(2)[9], 0x12345678U - 0x40000000U);
    execute(sfpu::negate(1, 3));
    EXPECT_EQ(unit.lanes(3)[9], 0x92345678U);
    execute(sfpu::integer_add(1, 3));
    EXPECT_EQ(unit.lanes(3)[9], 0x12345678U + 0x92345678U);
    execute(sfpu::integer_add_value(1, -1, 3));
    EXPECT_EQ(unit.lanes(3)[9], 0x12345677U);
    execute(sfpu::negate(1, 3));
    execute(sfpu::exponent(3, 4));
    EXPECT_EQ(unit.lanes(4)[9], 0x24U);
}

// Every upper half of an fp32 number, above and below each border between two bf16 numbers and on it.
TEST_F(InterpreterTest, RoundsHalvesToEvenBeforeThePacker) {
    const sfpu::Sequence step = sfpu::round_to_even_step(1);
    const std::array<Bits, 8> lower = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x4000, 0xc000};
    for (Bits half = 0; half < 0x10000; half += 4) {
        for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
            const Bits bits = (half + lane / 8) << kHalfShift | lower[lane % 8];
            (*dest)[lane / kLaneColumns][2 * (lane % kLaneColumns)] = (bits & kInfinity) == 0 ? 0 : bits;
        }
        execute(step.instructions[0]);
        const Lanes before = unit.lanes(sfpu::kFirstValue);
        for (std::uint32_t i = 1; i < step.size; ++i) {
            execute(step.instructions[i]);
        }
        for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
            const bool is_finite = (before[lane] & kInfinity) != kInfinity;
            const Bits nearest = before[lane] + 0x7fffU + (before[lane] >> kHalfShift & 1U);
            const Bits expected = is_finite ? nearest >> kHalfShift : pack(before[lane]);
            ASSERT_EQ(pack((*dest)[lane / kLaneColumns][2 * (lane % kLaneColumns)]), expected) << before[lane];
        }
    }
}

// What the kernel gives to SFPCONFIG: the sum of eight lanes in each of them, bit for bit, whatever it is.
TEST_F(InterpreterTest, SumsOverLanesAreEqualInAllOfThem) {
    std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same numbers in every run
    for (int turn = 0; turn < 2000; ++turn) {
        for (std::uint32_t row = 0; row < kLaneRows; ++row) {
            Lanes lanes;
            std::ranges::generate(lanes,
                                  [&] { return static_cast<Bits>(random() | (turn % 3 == 0 ? 0x7f000000U : 0U)); });
            unit.set_lanes(row, lanes);
        }
        const sfpu::Batch batch = {
            .rows = 4, .stride = 64, .residual_distance = 0, .shifts = false, .keeps_shift = false};
        EXPECT_NO_THROW(execute(sfpu::scale_sums(batch, bits_of(-0.5F), sfpu::kProgrammable)));
    }
}

TEST_F(InterpreterTest, RefusesWhatIsNotDescribed) {
    EXPECT_THROW(execute(sfpu::load(9, 0)), std::logic_error);
    EXPECT_THROW(execute(sfpu::load(4, 512)), std::logic_error);
    EXPECT_THROW(execute(sfpu::store(12, 0)), std::logic_error);
    EXPECT_THROW(execute(sfpu::mad(1, 2, 3, 12)), std::logic_error);
    EXPECT_THROW(execute(sfpu::move(1, 11)), std::logic_error);
    EXPECT_THROW(execute(sfpu::configure(15)), std::logic_error);
    EXPECT_THROW(execute(sfpu::encode(sfpu::Opcode::kAdd, 0x9a120)), std::logic_error);       // no factor of L10
    EXPECT_THROW(execute(sfpu::encode(sfpu::Opcode::kIntegerAdd, 0x12c)), std::logic_error);  // CC_NONE and CC_GTE0
    EXPECT_THROW(unit.execute(0x99000000), std::logic_error);
    execute(sfpu::conditions_on());
    EXPECT_THROW(execute(sfpu::transpose()), std::logic_error);
}

TEST(Formats, WideningIsExactButForWhatTheMatrixUnitDoesNotKnow) {
    EXPECT_EQ(widen(0x3f810000), 0x3f810000U);
    EXPECT_EQ(widen(0x80000000), 0U);           // -0
    EXPECT_EQ(widen(0x807f0000), 0U);           // denormal
    EXPECT_EQ(widen(0x00800000), 0x00800000U);  // the least normal number
    EXPECT_EQ(widen(0xff800000), 0xff800000U);
    EXPECT_EQ(widen(0x7fc10000), 0x7f800000U);  // NaN
}

TEST(Formats, PackingRoundsHalvesAwayFromZero) {
    EXPECT_EQ(pack(0x3f808000), 0x3f81);
    EXPECT_EQ(pack(0x3f818000), 0x3f82);
    EXPECT_EQ(pack(0xbf808000), 0xbf81);
    EXPECT_EQ(pack(0x3f807fff), 0x3f80);
    EXPECT_EQ(pack(0x7f7f8000), 0x7f80);
    EXPECT_EQ(pack(0x80000000), 0);
    EXPECT_EQ(pack(0x80123456), 0);
    EXPECT_EQ(pack(0xffc00000), 0xff80);  // NaN
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
