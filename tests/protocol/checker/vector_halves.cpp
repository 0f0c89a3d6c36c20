// SPDX-License-Identifier: Apache-2.0
// Even and odd columns of a DEST row, as registers hold them.
#include "checker/vector_tags.hpp"

namespace protocol {
namespace {

// Whether it may be half of a DEST row's own elements, the even ones (half 0) or the odd ones.
[[nodiscard]] bool belongs(const LaneRow& lanes, std::uint32_t half) {
    return !is_statistic(lanes) && lanes.constant == 0 &&
           (lanes.tag.content == Content::kNothing || lanes.half == half);
}

}  // namespace

LaneRow half_of(const DestRow& row, std::uint32_t half) {
    if (row.is_split) {
        return row.halves[half];
    }
    if (row.tag.content == Content::kStatistic) {  // that has come through L1, in even columns
        return half == 0 ? LaneRow{.statistic = statistic_of(row.tag)} : LaneRow{};
    }
    LaneRow lanes{.tag = row.tag, .half = half};
    lanes.tag.done = {row.tag.done[half], 0};
    lanes.tag.zeros = 0;
    return lanes;
}

bool keeps_registers(const Call& call, const DestRow& row) {
    return call.activates && (row.is_split || row.tag.content == Content::kNothing);
}

// The packer takes a statistic from the even columns.
void hold_halves(DestRow& row, const LaneRow& even, const LaneRow& odd, std::uint16_t zeros) {
    row.is_split = !belongs(even, 0) || !belongs(odd, 1) || !even.tag.is_same_place(odd.tag);
    row.halves = {even, odd};
    row.tag = {};
    if (!row.is_split) {
        row.tag = even.tag;
        row.tag.done = {even.tag.done[0], odd.tag.done[0]};
    } else if (is_statistic(even)) {
        row.tag = tag_of(even.statistic);
    }
    row.tag.zeros = zeros;
}

}  // namespace protocol
