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

// Divides rows that are taken as strips of four, `rows` with the padding of their tiles: no core gets more than one
// strip more than another. What a strip has in tiles lies in all banks, so it has no core that is near; cores that have
// some are spread evenly over the grid. One run each, of bank 0; cores in row-major order. With several slices to a
// row, a strip goes to a team of as many cores, one behind the other.
[[nodiscard]] std::vector<CoreWork> place_strips(std::int64_t rows, const Device& device, std::int64_t slices = 1);

}  // namespace layernorm_fused_rm
