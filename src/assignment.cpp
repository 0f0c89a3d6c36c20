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

// Where each bank is on the NoC; empty when the device did not say where both banks and cores are.
[[nodiscard]] std::vector<BankPlace> bank_places(BufferType memory, const Device& device) {
    const bool in_dram = memory == BufferType::kDram;
    const std::vector<Coordinate>& reads = in_dram ? device.dram_banks : device.l1_bank_places;
    const std::vector<Coordinate>& writes =
        in_dram && !device.dram_write_places.empty() ? device.dram_write_places : reads;
    const auto are_known = [&](const std::vector<Coordinate>& places) {
        return static_cast<std::int64_t>(places.size()) == bank_count(device, memory) &&
               all_lie_on(places, device.noc_size);
    };
    const bool workers_known = static_cast<std::int64_t>(device.workers.size()) == core_count(device) &&
                               all_lie_on(device.workers, device.noc_size);
    std::vector<BankPlace> places;
    if (workers_known && are_known(reads) && are_known(writes)) {
        std::ranges::transform(reads, writes, std::back_inserter(places), [](Coordinate read, Coordinate write) {
            return BankPlace{read, write};
        });
    }
    return places;
}

// Shares by turns: every bank's first, then every bank's second. Each bank then gets a core near it before any gets its
// last one. On Wormhole, 64 cores, the busiest link carries 7 cores' rows this way and 11 bank after bank.
[[nodiscard]] std::vector<std::size_t> order_by_turns(const std::vector<std::int64_t>& banks) {
    std::vector<std::size_t> turns(banks.size(), 0);
    for (std::size_t i = 1; i < banks.size(); ++i) {
        turns[i] = banks[i] == banks[i - 1] ? turns[i - 1] + 1 : 0;
    }
    std::vector<std::size_t> order(banks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&turns](std::size_t share) { return turns[share]; });
    return order;
}

// Takes the free core with the fewest hops, the first of several, out of `free_cores`.
[[nodiscard]] std::int64_t take_nearest(std::vector<std::int64_t>& free_cores, BankPlace bank, const Device& device) {
    const auto nearest = std::ranges::min_element(free_cores, {}, [&](std::int64_t core) {
        return round_trip_hops(bank, device.workers[static_cast<std::size_t>(core)], device.noc_size);
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

std::vector<std::int64_t> choose_cores(const std::vector<std::int64_t>& banks, BufferType memory,
                                       const Device& device) {
    const std::vector<BankPlace> places = bank_places(memory, device);
    if (places.empty()) {
        return count_from_zero(static_cast<std::int64_t>(banks.size()));
    }
    std::vector<std::int64_t> chosen(banks.size());
    std::vector<std::int64_t> free_cores = count_from_zero(core_count(device));
    for (const std::size_t share : order_by_turns(banks)) {
        chosen[share] = take_nearest(free_cores, places[static_cast<std::size_t>(banks[share])], device);
    }
    return chosen;
}

}  // namespace layernorm_fused_rm
