// SPDX-License-Identifier: Apache-2.0
// The multiply-add has every property that the ISA documents give it ("SFPMAD", "FMA"). That it is the simulator's, bit
// for bit, is tested in tests/device/test_bit_exact.py.
#include "multiply_add.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "distributions.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

constexpr Bits kOne = 0x3f800000;
constexpr Bits kMinusOne = 0xbf800000;
constexpr Bits kLeastNormal = 0x00800000;
constexpr Bits kLargest = 0x7f7fffff;
constexpr int kDraws = 200'000;

[[nodiscard]] Bits bits_of(float value) { return std::bit_cast<Bits>(value); }
[[nodiscard]] float float_of(Bits bits) { return std::bit_cast<float>(bits); }
[[nodiscard]] bool is_nan(Bits bits) { return (bits & ~kSignBit) > kInfinity; }

// A normal number of moderate size, all mantissa bits random.
[[nodiscard]] Bits draw_number(Random& random) {
    const auto bits = static_cast<Bits>(random());
    const Bits exponent = 100 + (static_cast<Bits>(random()) % 55);
    return (bits & 0x807fffffU) | (exponent << 23);
}

TEST(MultiplyAdd, IsIeeesSumWhenOneFactorIsOne) {
    Random random(run_seed());
    for (int i = 0; i < kDraws; ++i) {
        const Bits b = draw_number(random);
        const Bits c = draw_number(random);
        const float sum = float_of(b) + float_of(c);
        ASSERT_EQ(multiply_add(kOne, b, c), sum == 0 ? 0 : bits_of(sum)) << std::hex << b << " " << c;
    }
}

TEST(MultiplyAdd, IsIeeesProductWhenNothingIsAdded) {
    Random random(run_seed());
    for (int i = 0; i < kDraws; ++i) {
        const Bits a = draw_number(random);
        const Bits b = draw_number(random);
        ASSERT_EQ(multiply_add(a, b, 0), bits_of(float_of(a) * float_of(b))) << std::hex << a << " " << b;
    }
}

TEST(MultiplyAdd, IsWithinFourBitsOfTheProductOfTheFusedResult) {
    Random random(run_seed());
    for (int i = 0; i < kDraws; ++i) {
        const Bits a = draw_number(random);
        const Bits b = draw_number(random);
        const double product = static_cast<double>(float_of(a)) * static_cast<double>(float_of(b));
        const float c = static_cast<float>(-product * (1 + static_cast<double>(random() % 64) * 0x1p-24));
        const double error =
            static_cast<double>(float_of(multiply_add(a, b, bits_of(c)))) - (product + static_cast<double>(c));
        ASSERT_LE(std::abs(error), std::abs(product) * 0x1p-25) << std::hex << a << " " << b;
    }
}

TEST(MultiplyAdd, TakesDenormalsForZeroAndMakesNone) {
    EXPECT_EQ(multiply_add(0x007fffff, kLargest, kOne), kOne);
    EXPECT_EQ(multiply_add(kOne, kOne, 0x807fffff), kOne);
    EXPECT_EQ(multiply_add(kLeastNormal, 0x3f000000, 0), 0U);
    EXPECT_EQ(multiply_add(kOne, 0x00800001, 0x80800000), 0U);
    EXPECT_EQ(multiply_add(kOne, kLeastNormal, 0), kLeastNormal);
}

TEST(MultiplyAdd, KnowsNoNegativeZero) {
    EXPECT_EQ(multiply_add(kSignBit, kOne, kSignBit), 0U);
    EXPECT_EQ(multiply_add(kOne, kOne, kMinusOne), 0U);
    EXPECT_EQ(multiply_add(kOne, kSignBit, kSignBit), 0U);
    EXPECT_EQ(multiply_add(kLeastNormal, bits_of(-0.5F), 0), 0U);
}

TEST(MultiplyAdd, AProductThatOverflowsAloneIsInfinite) {
    EXPECT_EQ(multiply_add(kLargest, bits_of(2.0F), bits_of(-3e38F)), kInfinity);
    EXPECT_EQ(multiply_add(kLargest, bits_of(-2.0F), bits_of(3e38F)), kSignBit | kInfinity);
    EXPECT_TRUE(is_nan(multiply_add(kLargest, bits_of(2.0F), kSignBit | kInfinity)));  // where IEEE has -infinity
}

TEST(MultiplyAdd, AProductThatUnderflowsAloneIsZero) {
    EXPECT_EQ(multiply_add(kLeastNormal, kLeastNormal, kOne), kOne);
    EXPECT_EQ(multiply_add(kLeastNormal, kLeastNormal, 0), 0U);
}

TEST(MultiplyAdd, FollowsIeeeForInfinitiesAndNans) {
    const Bits nan = bits_of(std::numeric_limits<float>::quiet_NaN());
    EXPECT_EQ(multiply_add(kInfinity, kMinusOne, kOne), kSignBit | kInfinity);
    EXPECT_EQ(multiply_add(kOne, kOne, kSignBit | kInfinity), kSignBit | kInfinity);
    EXPECT_EQ(multiply_add(kInfinity, kOne, kInfinity), kInfinity);
    for (const Bits result : {multiply_add(nan, kOne, kOne), multiply_add(kOne, nan, kOne),
                              multiply_add(kOne, kOne, nan), multiply_add(kInfinity, 0, kOne),
                              multiply_add(0, kInfinity, kOne), multiply_add(kInfinity, kOne, kSignBit | kInfinity)}) {
        EXPECT_TRUE(is_nan(result));
        EXPECT_EQ(result & kSomeNan, kSomeNan);
    }
}

// A sum that carries by two places loses the higher of the two bits shifted out ("FMA", differences; a fault of the
// chip): 4.5 + 2^-20 + 2^-22 + 2^-25 lies just above the middle of two numbers, and is taken for the middle.
TEST(MultiplyAdd, LosesABitWhereTheSumCarriesTwice) {
    const float a = 1.75F;
    const float b = 1.5F + 3 * 0x1p-23F;
    const float c = 1.875F + 0x1p-23F + 0x1p-21F;
    EXPECT_EQ(std::fma(a, b, c), 4.5F + 0x1p-20F + 0x1p-21F);
    EXPECT_EQ(float_of(multiply_add(bits_of(a), bits_of(b), bits_of(c))), 4.5F + 0x1p-20F);
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
