// SPDX-License-Identifier: Apache-2.0
// plan() has no state: any number of threads may plan at once. ThreadSanitizer watches this one.
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "builders.hpp"
#include "layernorm_fused_rm/plan.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::make_problem;

// A plan of each of several problems, or the refusal of it.
[[nodiscard]] std::vector<std::string> plan_several() {
    std::vector<std::string> texts;
    for (const std::int64_t width : {0, 32, 33, 1024, 1056, 8192}) {
        for (const std::int64_t rows : {0, 1, 777, 4096}) {
            const Problem problem = width == 33 ? tests::make_full_problem(rows, width) : make_problem(rows, width);
            const std::string refusal = tests::error_of(problem);
            texts.push_back(refusal.empty() ? plan(problem).describe() : refusal);
        }
    }
    return texts;
}

TEST(Concurrency, threads_that_plan_at_once_all_get_the_same_plans) {
    const std::vector<std::string> expected = plan_several();
    std::vector<std::vector<std::string>> found(8);
    std::vector<std::thread> threads;
    threads.reserve(found.size());
    for (std::vector<std::string>& mine : found) {
        threads.emplace_back([&mine] { mine = plan_several(); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (const std::vector<std::string>& texts : found) {
        EXPECT_EQ(texts, expected);
    }
}

}  // namespace
}  // namespace layernorm_fused_rm
