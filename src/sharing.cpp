// SPDX-License-Identifier: Apache-2.0
#include "sharing.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "assignment.hpp"
#include "chip.hpp"
#include "contract.hpp"
#include "noc.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

constexpr std::int64_t kLongestShortPiece = contract::kLongestShortPiece;

struct Rectangle {
    Coordinate first;
    Coordinate last;
};

[[nodiscard]] Rectangle bound(const std::vector<CoreWork>& cores) {
    Rectangle rectangle{cores.front().core, cores.front().core};
    for (const CoreWork& work : cores) {
        rectangle.first = {std::min(rectangle.first.x, work.core.x), std::min(rectangle.first.y, work.core.y)};
        rectangle.last = {std::max(rectangle.last.x, work.core.x), std::max(rectangle.last.y, work.core.y)};
    }
    return rectangle;
}

// Every core of the rectangle, row by row, with its work if it has any.
[[nodiscard]] std::vector<CoreWork> fill_rectangle(const std::vector<CoreWork>& cores, const Rectangle& rectangle) {
    std::vector<CoreWork> all;
    for (std::int32_t y = rectangle.first.y; y <= rectangle.last.y; ++y) {
        for (std::int32_t x = rectangle.first.x; x <= rectangle.last.x; ++x) {
            const auto found = std::ranges::find(cores, Coordinate{x, y}, &CoreWork::core);
            all.push_back(found == cores.end() ? CoreWork{.core = {x, y}} : *found);
        }
    }
    return all;
}

// How often gamma and beta are needed: cores that share rows need a slice each.
[[nodiscard]] std::int64_t count_needs(const std::vector<CoreWork>& cores) {
    return std::ranges::count(cores, 0, &CoreWork::slice);
}

// gamma and beta lie in one DRAM bank each, both in bank 0.
[[nodiscard]] bool sharing_pays(std::int64_t needs, std::int64_t affine_bytes, const Chip& chip) {
    return needs > 1 && (needs - 1) * affine_bytes / chip.dram_bank_bytes_per_cycle > chip.handshake_cycles;
}

// Whether the reader of a core could read a vector for all, ahead of its rows: there it has none.
[[nodiscard]] bool is_reader_free(const CoreWork& work, const Chip& chip) {
    return chip.starts_readers_first && work.rows() == 0;
}

// Of a read of bank 0: links there and back, and of these those that its request crosses until it queues at the bank;
// by the reader's NoC or by the writer's. Nothing where places are unknown.
[[nodiscard]] std::pair<std::int32_t, std::int32_t> hops_to_first_bank(Coordinate core,
                                                                       const std::vector<PossiblePlaces>& banks,
                                                                       bool is_by_reader, const Device& device) {
    if (banks.empty()) {
        return {};
    }
    const BankPlace bank = banks.front().front().bank;
    const Coordinate place = place_of(core, device);
    const ReadHops hops = read_hops(bank, place, device.noc_size);
    return {hops.there + hops.back, is_by_reader ? hops.there : write_hops(bank, place, device.noc_size)};
}

// Of a multicast: links to the core that it reaches last, by the writer's NoC. Columns and rows are apart on it.
// Nothing where places are unknown.
[[nodiscard]] std::int32_t hops_to_farthest(Coordinate core, const Rectangle& rectangle,
                                            const std::vector<PossiblePlaces>& banks, const Device& device) {
    if (banks.empty()) {
        return 0;
    }
    const auto hops_to = [&](Coordinate receiver) {
        return write_hops(BankPlace{.write = place_of(receiver, device)}, place_of(core, device), device.noc_size);
    };
    std::int32_t along_x = 0;
    for (std::int32_t x = rectangle.first.x; x <= rectangle.last.x; ++x) {
        along_x = std::max(along_x, hops_to({x, core.y}));
    }
    std::int32_t along_y = 0;
    for (std::int32_t y = rectangle.first.y; y <= rectangle.last.y; ++y) {
        along_y = std::max(along_y, hops_to({core.x, y}));
    }
    return along_x + along_y;
}

// Elements of each vector that a core reads for all, where so many cores can: whole pages of short pieces. A piece is a
// command, and a helper is waited for (docs/design.md, ladder).
[[nodiscard]] std::int64_t choose_share(const AffineVectors& vectors, std::int64_t cores) {
    constexpr std::int64_t kPiecesPerShare = 12;
    constexpr std::int64_t kFewestShares = 3;
    const std::int64_t share = round_up(
        std::max(kPiecesPerShare * vectors.piece_elements, divide_up(vectors.elements, cores)), kLongestShortPiece);
    const bool is_in_short_pieces = vectors.piece_elements <= kLongestShortPiece;
    return is_in_short_pieces && divide_up(vectors.elements, share) >= kFewestShares ? share : vectors.elements;
}

// Cores by how well they suit: those with the least to do besides first; of equals, where readers read, those by way of
// which it is the fewest links from bank 0 to the farthest core; where writers do, behind whose reads others queue at the
// bank, the nearest to it (docs/design.md, ladder).
[[nodiscard]] std::vector<const CoreWork*> order_sources(const std::vector<CoreWork>& cores, const Rectangle& rectangle,
                                                         BufferType memory, const Device& device) {
    const std::vector<PossiblePlaces> banks = bank_places(memory, device);
    const Chip& chip = *find_chip(device.arch);
    std::vector<const CoreWork*> sources;
    std::ranges::transform(cores, std::back_inserter(sources), [](const CoreWork& work) { return &work; });
    std::ranges::stable_sort(sources, {}, [&](const CoreWork* work) {
        const bool is_by_reader = is_reader_free(*work, chip);
        const auto [hops, until_queued] = hops_to_first_bank(work->core, banks, is_by_reader, device);
        return std::tuple(work->rows(),
                          hops + (is_by_reader ? hops_to_farthest(work->core, rectangle, banks, device) : 0),
                          until_queued);
    });
    return sources;
}

}  // namespace

std::optional<AffineSharing> share_affine(std::vector<CoreWork>& cores, const AffineVectors& vectors,
                                          const Device& device) {
    const Chip& chip = *find_chip(device.arch);
    if (!sharing_pays(count_needs(cores), vectors.bytes, chip)) {
        return std::nullopt;
    }
    const Rectangle rectangle = bound(cores);
    cores = fill_rectangle(cores, rectangle);
    const std::vector<const CoreWork*> sources = order_sources(cores, rectangle, vectors.memory, device);
    AffineSharing sharing{.gamma_source = sources[0]->core,
                          .beta_source = sources[1]->core,
                          .share_elements = choose_share(vectors, static_cast<std::int64_t>(cores.size()) / 2),
                          .first = rectangle.first,
                          .last = rectangle.last};
    const std::int64_t shares = divide_up(vectors.elements, sharing.share_elements);
    for (std::int64_t share = 1; share < shares; ++share) {
        sharing.gamma_helpers.push_back(sources.at(static_cast<std::size_t>(2 * share))->core);
        sharing.beta_helpers.push_back(sources.at(static_cast<std::size_t>(2 * share + 1))->core);
    }
    sharing.is_by_readers = shares == 1 && is_reader_free(*sources[1], chip);
    return sharing;
}

}  // namespace layernorm_fused_rm
