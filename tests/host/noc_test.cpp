// SPDX-License-Identifier: Apache-2.0
#include "noc.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"

namespace layernorm_fused_rm {
namespace {

constexpr Coordinate kSize{.x = 10, .y = 12};

[[nodiscard]] std::vector<Coordinate> places_left(const std::vector<Link>& links) {
    std::vector<Coordinate> places;
    places.reserve(links.size());
    for (const Link& link : links) {
        places.push_back(link.from);
    }
    return places;
}

TEST(Route, of_the_read_noc_goes_right_then_down) {
    const std::vector<Coordinate> expected{{1, 1}, {2, 1}, {3, 1}, {3, 2}};
    EXPECT_EQ(places_left(route({1, 1}, {3, 3}, kReadNoc, kSize)), expected);
}

TEST(Route, of_the_write_noc_goes_up_then_left) {
    const std::vector<Coordinate> expected{{3, 3}, {3, 2}, {3, 1}, {2, 1}};
    EXPECT_EQ(places_left(route({3, 3}, {1, 1}, kWriteNoc, kSize)), expected);
}

TEST(Route, wraps_round_the_torus) {
    const std::vector<Coordinate> right_and_down{{9, 11}, {0, 11}};
    EXPECT_EQ(places_left(route({9, 11}, {0, 0}, kReadNoc, kSize)), right_and_down);
    const std::vector<Coordinate> up_and_left{{0, 0}, {0, 11}};
    EXPECT_EQ(places_left(route({0, 0}, {9, 11}, kWriteNoc, kSize)), up_and_left);
}

TEST(Route, to_the_same_place_is_empty) {
    EXPECT_TRUE(route({4, 4}, {4, 4}, kReadNoc, kSize).empty());
    EXPECT_TRUE(route({4, 4}, {4, 4}, kWriteNoc, kSize).empty());
}

TEST(Hops, are_as_many_as_the_routes_have_links) {
    const Device device = tests::wormhole();
    for (const Coordinate bank : device.dram_banks) {
        for (const Coordinate core : device.workers) {
            const ReadHops read = read_hops({bank, {}}, core, kSize);
            EXPECT_EQ(static_cast<std::size_t>(read.there), route(core, bank, kReadNoc, kSize).size());
            EXPECT_EQ(static_cast<std::size_t>(read.back), route(bank, core, kReadNoc, kSize).size());
            EXPECT_EQ(static_cast<std::size_t>(write_hops({{}, bank}, core, kSize)),
                      route(core, bank, kWriteNoc, kSize).size());
        }
    }
}

TEST(Reads, go_once_round_each_axis_along_which_core_and_bank_are_apart) {
    const BankPlace bank{.read = {0, 11}, .write = {5, 5}};
    EXPECT_EQ(read_hops(bank, {9, 9}, kSize), (ReadHops{.there = 3, .back = 19}));
    EXPECT_EQ(read_hops(bank, {4, 11}, kSize), (ReadHops{.there = 6, .back = 4}));
    EXPECT_EQ(read_hops(bank, {0, 1}, kSize), (ReadHops{.there = 10, .back = 2}));
    EXPECT_EQ(read_hops(bank, {0, 11}, kSize), ReadHops{});
    EXPECT_EQ(route({9, 9}, {0, 11}, kReadNoc, kSize).size(), 3U);
}

TEST(LinkLoads, add_up_the_rows_of_every_route_over_a_link) {
    const auto loads =
        link_loads({{.bank = {{0, 0}, {0, 0}}, .core = {2, 0}, .rows = 3}, {{{1, 0}, {1, 0}}, {2, 0}, 4}}, kSize);
    EXPECT_EQ(loads.at({kReadNoc, Axis::kX, {0, 0}}), 3);
    EXPECT_EQ(loads.at({kReadNoc, Axis::kX, {1, 0}}), 7);
    EXPECT_EQ(loads.at({kWriteNoc, Axis::kX, {2, 0}}), 7);
    EXPECT_EQ(loads.at({kWriteNoc, Axis::kX, {1, 0}}), 3);
    EXPECT_EQ(loads.size(), 4U);
}

}  // namespace
}  // namespace layernorm_fused_rm
