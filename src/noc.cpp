// SPDX-License-Identifier: Apache-2.0
#include "noc.hpp"

#include <array>

namespace layernorm_fused_rm {
namespace {

[[nodiscard]] std::int32_t wrap(std::int32_t value, std::int32_t size) { return ((value % size) + size) % size; }

[[nodiscard]] Axis other(Axis axis) { return axis == Axis::kX ? Axis::kY : Axis::kX; }

// Both networks: NoC 1 from core to bank crosses as many links as NoC 0 from bank to core.
[[nodiscard]] std::int32_t hops(Coordinate from, Coordinate to, Coordinate noc_size) {
    return wrap(to.x - from.x, noc_size.x) + wrap(to.y - from.y, noc_size.y);
}

}  // namespace

std::vector<Link> route(Coordinate from, Coordinate to, Noc noc, Coordinate noc_size) {
    std::vector<Link> links;
    Coordinate at = from;
    for (const Axis axis : std::array{noc.first, other(noc.first)}) {
        std::int32_t& place = axis == Axis::kX ? at.x : at.y;
        const std::int32_t end = axis == Axis::kX ? to.x : to.y;
        const std::int32_t size = axis == Axis::kX ? noc_size.x : noc_size.y;
        while (place != end) {
            links.push_back({.noc = noc, .axis = axis, .from = at});
            place = wrap(place + noc.step, size);
        }
    }
    return links;
}

ReadHops read_hops(BankPlace bank, Coordinate core, Coordinate noc_size) {
    return {.there = hops(core, bank.read, noc_size), .back = hops(bank.read, core, noc_size)};
}

std::int32_t write_hops(BankPlace bank, Coordinate core, Coordinate noc_size) {
    return hops(bank.write, core, noc_size);
}

std::map<Link, std::int64_t> link_loads(const std::vector<Traffic>& traffic, Coordinate noc_size) {
    std::map<Link, std::int64_t> loads;
    for (const Traffic& part : traffic) {
        for (const Link& link : route(part.bank.read, part.core, kReadNoc, noc_size)) {
            loads[link] += part.rows;
        }
        for (const Link& link : route(part.core, part.bank.write, kWriteNoc, noc_size)) {
            loads[link] += part.rows;
        }
    }
    return loads;
}

}  // namespace layernorm_fused_rm
