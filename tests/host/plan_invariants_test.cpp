// The promises are checks themselves: each is seen to fail on a plan that is broken in one place.
#include "plan_invariants.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "builders.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::broken_promise;
using tests::make_problem;

// What is broken in a plan of 4,096 rows of 1,024 elements, whose 64 cores share gamma and beta, after a change.
[[nodiscard]] std::string broken_by(const std::function<void(Plan&)>& change) {
    const Problem problem = make_problem(4096, 1024);
    Plan planned = plan(problem);
    change(planned);
    return broken_promise(problem, planned);
}

void set(Plan& planned, const std::string& name, std::uint32_t value) {
    for (auto& [known, current] : planned.compile_time_arguments) {
        current = known == name ? value : current;
    }
}

TEST(Promises, are_kept_by_plans_of_every_kind) {
    for (const std::int64_t rows : {0, 1, 5, 100, 4096}) {
        for (const std::int64_t width : {32, 96, 384, 1024, 1056, 8192}) {
            const Problem problem = make_problem(rows, width);
            EXPECT_EQ(broken_promise(problem, plan(problem)), "") << rows << " x " << width;
        }
    }
    ASSERT_TRUE(plan(make_problem(4096, 1024)).sharing);
}

TEST(Promises, about_rows_are_checked) {
    EXPECT_NE(broken_by([](Plan& planned) { --planned.rows; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { ++planned.cores[3].runs[0].first_page; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { --planned.cores[3].runs[0].count; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.cores[3].runs[0].bank = 12; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.cores[3].runs = planned.cores[4].runs; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.cores[3].runs.clear(); }), "");
}

TEST(Promises, about_cores_and_sharing_are_checked) {
    EXPECT_NE(broken_by([](Plan& planned) { std::swap(planned.cores[3], planned.cores[4]); }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.cores.back().core.y = 8; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.cores[1].core = planned.cores[0].core; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.sharing->source.x = 8; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.sharing->last.y = 6; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.sharing.reset(); }), "");
}

TEST(Promises, about_l1_are_checked) {
    EXPECT_NE(broken_by([](Plan& planned) { --planned.l1_bytes_used; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { ++planned.l1_bytes_budget; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.buffers.pop_back(); }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.buffers[1].index = 0; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.buffers[1].producer = "writer"; }), "");
    EXPECT_NE(broken_by([](Plan& planned) {
                  planned.buffers[0].pages += 700;
                  planned.l1_bytes_used += 700 * planned.buffers[0].page_bytes;
              }),
              "");
}

TEST(Promises, about_arguments_are_checked) {
    namespace argument = contract::argument;
    for (const char* const name :
         {argument::kWidth, argument::kRowStride, argument::kSegments, argument::kRowsPerBatch,
          argument::kBufferPageBytes, argument::kInputPages, argument::kStepsInFlight, argument::kInputPageBytes,
          argument::kInputInDram, argument::kInputBanks, argument::kOutputPageBytes, argument::kOutputInDram,
          argument::kOutputBanks, argument::kGammaInDram, argument::kBetaInDram, argument::kSharesVectors,
          argument::kNegativeEpsilonBits}) {
        EXPECT_NE(broken_by([name](Plan& planned) { set(planned, name, 77); }), "") << name;
    }
    EXPECT_NE(broken_by([](Plan& planned) { planned.compile_time_arguments.pop_back(); }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.core_arguments[5][1] = 2; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.core_arguments[5][0] ^= 1U; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.core_arguments[5].push_back(0); }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.core_arguments.pop_back(); }), "");
}

TEST(Promises, of_a_refusal_are_a_prefix_and_a_remedy) {
    EXPECT_EQ(tests::broken_refusal("layernorm_fused_rm: this is wrong; do that"), "");
    EXPECT_NE(tests::broken_refusal("this is wrong; do that"), "");
    EXPECT_NE(tests::broken_refusal("layernorm_fused_rm: this is wrong"), "");
}

}  // namespace
}  // namespace layernorm_fused_rm
