// SPDX-License-Identifier: Apache-2.0
#include "assignment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "builders.hpp"
#include "device.hpp"
#include "noc.hpp"
#include "placement.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::plain_device;
using tests::wormhole;

[[nodiscard]] std::int32_t distance(Coordinate bank, Coordinate core, const Device& device) {
    return read_hops({bank, bank}, core, device.noc_size).back + 2 * write_hops({bank, bank}, core, device.noc_size);
}

[[nodiscard]] std::vector<Traffic> traffic_of(const std::vector<CoreWork>& cores, const Device& device) {
    std::vector<Traffic> traffic;
    for (const CoreWork& work : cores) {
        for (const Run& run : work.runs) {
            const Coordinate bank = device.dram_banks[static_cast<std::size_t>(run.bank)];
            traffic.push_back({.bank = {bank, bank}, .core = place_of(work.core, device), .rows = run.count});
        }
    }
    return traffic;
}

[[nodiscard]] std::vector<std::int64_t> choose(const std::vector<std::int64_t>& banks, const Device& device,
                                               BufferType memory = BufferType::kDram) {
    return choose_cores(banks, bank_places(memory, device), device);
}

// The same shares with the banks dealt out to the cores in row-major order, one each, over and over.
[[nodiscard]] std::vector<CoreWork> round_robin(std::int64_t rows, const Device& device) {
    std::vector<CoreWork> cores = place_rows(rows, BufferType::kDram, device);
    std::vector<std::vector<Run>> runs;
    std::ranges::transform(cores, std::back_inserter(runs), &CoreWork::runs);
    std::ranges::sort(runs, {}, [](const auto& of_core) {
        return std::tuple(of_core.front().first_page / of_core.front().count, of_core.front().bank);
    });
    for (std::size_t i = 0; i < cores.size(); ++i) {
        cores[i].runs = runs[i];
    }
    return cores;
}

struct Congestion {
    std::int64_t busiest = 0;  // rows over the busiest link
    std::int64_t hops = 0;     // rows times links
};

[[nodiscard]] Congestion congestion_of(const std::vector<CoreWork>& cores, const Device& device) {
    Congestion congestion;
    for (const auto& [link, rows] : link_loads(traffic_of(cores, device), device.noc_size)) {
        congestion.busiest = std::max(congestion.busiest, rows);
        congestion.hops += rows;
    }
    return congestion;
}

TEST(Assignment, gives_no_core_twice_and_only_cores_of_the_grid) {
    const Device device = wormhole();
    const std::vector<std::int64_t> cores = choose({0, 0, 0, 1, 4, 4, 11}, device);
    EXPECT_EQ(std::set(cores.begin(), cores.end()).size(), 7U);
    EXPECT_TRUE(std::ranges::all_of(cores, [](std::int64_t core) { return core >= 0 && core < 64; }));
}

TEST(Assignment, of_a_single_share_takes_the_core_with_the_fewest_hops) {
    const Device device = wormhole();
    for (std::int64_t bank = 0; bank < 12; ++bank) {
        const std::int64_t core = choose({bank}, device).front();
        const Coordinate place = device.dram_banks[static_cast<std::size_t>(bank)];
        for (const Coordinate worker : device.workers) {
            EXPECT_LE(distance(place, device.workers[static_cast<std::size_t>(core)], device),
                      distance(place, worker, device));
        }
    }
}

// A lost bank is any of the chip's, so that the first of those left is the first but for once, the last the last but once.
TEST(Assignment, of_a_chip_that_has_lost_a_bank_counts_every_place_that_a_bank_may_have) {
    const Device device = with_places(
        {.arch = Arch::kBlackhole, .grid = {13, 10}, .dram_banks = std::vector<Coordinate>(7), .l1_banks = 130}, {});
    const std::vector<PossiblePlaces> places = bank_places(BufferType::kDram, device);
    ASSERT_EQ(places.size(), 7U);
    EXPECT_EQ(places[0][0].bank.read, (Coordinate{0, 11}));
    EXPECT_EQ(places[0][0].ways, 7);
    EXPECT_EQ(places[0][1].bank.read, (Coordinate{0, 2}));
    EXPECT_EQ(places[0][1].ways, 1);
    EXPECT_EQ(places[6][0].ways, 1);
    EXPECT_EQ(places[6][1].bank.write, (Coordinate{9, 7}));
    EXPECT_EQ(places[6][1].ways, 7);
    EXPECT_NE(choose({0, 0, 6}, device), (std::vector<std::int64_t>{0, 1, 2}));
}

TEST(Assignment, gives_every_bank_its_first_core_before_any_its_second) {
    const Device device = wormhole();
    const std::vector<std::int64_t> both = choose({4, 4, 6}, device);
    EXPECT_EQ(both[2], choose({6}, device).front());
}

// 1,024 rows, 64 cores, 17 rows or so each. In units of a core's rows the busiest link carries 7 instead of 9, in the
// simulator's order of routing 8 instead of 23, and packets cross 40 % of the links.
TEST(Assignment, near_the_banks_loads_links_clearly_less_than_round_robin) {
    const Device device = wormhole();
    const std::vector<CoreWork> near = place_rows(1024, BufferType::kDram, device);
    const std::vector<CoreWork> dealt = round_robin(1024, device);
    ASSERT_EQ(near.size(), 64U);

    const Congestion near_load = congestion_of(near, device);
    const Congestion dealt_load = congestion_of(dealt, device);
    EXPECT_LE(near_load.busiest * 5, dealt_load.busiest * 4) << near_load.busiest << " to " << dealt_load.busiest;
    EXPECT_LE(near_load.hops * 2, dealt_load.hops) << near_load.hops << " to " << dealt_load.hops;
    EXPECT_LE(near_load.busiest, 7 * 17);
}

TEST(Assignment, takes_cores_in_order_where_places_are_unknown_or_nonsense) {
    const std::vector<std::int64_t> in_order{0, 1, 2};
    EXPECT_EQ(choose({3, 3, 7}, plain_device({8, 8}, 12)), in_order);
    Device missing_worker = wormhole();
    missing_worker.workers.pop_back();
    EXPECT_EQ(choose({3, 3, 7}, missing_worker), in_order);
    Device off_the_noc = wormhole();
    off_the_noc.workers.front() = {.x = 18, .y = 18};
    EXPECT_EQ(choose({3, 3, 7}, off_the_noc), in_order);
    Device bank_off_the_noc = wormhole();
    bank_off_the_noc.dram_banks.front() = {.x = -1, .y = 0};
    EXPECT_EQ(choose({3, 3, 7}, bank_off_the_noc), in_order);
    Device no_torus = wormhole();
    no_torus.noc_size = {};
    EXPECT_EQ(choose({3, 3, 7}, no_torus), in_order);
}

TEST(Assignment, of_an_l1_tensor_takes_cores_in_order_where_its_banks_are_unknown) {
    EXPECT_EQ(choose({0, 5, 9}, wormhole(), BufferType::kL1), (std::vector<std::int64_t>{0, 1, 2}));
}

TEST(Assignment, of_an_l1_tensor_takes_the_core_that_holds_the_bank) {
    Device device = wormhole();
    device.l1_bank_places.assign(device.workers.rbegin(), device.workers.rend());
    EXPECT_EQ(choose({0, 5, 63}, device, BufferType::kL1), (std::vector<std::int64_t>{63, 58, 0}));
}

TEST(Assignment, near_shards_gives_each_shard_the_cores_around_it) {
    const Device device = wormhole();
    const std::vector<Coordinate> shards{{.x = 1, .y = 2}, {.x = 6, .y = 7}};
    const std::vector<PossiblePlaces> places = places_of(shards, device);
    const std::vector<std::int64_t> cores = choose_cores({0, 1, 0, 1}, places, device);  // in any order
    EXPECT_EQ(cores[0], 2 * device.grid.x + 1) << "a shard's own core first";
    EXPECT_EQ(cores[1], 7 * device.grid.x + 6);
    EXPECT_EQ((std::set<std::int64_t>{cores.begin(), cores.end()}.size()), 4U);
    EXPECT_TRUE(places_of(shards, plain_device({8, 8}, 12)).empty());
}

}  // namespace
}  // namespace layernorm_fused_rm
