// SPDX-License-Identifier: Apache-2.0
#include "layernorm_fused_rm/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "builders.hpp"
#include "contract.hpp"
#include "device.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::CoreArgument;
using contract::RunArgument;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::make_problem;
using tests::plain_device;

using contract::Tensor;

TEST(Plan, names_each_of_the_calls_words) {
    const Plan planned = plan(make_problem(1024, 1024));
    const NamedWords words = planned.compile_time_arguments();
    EXPECT_EQ(words.size(), contract::kCallWords);
    const std::map<std::string, std::uint32_t> by_name{words.begin(), words.end()};
    EXPECT_EQ(by_name.size(), words.size());
    EXPECT_EQ(by_name.at("width_elements"), 1024U);
    EXPECT_EQ(by_name.at("output_page_bytes"), 2048U);
    EXPECT_EQ(by_name.at("rstd_element_bytes"), 0U);
}

TEST(Plan, of_1024_rows_of_384_elements_says_how_rows_are_cut) {
    const contract::Call call = plan(make_problem(1024, 384)).call;
    EXPECT_EQ(call.width_elements, 384U);
    EXPECT_EQ(call.row_stride_elements, 384U);
    EXPECT_EQ(call.segments, 1U);
    EXPECT_EQ(call.rows_per_batch, 3U);  // of 18 a core
    EXPECT_EQ(call.rows_per_block, 6U);
    EXPECT_EQ(call.buffer_page_elements, 3072U);
    EXPECT_EQ(call[Tensor::kInput].page_bytes, 768U);
    EXPECT_EQ(call[Tensor::kOutput].page_bytes, 768U);
}

TEST(Plan, gives_constants_as_the_bits_of_a_float32) {
    Problem problem = make_problem(4, 96);  // 2^k = 128, c = 0.75
    problem.options.epsilon = 1e-12;
    const Plan planned = plan(problem);
    const contract::Call call = planned.call;
    EXPECT_EQ(std::bit_cast<float>(call.negative_sum_scale_bits), -1.0F / 128.0F);
    EXPECT_EQ(std::bit_cast<float>(call.centre_scale_bits), 0.75F);
    EXPECT_EQ(std::bit_cast<float>(call.negative_mean_square_scale_bits), -1.0F / 54.0F);
    EXPECT_EQ(std::bit_cast<float>(call.rstd_scale_bits), 4.0F / 3.0F);
    ASSERT_EQ(planned.compute_arguments.size(), 2U);
    EXPECT_EQ(std::bit_cast<float>(planned.compute_arguments[0]), -1e-12F);
}

// So that it compiles no kernel anew.
TEST(Plan, of_another_epsilon_has_the_same_compile_time_arguments) {
    Problem problem = make_problem(4, 96);
    const Plan one = plan(problem);
    problem.options.epsilon = 1e-12;
    const Plan other = plan(problem);
    EXPECT_EQ(one.compile_time_arguments(), other.compile_time_arguments());
    EXPECT_NE(one.compute_arguments, other.compute_arguments);
}

TEST(Plan, of_a_power_of_two_has_no_centre_scale) {
    const contract::Call call = plan(make_problem(4, 1024)).call;
    EXPECT_EQ(std::bit_cast<float>(call.negative_sum_scale_bits), -1.0F / 1024.0F);
    EXPECT_EQ(std::bit_cast<float>(call.centre_scale_bits), 1.0F);
    EXPECT_EQ(std::bit_cast<float>(call.negative_mean_square_scale_bits), -1.0F / 1024.0F);
    EXPECT_EQ(std::bit_cast<float>(call.rstd_scale_bits), 1.0F);
}

TEST(Plan, says_where_each_tensor_lies) {
    const auto memories = [](const Problem& problem) {
        const contract::Call call = plan(problem).call;
        return std::vector{call[Tensor::kInput].in_dram, call[Tensor::kInput].banks,   call[Tensor::kOutput].in_dram,
                           call[Tensor::kOutput].banks,  call[Tensor::kGamma].in_dram, call[Tensor::kBeta].in_dram};
    };
    Problem problem = make_problem(64, 64);
    EXPECT_THAT(memories(problem), ElementsAre(1, 12, 1, 12, 1, 1));
    problem.options.memory_config = MemoryConfig{BufferType::kL1};
    EXPECT_THAT(memories(problem), ElementsAre(1, 12, 0, 64, 1, 1));
    problem.gamma->buffer_type = BufferType::kL1;
    EXPECT_THAT(memories(problem), ElementsAre(1, 12, 0, 64, 0, 1));
    problem.beta->buffer_type = BufferType::kL1;
    problem.input.buffer_type = BufferType::kL1;
    EXPECT_THAT(memories(problem), ElementsAre(0, 64, 0, 64, 0, 0));
}

// Reads the arguments back as kernels do.
[[nodiscard]] std::vector<Run> runs_from(const std::vector<std::uint32_t>& words) {
    std::vector<Run> runs;
    for (std::uint32_t i = 0; i < words.at(static_cast<std::size_t>(CoreArgument::kRuns)); ++i) {
        const auto word = [&](RunArgument which) { return words.at(contract::run_slot(i, which)); };
        runs.push_back({word(RunArgument::kBank), word(RunArgument::kFirstPage), word(RunArgument::kRows)});
    }
    return runs;
}

TEST(Plan, gives_every_core_its_runs_as_arguments_all_of_one_length) {
    Problem several_runs = make_problem(100, 64, plain_device({.x = 3, .y = 1}, 8));
    for (const Problem& problem : {make_problem(1000, 64), several_runs}) {
        const Plan planned = plan(problem);
        ASSERT_EQ(planned.core_arguments.size(), planned.cores.size());
        for (std::size_t i = 0; i < planned.cores.size(); ++i) {
            EXPECT_EQ(runs_from(planned.core_arguments[i]), planned.cores[i].runs);
            EXPECT_EQ(planned.core_arguments[i].size(), planned.core_arguments[0].size());
        }
    }
}

TEST(Plan, counts_the_rows_of_all_dimensions_but_the_last) {
    Problem problem = make_problem(1, 64);
    problem.input.shape = {2, 3, 5, 64};
    const Plan planned = plan(problem);
    EXPECT_EQ(planned.rows, 30);
    EXPECT_EQ(planned.call.width_elements, 64);
    std::int64_t placed = 0;
    for (const CoreWork& work : planned.cores) {
        placed += work.rows();
    }
    EXPECT_EQ(placed, 30);
}

TEST(Plan, of_an_empty_tensor_has_no_cores) {
    Problem problem = make_problem(0, 64);
    EXPECT_TRUE(plan(problem).cores.empty());
    EXPECT_TRUE(plan(problem).core_arguments.empty());
    problem.input.shape = {std::int64_t{1} << 62, 0, std::int64_t{1} << 62, 64};
    EXPECT_EQ(plan(problem).rows, 0);
}

TEST(Plan, stays_within_l1_and_says_how_much_it_uses) {
    for (const std::int64_t width : {32, 96, 384, 1024, 1056, 8192}) {
        const Plan planned = plan(make_problem(1024, width));
        std::int64_t bytes = 0;
        for (const CircularBuffer& buffer : planned.buffers) {
            bytes += buffer.bytes();
        }
        EXPECT_EQ(planned.l1_bytes_used, bytes);
        EXPECT_EQ(planned.l1_bytes_budget, 1'400'000);
        EXPECT_LE(planned.l1_bytes_used, planned.l1_bytes_budget);
    }
}

TEST(Plan, has_input_and_output_pages_of_one_block) {
    for (const std::int64_t width : {32, 1024, 8192}) {
        const Plan planned = plan(make_problem(1024, width));
        for (const CircularBuffer& buffer : planned.buffers) {
            if (buffer.index == static_cast<std::uint32_t>(contract::Buffer::kInput) ||
                buffer.index == static_cast<std::uint32_t>(contract::Buffer::kOutput)) {
                EXPECT_EQ(buffer.page_bytes, 2 * planned.call.buffer_page_elements);
            }
        }
    }
}

TEST(Plan, says_which_tensors_and_outputs_there_are) {
    const auto element_bytes = [](const Problem& problem) {
        const contract::Call call = plan(problem).call;
        std::vector<std::uint32_t> all;
        for (const contract::TensorLayout& tensor : call.tensors) {
            all.push_back(tensor.element_bytes);
        }
        return all;
    };
    Problem problem = make_problem(64, 64);
    EXPECT_THAT(element_bytes(problem), ElementsAre(2, 0, 2, 2, 2, 0, 0, 0, 0));
    problem.beta.reset();
    problem.options.dtype = DataType::kFloat32;
    EXPECT_THAT(element_bytes(problem), ElementsAre(2, 0, 2, 0, 4, 0, 0, 0, 0));
    problem.gamma.reset();
    problem.residual = TensorSpec{.shape = {64, 64}, .dtype = DataType::kFloat32};
    problem.options.return_sum = true;
    problem.options.sum_dtype = DataType::kBfloat16;
    problem.options.return_statistics = true;
    EXPECT_THAT(element_bytes(problem), ElementsAre(2, 4, 0, 0, 4, 2, 4, 4, 0));
}

TEST(Plan, takes_the_mean_out_as_the_rows_precision_asks) {
    const auto centring = [](const Problem& problem) { return plan(problem).call.centring; };
    Problem problem = make_problem(64, 96);
    EXPECT_EQ(centring(problem), contract::Centring::kScaled);
    problem.residual = TensorSpec{.shape = {64, 96}};
    EXPECT_EQ(centring(problem), contract::Centring::kShifted);
    problem.residual.reset();
    problem.input.dtype = DataType::kFloat32;
    EXPECT_EQ(centring(problem), contract::Centring::kShifted);
    problem.options.norm = Norm::kRms;
    EXPECT_EQ(centring(problem), contract::Centring::kNone);
    EXPECT_EQ(std::bit_cast<float>(plan(problem).call.centre_scale_bits), 1.0F);
}

TEST(Plan, passes_gammas_centring_and_the_statistics_on) {
    Problem problem = make_problem(64, 64);
    EXPECT_EQ(plan(problem).call.zero_centered_gamma, 0U);
    EXPECT_EQ(plan(problem).call.returns_statistics(), false);
    problem.options.zero_centered_gamma = true;
    EXPECT_EQ(plan(problem).call.zero_centered_gamma, 1U);
    problem.options.return_statistics = true;
    EXPECT_EQ(plan(problem).call.returns_statistics(), true);
}

TEST(Plan, of_one_dimension_is_one_row) {
    Problem problem = make_problem(1, 64);
    problem.input.shape = {64};
    EXPECT_EQ(plan(problem).rows, 1);
    EXPECT_EQ(plan(problem).call.width_elements, 64);
}

TEST(Plan, reads_rows_again_that_are_too_wide_for_l1_and_says_so) {
    Problem problem = make_problem(8, 65536);
    EXPECT_EQ(plan(problem).call.reads_again, 0U);
    problem.device.l1_bytes = 100'000;
    const Plan planned = plan(problem);
    EXPECT_EQ(planned.call.reads_again, 1U);
    EXPECT_THAT(planned.describe(), HasSubstr("8 rows of 65536 elements, too wide for L1: read again for each pass\n"));
}

TEST(Plan, is_the_same_every_time) {
    const Plan first = plan(make_problem(777, 1056));
    const Plan second = plan(make_problem(777, 1056));
    EXPECT_EQ(first.cores, second.cores);
    EXPECT_EQ(first.core_arguments, second.core_arguments);
    EXPECT_EQ(first.compile_time_arguments(), second.compile_time_arguments());
    EXPECT_EQ(first.describe(), second.describe());
}

TEST(Describe, prints_buffers_l1_cores_and_arguments) {
    const std::string text = plan(make_problem(3, 96, plain_device({.x = 2, .y = 1}, 1))).describe();
    EXPECT_EQ(text.substr(0, text.find("compile-time arguments")),
              "layernorm_fused_rm: 3 rows of 96 elements\n"
              "\n"
              "circular buffers of every core\n"
              "  id  purpose      page size  pages  producer  consumer  bytes\n"
              "   0  input rows        2048      8  reader    compute   16384\n"
              "   1  output rows       2048      4  compute   writer     8192\n"
              "   2  gamma             2048      1  writer    compute    2048\n"
              "   3  beta              2048      1  writer    compute    2048\n"
              "\n"
              "L1 of every core: 28672 of 1400000 bytes (2 %)\n"
              "gamma and beta: read by every core\n"
              "\n"
              "2 cores\n"
              "  core (x, y)  rows  bank  first page  last page\n"
              "  (0, 0)          2     0           0          1\n"
              "  (1, 0)          1     0           2          2\n"
              "\n");
    EXPECT_THAT(text, HasSubstr("compile-time arguments\n"));
    for (const auto& [name, value] :
         plan(make_problem(3, 96, plain_device({.x = 2, .y = 1}, 1))).compile_time_arguments()) {
        EXPECT_THAT(text, testing::ContainsRegex(name + " +" + std::to_string(value) + "\n"));
    }
}

TEST(Describe, prints_a_line_for_each_run_of_a_core) {
    const std::string text = plan(make_problem(2, 96, plain_device({.x = 1, .y = 1}, 2))).describe();
    EXPECT_THAT(text, HasSubstr("1 core\n"
                                "  core (x, y)  rows  bank  first page  last page\n"
                                "  (0, 0)          1     0           0          0\n"
                                "  (0, 0)          1     1           0          0\n"));
}

}  // namespace
}  // namespace layernorm_fused_rm
