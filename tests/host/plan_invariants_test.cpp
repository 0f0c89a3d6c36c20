// SPDX-License-Identifier: Apache-2.0
// The promises are checks themselves: each is seen to fail on a plan that is broken in one place.
#include "plan_invariants.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <type_traits>

#include "builders.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::broken_promise;
using tests::make_full_problem;
using tests::make_problem;

// Where kernels are told the first shard's place.
constexpr auto kFirstPlace = static_cast<std::uint32_t>(contract::DataMovementArgument::kCount);

// What is broken in a plan of 4,096 rows of 1,024 elements, whose 64 cores share gamma and beta, after a change.
[[nodiscard]] std::string broken_by(const std::function<void(Plan&)>& change,
                                    const Problem& problem = make_problem(4096, 1024)) {
    Plan planned = plan(problem);
    change(planned);
    return broken_promise(problem, planned);
}

// A word of the call, by its name.
void set(Plan& planned, const std::string& name, std::uint32_t value) {
    const NamedWords words = planned.compile_time_arguments();
    std::size_t position = 0;
    contract::Call::for_each_word(planned.call, [&](const char*, const char*, auto& current) {
        if (words.at(position++).first == name) {
            current = static_cast<std::remove_reference_t<decltype(current)>>(value);
        }
    });
}

TEST(Promises, are_kept_by_plans_of_every_kind) {
    for (const std::int64_t rows : {0, 1, 5, 100, 4096}) {
        for (const std::int64_t width : {1, 33, 96, 384, 1000, 1024, 1025, 8192, 1'000'000}) {
            for (const Problem& problem : {make_problem(rows, width), make_full_problem(rows, width)}) {
                EXPECT_EQ(broken_promise(problem, plan(problem)), "") << rows << " x " << width;
            }
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
    EXPECT_NE(broken_by([](Plan& planned) { planned.sharing->beta_source.x = 8; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.sharing->gamma_helpers.push_back({0, 0}); }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.sharing->share_elements -= 32; }), "");
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

TEST(Promises, about_dest_are_checked) {
    const auto of_blocks = [](const Problem& problem, std::uint32_t rows) {
        return broken_by([rows](Plan& planned) { planned.call.rows_per_block = rows; }, problem);
    };
    Problem narrow = make_problem(4096, 32);
    narrow.options.return_statistics = true;
    EXPECT_EQ(of_blocks(narrow, 16), "");
    EXPECT_EQ(of_blocks(narrow, 24), "the statistics of a block fit in a chunk");
    EXPECT_EQ(of_blocks(make_full_problem(4096, 1024), 2), "a block of resident rows fits in a zone of DEST");
    const auto batch_of_two = [](Plan& planned) {
        planned.call.rows_per_batch = 2;
        planned.call.rows_per_block = 2;
    };
    EXPECT_EQ(broken_by(batch_of_two, make_full_problem(4096, 2048)),
              "a batch is as large as the registers and DEST allow");
}

TEST(Promises, about_buffers_of_each_tensor_are_checked) {
    const Problem full = make_full_problem(4096, 1024);
    for (std::size_t i = 0; i < plan(full).buffers.size(); ++i) {
        const std::string purpose = plan(full).buffers[i].purpose;
        EXPECT_NE(broken_by([i](Plan& planned) { planned.buffers[i].dtype = DataType::kOther; }, full), "") << purpose;
        EXPECT_NE(broken_by([i](Plan& planned) { planned.buffers[i].page_bytes /= 2; }, full), "") << purpose;
        const auto without = [i](Plan& planned) {
            planned.l1_bytes_used -= planned.buffers[i].bytes();
            planned.buffers.erase(planned.buffers.begin() + static_cast<std::ptrdiff_t>(i));
        };
        EXPECT_EQ(broken_by(without, full), "every tensor of the call has its buffer") << purpose;
    }
}

TEST(Promises, about_rows_read_again_are_checked) {
    EXPECT_NE(broken_by([](Plan& planned) { planned.call.reads_again = 1; }), "");
    const Problem wide = make_problem(8, 1'000'000);
    EXPECT_EQ(broken_by([](Plan&) {}, wide), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.call.reads_again = 0; }, wide), "");
}

TEST(Promises, about_arguments_are_checked) {
    const Problem full = make_full_problem(4096, 1024);
    // Constants are checked elsewhere, pieces where gamma and beta have several.
    const std::set<std::string> free = {
        "centre_scale_bits",    "negative_sum_scale_bits",  "negative_mean_square_scale_bits",
        "rstd_scale_bits",      "gamma_piece_stride_bytes", "gamma_pieces_per_page",
        "beta_pieces_per_page", "beta_piece_stride_bytes",  "mean_pieces_per_page",
        "rstd_pieces_per_page"};
    for (const auto& [name, value] : plan(full).compile_time_arguments()) {
        if (!free.contains(name)) {
            EXPECT_NE(broken_by([&name = name](Plan& planned) { set(planned, name, 77); }, full), "") << name;
        }
    }
    Problem part = full;
    part.options.stage = Stage::kPostAllGather;
    part.stats = TensorSpec{.shape = {4096, 12}, .dtype = DataType::kFloat32};
    EXPECT_EQ(broken_by([](Plan&) {}, part), "");
    for (const auto& [name, value] : plan(part).compile_time_arguments()) {
        if (name.starts_with("stats")) {
            EXPECT_NE(broken_by([&name = name](Plan& planned) { set(planned, name, 77); }, part), "") << name;
        }
    }
    Problem tiled = make_problem(4096, 1024);
    tiled.gamma->layout = Layout::kTile;
    EXPECT_EQ(broken_by([](Plan&) {}, tiled), "");
    for (const char* const name : {"gamma_piece_stride_bytes", "gamma_pieces_per_page"}) {
        EXPECT_NE(broken_by([name](Plan& planned) { set(planned, name, 32); }, tiled), "") << name;
    }
    EXPECT_NE(broken_by([](Plan& planned) { planned.core_arguments[5][1] = 2; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.core_arguments[5][0] ^= 1U; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.core_arguments[5].push_back(0); }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.core_arguments.pop_back(); }), "");
}

TEST(Promises, about_arguments_of_compute_are_checked) {
    EXPECT_NE(broken_by([](Plan& planned) { planned.compute_arguments[0] ^= 1U; }), "");
    EXPECT_NE(broken_by([](Plan& planned) { planned.compute_arguments.clear(); }), "");
}

// Input and sum in shards of whole rows, residual and output in blocks of two rows of the grid.
[[nodiscard]] Problem problem_in_shards(Layout layout) {
    Problem problem = make_full_problem(256, 1024);
    problem.input.layout = layout;
    problem.options.layout = Layout::kRowMajor;
    problem.input = tests::in_shards(problem.input, {.height = 32, .width = 1024, .cores = tests::first_cores(8)});
    problem.residual = tests::in_shards(
        problem.input, {.height = 128, .width = 256, .cores = tests::first_cores(16), .cores_per_row = 8});
    return problem;
}

TEST(Promises, about_words_of_shards_are_checked) {
    for (const Layout layout : {Layout::kRowMajor, Layout::kTile}) {
        const Problem problem = problem_in_shards(layout);
        ASSERT_EQ(broken_by([](Plan&) {}, problem), "");
        for (const char* const tensor : {"input", "residual", "output", "sum"}) {
            for (const char* const word :
                 {"shard_rows", "shard_pages", "shards_per_row", "first_place", "page_bytes"}) {
                const std::string name = std::string(tensor) + "_" + word;
                EXPECT_NE(broken_by([&](Plan& planned) { set(planned, name, 77); }, problem), "") << name;
                EXPECT_NE(broken_by([&](Plan& planned) { set(planned, name, 0); }, problem), "") << name;
            }
        }
    }
    EXPECT_EQ(broken_by([](Plan& planned) { set(planned, "residual_first_place", kFirstPlace + 1); },
                        problem_in_shards(Layout::kRowMajor)),
              "kernels find each shard");
}

TEST(Promises, about_places_of_shards_are_checked) {
    const Problem problem = problem_in_shards(Layout::kRowMajor);
    const std::string lost = "kernels find each shard";
    EXPECT_EQ(broken_by([](Plan& planned) { std::swap(planned.shards[2], planned.shards[3]); }, problem), lost);
    EXPECT_EQ(broken_by([](Plan& planned) { planned.shards.pop_back(); }, problem), lost);
    EXPECT_EQ(broken_by([](Plan& planned) { planned.shards.push_back({}); }, problem),
              "places are told once, and no others");
    const auto tell_again = [](Plan& planned) {
        set(planned, "sum_first_place", kFirstPlace + static_cast<std::uint32_t>(planned.shards.size()));
        const std::vector<Coordinate> list(planned.shards.begin(), planned.shards.begin() + 8);
        planned.shards.insert(planned.shards.end(), list.begin(), list.end());
    };
    EXPECT_EQ(broken_by(tell_again, problem), "places are told once, and no others");
    EXPECT_NE(broken_by([](Plan& planned) { planned.call.one_core = 1; }, problem), "");
}

TEST(Promises, about_rows_in_shards_are_checked) {
    for (const Layout layout : {Layout::kRowMajor, Layout::kTile}) {
        const Problem problem = problem_in_shards(layout);
        EXPECT_EQ(broken_by([](Plan& planned) { std::swap(planned.cores[0].runs, planned.cores[1].runs); }, problem),
                  "a core takes the rows of its own shard");
        EXPECT_EQ(broken_by([](Plan& planned) { ++planned.cores[1].runs[0].first_page; }, problem),
                  "no row is left out and none is taken twice");
    }
    Problem cut = problem_in_shards(Layout::kRowMajor);
    cut.input = *cut.residual;
    const auto unload = [](Plan& planned) {
        const auto run_from = [&](std::int64_t first) -> auto& {
            return std::ranges::find(planned.cores, first,
                                     [](const CoreWork& work) { return work.runs.at(0).first_page; })
                ->runs[0];
        };
        auto& first = run_from(0);
        auto& next = run_from(first.count);
        first.count += 2;
        next.first_page += 2;
        next.count -= 2;
    };
    EXPECT_EQ(broken_by([](Plan&) {}, cut), "");
    EXPECT_EQ(broken_by(unload, cut), "rows that no core is near are spread evenly");
}

TEST(Promises, of_a_refusal_are_a_prefix_and_a_remedy) {
    EXPECT_EQ(tests::broken_refusal({.norm = Norm::kLayer}, "layernorm_fused_rm: this is wrong; do that"), "");
    EXPECT_EQ(tests::broken_refusal({.norm = Norm::kRms}, "rms_norm_fused_rm: this is wrong; do that"), "");
    EXPECT_NE(tests::broken_refusal({.norm = Norm::kRms}, "layernorm_fused_rm: this is wrong; do that"), "");
    const Options before{.stage = Stage::kPreAllGather};
    EXPECT_EQ(tests::broken_refusal(before, "layernorm_fused_rm_pre_all_gather: this is wrong; do that"), "");
    EXPECT_NE(tests::broken_refusal(before, "layernorm_fused_rm: this is wrong; do that"), "");
    EXPECT_NE(tests::broken_refusal({.norm = Norm::kLayer}, "this is wrong; do that"), "");
    EXPECT_NE(tests::broken_refusal({.norm = Norm::kLayer}, "layernorm_fused_rm: this is wrong"), "");
}

}  // namespace
}  // namespace layernorm_fused_rm
