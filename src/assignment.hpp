// SPDX-License-Identifier: Apache-2.0
// Which core serves which bank. The links of the NoCs, not the banks, are what a careless choice runs short of.
#pragma once

#include <cstdint>
#include <vector>

#include "layernorm_fused_rm/problem.hpp"
#include "noc.hpp"

namespace layernorm_fused_rm {

// Where a bank may be, and in how many of the ways in which its chip can have lost others it is there.
struct PossiblePlace {
    BankPlace bank{};
    std::int64_t ways = 1;
};
using PossiblePlaces = std::vector<PossiblePlace>;

// Of each bank; empty when the device did not say where both banks and cores are.
[[nodiscard]] std::vector<PossiblePlaces> bank_places(BufferType memory, const Device& device);

// Where a logical core is on the NoC, if the device says where both are.
[[nodiscard]] Coordinate place_of(Coordinate core, const Device& device);

// Of logical cores, in whose L1 shards are; empty when the device did not say where cores are.
[[nodiscard]] std::vector<PossiblePlaces> places_of(const std::vector<Coordinate>& cores, const Device& device);

// A core for each share of rows, as an index into the grid in row-major order, all different. `banks[i]` is the bank
// where share i starts, one of `places`; there are at most as many shares as cores. Cores are near their banks; where
// nothing is known of these, they are taken in order.
[[nodiscard]] std::vector<std::int64_t> choose_cores(const std::vector<std::int64_t>& banks,
                                                     const std::vector<PossiblePlaces>& places, const Device& device);

}  // namespace layernorm_fused_rm
