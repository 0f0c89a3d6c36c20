// SPDX-License-Identifier: Apache-2.0
// Rows of a strip between DEST and the SFPU: each lane row by itself, wherever it is from. Strips are turned in place,
// so what comes to DEST need not be from there; what is packed says whether it came to the right place.
#include <algorithm>

#include "checker/finding.hpp"
#include "checker/vector_tags.hpp"

namespace protocol {

std::uint16_t columns_with_elements(const Tag& tag, const Call& call) {
    if (tag.content == Content::kNothing || tag.content == Content::kStatistic || tag.element >= call.width_of(tag)) {
        return 0;
    }
    return first_places(std::min(kDestRowElements, call.width_of(tag) - tag.element));
}

std::uint16_t columns_of(std::uint32_t lanes, std::uint32_t half) {
    std::uint32_t columns = 0;
    for (std::uint32_t lane = 0; lane < kLanesPerRow; ++lane) {
        columns |= (lanes >> lane & 1U) << (2 * lane + half);
    }
    return static_cast<std::uint16_t>(columns);
}
std::uint16_t lanes_of(std::uint32_t columns, std::uint32_t half) {
    std::uint32_t lanes = 0;
    for (std::uint32_t lane = 0; lane < kLanesPerRow; ++lane) {
        lanes |= (columns >> (2 * lane + half) & 1U) << lane;
    }
    return static_cast<std::uint16_t>(lanes);
}

namespace {

// Zeros behind a row's end, or in some lanes, leave the row's elements where they are. Any others are moved like them.
[[nodiscard]] bool clears_padding(const LaneRow& value, const Tag& old, Lanes to, const Call& call) {
    const std::uint16_t columns = columns_of(to.enabled, to.half);
    const bool is_zero = to.enabled != 0 && columns_of(value.tag.zeros & to.enabled, to.half) == columns;
    const bool has_elements = (columns_with_elements(old, call) & columns) != 0;
    const bool is_part = to.enabled != first_places(kLanesPerRow);
    require(!is_zero || !is_part || !has_elements, Rule::kIdentity,
            "the SFPU stores zeros over some elements of a row, gamma or beta");
    const bool is_activation = (value.tag.done[0] & kActivating) != 0;
    return is_zero && (is_part || (!has_elements && old.content == Content::kRow && !is_activation));
}

}  // namespace

LaneRow load_of_strip(const DestRow& row, std::uint32_t half) {
    LaneRow lanes = half_of(row, half);
    lanes.tag.zeros = is_statistic(lanes) ? std::uint16_t{0} : lanes_of(row.tag.zeros, half);
    return lanes;
}

void store_of_strip(DestRow& row, const LaneRow& value, Lanes to, const Call& call) {
    const std::uint16_t columns = columns_of(to.enabled, to.half);
    const std::uint16_t all_columns = columns_of(first_places(kLanesPerRow), to.half);
    const std::uint16_t own = columns_with_elements(value.tag, call) & all_columns;
    if (to.enabled == 0 && (own != 0 || value.tag.content == Content::kNothing)) {
        return;
    }
    const LaneRow old = half_of(row, to.half);
    const std::uint16_t zeros = columns_of(value.tag.zeros & to.enabled, to.half);
    if (clears_padding(value, old.tag, to, call)) {
        row.tag.zeros |= zeros;
        return;
    }
    require(value.tag.content == Content::kNothing || value.half == to.half || keeps_registers(call, row),
            Rule::kIdentity, "the SFPU stores even elements where odd ones belong, or the reverse");
    require((old.tag.done[0] & kResidual) == 0 || !value.tag.is_same_place(old.tag) || value.tag.done[0] == kJoined ||
                value.tag.done == old.tag.done,
            Rule::kIdentity, "the SFPU stores something else than the sum over the residual");
    require((own & ~columns) == 0, Rule::kIdentity, "the SFPU stores some elements of a row, and leaves others");
    LaneRow stored = value;
    stored.tag.done = {done_when_stored(call, value, old), 0};
    stored.tag.zeros = 0;
    const std::uint16_t left = row.tag.zeros & static_cast<std::uint16_t>(~columns);
    hold_halves(row, to.half == 0 ? stored : half_of(row, 0), to.half == 1 ? stored : half_of(row, 1),
                static_cast<std::uint16_t>(left | zeros));
}

}  // namespace protocol
