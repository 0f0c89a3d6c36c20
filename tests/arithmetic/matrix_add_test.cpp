// SPDX-License-Identifier: Apache-2.0
// The matrix unit's addition, and that it is safe for two bf16 numbers, which is all that
// kernels/tensix/fill.hpp adds up. That it is the simulator's, bit for bit, is tested in
// tests/device/test_bit_exact.py.
#include "matrix_add.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "configuration.hpp"
#include "distributions.hpp"
#include "exact.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

constexpr Bits kOne = 0x3f800000;
constexpr Bits kMinusOne = 0xbf800000;
constexpr Bits kOneUnit = 0x34000000;  // 2^-23, one unit in the last place of 1
constexpr Bits kHalfUnit = 0x33800000;

[[nodiscard]] Bits bits_of(float value) { return std::bit_cast<Bits>(value); }
[[nodiscard]] double value_of(Bits bits) { return static_cast<double>(std::bit_cast<float>(bits)); }

TEST(MatrixAdd, AddsExactlyWhereTheSumHasNoMoreBits) {
    EXPECT_EQ(matrix_add(kOne, kOne), bits_of(2));
    EXPECT_EQ(matrix_add(kOne, kMinusOne), 0U);
    EXPECT_EQ(matrix_add(bits_of(-3.5F), bits_of(0.25F)), bits_of(-3.25F));
    EXPECT_EQ(matrix_add(0, bits_of(-7)), bits_of(-7));
    EXPECT_EQ(matrix_add(bits_of(-7), 0), bits_of(-7));
}

TEST(MatrixAdd, RoundsTheSmallerOperandHalvesUp) {
    EXPECT_EQ(matrix_add(kOne, kOneUnit), kOne + 1);
    EXPECT_EQ(matrix_add(kOne, kHalfUnit), kOne + 1);
    EXPECT_EQ(matrix_add(kMinusOne, kHalfUnit | kSignBit), kMinusOne);
    EXPECT_EQ(matrix_add(kOne, kHalfUnit - 0x800000), kOne);
}

TEST(MatrixAdd, TakesSubnormalsForZeroAndWhatIsTooLargeForInfinity) {
    EXPECT_EQ(matrix_add(0x7fffff, 0), 0U);
    EXPECT_EQ(matrix_add(kOne, 0x7fffff), kOne);
    EXPECT_EQ(matrix_add(0x7f7f0000, 0x7f7f0000), kInfinity);
    EXPECT_EQ(matrix_add(0xff7f0000, 0xff7f0000), kInfinity | kSignBit);
}

// Which is why no third number is added.
TEST(MatrixAdd, NormalisesMinusOneUnitWrongly) {
    const Bits one_and_a_unit = matrix_add(kMinusOne, kOneUnit | kSignBit);
    EXPECT_EQ(matrix_add(one_and_a_unit, kOne), bits_of(-16));  // -2^-23, 2^27 times too large
    EXPECT_EQ(matrix_add(matrix_add(kOne, kOneUnit), kMinusOne), kOneUnit);
}

// Both significands, all exponents up to the last that counts, both signs of the larger number.
TEST(MatrixAdd, IsRightForAllPairsOfBfloat16UpToOneRounding) {
    for (Bits left = 0; left < 128; ++left) {
        for (Bits right = 0; right < 128; ++right) {
            for (Bits down = 0; down < 30; ++down) {
                const Bits a = kMinusOne | left << 16;
                const Bits b = ((127 - down) << 23) | right << 16;
                const double exact = value_of(a) + value_of(b);
                const double allowed = down <= 16 ? 0 : 0x1p-24;
                ASSERT_LE(std::abs(value_of(matrix_add(a, b)) - exact), allowed) << std::hex << a << " " << b;
                ASSERT_LE(std::abs(value_of(matrix_add(b, a)) - exact), allowed) << std::hex << a << " " << b;
                const Bits negative = matrix_add(a ^ kSignBit, b ^ kSignBit);
                ASSERT_LE(std::abs(value_of(negative) + exact), allowed) << std::hex << a << " " << b;
            }
        }
    }
}

// -1, -2^-23 and 1 in every order above each other, which as sums of three or more would meet the fault.
class FaultyTriples : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Widths, FaultyTriples, testing::Values(760, 1000, 1024, 1056, 2048, 4096));

TEST_P(FaultyTriples, AreNotAddedUp) {
    constexpr std::size_t kMatrix = 128;
    constexpr Bits kTriple[] = {kMinusOne, kOneUnit | kSignBit, kOne};
    const Configuration& configuration = find_configuration({.width = GetParam()});
    Rows rows = draw_rows(distributions().front(), configuration, 1, run_seed());
    for (std::size_t i = 0; i < rows.x.size(); ++i) {
        rows.x[i] = kTriple[(i / kMatrix + i) % 3];
    }
    const Results results = normalise(configuration, rows.operands());
    const ExactRow exact = exact_row(configuration, rows.operands(), 0);
    for (std::size_t i = 0; i < rows.x.size(); ++i) {
        ASSERT_NEAR(value_of(results.y[i]), exact.y[i], 0x1p-8 * std::abs(exact.y[i]) + 0x1p-9) << i;
    }
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
