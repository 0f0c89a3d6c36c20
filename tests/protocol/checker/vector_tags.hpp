// SPDX-License-Identifier: Apache-2.0
// What SFPU instructions make of tags: between registers (vector_tags.cpp, vector_activation.cpp), between DEST and a
// register (vector_halves.cpp) that holds rows of a strip (vector_strips.cpp), and of lanes that are enabled
// (vector_lanes.cpp).
#pragma once

#include "checker/tensix.hpp"

namespace protocol {

// What a lane row holds.
[[nodiscard]] inline bool is_row(const LaneRow& lanes) { return lanes.tag.content == Content::kRow; }
[[nodiscard]] inline bool is_stats(const LaneRow& lanes) { return lanes.tag.content == Content::kStats; }
[[nodiscard]] inline bool is_statistic(const LaneRow& lanes) { return lanes.statistic.sources != 0; }
[[nodiscard]] inline bool is_constant(const LaneRow& lanes) {
    return lanes.tag.content == Content::kNothing && !is_statistic(lanes);
}

// Registers of an SFPMAD and its like: to = a * b + c.
struct MultiplyAdd {
    std::uint32_t a, b, c, to;
};

void multiply_add(Tensix& tensix, MultiplyAdd registers);
void transpose(Tensix& tensix);
void rotate(Tensix& tensix, std::uint32_t from, std::uint32_t to);
void configure(Tensix& tensix, std::uint32_t word);

// Whether they are elements of which an activation is made now: all is done to them, or they are on the way.
[[nodiscard]] bool is_of_activation(const Call& call, const LaneRow& lanes);
// What is made of these, as far as it is on the way to an activation; and the places where a * b + c is zero.
[[nodiscard]] LaneRow activating(const Call& call, const LaneRow& a);
[[nodiscard]] LaneRow activating(const Call& call, const LaneRow& a, const LaneRow& b);
[[nodiscard]] LaneRow activating(const Call& call, const LaneRow& a, const LaneRow& b, const LaneRow& c);
[[nodiscard]] std::uint16_t zeros_of(const Call& call, const LaneRow& a, const LaneRow& b, const LaneRow& c);
void absolute(Tensix& tensix, std::uint32_t from, std::uint32_t to);
// The less and the greater of two registers, as far as these are general ones.
void order(Tensix& tensix, std::uint32_t a, std::uint32_t b);
// What has been done to elements once they are stored over `old`.
[[nodiscard]] Done done_when_stored(const Call& call, const LaneRow& value, const LaneRow& old);

// One lane row, the even (half 0) or the odd columns of a DEST row, in lanes that are enabled, a bit each.
struct Lanes {
    std::uint32_t half;
    std::uint32_t enabled;
};

// Stats of chips that share rows (vector_stats.cpp): one lane row of a multiply-add of which an operand has some, what is
// made of them as the first number of all is spread, what is moved to the odd lanes of others, and what is told of them,
// stored.
struct StatsOperands {
    const LaneRow& a;
    const LaneRow& b;
    const LaneRow& c;
    std::uint32_t lane_row;
};
[[nodiscard]] LaneRow combine_stats(const Tensix& tensix, const StatsOperands& operands, MultiplyAdd registers);
[[nodiscard]] LaneRow first_of_stats(const LaneRow& lanes);
[[nodiscard]] LaneRow put_variances(const Tensix& tensix, const LaneRow& from, const LaneRow& to,
                                    std::uint32_t lane_row);
[[nodiscard]] bool tells_stats(const Call& call, const LaneRow& value);
void store_stats(DestRow& row, const LaneRow& value, Lanes to, const Call& call);

// A statistic in DEST, and what came of one in L1.
[[nodiscard]] Tag tag_of(const Statistic& statistic);
[[nodiscard]] Statistic statistic_of(const Tag& tag);

// The even (half 0) or the odd columns of a DEST row, and a DEST row of both, with zeros in these of its places.
[[nodiscard]] LaneRow half_of(const DestRow& row, std::uint32_t half);
// Whether registers may be kept in it while an activation takes them: it has no elements in their place.
[[nodiscard]] bool keeps_registers(const Call& call, const DestRow& row);
void hold_halves(DestRow& row, const LaneRow& even, const LaneRow& odd, std::uint16_t zeros);

[[nodiscard]] LaneRow load_of_strip(const DestRow& row, std::uint32_t half);
void store_of_strip(DestRow& row, const LaneRow& value, Lanes to, const Call& call);

// Columns of a DEST row, a bit each, that have elements of a tensor; of the lanes of its even (half 0) or odd columns;
// and these.
[[nodiscard]] std::uint16_t columns_with_elements(const Tag& tag, const Call& call);
[[nodiscard]] std::uint16_t columns_of(std::uint32_t lanes, std::uint32_t half);
[[nodiscard]] std::uint16_t lanes_of(std::uint32_t columns, std::uint32_t half);

// Follows integers, and lanes that are enabled by them.
void follow_lanes(Tensix& tensix, std::uint32_t word);
// Those of a lane row, a bit each.
[[nodiscard]] std::uint32_t enabled_lanes(const Tensix& tensix, std::uint32_t lane_row);

}  // namespace protocol
