// SPDX-License-Identifier: Apache-2.0
// Who reads gamma and beta: every core, or one for a rectangle.
#include "sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "builders.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::make_problem;
using tests::wormhole;

[[nodiscard]] std::vector<CoreWork> cores_at(const std::vector<Coordinate>& places) {
    std::vector<CoreWork> cores;
    cores.reserve(places.size());
    for (const Coordinate place : places) {
        cores.push_back({.core = place, .runs = {{.bank = 0, .first_page = 0, .count = 2}}});
    }
    return cores;
}

// Both vectors of bfloat16, so many bytes together, each in one page.
[[nodiscard]] AffineVectors one_page(std::int64_t bytes) {
    return {.bytes = bytes, .elements = bytes / 4, .piece_elements = contract::kElementsPerChunk};
}

TEST(Sharing, does_not_pay_for_one_core) {
    std::vector<CoreWork> cores = cores_at({{3, 3}});
    EXPECT_FALSE(share_affine(cores, one_page(32768), wormhole()));
}

TEST(Sharing, does_not_pay_for_narrow_rows_on_few_cores) {
    std::vector<CoreWork> cores = cores_at({{0, 0}, {1, 0}, {2, 0}});
    EXPECT_FALSE(share_affine(cores, one_page(256), wormhole()));
    EXPECT_EQ(cores.size(), 3U);
}

TEST(Sharing, does_not_pay_without_gamma_and_beta) {
    std::vector<CoreWork> cores = cores_at({{0, 0}, {1, 0}, {2, 0}});
    EXPECT_FALSE(share_affine(cores, AffineVectors{}, wormhole()));
    Problem problem = make_problem(1024, 1024);
    problem.gamma.reset();
    EXPECT_TRUE(plan(problem).sharing);
    problem.beta.reset();
    EXPECT_FALSE(plan(problem).sharing);
    EXPECT_NE(plan(problem).describe().find("neither gamma nor beta"), std::string::npos);
}

// A core would need all of gamma in L1 to share it.
TEST(Sharing, does_not_happen_where_rows_are_read_again) {
    Problem problem = make_problem(1024, 65536);
    EXPECT_TRUE(plan(problem).sharing);
    problem.device.l1_bytes = 100'000;
    const Plan planned = plan(problem);
    EXPECT_EQ(planned.call.reads_again, 1U);
    EXPECT_FALSE(planned.sharing);
}

TEST(Sharing, fills_the_rectangle_row_by_row) {
    std::vector<CoreWork> cores = cores_at({{2, 1}, {1, 3}});
    const auto sharing = share_affine(cores, one_page(32768), wormhole());
    ASSERT_TRUE(sharing);
    EXPECT_EQ(sharing->first, (Coordinate{1, 1}));
    EXPECT_EQ(sharing->last, (Coordinate{2, 3}));
    EXPECT_EQ(sharing->receivers(), 5);
    ASSERT_EQ(cores.size(), 6U);
    EXPECT_EQ(cores[0].core, (Coordinate{1, 1}));
    EXPECT_EQ(cores[1].core, (Coordinate{2, 1}));
    EXPECT_EQ(cores[5].core, (Coordinate{2, 3}));
    EXPECT_EQ(cores[1].rows(), 2);
    EXPECT_EQ(cores[5].rows(), 0);
}

TEST(Sharing, lets_the_core_with_the_least_rows_read) {
    std::vector<CoreWork> cores = cores_at({{0, 0}, {1, 0}, {2, 0}, {3, 0}});
    cores[2].runs[0].count = 1;
    const auto sharing = share_affine(cores, one_page(32768), wormhole());
    ASSERT_TRUE(sharing);
    EXPECT_EQ(sharing->gamma_source, (Coordinate{2, 0}));
}

// Bank 0 is at (0, 11), no worker is in its row, and the four corners have rows. A writer reads by NoC 1, to the left and
// up, so that the first column has the fewest links to go, from its first row. A reader's read is not waited for, but a
// multicast, by NoC 1, too: it goes from the last row up, and from x = 4 the farthest column is x = 6, 8 links away; from
// any other column of that row it is the next, 9 links away, and of those the last is nearest to bank 0 on NoC 0.
TEST(Sharing, of_equals_lets_those_read_that_are_served_first_or_reach_all_first) {
    const std::vector<Coordinate> corners{{0, 0}, {7, 0}, {0, 7}, {7, 7}};
    Device device = wormhole();
    std::vector<CoreWork> cores = cores_at(corners);
    auto sharing = share_affine(cores, one_page(32768), device);
    ASSERT_TRUE(sharing);
    EXPECT_EQ(cores.size(), 64U);
    EXPECT_EQ(sharing->gamma_source, (Coordinate{1, 0}));
    EXPECT_EQ(sharing->beta_source, (Coordinate{0, 1}));
    device.arch = Arch::kBlackhole;
    cores = cores_at(corners);
    sharing = share_affine(cores, one_page(32768), device);
    EXPECT_EQ(sharing->gamma_source, (Coordinate{3, 7}));
    EXPECT_EQ(sharing->beta_source, (Coordinate{6, 7}));
    device.workers.clear();
    cores = cores_at(corners);
    sharing = share_affine(cores, one_page(32768), device);
    EXPECT_EQ(sharing->gamma_source, (Coordinate{1, 0}));
    EXPECT_EQ(sharing->beta_source, (Coordinate{2, 0}));
}

TEST(Sharing, is_for_a_reader_where_readers_start_first_and_one_has_no_rows) {
    Device device = wormhole();
    std::vector<CoreWork> cores = cores_at({{0, 0}, {7, 7}});
    EXPECT_FALSE(share_affine(cores, one_page(65536), device)->is_by_readers);
    device.arch = Arch::kBlackhole;
    cores = cores_at({{0, 0}, {7, 7}});
    EXPECT_TRUE(share_affine(cores, one_page(65536), device)->is_by_readers);
    cores = cores_at({{0, 0}, {1, 0}});
    EXPECT_FALSE(share_affine(cores, one_page(65536), device)->is_by_readers);
}

// Which shares the cores of a plan read, in order, without those that read none.
[[nodiscard]] std::vector<std::uint32_t> shares_read(const Plan& planned) {
    std::vector<std::uint32_t> shares;
    for (const std::vector<std::uint32_t>& words : planned.core_arguments) {
        shares.push_back(words[static_cast<std::size_t>(contract::CoreArgument::kAffineShare)]);
    }
    std::erase(shares, 2 * planned.call.affine_shares());
    std::ranges::sort(shares);
    return shares;
}

TEST(Sharing, has_one_source_of_each_vector_among_the_arguments_of_a_plan) {
    Problem problem = make_problem(1024, 1024);
    Plan planned = plan(problem);
    ASSERT_TRUE(planned.sharing);
    EXPECT_EQ(static_cast<std::int64_t>(planned.cores.size()), planned.sharing->receivers() + 1);
    EXPECT_EQ(shares_read(planned), (std::vector<std::uint32_t>{0, 1}));
    problem.gamma.reset();
    planned = plan(problem);
    EXPECT_EQ(shares_read(planned), (std::vector<std::uint32_t>{1}));
}

// 1,504 elements are 94 pieces of a face's 16, 12 of which are a share.
TEST(Sharing, has_helpers_read_what_lies_in_many_short_pieces) {
    Problem problem = make_problem(64, 1504);
    EXPECT_TRUE(plan(problem).sharing->gamma_helpers.empty());
    problem.gamma->layout = Layout::kTile;
    EXPECT_TRUE(plan(problem).sharing->gamma_helpers.empty()) << "beta is one page";
    problem.beta->layout = Layout::kTile;
    Plan planned = plan(problem);
    EXPECT_EQ(planned.sharing->share_elements, 192);
    EXPECT_EQ(planned.sharing->gamma_helpers.size(), 7U);
    EXPECT_EQ(planned.sharing->beta_helpers.size(), 7U);
    EXPECT_EQ(shares_read(planned), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
    EXPECT_NE(planned.describe().find("with 7 helpers each"), std::string::npos);
    problem.beta.reset();
    EXPECT_EQ(shares_read(plan(problem)), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7}));
}

// 8,192 elements are 256 pages of 32, a piece each.
TEST(Sharing, has_no_more_helpers_than_cores) {
    Problem problem = make_problem(64, 8192);
    problem.gamma->shape = problem.beta->shape = {1, 1, 256, 32};
    EXPECT_EQ(plan(problem).sharing->gamma_helpers.size(), 21U);
    problem.device.grid = {3, 4};
    const Plan planned = plan(problem);
    EXPECT_EQ(planned.sharing->gamma_helpers.size(), 5U);
    EXPECT_EQ(planned.sharing->share_elements, 1376) << "a sixth, in whole pages";
    EXPECT_EQ(shares_read(planned).size(), 12U);
}

TEST(Sharing, has_no_helpers_for_two_shares) {
    Problem problem = make_problem(64, 256);
    problem.gamma->layout = problem.beta->layout = Layout::kTile;
    EXPECT_TRUE(plan(problem).sharing->gamma_helpers.empty());
    EXPECT_EQ(plan(problem).sharing->share_elements, 256);
}

TEST(Sharing, with_helpers_is_by_writers) {
    Device device = wormhole();
    device.arch = Arch::kBlackhole;
    std::vector<CoreWork> cores = cores_at({{0, 0}, {7, 7}});
    const AffineVectors vectors{.bytes = 65536, .elements = 16384, .piece_elements = 16};
    const auto sharing = share_affine(cores, vectors, device);
    ASSERT_TRUE(sharing);
    EXPECT_FALSE(sharing->is_by_readers);
    EXPECT_EQ(sharing->gamma_helpers.size(), 31U);
}

TEST(Sharing, is_described) {
    const std::string text = plan(make_problem(1024, 1024)).describe();
    EXPECT_NE(text.find("gamma and beta: read on cores ("), std::string::npos);
    EXPECT_NE(text.find("multicast to cores (0, 0) to (7, 7)"), std::string::npos);
}

TEST(Sharing, of_one_vector_is_described_with_its_one_source) {
    Problem problem = make_problem(1024, 1024);
    problem.gamma.reset();
    const Plan planned = plan(problem);
    ASSERT_TRUE(planned.sharing);
    const Coordinate source = planned.sharing->beta_source;
    EXPECT_NE(planned.describe().find("\nbeta: read on cores (" + std::to_string(source.x) + ", " +
                                      std::to_string(source.y) + "), multicast"),
              std::string::npos);
}

}  // namespace
}  // namespace layernorm_fused_rm
