// SPDX-License-Identifier: Apache-2.0
#include "buffers.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "contract.hpp"
#include "example_calls.hpp"

namespace layernorm_fused_rm {
namespace {

using tests::full_call;
using tests::plain_call;

constexpr std::int64_t kAmple = 1'400'000;

TEST(Buffers, of_17_rows_of_1024_elements_a_core) {
    const Buffers fitted = fit_buffers(plain_call(1024), 17, kAmple);
    ASSERT_EQ(fitted.buffers.size(), 4U);
    const auto expect = [&](std::size_t i, contract::Buffer index, std::int64_t page_bytes, std::int64_t pages) {
        EXPECT_EQ(fitted.buffers[i].index, static_cast<std::uint32_t>(index));
        EXPECT_EQ(fitted.buffers[i].page_bytes, page_bytes);
        EXPECT_EQ(fitted.buffers[i].pages, pages);
    };
    expect(0, contract::Buffer::kInput, 6144, 8);
    expect(1, contract::Buffer::kOutput, 6144, 4);
    expect(2, contract::Buffer::kGamma, 2048, 1);
    expect(3, contract::Buffer::kBeta, 2048, 1);
    EXPECT_EQ(fitted.bytes, 77824);
}

TEST(Buffers, go_from_the_reader_to_compute_to_the_writer_who_brings_the_vectors) {
    const auto index = [](contract::Buffer buffer) { return static_cast<std::uint32_t>(buffer); };
    for (const CircularBuffer& buffer : fit_buffers(plain_call(1024), 17, kAmple).buffers) {
        const bool is_output = buffer.index == index(contract::Buffer::kOutput);
        const bool is_input = buffer.index == index(contract::Buffer::kInput);
        EXPECT_EQ(buffer.producer, is_output ? "compute" : is_input ? "reader" : "writer");
        EXPECT_EQ(buffer.consumer, is_output ? "writer" : "compute");
    }
}

// 2,048-byte chunks: two input pages, two output pages, gamma and beta; of rows read again four input pages.
[[nodiscard]] std::int64_t least_bytes(std::int64_t width) { return (std::int64_t{width <= 1024 ? 6 : 8}) * 2048; }

TEST(Buffers, stay_within_the_budget_or_are_refused) {
    for (const std::int64_t budget : {12288, 20000, 40000, 100000, 1400000}) {
        for (const std::int64_t width : {1, 33, 384, 1024, 1025, 4096, 65536}) {
            for (const std::int64_t rows : {1, 5, 1000}) {
                if (least_bytes(width) > budget) {
                    EXPECT_THROW(static_cast<void>(fit_buffers(plain_call(width), rows, budget)),
                                 std::invalid_argument);
                    continue;
                }
                const Buffers fitted = fit_buffers(plain_call(width), rows, budget);
                std::int64_t bytes = 0;
                for (const CircularBuffer& buffer : fitted.buffers) {
                    bytes += buffer.bytes();
                }
                EXPECT_EQ(fitted.bytes, bytes);
                EXPECT_LE(bytes, budget) << width << " wide, " << rows << " rows";
            }
        }
    }
}

TEST(Buffers, leave_a_streaming_reader_room_for_the_block_before) {
    for (const std::int64_t budget : {20000, 40000, 100000, 1400000}) {
        for (const std::int64_t width : {1056, 4096, 8192}) {
            const Buffers fitted = fit_buffers(plain_call(width), 5, budget);
            if (fitted.reads_again) {
                continue;
            }
            const std::int64_t blocks = fitted.buffers[0].pages / fitted.blocking.pages_per_block();
            EXPECT_EQ(fitted.buffers[0].pages % fitted.blocking.pages_per_block(), 0);
            EXPECT_TRUE(blocks >= 2 || fitted.steps_in_flight == 1) << width << " wide";
        }
    }
}

TEST(Buffers, lose_room_to_work_ahead_before_blocks_get_smaller) {
    const Buffers ample = fit_buffers(plain_call(1024), 17, 77824);
    EXPECT_EQ(ample.buffers[0].pages, 8);
    EXPECT_EQ(ample.steps_in_flight, 6);
    const Buffers tight = fit_buffers(plain_call(1024), 17, 77823);
    EXPECT_EQ(tight.buffers[0].pages, 2);
    EXPECT_EQ(tight.steps_in_flight, 2);
    EXPECT_EQ(tight.blocking, ample.blocking);
    const Buffers tightest = fit_buffers(plain_call(1024), 17, tight.bytes - 1);
    EXPECT_EQ(tightest.blocking, smallest_blocking(plain_call(1024)));
}

TEST(Buffers, have_room_for_all_steps_under_way_and_the_block_before) {
    for (const std::int64_t width : {64, 1024, 1056, 8192}) {
        for (const std::int64_t budget : {60000, 100000, 1400000}) {
            const Buffers fitted = fit_buffers(plain_call(width), 9, budget);
            const std::int64_t steps = fitted.buffers[0].pages / fitted.blocking.pages_per_step;
            const std::int64_t kept = fitted.reads_again ? 1 : fitted.blocking.segments;
            EXPECT_GE(steps, kept + fitted.steps_in_flight - 1) << width << " wide";
        }
    }
}

TEST(Buffers, hold_gamma_and_beta_as_wide_as_the_rows) {
    EXPECT_EQ(fit_buffers(plain_call(96), 8, kAmple).buffers[2].page_bytes, 2048);
    EXPECT_EQ(fit_buffers(plain_call(1056), 8, kAmple).buffers[3].page_bytes, 4096);
    EXPECT_EQ(fit_buffers(plain_call(8192), 8, kAmple).buffers[2].page_bytes, 16384);
}

TEST(Buffers, hold_the_widest_rows_one_at_a_time) {
    const std::int64_t widest = (kAmple / 2048 - 2) / 3 * 1024;  // input, gamma, beta, and two chunks of output
    const Buffers fitted = fit_buffers(plain_call(widest), 8, kAmple);
    EXPECT_FALSE(fitted.reads_again);
    EXPECT_EQ(fitted.blocking.rows_per_block, 1);
    EXPECT_EQ(fitted.buffers[0].pages, widest / 1024);
    EXPECT_TRUE(fit_buffers(plain_call(widest + 32), 8, kAmple).reads_again);
}

TEST(Buffers, of_rows_read_again_hold_steps_and_one_segment_of_gamma_and_beta) {
    const Buffers fitted = fit_buffers(plain_call(1'000'000), 8, kAmple);
    ASSERT_TRUE(fitted.reads_again);
    EXPECT_EQ(fitted.steps_in_flight, 3);
    EXPECT_EQ(fitted.blocking.rows_per_block, 2);
    EXPECT_EQ(fitted.input_pages, 4 * 2);
    EXPECT_EQ(fitted.buffers[0].pages, 4 * 2);
    EXPECT_EQ(fitted.buffers[1].pages, 2 * 2);
    for (const std::size_t vector : {2U, 3U}) {
        EXPECT_EQ(fitted.buffers[vector].page_bytes, 2048);
        EXPECT_EQ(fitted.buffers[vector].pages, 1);
    }
}

TEST(Buffers, of_rows_of_one_segment_are_never_read_again) {
    for (const std::int64_t budget : {12288, 20000, 1400000}) {
        EXPECT_FALSE(fit_buffers(plain_call(1024), 8, budget).reads_again);
    }
}

// 17 rows of 1,024 float32 elements, a row a block: a residual's page for each of the input's, a sum's for each of the
// output's, and two pages of statistics of a chunk.
TEST(Buffers, of_a_call_with_every_option) {
    const Buffers fitted = fit_buffers(full_call(1024), 17, kAmple);
    struct Expected {
        contract::Buffer index;
        std::string purpose;
        std::int64_t page_bytes;
        std::int64_t pages;
        std::string producer;
        DataType dtype;
    };
    using contract::Buffer;
    const std::vector<Expected> all = {
        {Buffer::kInput, "input rows", 4096, 8, "reader", DataType::kFloat32},
        {Buffer::kOutput, "output rows", 4096, 4, "compute", DataType::kFloat32},
        {Buffer::kGamma, "gamma", 4096, 1, "writer", DataType::kFloat32},
        {Buffer::kBeta, "beta", 2048, 1, "writer", DataType::kBfloat16},
        {Buffer::kResidual, "residual rows", 4096, 8, "reader", DataType::kFloat32},
        {Buffer::kSum, "sum rows", 4096, 4, "compute", DataType::kFloat32},
        {Buffer::kStatistics, "statistics", 4096, 2, "compute", DataType::kFloat32},
    };
    ASSERT_EQ(fitted.buffers.size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        const CircularBuffer& found = fitted.buffers[i];
        EXPECT_EQ(found.index, static_cast<std::uint32_t>(all[i].index));
        EXPECT_EQ(found.purpose, all[i].purpose);
        EXPECT_EQ(found.page_bytes, all[i].page_bytes) << found.purpose;
        EXPECT_EQ(found.pages, all[i].pages) << found.purpose;
        EXPECT_EQ(found.producer, all[i].producer) << found.purpose;
        EXPECT_EQ(found.dtype, all[i].dtype) << found.purpose;
    }
}

TEST(Buffers, are_only_those_of_the_tensors_that_the_call_has) {
    Problem problem = tests::make_problem(8, 64);
    problem.gamma.reset();
    problem.beta.reset();
    const Buffers fitted = fit_buffers(describe_call(problem), 8, kAmple);
    ASSERT_EQ(fitted.buffers.size(), 2U);
    EXPECT_EQ(fitted.buffers[0].purpose, "input rows");
    EXPECT_EQ(fitted.buffers[1].purpose, "output rows");
}

// The widest row of an empty Wormhole core that used to be planned as if L1 were larger by what kernels take of it.
TEST(Buffers, of_a_row_that_nearly_fills_l1_hold_it_or_it_is_read_again) {
    Problem problem = tests::make_problem(1, 242'688);
    problem.gamma.reset();
    problem.beta.reset();
    for (const auto& [l1_bytes, reads_again] :
         {std::pair{std::int64_t{1'393'312}, false}, {std::int64_t{400'000}, true}, {std::int64_t{12'288}, true}}) {
        problem.device.l1_bytes = l1_bytes;
        const Plan planned = plan(problem);
        EXPECT_EQ(planned.call.reads_again != 0, reads_again) << l1_bytes;
        EXPECT_LE(planned.l1_bytes_used, l1_bytes);
    }
}

TEST(Buffers, of_a_core_without_l1_are_refused) {
    Problem problem = tests::make_problem(8, 32);
    problem.device.l1_bytes = 12287;
    EXPECT_EQ(
        tests::error_of(problem),
        "layernorm_fused_rm: rows of 32 elements need 12288 bytes of each core's L1 for circular buffers, but 12287 "
        "are free below the tensors that lie in L1; deallocate some of them, or move them to DRAM with "
        "ttnn.to_memory_config(tensor, ttnn.DRAM_MEMORY_CONFIG)");
    problem = tests::make_problem(8, 65536);
    problem.device.l1_bytes = 16383;
    EXPECT_EQ(tests::error_of(problem),
              "layernorm_fused_rm: rows of 65536 elements need 16384 bytes of each core's L1 for circular buffers, but "
              "16383 are free below the tensors that lie in L1; deallocate some of them, or move them to DRAM with "
              "ttnn.to_memory_config(tensor, ttnn.DRAM_MEMORY_CONFIG)");
    problem.device.l1_bytes = 16384;
    EXPECT_EQ(tests::error_of(problem), "");
}

}  // namespace
}  // namespace layernorm_fused_rm
