// SPDX-License-Identifier: Apache-2.0
// How rows are cut: into segments of at most one chunk, grouped into batches that the SFPU normalises together, and
// into blocks. The pages of the row buffers follow: a block where a row is one segment, else one segment of one row.
// The one place to tune this choice.
#pragma once

#include <cstdint>

#include "contract.hpp"

namespace layernorm_fused_rm {

struct Blocking {
    std::int64_t row_stride_elements = 0;  // from row to row in a page; a chunk if a row is several segments
    std::int64_t segments = 0;             // of a row
    std::int64_t rows_per_batch = 0;
    std::int64_t rows_per_block = 0;  // a multiple of rows_per_batch
    std::int64_t page_elements = 0;   // of the row buffers
    std::int64_t pages_per_step = 0;  // what reader and writer move at a time

    [[nodiscard]] std::int64_t pages_per_block() const { return pages_per_step * segments; }

    bool operator==(const Blocking&) const = default;
};

// The blocking preferred where no core has more than `most_rows`.
[[nodiscard]] Blocking choose_blocking(const contract::Call& call, std::int64_t most_rows);

// One row a block, or one pair of narrow rows: the least L1 that rows of this width can do with.
[[nodiscard]] Blocking smallest_blocking(const contract::Call& call);

}  // namespace layernorm_fused_rm
