// SPDX-License-Identifier: Apache-2.0
#include "assignment.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "device.hpp"
#include "noc.hpp"

namespace layernorm_fused_rm {
namespace {

[[nodiscard]] bool lies_on(Coordinate place, Coordinate noc_size) {
    return place.x >= 0 && place.y >= 0 && place.x < noc_size.x && place.y < noc_size.y;
}

[[nodiscard]] bool all_lie_on(const std::vector<Coordinate>& places, Coordinate noc_size) {
    return std::ranges::all_of(places, [noc_size](Coordinate place) { return lies_on(place, noc_size); });
}

[[nodiscard]] bool are_workers_known(const Device& device) {
    return static_cast<std::int64_t>(device.workers.size()) == core_count(device) &&
           all_lie_on(device.workers, device.noc_size);
}

// Of the banks of a chip that has lost none; empty when the device did not say, or places that are not on its NoC.
[[nodiscard]] std::vector<BankPlace> all_places(BufferType memory, const Device& device) {
    const bool are_elsewhere = memory == BufferType::kDram && !device.dram_read_places.empty();
    const std::vector<Coordinate>& own = memory == BufferType::kDram ? device.dram_banks : device.l1_bank_places;
    const std::vector<Coordinate>& reads = are_elsewhere ? device.dram_read_places : own;
    const std::vector<Coordinate>& writes = are_elsewhere ? device.dram_write_places : own;
    std::vector<BankPlace> places;
    if (reads.size() == writes.size() && all_lie_on(reads, device.noc_size) && all_lie_on(writes, device.noc_size)) {
        std::ranges::transform(reads, writes, std::back_inserter(places), [](Coordinate read, Coordinate write) {
            return BankPlace{read, write};
        });
    }
    return places;
}

// Links that a page crosses there and back, those of its write twice: a bank waits for what is on its way to it. Over
// all places that the bank may have.
[[nodiscard]] std::int64_t distance(const PossiblePlaces& bank, Coordinate core, Coordinate noc_size) {
    std::int64_t sum = 0;
    for (const PossiblePlace& place : bank) {
        sum += place.ways * (read_hops(place.bank, core, noc_size).back + 2 * write_hops(place.bank, core, noc_size));
    }
    return sum;
}

// Shares by turns: every bank's first, then every bank's second. Each bank then gets a core near it before any gets its
// last one. On Wormhole, 64 cores, the busiest link carries 7 cores' rows this way and 11 bank after bank.
[[nodiscard]] std::vector<std::size_t> order_by_turns(const std::vector<std::int64_t>& banks, std::size_t places) {
    std::vector<std::size_t> shares_of_bank(places, 0);
    std::vector<std::size_t> turns;
    std::ranges::transform(banks, std::back_inserter(turns),
                           [&](std::int64_t bank) { return shares_of_bank[static_cast<std::size_t>(bank)]++; });
    std::vector<std::size_t> order(banks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&turns](std::size_t share) { return turns[share]; });
    return order;
}

// Takes the nearest free core, the first of several, out of `free_cores`.
[[nodiscard]] std::int64_t take_nearest(std::vector<std::int64_t>& free_cores, const PossiblePlaces& bank,
                                        const Device& device) {
    const auto nearest = std::ranges::min_element(free_cores, {}, [&](std::int64_t core) {
        return distance(bank, device.workers[static_cast<std::size_t>(core)], device.noc_size);
    });
    const std::int64_t core = *nearest;
    free_cores.erase(nearest);
    return core;
}

[[nodiscard]] std::vector<std::int64_t> count_from_zero(std::int64_t count) {
    std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), std::int64_t{0});
    return numbers;
}

}  // namespace

std::vector<PossiblePlaces> bank_places(BufferType memory, const Device& device) {
    const std::int64_t banks = bank_count(device, memory);
    const std::vector<BankPlace> places = all_places(memory, device);
    const std::int64_t lost = static_cast<std::int64_t>(places.size()) - banks;
    std::vector<PossiblePlaces> possible;
    if (!are_workers_known(device) || lost < 0 || lost > 1) {
        return possible;
    }
    for (std::int64_t bank = 0; bank < banks; ++bank) {
        const auto place = places.begin() + bank;
        possible.push_back(lost == 0 ? PossiblePlaces{{*place, 1}}
                                     : PossiblePlaces{{*place, banks - bank}, {*std::next(place), bank + 1}});
    }
    return possible;
}

Coordinate place_of(Coordinate core, const Device& device) {
    return device.workers.at(static_cast<std::size_t>(std::int64_t{core.y} * device.grid.x + core.x));
}

std::vector<PossiblePlaces> places_of(const std::vector<Coordinate>& cores, const Device& device) {
    std::vector<PossiblePlaces> places;
    if (!are_workers_known(device)) {
        return places;
    }
    for (const Coordinate core : cores) {
        const Coordinate place = place_of(core, device);
        places.push_back({{.bank = {place, place}}});
    }
    return places;
}

std::vector<std::int64_t> choose_cores(const std::vector<std::int64_t>& banks,
                                       const std::vector<PossiblePlaces>& places, const Device& device) {
    if (places.empty()) {
        return count_from_zero(static_cast<std::int64_t>(banks.size()));
    }
    std::vector<std::int64_t> chosen(banks.size());
    std::vector<std::int64_t> free_cores = count_from_zero(core_count(device));
    for (const std::size_t share : order_by_turns(banks, places.size())) {
        chosen[share] = take_nearest(free_cores, places[static_cast<std::size_t>(banks[share])], device);
    }
    return chosen;
}

}  // namespace layernorm_fused_rm
