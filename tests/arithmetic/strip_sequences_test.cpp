// SPDX-License-Identifier: Apache-2.0
// What strips need besides the passes (norm/strips.hpp) does what it says, lane by lane.
#include <gtest/gtest.h>

#include <memory>

#include "interpreter_fixture.hpp"
#include "norm/strips.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

// Column `column` of row `row` of 64 columns of four rows that begin at DEST row `first`: as rows one behind the other,
// and as a strip.
[[nodiscard]] Bits& in_rows(Dest& dest, std::uint32_t first, std::uint32_t row, std::uint32_t column) {
    return dest[first + 4 * row + column / kDestColumns][column % kDestColumns];
}
[[nodiscard]] Bits& in_strip(Dest& dest, std::uint32_t first, std::uint32_t row, std::uint32_t column) {
    return dest[first + column / kDestColumns * 4 + row][column % kDestColumns];
}
constexpr std::uint32_t kStripRows = 4;
constexpr std::uint32_t kGroupColumns = 64;

class StripTest : public InterpreterTest {
protected:
    StripTest() { cursor.modes[1] = {.increment = sfpu::kDestRowsPerPair}; }
    template <typename Visit>
    static void for_each_element(Visit visit) {
        for (std::uint32_t row = 0; row < kStripRows; ++row) {
            for (std::uint32_t column = 0; column < kGroupColumns; ++column) {
                visit(row, column);
            }
        }
    }

    const std::unique_ptr<Dest> before = std::make_unique<Dest>(*dest);
};

TEST_F(StripTest, TurnsRowsIntoAStripAndBack) {
    unit.set_lanes(2, counting_from(70));
    execute(sfpu::turn_step());
    execute(sfpu::turn_step());
    for (const std::uint32_t first : {0U, 16U}) {
        for_each_element([&](std::uint32_t row, std::uint32_t column) {
            ASSERT_EQ(in_strip(*dest, first, row, column), in_rows(*before, first, row, column));
        });
    }
    EXPECT_EQ(cursor.counter, 2 * sfpu::kDestRowsPerGroup);
    EXPECT_EQ(unit.lanes(2), counting_from(70)) << "registers of sums and centres stay";
    cursor.counter = 0;
    execute(sfpu::turn_step());
    execute(sfpu::turn_step());
    EXPECT_EQ(*dest, *before);
}

TEST_F(StripTest, PlacesGammaAndBetaBesideEachGroup) {
    constexpr std::uint32_t kFirst = 64;
    cursor.base = kFirst;
    for (std::uint32_t i = 0; i < 256; ++i) {
        (*dest)[kFirst + sfpu::kColumnsIn + i / kDestColumns][i % kDestColumns] = bits_of(static_cast<float>(i));
        (*dest)[kFirst + sfpu::kBetaColumnsIn + i / kDestColumns][i % kDestColumns] = bits_of(-static_cast<float>(i));
    }
    execute(sfpu::place_affine({.has_gamma = true, .has_beta = true, .zero_centered_gamma = true, .beta_distance = 0}));
    for (std::uint32_t i = 0; i < 256; ++i) {
        const std::uint32_t group = kFirst + i / kGroupColumns * sfpu::kDestRowsPerGroup;
        const std::uint32_t row = i % kGroupColumns / kDestColumns;
        ASSERT_EQ((*dest)[group + sfpu::kGammaInGroup + row][i % kDestColumns], bits_of(static_cast<float>(i + 1)));
        ASSERT_EQ((*dest)[group + sfpu::kBetaInGroup + row][i % kDestColumns], bits_of(-static_cast<float>(i)));
    }
}

// Each of the four rows by its own mean and rstd, each column by its own gamma and beta, from either layout to either.
TEST_F(StripTest, NormalisesAGroupFromAndToEitherLayout) {
    constexpr std::uint32_t kDistance = 64;
    constexpr Bits kCentreScale = 0x3f400000;
    const auto x = [](std::uint32_t row, std::uint32_t column) {
        return bits_of(static_cast<float>(64 * row + column));
    };
    const auto rstd = [](std::uint32_t row) { return bits_of(0.5F + static_cast<float>(row)); };
    const auto centre = [](std::uint32_t row) { return bits_of(-3.0F * static_cast<float>(row + 1)); };
    const auto gamma = [](std::uint32_t column) { return bits_of(1.0F + static_cast<float>(column)); };
    const auto beta = [](std::uint32_t column) { return bits_of(0.25F * static_cast<float>(column)); };
    const sfpu::Affine affine{.has_gamma = true, .has_beta = true, .zero_centered_gamma = false, .beta_distance = 0};
    Lanes centre_scale;
    centre_scale.fill(kCentreScale);
    unit.set_lanes(14, centre_scale);
    for (const sfpu::Turns turns : {sfpu::Turns{false, false}, {true, false}, {false, true}, {true, true}}) {
        for_each_element([&](std::uint32_t row, std::uint32_t column) {
            (turns.before ? in_rows : in_strip)(*dest, 0, row, column) = x(row, column);
            in_rows(*dest, kDistance + sfpu::kGammaInGroup, 0, column) = gamma(column);
            in_rows(*dest, kDistance + sfpu::kBetaInGroup, 0, column) = beta(column);
        });
        Lanes rstds;
        Lanes centres;
        for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
            rstds[lane] = rstd(lane / kLaneColumns);
            centres[lane] = centre(lane / kLaneColumns);
        }
        unit.set_lanes(0, rstds);
        unit.set_lanes(sfpu::kCentresOfStrip, centres);
        cursor = {.base = kDistance, .counter = 0, .modes = cursor.modes};
        execute(sfpu::store_factors({.rows = 1,
                                     .stride = 16,
                                     .residual_distance = 0,
                                     .shifts = false,
                                     .keeps_shift = false,
                                     .vectors = 2,
                                     .side_by_side = 4},
                                    true));
        for (const std::uint32_t parity : {0U, 1U}) {
            cursor = {.base = parity * sfpu::kDestRowsPerVector, .counter = 0, .modes = cursor.modes};
            execute(sfpu::normalise_group_step(parity, true, affine, turns), kDistance);
            EXPECT_EQ(cursor.counter, sfpu::kDestRowsPerGroup);
        }
        for_each_element([&](std::uint32_t row, std::uint32_t column) {
            const Bits centred = multiply_add(x(row, column), kCentreScale, centre(row));
            const Bits expected = multiply_add(multiply_add(centred, rstd(row), 0), gamma(column), beta(column));
            ASSERT_EQ((turns.behind ? in_strip : in_rows)(*dest, 0, row, column), expected) << row << " " << column;
        });
    }
}

TEST_F(StripTest, ClearsColumnsBehindARowsEnd) {
    for (std::uint32_t columns = 1; columns < kDestColumns; ++columns) {
        *dest = *before;
        cursor.base = 8;
        execute(sfpu::clear_columns(columns));
        for (std::uint32_t row = 0; row < 20; ++row) {
            for (std::uint32_t column = 0; column < kDestColumns; ++column) {
                const bool is_cleared = row >= 8 && row < 12 && column >= columns;
                ASSERT_EQ((*dest)[row][column], is_cleared ? 0 : (*before)[row][column]) << columns;
            }
        }
        EXPECT_TRUE(unit.is_unconditional());
    }
}

TEST_F(StripTest, ClearsRowsBehindAMatrixsEnd) {
    for (std::uint32_t rows = 0; rows < kStripRows; ++rows) {
        *dest = *before;
        cursor.counter = 0;
        execute(sfpu::begin_clearing_rows(), rows * 2 * kLaneColumns);
        const sfpu::Sequence step = sfpu::clear_step().advance();
        execute(step);
        execute(step);
        execute(sfpu::conditions_off());
        for (std::uint32_t row = 0; row < 12; ++row) {
            for (std::uint32_t column = 0; column < kDestColumns; ++column) {
                const bool is_cleared = row < 8 && row % kStripRows >= rows;
                ASSERT_EQ((*dest)[row][column], is_cleared ? 0 : (*before)[row][column]) << rows;
            }
        }
    }
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
