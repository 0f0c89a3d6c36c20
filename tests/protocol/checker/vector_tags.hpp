// What SFPU instructions make of tags: between registers (vector_tags.cpp), between DEST and a register that holds rows
// of a strip (vector_strips.cpp), and of lanes that are enabled (vector_lanes.cpp).
#pragma once

#include "checker/tensix.hpp"

namespace protocol {

// Registers of an SFPMAD and its like: to = a * b + c.
struct MultiplyAdd {
    std::uint32_t a, b, c, to;
};

void multiply_add(Tensix& tensix, MultiplyAdd registers);
void transpose(Tensix& tensix);
void rotate(Tensix& tensix, std::uint32_t from, std::uint32_t to);
void configure(Tensix& tensix, std::uint32_t word);

// A statistic in DEST.
[[nodiscard]] Tag tag_of(const Statistic& statistic);
[[nodiscard]] Statistic statistic_of(const Tag& tag);

// One lane row, the even (half 0) or the odd columns of a DEST row, in lanes that are enabled, a bit each.
struct Lanes {
    std::uint32_t half;
    std::uint32_t enabled;
};
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
