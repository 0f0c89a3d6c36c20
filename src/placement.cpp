// SPDX-License-Identifier: Apache-2.0
#include "placement.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "assignment.hpp"
#include "contract.hpp"
#include "device.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

[[nodiscard]] std::int64_t pages_in_bank(std::int64_t rows, std::int64_t banks, std::int64_t bank) {
    return contract::Distribution{to_word(banks)}.rows_in_bank(to_word(bank), to_word(rows));
}

// Cores needed so that none takes more than `limit` rows, all of one bank.
[[nodiscard]] std::int64_t cores_needed(std::int64_t rows, std::int64_t banks, std::int64_t limit) {
    const std::int64_t fuller = rows % banks;
    return fuller * divide_up(rows / banks + 1, limit) + (banks - fuller) * divide_up(rows / banks, limit);
}

// The smallest limit for which the cores suffice; it never rises with the limit, so bisection finds it.
[[nodiscard]] std::int64_t smallest_limit(std::int64_t rows, std::int64_t banks, std::int64_t cores) {
    std::int64_t low = 1;
    std::int64_t high = divide_up(rows, banks);
    while (low < high) {
        const std::int64_t middle = low + (high - low) / 2;
        if (cores_needed(rows, banks, middle) <= cores) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

// The part-th of `parts` parts of `total` that differ by at most one.
struct Part {
    std::int64_t first = 0;
    std::int64_t count = 0;
};

[[nodiscard]] Part even_part(std::int64_t total, std::int64_t parts, std::int64_t part) {
    const std::int64_t larger = total % parts;
    return {.first = part * (total / parts) + std::min(part, larger), .count = total / parts + (part < larger ? 1 : 0)};
}

[[nodiscard]] std::vector<Share> divide_each_bank(std::int64_t rows, std::int64_t banks, std::int64_t cores) {
    const std::int64_t limit = smallest_limit(rows, banks, cores);
    std::vector<Share> shares;
    for (std::int64_t bank = 0; bank < banks; ++bank) {
        const std::int64_t pages = pages_in_bank(rows, banks, bank);
        const std::int64_t parts = divide_up(pages, limit);
        for (std::int64_t i = 0; i < parts; ++i) {
            const Part part = even_part(pages, parts, i);
            shares.push_back({Run{.bank = bank, .first_page = part.first, .count = part.count}});
        }
    }
    return shares;
}

// Lines up the pages bank by bank and cuts the line into equal pieces.
[[nodiscard]] std::vector<Share> divide_all_banks(std::int64_t rows, std::int64_t banks, std::int64_t cores) {
    std::vector<Share> shares(static_cast<std::size_t>(cores));
    Run next{.bank = 0, .first_page = 0, .count = 0};
    for (std::int64_t i = 0; i < cores; ++i) {
        std::int64_t wanted = even_part(rows, cores, i).count;
        while (wanted > 0) {
            const std::int64_t left = pages_in_bank(rows, banks, next.bank) - next.first_page;
            next.count = std::min(wanted, left);
            shares[static_cast<std::size_t>(i)].push_back(next);
            wanted -= next.count;
            next = next.count == left ? Run{.bank = next.bank + 1} : Run{next.bank, next.first_page + next.count, 0};
        }
    }
    return shares;
}

// Groups of `at_once` rows, as many to each of at most `teams` as to another, or one more.
[[nodiscard]] std::vector<Share> divide_evenly(std::int64_t rows, std::int64_t at_once, std::int64_t teams) {
    const std::int64_t groups = divide_up(rows, at_once);
    const std::int64_t used = std::min(groups, teams);
    std::vector<Share> shares;
    for (std::int64_t team = 0; team < used; ++team) {
        const Part part = even_part(groups, used, team);
        const std::int64_t first = part.first * at_once;
        shares.push_back({Run{.bank = 0, .first_page = first, .count = std::min(part.count * at_once, rows - first)}});
    }
    return shares;
}

// In row-major order of the grid.
[[nodiscard]] Coordinate core_at(std::int64_t index, const Device& device) {
    return {.x = static_cast<std::int32_t>(index % device.grid.x),
            .y = static_cast<std::int32_t>(index / device.grid.x)};
}

void sort_row_major(std::vector<CoreWork>& cores) {
    std::ranges::sort(cores, {}, [](const CoreWork& work) { return std::tuple(work.core.y, work.core.x); });
}

// A core for each slice of each share, `chosen` as indices into the grid. Those that share rows are a team, in the order of
// their slices; one that has them to itself is none.
[[nodiscard]] std::vector<CoreWork> make_teams(const std::vector<Share>& shares, std::int64_t slices,
                                               const std::vector<std::int64_t>& chosen, const Device& device) {
    std::vector<CoreWork> cores;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        std::vector<Coordinate> members;
        for (std::size_t slice = 0; slice < static_cast<std::size_t>(slices); ++slice) {
            members.push_back(core_at(chosen[i * static_cast<std::size_t>(slices) + slice], device));
        }
        for (std::size_t slice = 0; slice < members.size(); ++slice) {
            cores.push_back({.core = members[slice],
                             .runs = shares[i],
                             .slice = static_cast<std::int64_t>(slice),
                             .team = slices > 1 ? members : std::vector<Coordinate>{}});
        }
    }
    sort_row_major(cores);
    return cores;
}

}  // namespace

std::vector<Share> divide_rows(std::int64_t rows, std::int64_t banks, std::int64_t cores) {
    return std::min(banks, rows) <= cores ? divide_each_bank(rows, banks, cores) : divide_all_banks(rows, banks, cores);
}

std::vector<CoreWork> place_rows(std::int64_t rows, BufferType memory, const Device& device, std::int64_t slices) {
    const std::vector<Share> shares = divide_rows(rows, bank_count(device, memory), core_count(device) / slices);
    std::vector<std::int64_t> banks;  // of each slice of each share
    for (const Share& share : shares) {
        banks.insert(banks.end(), static_cast<std::size_t>(slices), share.front().bank);
    }
    return make_teams(shares, slices, choose_cores(banks, bank_places(memory, device), device), device);
}

std::vector<CoreWork> place_evenly(std::int64_t rows, std::int64_t at_once, const Device& device, std::int64_t slices) {
    const std::int64_t all = core_count(device);
    const std::vector<Share> shares = divide_evenly(rows, at_once, all / slices);
    const std::int64_t used = std::ssize(shares) * slices;
    std::vector<std::int64_t> chosen;
    for (std::int64_t i = 0; i < used; ++i) {
        chosen.push_back(i * all / used);
    }
    return make_teams(shares, slices, chosen, device);
}

std::vector<CoreWork> place_near_shards(std::int64_t at_once, const CutRows& input, const Device& device,
                                        std::int64_t slices) {
    const std::vector<PossiblePlaces> places = places_of(input.shards, device);
    if (places.empty()) {
        return place_evenly(input.rows, at_once, device, slices);
    }
    const std::vector<Share> shares = divide_evenly(input.rows, at_once, core_count(device) / slices);
    const std::int64_t last_row_of_shards = std::ssize(input.shards) / input.across - 1;
    std::vector<std::int64_t> nearest;  // of each slice of each share the shard that has its middle
    for (const Share& share : shares) {
        const std::int64_t down = std::min(share.front().first_page / input.height, last_row_of_shards);
        for (std::int64_t slice = 0; slice < slices; ++slice) {
            const std::int64_t middle = (2 * slice + 1) * input.row_elements / (2 * slices);
            nearest.push_back(down * input.across + middle / input.width);
        }
    }
    return make_teams(shares, slices, choose_cores(nearest, places, device), device);
}

std::vector<CoreWork> place_in_shards(std::int64_t rows, std::int64_t at_once, std::int64_t height,
                                      const std::vector<Coordinate>& shards) {
    const bool has_strips = at_once == contract::kRowsPerStrip;
    std::vector<CoreWork> cores;
    for (std::int64_t first = 0; first < rows; first += height) {
        const std::int64_t shard = first / height;
        cores.push_back({.core = shards[static_cast<std::size_t>(shard)],
                         .runs = {{.bank = has_strips ? 0 : shard,
                                   .first_page = has_strips ? first : 0,
                                   .count = std::min(height, rows - first)}}});
    }
    sort_row_major(cores);
    return cores;
}

}  // namespace layernorm_fused_rm
