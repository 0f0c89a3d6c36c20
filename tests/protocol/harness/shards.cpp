// SPDX-License-Identifier: Apache-2.0
#include "harness/shards.hpp"

#include <algorithm>

#include "checker/counts.hpp"

namespace protocol {
namespace {

constexpr std::int64_t kTileSide = 32;
constexpr std::int64_t kL1Alignment = 16;

}  // namespace

Sharding shard(const Case& value, char memory, char layout, std::uint32_t element_bytes) {
    const bool has_tiles = layout == 'T';
    const std::int64_t matrix_rows = std::max<std::int64_t>(1, value.rows_per_matrix());
    const std::int64_t rows = has_tiles ? value.rows / matrix_rows * round_up(matrix_rows, kTileSide) : value.rows;
    const std::int64_t width = has_tiles ? round_up(value.width, kTileSide) : value.width;
    const std::int64_t row_unit = has_tiles ? kTileSide : 1;
    const std::int64_t column_unit = has_tiles ? kTileSide : kL1Alignment / element_bytes;
    const std::int64_t cores = std::int64_t{value.grid_x} * value.grid_y;
    const std::int64_t down = memory == 'H' ? cores : memory == 'W' ? 1 : value.grid_y;
    const std::int64_t across = cores / (memory == 'B' ? value.grid_y : down);
    Sharding result;
    result.shards.height = std::max(row_unit, round_up(divide_up(rows, down), row_unit));
    result.shards.width = memory == 'H' ? width : round_up(divide_up(width, across), column_unit);
    result.shards.cores_per_row = memory == 'B' ? value.grid_x : 0;
    for (std::int32_t y = 0; y < value.grid_y; ++y) {
        for (std::int32_t x = 0; x < value.grid_x; ++x) {
            result.shards.cores.push_back({.x = x, .y = y});
        }
    }
    result.across = divide_up(width, result.shards.width);
    return result;
}

}  // namespace protocol
