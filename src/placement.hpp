// SPDX-License-Identifier: Apache-2.0
// Row placement: which core takes which rows. Rows are independent, so any division is right; this one lets a core read
// its rows in a few long transfers, from a bank near it, and gives no core more rows than it must.
#pragma once

#include <cstdint>
#include <vector>

#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// The rows of one core, still without the core.
using Share = std::vector<Run>;

// Divides the pages of an interleaved tensor into at most `cores` shares, in the order of the banks. Page p
// lies in bank p % banks at index p / banks. The largest share is as small as shares of one run each allow; where banks
// outnumber cores, shares of several runs differ by at most one row.
[[nodiscard]] std::vector<Share> divide_rows(std::int64_t rows, std::int64_t banks, std::int64_t cores);

// Divides the rows of the input and gives each share to a core (assignment.hpp), or to a team of as many cores as rows
// have slices, all near their bank; cores in row-major order.
[[nodiscard]] std::vector<CoreWork> place_rows(std::int64_t rows, BufferType memory, const Device& device,
                                               std::int64_t slices = 1);

// Divides rows that have no core that is near, since each lies in many banks, `at_once` of which are taken together:
// strips in tiles, `rows` with the padding of these. No core gets more than one such group more
// than another; cores that have some are spread evenly over the grid. One run each, of bank 0; cores in row-major order.
// With several slices to a row, a strip goes to a team of as many cores, one behind the other.
[[nodiscard]] std::vector<CoreWork> place_evenly(std::int64_t rows, std::int64_t at_once, const Device& device,
                                                 std::int64_t slices = 1);

// `rows` rows of `row_elements` that shards cut: `height` rows and `width` elements of them in each shard, `across` shards
// beside each other, on these logical cores.
struct CutRows {
    std::int64_t rows = 0;
    std::int64_t row_elements = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::int64_t across = 0;
    std::vector<Coordinate> shards{};
};

// Divides such rows as place_evenly does, but among cores near their shards, where the device says where cores are: what is
// read and written crosses fewer links (docs/design.md, "Shards").
[[nodiscard]] std::vector<CoreWork> place_near_shards(std::int64_t at_once, const CutRows& input, const Device& device,
                                                      std::int64_t slices = 1);

// Rows that lie in shards, `height` in each, on these cores: each takes its own. Where they are strips of four, runs are of
// bank 0.
[[nodiscard]] std::vector<CoreWork> place_in_shards(std::int64_t rows, std::int64_t at_once, std::int64_t height,
                                                    const std::vector<Coordinate>& shards);

}  // namespace layernorm_fused_rm
