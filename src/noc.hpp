// SPDX-License-Identifier: Apache-2.0
// The two networks on chip, as far as placement needs them: how far apart two places are, and which links lie between.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

enum class Axis { kX, kY };

// A directional torus: packets go one way on either axis, one axis after the other, and turn at most once.
struct Noc {
    std::int32_t step = 1;
    Axis first = Axis::kX;

    auto operator<=>(const Noc&) const = default;
};

// ISA documents, WormholeB0 "Routing Paths": NoC 0 goes right, then down; NoC 1 goes up, then left.
inline constexpr Noc kReadNoc{.step = 1, .first = Axis::kX};
inline constexpr Noc kWriteNoc{.step = -1, .first = Axis::kY};

// From one router to its neighbour on `axis`.
struct Link {
    Noc noc{};
    Axis axis = Axis::kX;
    Coordinate from{};

    auto operator<=>(const Link&) const = default;
};

[[nodiscard]] std::vector<Link> route(Coordinate from, Coordinate to, Noc noc, Coordinate noc_size);

// Where a bank is read and where it is written.
struct BankPlace {
    Coordinate read{};
    Coordinate write{};
};

// Links that a read crosses: its request from the core to the bank, and the page back. Both together are once round
// each axis along which the two are apart.
struct ReadHops {
    std::int32_t there = 0;
    std::int32_t back = 0;

    bool operator==(const ReadHops&) const = default;
};
[[nodiscard]] ReadHops read_hops(BankPlace bank, Coordinate core, Coordinate noc_size);

// Links that a page crosses from the core to the bank.
[[nodiscard]] std::int32_t write_hops(BankPlace bank, Coordinate core, Coordinate noc_size);

// Rows that go from a bank to a core and back.
struct Traffic {
    BankPlace bank{};
    Coordinate core{};
    std::int64_t rows = 0;
};

// Rows that cross each link of both networks.
[[nodiscard]] std::map<Link, std::int64_t> link_loads(const std::vector<Traffic>& traffic, Coordinate noc_size);

}  // namespace layernorm_fused_rm
