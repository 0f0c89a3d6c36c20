// SPDX-License-Identifier: Apache-2.0
// What is known of a kind of chip, and a device that is completed with it.
#include "chip.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace layernorm_fused_rm {
namespace {

[[nodiscard]] Device told(Coordinate grid) {
    return {.grid = grid, .dram_banks = tests::wormhole().dram_banks, .l1_banks = 64, .l1_bytes = 1'400'000};
}

TEST(Chip, completes_a_device_with_the_places_of_its_cores) {
    const Device device = with_places(told({8, 8}), {});
    EXPECT_EQ(device.workers, tests::wormhole().workers);
    EXPECT_EQ(device.noc_size, tests::wormhole().noc_size);
    EXPECT_EQ(device.dram_alignment_bytes, 32);
    EXPECT_TRUE(device.l1_bank_places.empty());
}

TEST(Chip, completes_a_device_with_the_places_of_its_l1_banks) {
    const Device device = with_places(told({8, 8}), {{7, 0}, {0, 7}});
    EXPECT_EQ(device.l1_bank_places, (std::vector<Coordinate>{{9, 1}, {1, 9}}));
}

TEST(Chip, says_nothing_of_places_on_a_grid_that_is_not_its_own) {
    const Device device = with_places(told({9, 8}), {{0, 0}});
    EXPECT_TRUE(device.workers.empty());
    EXPECT_TRUE(device.l1_bank_places.empty());
    EXPECT_EQ(tests::error_of(tests::make_problem(64, 64, device)), "");
}

TEST(Chip, that_reads_and_writes_a_bank_at_different_places_says_where) {
    Device told_of{.arch = Arch::kBlackhole, .grid = {13, 10}, .dram_banks = std::vector<Coordinate>(8)};
    const Device device = with_places(told_of, {});
    EXPECT_EQ(device.dram_read_places[0], (Coordinate{0, 11}));
    EXPECT_EQ(device.dram_write_places[0], (Coordinate{0, 1}));
    EXPECT_EQ(device.workers[13], (Coordinate{1, 3}));
    EXPECT_EQ(device.dram_alignment_bytes, 64);
}

TEST(Chip, that_has_lost_columns_is_taken_to_have_lost_them_on_both_sides) {
    const Device device = with_places({.arch = Arch::kBlackhole, .grid = {11, 10}}, {});
    EXPECT_EQ(device.workers[0], (Coordinate{2, 2}));
    EXPECT_EQ(device.workers[10], (Coordinate{14, 2}));
}

TEST(Chip, of_another_kind_leaves_a_device_as_it_is_which_is_refused) {
    Device device = told({8, 8});
    device.arch = Arch::kOther;
    EXPECT_EQ(with_places(device, {{0, 0}}), device);
    EXPECT_EQ(tests::error_of(tests::make_problem(64, 64, device)),
              "layernorm_fused_rm: device is of another architecture than WORMHOLE_B0 and BLACKHOLE, for which alone "
              "there are "
              "kernels; use one of these");
}

TEST(Chip, is_named_in_the_plan) {
    EXPECT_EQ(plan(tests::make_problem(64, 64)).chip, "wormhole");
    Device device = tests::plain_device({13, 10}, 8);
    device.arch = Arch::kBlackhole;
    EXPECT_EQ(plan(tests::make_problem(64, 64, with_places(device, {}))).chip, "blackhole");
}

}  // namespace
}  // namespace layernorm_fused_rm
