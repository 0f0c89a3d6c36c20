// Rows of a strip between DEST and the SFPU: each lane row by itself, wherever it is from. Strips are turned in place,
// so what comes to DEST need not be from there; what is packed says whether it came to the right place.
#include <algorithm>

#include "checker/finding.hpp"
#include "checker/vector_tags.hpp"

namespace protocol {

std::uint16_t columns_with_elements(const Tag& tag, const Call& call) {
    if (tag.content == Content::kNothing || tag.content == Content::kStatistic || tag.element >= call.width) {
        return 0;
    }
    return first_places(std::min(kDestRowElements, call.width - tag.element));
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

// One half's, without zeros.
[[nodiscard]] Tag tag_of(const DestRow& row, std::uint32_t half) {
    Tag tag = row.is_split ? row.halves[half] : row.tag;
    tag.done = {row.is_split ? tag.done[0] : tag.done[half], 0};
    tag.zeros = 0;
    return tag;
}

// A statistic has the even columns, or the odd ones. The packer takes the former.
void hold(DestRow& row, const Tag& even, const Tag& odd, std::uint16_t zeros) {
    const bool is_statistic = even.content == Content::kStatistic || odd.content == Content::kStatistic;
    row.is_split = is_statistic || !even.is_same_place(odd);
    row.halves = {even, odd};
    row.tag = {};
    if (!row.is_split || even.content == Content::kStatistic) {
        row.tag = even;
        row.tag.done = {even.done[0], row.is_split ? std::uint8_t{0} : odd.done[0]};
    }
    row.tag.zeros = zeros;
}

// Zeros behind a row's end, or in some lanes, leave the row's elements where they are. Any others are moved like them.
[[nodiscard]] bool clears_padding(const LaneRow& value, const Tag& old, Lanes to, const Call& call) {
    const std::uint16_t columns = columns_of(to.enabled, to.half);
    const bool is_zero = to.enabled != 0 && columns_of(value.tag.zeros & to.enabled, to.half) == columns;
    const bool has_elements = (columns_with_elements(old, call) & columns) != 0;
    const bool is_part = to.enabled != first_places(kLanesPerRow);
    require(!is_zero || !is_part || !has_elements, Rule::kIdentity,
            "the SFPU stores zeros over some elements of a row, gamma or beta");
    return is_zero && (is_part || (!has_elements && old.content == Content::kRow));
}

}  // namespace

LaneRow load_of_strip(const DestRow& row, std::uint32_t half) {
    Tag tag = tag_of(row, half);
    if (tag.content == Content::kStatistic) {
        return {.statistic = statistic_of(tag)};
    }
    tag.zeros = lanes_of(row.tag.zeros, half);
    return {.tag = tag, .half = half, .statistic = {}};
}

void store_of_strip(DestRow& row, const LaneRow& value, Lanes to, const Call& call) {
    const std::uint16_t columns = columns_of(to.enabled, to.half);
    const std::uint16_t all_columns = columns_of(first_places(kLanesPerRow), to.half);
    const std::uint16_t own = columns_with_elements(value.tag, call) & all_columns;
    if (to.enabled == 0 && (own != 0 || value.tag.content == Content::kNothing)) {
        return;
    }
    const Tag old = tag_of(row, to.half);
    const std::uint16_t zeros = columns_of(value.tag.zeros & to.enabled, to.half);
    if (clears_padding(value, old, to, call)) {
        row.tag.zeros |= zeros;
        return;
    }
    require(value.tag.content == Content::kNothing || value.half == to.half, Rule::kIdentity,
            "the SFPU stores even elements where odd ones belong, or the reverse");
    require((old.done[0] & kResidual) == 0 || !value.tag.is_same_place(old) || value.tag.done[0] == kJoined ||
                value.tag.done == old.done,
            Rule::kIdentity, "the SFPU stores something else than the sum over the residual");
    require((own & ~columns) == 0, Rule::kIdentity, "the SFPU stores some elements of a row, and leaves others");
    Tag stored = value.statistic.sources != 0 ? tag_of(value.statistic) : value.tag;
    stored.zeros = 0;
    const std::uint16_t left = row.tag.zeros & static_cast<std::uint16_t>(~columns);
    hold(row, to.half == 0 ? stored : tag_of(row, 0), to.half == 1 ? stored : tag_of(row, 1),
         static_cast<std::uint16_t>(left | zeros));
}

}  // namespace protocol
