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

namespace argument = contract::argument;

[[nodiscard]] std::map<std::string, std::uint32_t> arguments_of(const Plan& planned) {
    return {planned.compile_time_arguments.begin(), planned.compile_time_arguments.end()};
}

TEST(Plan, gives_the_compile_time_arguments_in_the_order_of_the_contract) {
    std::vector<std::string> names;
    for (const auto& [name, value] : plan(make_problem(1024, 1024)).compile_time_arguments) {
        names.push_back(name);
    }
    EXPECT_EQ(names,
              std::vector<std::string>(std::begin(contract::kArgumentNames), std::end(contract::kArgumentNames)));
}

TEST(Plan, of_1024_rows_of_384_elements_says_how_rows_are_cut) {
    const auto arguments = arguments_of(plan(make_problem(1024, 384)));
    EXPECT_EQ(arguments.at(argument::kWidth), 384U);
    EXPECT_EQ(arguments.at(argument::kRowStride), 384U);
    EXPECT_EQ(arguments.at(argument::kSegments), 1U);
    EXPECT_EQ(arguments.at(argument::kRowsPerBatch), 3U);  // of 18 a core
    EXPECT_EQ(arguments.at(argument::kRowsPerBlock), 6U);
    EXPECT_EQ(arguments.at(argument::kBufferPageElements), 3072U);
    EXPECT_EQ(arguments.at(contract::kInputArguments.page_bytes), 768U);
    EXPECT_EQ(arguments.at(contract::kOutputArguments.page_bytes), 768U);
}

TEST(Plan, gives_constants_as_the_bits_of_a_float32) {
    Problem problem = make_problem(4, 96);  // 2^k = 128, c = 0.75
    problem.epsilon = 1e-12;
    const Plan planned = plan(problem);
    const auto arguments = arguments_of(planned);
    EXPECT_EQ(std::bit_cast<float>(arguments.at(argument::kNegativeSumScaleBits)), -1.0F / 128.0F);
    EXPECT_EQ(std::bit_cast<float>(arguments.at(argument::kCentreScaleBits)), 0.75F);
    EXPECT_EQ(std::bit_cast<float>(arguments.at(argument::kNegativeMeanSquareScaleBits)), -1.0F / 54.0F);
    EXPECT_EQ(std::bit_cast<float>(arguments.at(argument::kRstdScaleBits)), 4.0F / 3.0F);
    ASSERT_EQ(planned.compute_arguments.size(), 1U);
    EXPECT_EQ(std::bit_cast<float>(planned.compute_arguments[0]), -1e-12F);
}

// So that it compiles no kernel anew.
TEST(Plan, of_another_epsilon_has_the_same_compile_time_arguments) {
    Problem problem = make_problem(4, 96);
    const Plan one = plan(problem);
    problem.epsilon = 1e-12;
    const Plan other = plan(problem);
    EXPECT_EQ(one.compile_time_arguments, other.compile_time_arguments);
    EXPECT_NE(one.compute_arguments, other.compute_arguments);
}

TEST(Plan, of_a_power_of_two_has_no_centre_scale) {
    const auto arguments = arguments_of(plan(make_problem(4, 1024)));
    EXPECT_EQ(std::bit_cast<float>(arguments.at(argument::kNegativeSumScaleBits)), -1.0F / 1024.0F);
    EXPECT_EQ(std::bit_cast<float>(arguments.at(argument::kCentreScaleBits)), 1.0F);
    EXPECT_EQ(std::bit_cast<float>(arguments.at(argument::kNegativeMeanSquareScaleBits)), -1.0F / 1024.0F);
    EXPECT_EQ(std::bit_cast<float>(arguments.at(argument::kRstdScaleBits)), 1.0F);
}

TEST(Plan, says_where_each_tensor_lies) {
    const auto memories = [](const Problem& problem) {
        const auto arguments = arguments_of(plan(problem));
        return std::vector{
            arguments.at(contract::kInputArguments.in_dram),  arguments.at(contract::kInputArguments.banks),
            arguments.at(contract::kOutputArguments.in_dram), arguments.at(contract::kOutputArguments.banks),
            arguments.at(contract::kGammaArguments.in_dram),  arguments.at(contract::kBetaArguments.in_dram)};
    };
    Problem problem = make_problem(64, 64);
    EXPECT_THAT(memories(problem), ElementsAre(1, 12, 1, 12, 1, 1));
    problem.output_memory = Memory::kL1;
    EXPECT_THAT(memories(problem), ElementsAre(1, 12, 0, 64, 1, 1));
    problem.gamma->memory = Memory::kL1;
    EXPECT_THAT(memories(problem), ElementsAre(1, 12, 0, 64, 0, 1));
    problem.beta->memory = Memory::kL1;
    problem.input.memory = Memory::kL1;
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
    EXPECT_EQ(planned.width, 64);
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
                EXPECT_EQ(buffer.page_bytes, 2 * arguments_of(planned).at(argument::kBufferPageElements));
            }
        }
    }
}

TEST(Plan, says_which_tensors_and_outputs_there_are) {
    const auto element_bytes = [](const Problem& problem) {
        const auto arguments = arguments_of(plan(problem));
        std::vector<std::uint32_t> all;
        for (const char* const name :
             {contract::kInputArguments.element_bytes, contract::kGammaArguments.element_bytes,
              contract::kBetaArguments.element_bytes, contract::kResidualArguments.element_bytes,
              contract::kOutputArguments.element_bytes, contract::kSumArguments.element_bytes,
              contract::kStatisticsArguments.element_bytes}) {
            all.push_back(arguments.at(name));
        }
        return all;
    };
    Problem problem = make_problem(64, 64);
    EXPECT_THAT(element_bytes(problem), ElementsAre(2, 2, 2, 0, 2, 0, 0));
    problem.beta.reset();
    problem.output_dtype = DataType::kFloat32;
    EXPECT_THAT(element_bytes(problem), ElementsAre(2, 2, 0, 0, 4, 0, 0));
    problem.gamma.reset();
    problem.residual = TensorSpec{.shape = {64, 64}, .dtype = DataType::kFloat32};
    problem.sum_dtype = DataType::kBfloat16;
    problem.returns_statistics = true;
    EXPECT_THAT(element_bytes(problem), ElementsAre(2, 0, 0, 4, 4, 2, 4));
}

TEST(Plan, takes_the_mean_out_as_the_rows_precision_asks) {
    const auto centring = [](const Problem& problem) {
        return static_cast<contract::Centring>(arguments_of(plan(problem)).at(argument::kCentring));
    };
    Problem problem = make_problem(64, 96);
    EXPECT_EQ(centring(problem), contract::Centring::kScaled);
    problem.residual = TensorSpec{.shape = {64, 96}};
    EXPECT_EQ(centring(problem), contract::Centring::kShifted);
    problem.residual.reset();
    problem.input.dtype = DataType::kFloat32;
    EXPECT_EQ(centring(problem), contract::Centring::kShifted);
    problem.norm = Norm::kRms;
    EXPECT_EQ(centring(problem), contract::Centring::kNone);
    EXPECT_EQ(std::bit_cast<float>(arguments_of(plan(problem)).at(argument::kCentreScaleBits)), 1.0F);
}

TEST(Plan, passes_gammas_centring_and_the_statistics_on) {
    Problem problem = make_problem(64, 64);
    EXPECT_EQ(arguments_of(plan(problem)).at(argument::kGammaIsZeroCentred), 0U);
    EXPECT_EQ(arguments_of(plan(problem)).at(argument::kReturnsStatistics), 0U);
    problem.gamma_is_zero_centred = true;
    EXPECT_EQ(arguments_of(plan(problem)).at(argument::kGammaIsZeroCentred), 1U);
    problem.returns_statistics = true;
    EXPECT_EQ(arguments_of(plan(problem)).at(argument::kReturnsStatistics), 1U);
}

TEST(Plan, of_one_dimension_is_one_row) {
    Problem problem = make_problem(1, 64);
    problem.input.shape = {64};
    EXPECT_EQ(plan(problem).rows, 1);
    EXPECT_EQ(plan(problem).width, 64);
}

TEST(Plan, reads_rows_again_that_are_too_wide_for_l1_and_says_so) {
    Problem problem = make_problem(8, 65536);
    EXPECT_FALSE(plan(problem).reads_again);
    EXPECT_EQ(arguments_of(plan(problem)).at(argument::kReadsAgain), 0U);
    problem.device.l1_bytes = 100'000;
    const Plan planned = plan(problem);
    EXPECT_TRUE(planned.reads_again);
    EXPECT_EQ(arguments_of(planned).at(argument::kReadsAgain), 1U);
    EXPECT_THAT(planned.describe(), HasSubstr("8 rows of 65536 elements, too wide for L1: read again for each pass\n"));
}

TEST(Plan, is_the_same_every_time) {
    const Plan first = plan(make_problem(777, 1056));
    const Plan second = plan(make_problem(777, 1056));
    EXPECT_EQ(first.cores, second.cores);
    EXPECT_EQ(first.core_arguments, second.core_arguments);
    EXPECT_EQ(first.compile_time_arguments, second.compile_time_arguments);
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
         plan(make_problem(3, 96, plain_device({.x = 2, .y = 1}, 1))).compile_time_arguments) {
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
