// Who reads gamma and beta: every core, or one for a rectangle.
#include "sharing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "builders.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::make_problem;

const Chip& wormhole_chip = *find_chip(Arch::kWormhole);

[[nodiscard]] std::vector<CoreWork> cores_at(const std::vector<Coordinate>& places) {
    std::vector<CoreWork> cores;
    cores.reserve(places.size());
    for (const Coordinate place : places) {
        cores.push_back({.core = place, .runs = {{.bank = 0, .first_page = 0, .count = 2}}});
    }
    return cores;
}

TEST(Sharing, does_not_pay_for_one_core) {
    std::vector<CoreWork> cores = cores_at({{3, 3}});
    EXPECT_FALSE(share_affine(cores, 32768, wormhole_chip));
}

TEST(Sharing, does_not_pay_for_narrow_rows_on_few_cores) {
    std::vector<CoreWork> cores = cores_at({{0, 0}, {1, 0}, {2, 0}});
    EXPECT_FALSE(share_affine(cores, 256, wormhole_chip));
    EXPECT_EQ(cores.size(), 3U);
}

TEST(Sharing, does_not_pay_without_gamma_and_beta) {
    std::vector<CoreWork> cores = cores_at({{0, 0}, {1, 0}, {2, 0}});
    EXPECT_FALSE(share_affine(cores, 0, wormhole_chip));
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
    const auto sharing = share_affine(cores, 32768, wormhole_chip);
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
    const auto sharing = share_affine(cores, 32768, wormhole_chip);
    ASSERT_TRUE(sharing);
    EXPECT_EQ(sharing->source, (Coordinate{2, 0}));
}

TEST(Sharing, has_one_source_among_the_arguments_of_a_plan) {
    const Plan planned = plan(make_problem(1024, 1024));
    ASSERT_TRUE(planned.sharing);
    const auto slot = static_cast<std::size_t>(contract::CoreArgument::kIsAffineSource);
    std::size_t sources = 0;
    for (std::size_t core = 0; core < planned.cores.size(); ++core) {
        const bool is_source = planned.core_arguments[core][slot] == 1;
        sources += is_source ? 1U : 0U;
        EXPECT_EQ(is_source, planned.cores[core].core == planned.sharing->source);
    }
    EXPECT_EQ(sources, 1U);
    EXPECT_EQ(static_cast<std::int64_t>(planned.cores.size()), planned.sharing->receivers() + 1);
}

TEST(Sharing, is_described) {
    const std::string text = plan(make_problem(1024, 1024)).describe();
    EXPECT_NE(text.find("gamma and beta: read by core ("), std::string::npos);
    EXPECT_NE(text.find("multicast to cores (0, 0) to (7, 7)"), std::string::npos);
}

}  // namespace
}  // namespace layernorm_fused_rm
