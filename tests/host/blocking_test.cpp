#include "blocking.hpp"

#include <gtest/gtest.h>

#include "contract.hpp"

namespace layernorm_fused_rm {
namespace {

using namespace contract;

struct Case {
    std::int64_t width = 0;
    std::int64_t most_rows = 0;
};

// Widths below, equal to and above the vector pair, the chunk and the zone; rows below, equal to and above a batch.
[[nodiscard]] std::vector<Case> cases() {
    std::vector<Case> all;
    for (const std::int64_t width : {32, 64, 96, 384, 512, 768, 992, 1024, 1056, 2048, 3072, 4096, 8192, 65536}) {
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
        const Blocking blocking = choose_blocking(one.width, one.most_rows);
        if (one.width > kElementsPerChunk) {
            EXPECT_EQ(blocking.row_stride_elements, kElementsPerChunk) << name(one);
            continue;
        }
        EXPECT_EQ(blocking.row_stride_elements % kElementsPerVectorPair, 0) << name(one);
        EXPECT_GE(blocking.row_stride_elements, one.width) << name(one);
        EXPECT_LT(blocking.row_stride_elements, one.width + kElementsPerVectorPair) << name(one);
    }
}

TEST(Blocking, has_as_many_segments_as_a_row_has_chunks) {
    EXPECT_EQ(choose_blocking(32, 8).segments, 1);
    EXPECT_EQ(choose_blocking(1024, 8).segments, 1);
    EXPECT_EQ(choose_blocking(1056, 8).segments, 2);
    EXPECT_EQ(choose_blocking(8192, 8).segments, 8);
}

TEST(Blocking, has_batches_that_the_sfpu_holds_and_blocks_of_whole_batches) {
    for (const Case& one : cases()) {
        const Blocking blocking = choose_blocking(one.width, one.most_rows);
        const std::int64_t most = blocking.segments == 1 ? kMaxRowsPerBatch : kMaxStreamedRowsPerBatch;
        EXPECT_GE(blocking.rows_per_batch, 1) << name(one);
        EXPECT_LE(blocking.rows_per_batch, most) << name(one);
        EXPECT_LE(blocking.rows_per_batch, one.most_rows) << name(one);
        EXPECT_EQ(blocking.rows_per_block % blocking.rows_per_batch, 0) << name(one);
    }
}

TEST(Blocking, has_blocks_that_fit_into_their_zone_of_dest) {
    for (const Case& one : cases()) {
        const Blocking blocking = choose_blocking(one.width, one.most_rows);
        if (blocking.segments == 1) {
            EXPECT_LE(blocking.rows_per_block * blocking.row_stride_elements,
                      std::int64_t{kChunksPerResidentZone} * kElementsPerChunk)
                << name(one);
        } else {
            EXPECT_EQ(blocking.rows_per_block, blocking.rows_per_batch) << name(one);
        }
    }
}

TEST(Blocking, has_pages_of_whole_chunks_that_hold_a_block_or_a_segment) {
    for (const Case& one : cases()) {
        const Blocking blocking = choose_blocking(one.width, one.most_rows);
        const bool is_resident = blocking.segments == 1;
        const std::int64_t rows = is_resident ? blocking.rows_per_block : 1;
        const std::int64_t bytes = rows * blocking.row_stride_elements * kBytesPerBfloat16;
        EXPECT_EQ(blocking.page_bytes % 2048, 0) << name(one);
        EXPECT_GE(blocking.page_bytes, bytes) << name(one);
        EXPECT_LT(blocking.page_bytes, bytes + 2048) << name(one);
        EXPECT_EQ(blocking.pages_per_step, is_resident ? 1 : blocking.rows_per_block) << name(one);
        EXPECT_EQ(blocking.pages_per_block(), blocking.pages_per_step * blocking.segments) << name(one);
    }
}

TEST(Blocking, computes_no_more_batches_than_the_largest_batch_would_need) {
    EXPECT_EQ(choose_blocking(64, 5).rows_per_batch, 3);  // 3 + 2, not 4 + 1
    EXPECT_EQ(choose_blocking(64, 9).rows_per_batch, 3);
    EXPECT_EQ(choose_blocking(64, 10).rows_per_batch, 4);
    EXPECT_EQ(choose_blocking(1024, 4).rows_per_batch, 2);
    EXPECT_EQ(choose_blocking(2048, 3).rows_per_batch, 2);
}

TEST(Blocking, cuts_a_cores_rows_into_about_four_blocks_where_the_zone_has_room) {
    EXPECT_EQ(choose_blocking(32, 17).rows_per_block, 8);
    EXPECT_EQ(choose_blocking(32, 64).rows_per_block, 16);
    EXPECT_EQ(choose_blocking(32, 1000).rows_per_block, 48);  // the zone's 3,072 elements
    EXPECT_EQ(choose_blocking(384, 1000).rows_per_block, 8);
    EXPECT_EQ(choose_blocking(1024, 17).rows_per_block, 3);
    EXPECT_EQ(choose_blocking(4096, 17).rows_per_block, 2);
}

TEST(Blocking, of_no_rows_is_that_of_one) { EXPECT_EQ(choose_blocking(1024, 0), choose_blocking(1024, 1)); }

TEST(SmallestBlocking, has_one_row_a_block) {
    const Blocking expected{.row_stride_elements = 1024,
                            .segments = 2,
                            .rows_per_batch = 1,
                            .rows_per_block = 1,
                            .page_bytes = 2048,
                            .pages_per_step = 1};
    EXPECT_EQ(smallest_blocking(1056), expected);
}

}  // namespace
}  // namespace layernorm_fused_rm
