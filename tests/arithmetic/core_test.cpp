// SPDX-License-Identifier: Apache-2.0
// The host's core finds what a kernel does wrong; otherwise the tests that run kernels on it would prove little.
#include "core.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <vector>

#include "contract.hpp"
#include "norm/statistics.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

using sfpu::Sequence;

constexpr auto kOutputIndex = static_cast<std::uint32_t>(layernorm_fused_rm::contract::Buffer::kOutput);

constexpr Shape kShape = {.width = 64,
                          .row_stride = 64,
                          .segments = 1,
                          .rows_per_block = 1,
                          .page_elements = 1024,
                          .input_pages = 2,
                          .output_pages = 2};

class CoreTest : public testing::Test {
protected:
    void issue(const Sequence& sequence) {
        for (std::uint32_t i = 0; i < sequence.size; ++i) {
            core.issue(sequence.instructions[i].word);
        }
    }
    void fill_eight_rows() {
        core.set_unpack_format(0);
        core.set_pack_format(kOutputIndex);
        core.zero_source_b();
        core.feed().wait_front(0, 1);
        core.unpack_to_source_a(core.feed().front_address(0), 64);
        core.add_sources(0, true, false, 0);
    }

    std::vector<Bits> row = std::vector<Bits>(64, 0x3f800000);
    Core core{kShape, {row, row, row}};
};

TEST_F(CoreTest, FindsAHazardWithinASequence) {
    core.issue(sfpu::mad(1, 2, 3, 4).word);
    EXPECT_THROW(core.issue(sfpu::store(4, 0).word), std::logic_error);
}

TEST_F(CoreTest, FindsAHazardAcrossTheBorderOfReplays) {
    core.record_replay(0, 2);
    issue(Sequence{}.then(sfpu::move(4, 5)).then(sfpu::mad(1, 2, 3, 4)));
    EXPECT_THROW(core.replay(0, 2), std::logic_error);
}

TEST_F(CoreTest, TakesAnInstructionOfAnotherUnitForACycle) {
    core.issue(sfpu::mad(1, 2, 3, 4).word);
    core.clear_row_counter();
    EXPECT_NO_THROW(core.issue(sfpu::store(4, 0).word));
}

TEST_F(CoreTest, ReplaysWhatWasRecorded) {
    core.set_address_mode(1, {}, {.increment = 2});
    fill_eight_rows();
    core.order_vector_after_matrix();
    issue(sfpu::clear_sums({1, 4, 0, false, false}));
    core.record_replay(0, 2);
    issue(sfpu::sum_step({1, 4, 0, false, false}, {false, false}).advance());
    core.replay(0, 2);
    core.issue(sfpu::nop().word);
    core.issue(sfpu::store(0, 8).word);  // the counter stands at row 4
    core.pack_chunk(0, core.feed().back_address(kOutputIndex));
    const auto packed = core.feed().read(core.feed().back_address(kOutputIndex), 1024, Format::kBfloat16);
    EXPECT_EQ(packed[192], 0x40000000U);  // row 12, column 0: 1.0 + 1.0
    EXPECT_EQ(packed[206], 0x40000000U);
}

TEST_F(CoreTest, FindsALoadThatOvertakesTheMatrixUnit) {
    fill_eight_rows();
    EXPECT_THROW(core.issue(sfpu::load(4, 0).word), std::logic_error);
    core.order_vector_after_matrix();
    EXPECT_NO_THROW(core.issue(sfpu::load(4, 0).word));
}

TEST_F(CoreTest, LetsALoadGoThreeInstructionsBehindTheMatrixUnit) {
    fill_eight_rows();
    issue(Sequence{}.then(sfpu::nop()).then(sfpu::nop()));
    EXPECT_THROW(core.issue(sfpu::load(4, 0).word), std::logic_error);  // itself the third
    EXPECT_NO_THROW(core.issue(sfpu::load(4, 0).word));
}

TEST_F(CoreTest, FindsALoadThatOvertakesTheUnpackerHoweverLateItIs) {
    Shape shape = kShape;
    shape.formats.input = Format::kFloat32;
    Core other{shape, {row, row, row}};
    other.set_unpack_format(0);
    other.feed().wait_front(0, 1);
    other.unpack_to_dest(other.feed().front_address(0), 64);
    other.order_unpacker_after_math();
    other.let_unpacker_write(0);
    for (int i = 0; i < 8; ++i) {
        other.issue(sfpu::nop().word);
    }
    EXPECT_THROW(other.issue(sfpu::load(4, 0).word), std::logic_error);
    other.await_unpacker();
    EXPECT_NO_THROW(other.issue(sfpu::load(4, 0).word));
}

TEST_F(CoreTest, FindsAddressesOutsideItsPages) {
    EXPECT_THROW(core.unpack_to_source_a(64, 64), std::logic_error);
    EXPECT_THROW(core.pack_chunk(0, core.feed().front_address(0)), std::logic_error);
    EXPECT_THROW(core.pack_chunk(8, core.feed().back_address(kOutputIndex)), std::logic_error);
}

TEST_F(CoreTest, FindsWaitsThatCannotEnd) {
    EXPECT_THROW(core.feed().wait_front(0, 3), std::logic_error);
    core.feed().wait_front(0, 2);  // there is one row, and the word that none is redone
    core.feed().pop_front(0, 2);
    EXPECT_THROW(core.feed().wait_front(0, 1), std::logic_error);
    EXPECT_THROW(core.add_sources(0, true, false, 0), std::logic_error);  // nothing was unpacked
}

// A matrix of five rows of 50 elements in tiles: 16 columns of four rows are consecutive in a page, and what is padding
// of tiles has to be zero.
class StripFeedTest : public testing::Test {
protected:
    static constexpr Shape kStrips = {.width = 50,
                                      .rows_per_vector = 4,
                                      .pads_rows = true,
                                      .row_stride = 64,
                                      .segments = 1,
                                      .rows_per_block = 8,
                                      .page_elements = 1024,
                                      .input_pages = 2,
                                      .output_pages = 2,
                                      .formats = {.gamma = Format::kNone, .beta = Format::kNone},
                                      .in_tiles = {.input = true, .output = true}};
    static constexpr std::uint32_t kRowsInTiles = 32;
    static constexpr std::uint32_t kColumnsInTiles = 64;

    [[nodiscard]] static std::vector<Bits> counted() {
        std::vector<Bits> values;
        for (Bits i = 0; i < 5 * kStrips.width; ++i) {
            values.push_back((0x3f80 + i) << kHalfShift);
        }
        return values;
    }
    [[nodiscard]] static std::uint32_t place_in_tiles(std::uint32_t row, std::uint32_t column) {
        return row / 4 * 256 + column / 16 * 64 + row % 4 * 16 + column % 16;
    }
    // Pushes a block whose rows are `x`'s but for one element.
    void push_block(std::uint32_t first_row, std::uint32_t wrong_row, std::uint32_t wrong_column) {
        std::vector<Bits> page(512, 0);
        for (std::uint32_t row = first_row; row < first_row + kStrips.rows_per_block; ++row) {
            for (std::uint32_t column = 0; column < kColumnsInTiles; ++column) {
                const bool is_real = row < 5 && column < kStrips.width;
                const bool is_wrong = row == wrong_row && column == wrong_column;
                Bits& bits = page[place_in_tiles(row - first_row, column)];
                bits = is_wrong ? 0x3f800000 : is_real ? x[row * kStrips.width + column] : 0;
            }
        }
        feed.write(feed.back_address(kOutputIndex), page, Format::kBfloat16);
        feed.push_back(kOutputIndex, 1);
    }

    std::vector<Bits> x = counted();
    RowFeed feed{kStrips, {.x = x}};
};

TEST_F(StripFeedTest, BringsRowsAsTheyLieInFaces) {
    feed.wait_front(0, 1);
    const std::vector<Bits> page = feed.read(feed.front_address(0), 512, Format::kBfloat16);
    EXPECT_EQ(page[place_in_tiles(0, 0)], x[0]);
    EXPECT_EQ(page[place_in_tiles(3, 15)], x[3 * 50 + 15]);
    EXPECT_EQ(page[place_in_tiles(2, 16)], x[2 * 50 + 16]);
    EXPECT_EQ(page[place_in_tiles(4, 49)], x[4 * 50 + 49]);
    EXPECT_EQ(page[place_in_tiles(4, 50)], Bits{kPoison} << kHalfShift);
    EXPECT_EQ(page[place_in_tiles(5, 0)], Bits{kPoison} << kHalfShift);
}

TEST_F(StripFeedTest, BringsRowsThatAreNotInTilesSixtyFourColumnsAtATime) {
    Shape shape = kStrips;
    shape.width = 100;
    shape.row_stride = 128;
    shape.in_tiles.input = false;
    RowFeed other{shape, {.x = std::span(x).first(200)}};
    other.wait_front(0, 1);
    const std::vector<Bits> page = other.read(other.front_address(0), 512, Format::kBfloat16);
    EXPECT_EQ(page[63], x[63]);
    EXPECT_EQ(page[64], x[100]);     // the next row's first
    EXPECT_EQ(page[4 * 64], x[64]);  // the row's next columns
    EXPECT_EQ(page[5 * 64 + 35], x[199]);
    EXPECT_EQ(page[5 * 64 + 36], Bits{kPoison} << kHalfShift);
}

TEST_F(StripFeedTest, TakesRowsBackFromFacesWithThePaddingOfTheirMatrix) {
    for (std::uint32_t row = 0; row < kRowsInTiles; row += kStrips.rows_per_block) {
        feed.wait_front(0, 1);
        feed.pop_front(0, 1);
        push_block(row, kRowsInTiles, 0);
    }
    EXPECT_EQ(feed.take_results().y, x);
}

TEST_F(StripFeedTest, FindsPaddingThatIsNotZero) {
    EXPECT_THROW(push_block(0, 3, 50), std::logic_error);
    EXPECT_THROW(push_block(0, 4, 63), std::logic_error);
    EXPECT_THROW(push_block(0, 5, 0), std::logic_error);
    EXPECT_NO_THROW(push_block(0, kRowsInTiles, 0));
    EXPECT_THROW(push_block(8, 15, 63), std::logic_error);
}

TEST_F(StripFeedTest, KnowsMatricesOfAnyHeight) {
    RowFeed matrices{kStrips, {.x = x, .rows_per_matrix = 1}};
    constexpr auto kRowsPerMatrix = static_cast<std::uint32_t>(contract::ComputeArgument::kRowsPerMatrix);
    EXPECT_EQ(matrices.common_argument(kRowsPerMatrix), 1U);
    for (std::uint32_t row = 0; row < 5; ++row) {
        matrices.wait_front(0, 1);
        EXPECT_EQ(matrices.read(matrices.front_address(0), 1, Format::kBfloat16)[0], x[row * kStrips.width]);
        for (std::uint32_t block = 0; block < kRowsInTiles / kStrips.rows_per_block; ++block) {
            matrices.wait_front(0, 1);
            matrices.pop_front(0, 1);
        }
    }
    EXPECT_THROW((RowFeed{kStrips, {.x = x, .rows_per_matrix = 2}}), std::logic_error);
}

class Float32CoreTest : public testing::Test {
protected:
    static constexpr Formats kFloat32 = {
        .input = Format::kFloat32, .gamma = Format::kNone, .beta = Format::kNone, .output = Format::kFloat32};
    static constexpr Shape shape() {
        Shape shape = kShape;
        shape.formats = kFloat32;
        return shape;
    }
    void unpack() {
        core.set_unpack_format(0);
        core.feed().wait_front(0, 1);
        core.unpack_to_dest(core.feed().front_address(0), 64);
    }

    std::vector<Bits> row = {std::vector<Bits>(64, 0x807fffff)};  // a denormal, which both ways keep
    Core core{shape(), {.x = row}};
};

TEST_F(Float32CoreTest, TakesNumbersToDestAndBackAsTheyAre) {
    unpack();
    core.order_unpacker_after_math();
    core.let_unpacker_write(0);
    core.await_unpacker();
    core.set_pack_format(kOutputIndex);
    core.pack_chunk(0, core.feed().back_address(kOutputIndex));
    EXPECT_EQ(core.feed().read(core.feed().back_address(kOutputIndex), 64, Format::kFloat32), row);
}

TEST_F(Float32CoreTest, FindsAnUnpackerThatNobodyOrders) {
    unpack();
    EXPECT_THROW(core.let_unpacker_write(0), std::logic_error);  // the math thread is not done
    EXPECT_THROW(unpack(), std::logic_error);                    // two on their way at once
    core.order_unpacker_after_math();
    core.let_unpacker_write(0);
    EXPECT_THROW(core.issue(sfpu::load(4, 0).word), std::logic_error);  // not awaited
    core.await_unpacker();
    EXPECT_NO_THROW(core.issue(sfpu::load(4, 0).word));
    EXPECT_THROW(core.await_unpacker(), std::logic_error);
}

TEST_F(Float32CoreTest, FindsAnotherFormatThanTheBuffers) {
    core.feed().wait_front(0, 1);
    EXPECT_THROW(core.unpack_to_source_a(core.feed().front_address(0), 64), std::logic_error);  // none is set
    EXPECT_THROW(core.pack_chunk(0, core.feed().back_address(kOutputIndex)), std::logic_error);
    core.set_unpack_format(0);
    EXPECT_THROW(core.unpack_to_source_a(core.feed().front_address(0), 64), std::logic_error);  // cut to 11 bits
}

TEST_F(CoreTest, FindsWhatAKernelLeavesBehind) {
    EXPECT_THROW(static_cast<void>(core.run([] {})), std::logic_error);
    EXPECT_THROW(
        static_cast<void>(Core(kShape, {row, row, row}).run([] { Core::current().issue(sfpu::conditions_on().word); })),
        std::logic_error);
    EXPECT_THROW(static_cast<void>(Core(kShape, {row, row, row}).run([] {
                     Core::current().issue(sfpu::move(sfpu::kZero, 0).word);
                     Core::current().issue(sfpu::configure(11).word);
                 })),
                 std::logic_error);
}

TEST_F(CoreTest, KnowsNoKernelOutsideOfOne) { EXPECT_THROW(static_cast<void>(Core::current()), std::logic_error); }

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
