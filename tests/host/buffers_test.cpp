#include "buffers.hpp"

#include <gtest/gtest.h>

#include "builders.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {
namespace {

constexpr std::int64_t kAmple = 1'400'000;

TEST(Buffers, of_17_rows_of_1024_elements_a_core) {
    const Buffers fitted = fit_buffers(1024, 17, kAmple);
    ASSERT_EQ(fitted.buffers.size(), 4U);
    const auto expect = [&](std::size_t i, contract::Buffer index, std::int64_t page_bytes, std::int64_t pages) {
        EXPECT_EQ(fitted.buffers[i].index, static_cast<std::uint32_t>(index));
        EXPECT_EQ(fitted.buffers[i].page_bytes, page_bytes);
        EXPECT_EQ(fitted.buffers[i].pages, pages);
    };
    expect(0, contract::Buffer::kInput, 6144, 8);
    expect(1, contract::Buffer::kGamma, 2048, 1);
    expect(2, contract::Buffer::kBeta, 2048, 1);
    expect(3, contract::Buffer::kOutput, 6144, 4);
    EXPECT_EQ(fitted.bytes, 77824);
}

TEST(Buffers, go_from_the_reader_to_compute_to_the_writer) {
    for (const CircularBuffer& buffer : fit_buffers(1024, 17, kAmple).buffers) {
        const bool is_output = buffer.index == static_cast<std::uint32_t>(contract::Buffer::kOutput);
        EXPECT_EQ(buffer.producer, is_output ? "compute" : "reader");
        EXPECT_EQ(buffer.consumer, is_output ? "writer" : "compute");
    }
}

// 2,048-byte chunks: two input pages, two output pages, gamma and beta; streamed, a row each of input, gamma and beta.
[[nodiscard]] std::int64_t least_bytes(std::int64_t width) {
    return width <= 1024 ? std::int64_t{6} * 2048 : (3 * ((width + 1023) / 1024) + 2) * 2048;
}

TEST(Buffers, stay_within_the_budget_or_are_refused) {
    for (const std::int64_t budget : {12288, 20000, 40000, 100000, 1400000}) {
        for (const std::int64_t width : {32, 384, 1024, 1056, 4096, 8192}) {
            for (const std::int64_t rows : {1, 5, 1000}) {
                if (least_bytes(width) > budget) {
                    EXPECT_THROW(static_cast<void>(fit_buffers(width, rows, budget)), std::invalid_argument);
                    continue;
                }
                const Buffers fitted = fit_buffers(width, rows, budget);
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
            if (least_bytes(width) > budget) {
                continue;
            }
            const Buffers fitted = fit_buffers(width, 5, budget);
            const std::int64_t blocks = fitted.buffers[0].pages / fitted.blocking.pages_per_block();
            EXPECT_EQ(fitted.buffers[0].pages % fitted.blocking.pages_per_block(), 0);
            EXPECT_TRUE(blocks >= 2 || fitted.steps_in_flight == 1) << width << " wide";
        }
    }
}

TEST(Buffers, lose_room_to_work_ahead_before_blocks_get_smaller) {
    const Buffers ample = fit_buffers(1024, 17, 77824);
    EXPECT_EQ(ample.buffers[0].pages, 8);
    EXPECT_EQ(ample.steps_in_flight, 6);
    const Buffers tight = fit_buffers(1024, 17, 77823);
    EXPECT_EQ(tight.buffers[0].pages, 2);
    EXPECT_EQ(tight.steps_in_flight, 2);
    EXPECT_EQ(tight.blocking, ample.blocking);
    const Buffers tightest = fit_buffers(1024, 17, tight.bytes - 1);
    EXPECT_EQ(tightest.blocking, smallest_blocking(1024));
}

TEST(Buffers, have_room_for_all_steps_under_way_and_the_block_before) {
    for (const std::int64_t width : {64, 1024, 1056, 8192}) {
        for (const std::int64_t budget : {60000, 100000, 1400000}) {
            const Buffers fitted = fit_buffers(width, 9, budget);
            const std::int64_t steps = fitted.buffers[0].pages / fitted.blocking.pages_per_step;
            EXPECT_GE(steps, fitted.blocking.segments + fitted.steps_in_flight - 1) << width << " wide";
        }
    }
}

TEST(Buffers, hold_gamma_and_beta_as_wide_as_the_rows) {
    EXPECT_EQ(fit_buffers(96, 8, kAmple).buffers[1].page_bytes, 2048);
    EXPECT_EQ(fit_buffers(1056, 8, kAmple).buffers[1].page_bytes, 4096);
    EXPECT_EQ(fit_buffers(8192, 8, kAmple).buffers[2].page_bytes, 16384);
}

TEST(Buffers, hold_the_widest_rows_one_at_a_time) {
    const std::int64_t widest = (kAmple / 2048 - 2) / 3 * 1024;  // input, gamma, beta, and two chunks of output
    const Buffers fitted = fit_buffers(widest, 8, kAmple);
    EXPECT_EQ(fitted.blocking.rows_per_block, 1);
    EXPECT_EQ(fitted.buffers[0].pages, widest / 1024);
    EXPECT_THROW(static_cast<void>(fit_buffers(widest + 32, 8, kAmple)), std::invalid_argument);
}

TEST(Buffers, of_rows_too_wide_for_l1_are_refused_with_the_largest_width) {
    Problem problem = tests::make_problem(8, 8192);
    problem.device.l1_bytes = least_bytes(8192) - 1;
    EXPECT_EQ(tests::error_of(problem),
              "layernorm_fused_rm: input rows have 8192 elements, but the 53247 bytes of L1 for circular buffers hold "
              "rows of at most 7168 elements; pass narrower rows");
    problem.device.l1_bytes = least_bytes(8192);
    EXPECT_EQ(tests::error_of(problem), "");
}

TEST(Buffers, of_a_core_without_l1_are_refused) {
    Problem problem = tests::make_problem(8, 32);
    problem.device.l1_bytes = 12287;
    EXPECT_EQ(tests::error_of(problem),
              "layernorm_fused_rm: input rows have 32 elements, but the 12287 bytes of L1 for circular buffers hold "
              "rows of at most 0 elements; free L1 on the device");
}

}  // namespace
}  // namespace layernorm_fused_rm
