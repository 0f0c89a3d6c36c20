// SPDX-License-Identifier: Apache-2.0
#include "placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "builders.hpp"
#include "device.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::plain_device;
using tests::wormhole;

// Within a test `Run` is GoogleTest's own.
using PageRun = Run;

struct Case {
    std::int64_t rows = 0;
    std::int64_t banks = 0;
    Coordinate grid;
};

// Rows equal to, less than, greater than and a multiple of the banks and of the cores; banks fewer and more than cores.
[[nodiscard]] std::vector<Case> shape_families() {
    std::vector<Case> cases;
    for (const Coordinate grid : {Coordinate{1, 1}, {3, 1}, {4, 3}, {8, 8}, {8, 9}}) {
        const std::int64_t cores = std::int64_t{grid.x} * grid.y;
        for (const std::int64_t banks : {1, 2, 7, 12, 64, 130}) {
            for (const std::int64_t of : {cores, banks, cores * banks}) {
                for (const std::int64_t rows : {of, of - 1, of + 1, 2 * of, 5 * of + 3}) {
                    cases.push_back({.rows = rows, .banks = banks, .grid = grid});
                }
            }
        }
    }
    return cases;
}

[[nodiscard]] std::vector<Case> random_cases() {
    std::mt19937 generator(20260116);
    const auto draw = [&generator](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(generator);
    };
    std::vector<Case> cases(500);
    for (Case& one : cases) {
        const auto side = [&] { return static_cast<std::int32_t>(draw(1, 14)); };
        one = {.rows = draw(0, draw(0, 1) == 0 ? 100 : 5000), .banks = draw(1, 140), .grid = {side(), side()}};
    }
    return cases;
}

[[nodiscard]] std::vector<Case> all_cases() {
    std::vector<Case> cases = shape_families();
    std::ranges::copy(random_cases(), std::back_inserter(cases));
    return cases;
}

[[nodiscard]] std::string name(const Case& one) {
    return std::to_string(one.rows) + " rows, " + std::to_string(one.banks) + " banks, " + std::to_string(one.grid.x) +
           " x " + std::to_string(one.grid.y) + " cores";
}

[[nodiscard]] std::int64_t size(const Share& share) { return CoreWork{.core = {}, .runs = share}.rows(); }

[[nodiscard]] std::int64_t largest(const std::vector<Share>& shares) {
    std::int64_t most = 0;
    for (const Share& share : shares) {
        most = std::max(most, size(share));
    }
    return most;
}

// By trying: the least number of rows a core must take if every core has rows of one bank only.
[[nodiscard]] std::int64_t least_of_one_bank(const Case& one, std::int64_t cores) {
    for (std::int64_t limit = 1;; ++limit) {
        std::int64_t needed = 0;
        for (std::int64_t bank = 0; bank < one.banks; ++bank) {
            const std::int64_t pages = (one.rows - bank + one.banks - 1) / one.banks;
            needed += bank < one.rows ? (pages + limit - 1) / limit : 0;
        }
        if (needed <= cores) {
            return limit;
        }
    }
}

TEST(Placement, gives_every_row_to_one_core_once) {
    for (const Case& one : all_cases()) {
        std::vector<int> times(static_cast<std::size_t>(one.rows), 0);
        for (const CoreWork& work : place_rows(one.rows, BufferType::kDram, plain_device(one.grid, one.banks))) {
            for (const auto& run : work.runs) {
                ASSERT_LT(run.bank, one.banks) << name(one);
                for (std::int64_t page = run.first_page; page < run.first_page + run.count; ++page) {
                    ASSERT_LT(page * one.banks + run.bank, one.rows) << name(one);
                    ++times[static_cast<std::size_t>(page * one.banks + run.bank)];
                }
            }
        }
        EXPECT_TRUE(std::ranges::all_of(times, [](int count) { return count == 1; })) << name(one);
    }
}

TEST(Placement, by_distance_keeps_the_cores_in_row_major_order) {
    const std::vector<CoreWork> cores = place_rows(1000, BufferType::kDram, wormhole());
    EXPECT_TRUE(std::ranges::is_sorted(cores, {}, [](const CoreWork& work) { return work.core.y * 8 + work.core.x; }));
}

TEST(Placement, names_each_core_of_the_grid_at_most_once_in_row_major_order) {
    for (const Case& one : all_cases()) {
        std::int64_t last = -1;
        for (const CoreWork& work : place_rows(one.rows, BufferType::kDram, plain_device(one.grid, one.banks))) {
            const std::int64_t index = std::int64_t{work.core.y} * one.grid.x + work.core.x;
            EXPECT_LT(work.core.x, one.grid.x) << name(one);
            EXPECT_LT(last, index) << name(one);
            last = index;
        }
        EXPECT_LT(last, std::int64_t{one.grid.x} * one.grid.y) << name(one);
    }
}

TEST(Placement, leaves_no_core_and_no_run_without_rows) {
    for (const Case& one : all_cases()) {
        for (const CoreWork& work : place_rows(one.rows, BufferType::kDram, plain_device(one.grid, one.banks))) {
            EXPECT_FALSE(work.runs.empty()) << name(one);
            EXPECT_TRUE(std::ranges::all_of(work.runs, [](const auto& run) { return run.count > 0; })) << name(one);
        }
    }
}

TEST(Division, gives_one_run_of_the_smallest_possible_size_where_cores_suffice_for_the_banks) {
    for (const Case& one : all_cases()) {
        const std::int64_t cores = std::int64_t{one.grid.x} * one.grid.y;
        if (one.rows == 0 || std::min(one.banks, one.rows) > cores) {
            continue;
        }
        const std::vector<Share> shares = divide_rows(one.rows, one.banks, cores);
        EXPECT_TRUE(std::ranges::all_of(shares, [](const Share& share) { return share.size() == 1; })) << name(one);
        EXPECT_EQ(largest(shares), least_of_one_bank(one, cores)) << name(one);
    }
}

TEST(Division, of_more_banks_than_cores_gives_every_core_as_many_rows_but_for_one) {
    for (const Case& one : all_cases()) {
        const std::int64_t cores = std::int64_t{one.grid.x} * one.grid.y;
        if (std::min(one.banks, one.rows) <= cores) {
            continue;
        }
        const std::vector<Share> shares = divide_rows(one.rows, one.banks, cores);
        EXPECT_EQ(shares.size(), static_cast<std::size_t>(cores)) << name(one);
        for (const Share& share : shares) {
            EXPECT_GE(size(share), largest(shares) - 1) << name(one);
        }
    }
}

TEST(Division, of_a_bank_gives_its_cores_as_many_rows_but_for_one) {
    const std::vector<Share> shares = divide_rows(1024, 12, 64);
    for (const Share& share : shares) {
        for (const Share& other : shares) {
            if (share.front().bank == other.front().bank) {
                EXPECT_LE(std::abs(size(share) - size(other)), 1);
            }
        }
    }
}

TEST(Division, of_1024_rows_over_12_banks_uses_all_64_cores_for_at_most_17_rows) {
    const std::vector<Share> shares = divide_rows(1024, 12, 64);
    EXPECT_EQ(shares.size(), 64U);
    EXPECT_EQ(largest(shares), 17);
}

TEST(Division, of_few_rows_gives_each_its_own_core) {
    EXPECT_EQ(divide_rows(32, 12, 64).size(), 32U);
    EXPECT_EQ(divide_rows(64, 12, 64).size(), 64U);
    EXPECT_EQ(divide_rows(1, 12, 64), (std::vector<Share>{{{.bank = 0, .first_page = 0, .count = 1}}}));
}

TEST(Division, of_no_rows_is_empty) { EXPECT_TRUE(divide_rows(0, 12, 64).empty()); }

TEST(Division, of_the_most_rows_there_can_be_is_quick_and_balanced) {
    const std::int64_t rows = 4294967295;
    const std::vector<Share> shares = divide_rows(rows, 12, 64);
    std::int64_t total = 0;
    for (const Share& share : shares) {
        total += size(share);
    }
    EXPECT_EQ(total, rows);
    EXPECT_LE(largest(shares), rows / 60 + 1);
}

TEST(Placement, is_the_same_every_time) {
    for (const std::int64_t rows : {1, 32, 1000, 4096}) {
        EXPECT_EQ(place_rows(rows, BufferType::kDram, wormhole()), place_rows(rows, BufferType::kDram, wormhole()));
    }
}

TEST(Placement, of_an_l1_tensor_goes_by_its_own_banks) {
    for (const CoreWork& work : place_rows(128, BufferType::kL1, wormhole())) {
        ASSERT_EQ(work.runs.size(), 1U);
        EXPECT_EQ(work.runs.front(), (PageRun{.bank = work.core.y * 8 + work.core.x, .first_page = 0, .count = 2}));
    }
}

}  // namespace
}  // namespace layernorm_fused_rm
