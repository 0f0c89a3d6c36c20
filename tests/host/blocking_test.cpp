// SPDX-License-Identifier: Apache-2.0
#include "blocking.hpp"

#include <gtest/gtest.h>

#include "contract.hpp"
#include "example_calls.hpp"

namespace layernorm_fused_rm {
namespace {

using namespace contract;
using tests::full_call;
using tests::plain_call;

struct Case {
    std::int64_t width = 0;
    std::int64_t most_rows = 0;
};

// Widths below, equal to and above the vector pair, the chunk and the zone; rows below, equal to and above a batch.
[[nodiscard]] std::vector<Case> cases() {
    std::vector<Case> all;
    for (const std::int64_t width :
         {1, 31, 32, 33, 64, 96, 384, 512, 768, 1000, 1023, 1024, 1025, 2048, 3072, 4096, 8192, 65536}) {
        for (const std::int64_t rows : {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 86, 1000}) {
            all.push_back({.width = width, .most_rows = rows});
        }
    }
    return all;
}

[[nodiscard]] std::string name(const Case& one) {
    return std::to_string(one.most_rows) + " rows of " + std::to_string(one.width);
}

TEST(Blocking, puts_rows_at_whole_vectors_and_segments_at_whole_chunks) {
    for (const Case& one : cases()) {
        const Blocking blocking = choose_blocking(plain_call(one.width), one.most_rows);
        if (one.width > kElementsPerChunk) {
            EXPECT_EQ(blocking.row_stride_elements, kElementsPerChunk) << name(one);
            continue;
        }
        const std::int64_t start = one.width <= kElementsPerPairedRow ? kElementsPerPairedRow : kElementsPerVectorPair;
        EXPECT_EQ(blocking.row_stride_elements % start, 0) << name(one);
        EXPECT_GE(blocking.row_stride_elements, one.width) << name(one);
        EXPECT_LT(blocking.row_stride_elements, one.width + start) << name(one);
    }
}

TEST(Blocking, has_as_many_segments_as_a_row_has_chunks) {
    EXPECT_EQ(choose_blocking(plain_call(32), 8).segments, 1);
    EXPECT_EQ(choose_blocking(plain_call(1024), 8).segments, 1);
    EXPECT_EQ(choose_blocking(plain_call(1056), 8).segments, 2);
    EXPECT_EQ(choose_blocking(plain_call(8192), 8).segments, 8);
}

TEST(Blocking, has_batches_that_the_sfpu_holds_and_blocks_of_whole_batches) {
    for (const Case& one : cases()) {
        const Blocking blocking = choose_blocking(plain_call(one.width), one.most_rows);
        const std::int64_t side_by_side = one.width <= kElementsPerPairedRow ? 2 : 1;
        const std::int64_t most = blocking.segments == 1 ? kMaxVectorsPerBatch : kMaxStreamedRowsPerBatch;
        EXPECT_GE(blocking.rows_per_batch, 1) << name(one);
        EXPECT_EQ(blocking.rows_per_batch % side_by_side, 0) << name(one);
        EXPECT_LE(blocking.rows_per_batch, most * side_by_side) << name(one);
        EXPECT_LT(blocking.rows_per_batch, one.most_rows + side_by_side) << name(one);
        EXPECT_EQ(blocking.rows_per_block % blocking.rows_per_batch, 0) << name(one);
    }
}

TEST(Blocking, has_blocks_that_fit_into_their_zone_of_dest) {
    for (const Case& one : cases()) {
        const Blocking blocking = choose_blocking(plain_call(one.width), one.most_rows);
        if (blocking.segments == 1) {
            EXPECT_LE(blocking.rows_per_block * blocking.row_stride_elements,
                      std::int64_t{kChunksPerZone} * kElementsPerChunk)
                << name(one);
        } else {
            EXPECT_EQ(blocking.rows_per_block, blocking.rows_per_batch) << name(one);
        }
    }
}

TEST(Blocking, has_pages_of_whole_chunks_that_hold_a_block_or_a_segment) {
    for (const Case& one : cases()) {
        const Blocking blocking = choose_blocking(plain_call(one.width), one.most_rows);
        const bool is_resident = blocking.segments == 1;
        const std::int64_t rows = is_resident ? blocking.rows_per_block : 1;
        const std::int64_t elements = rows * blocking.row_stride_elements;
        EXPECT_EQ(blocking.page_elements % kElementsPerChunk, 0) << name(one);
        EXPECT_GE(blocking.page_elements, elements) << name(one);
        EXPECT_LT(blocking.page_elements, elements + kElementsPerChunk) << name(one);
        EXPECT_EQ(blocking.pages_per_step, is_resident ? 1 : blocking.rows_per_block) << name(one);
        EXPECT_EQ(blocking.pages_per_block(), blocking.pages_per_step * blocking.segments) << name(one);
    }
}

TEST(Blocking, has_batches_of_the_size_that_computes_a_cores_rows_soonest) {
    EXPECT_EQ(choose_blocking(plain_call(64), 5).rows_per_batch, 3);  // 3 + 2, not 4 + 1
    EXPECT_EQ(choose_blocking(plain_call(32), 9).rows_per_batch, 6);  // pairs
    EXPECT_EQ(choose_blocking(plain_call(7), 1).rows_per_batch, 2);
    EXPECT_EQ(choose_blocking(plain_call(64), 9).rows_per_batch, 3);
    EXPECT_EQ(choose_blocking(plain_call(64), 10).rows_per_batch, 4);
    EXPECT_EQ(choose_blocking(plain_call(1024), 15).rows_per_batch, 3);
    EXPECT_EQ(choose_blocking(plain_call(2048), 3).rows_per_batch, 3);
    EXPECT_EQ(choose_blocking(plain_call(384), 18).rows_per_batch, 3);   // 6 times 3, not 4 times 4 and 2
    EXPECT_EQ(choose_blocking(plain_call(1024), 10).rows_per_batch, 2);  // 5 times 2, not 3 times 3 and 1
    EXPECT_EQ(choose_blocking(plain_call(4096), 10).rows_per_batch, 2);
}

TEST(Blocking, cuts_a_cores_rows_into_about_four_blocks_where_the_zone_has_room) {
    EXPECT_EQ(choose_blocking(plain_call(64), 17).rows_per_block, 8);
    EXPECT_EQ(choose_blocking(plain_call(64), 64).rows_per_block, 8);
    EXPECT_EQ(choose_blocking(plain_call(64), 1000).rows_per_block, 8);
    EXPECT_EQ(choose_blocking(plain_call(32), 1000).rows_per_block, 16);
    EXPECT_EQ(choose_blocking(plain_call(512), 1000).rows_per_block, 4);  // the zone's 3,072 elements
    EXPECT_EQ(choose_blocking(plain_call(384), 1000).rows_per_block, 8);
    EXPECT_EQ(choose_blocking(plain_call(1024), 17).rows_per_block, 3);
    EXPECT_EQ(choose_blocking(plain_call(4096), 17).rows_per_block, 3);
}

// 256 x 512 with 4 rows a core: 3,905 simulated cycles as one block, 3,450 as two, 3,220 as four.
TEST(Blocking, cuts_few_rows_too_unless_they_are_narrow) {
    EXPECT_EQ(choose_blocking(plain_call(512), 4).rows_per_block, 1);
    EXPECT_EQ(choose_blocking(plain_call(1024), 4).rows_per_block, 1);
    EXPECT_EQ(choose_blocking(plain_call(768), 8).rows_per_block, 2);
    EXPECT_EQ(choose_blocking(plain_call(128), 10).rows_per_block, 3);
    EXPECT_EQ(choose_blocking(plain_call(64), 4).rows_per_block, 4);
}

TEST(Blocking, of_no_rows_is_that_of_one) {
    EXPECT_EQ(choose_blocking(plain_call(1024), 0), choose_blocking(plain_call(1024), 1));
}

// A residual's rows lie one chunk behind the input's, so that a zone of three chunks has one for rows; the statistics
// of a zone take its last chunk, and 128 elements of it a row.
TEST(Blocking, leaves_room_in_dest_for_a_residual_and_for_statistics) {
    const auto rows_per_block = [](std::int64_t width, bool has_residual, bool has_statistics) {
        contract::Call call = plain_call(width);
        call[contract::Tensor::kResidual].element_bytes = has_residual ? 2 : 0;
        call[contract::Tensor::kRstd].element_bytes = has_statistics ? 4 : 0;
        return choose_blocking(call, 1000).rows_per_block;
    };
    EXPECT_EQ(rows_per_block(1024, false, false), 3);
    EXPECT_EQ(rows_per_block(1024, false, true), 2);
    EXPECT_EQ(rows_per_block(1024, true, false), 1);
    EXPECT_EQ(rows_per_block(1024, true, true), 1);
    EXPECT_EQ(rows_per_block(384, true, false), 2);
    EXPECT_EQ(rows_per_block(32, false, true), 16);
    EXPECT_EQ(rows_per_block(32, true, false), 16);
    EXPECT_EQ(rows_per_block(32, true, true), 16);
    EXPECT_EQ(rows_per_block(64, true, true), 8);
}

// A zone has three chunks for segments of rows; registers, and a residual's place, leave but one row a batch.
TEST(Blocking, streams_one_row_at_a_time_where_it_is_shifted_or_has_a_residual) {
    contract::Call call = plain_call(2048);
    EXPECT_EQ(choose_blocking(call, 1000).rows_per_block, 3);
    call.centring = Centring::kShifted;
    EXPECT_EQ(choose_blocking(call, 1000).rows_per_block, 1);
    call.centring = Centring::kNone;
    EXPECT_EQ(choose_blocking(call, 1000).rows_per_block, 3);
    call[contract::Tensor::kResidual].element_bytes = 2;
    EXPECT_EQ(choose_blocking(call, 1000).rows_per_block, 1);
    EXPECT_EQ(choose_blocking(full_call(2048), 1000).rows_per_block, 1);
}

TEST(SmallestBlocking, has_one_row_a_block) {
    const Blocking expected{.row_stride_elements = 1024,
                            .segments = 2,
                            .rows_per_batch = 1,
                            .rows_per_block = 1,
                            .page_elements = 1024,
                            .pages_per_step = 1};
    EXPECT_EQ(smallest_blocking(plain_call(1056)), expected);
}

}  // namespace
}  // namespace layernorm_fused_rm
