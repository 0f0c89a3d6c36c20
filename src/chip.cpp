// SPDX-License-Identifier: Apache-2.0
#include "chip.hpp"

#include <algorithm>
#include <iterator>

namespace layernorm_fused_rm {
namespace {

// Places: tt_metal/soc_descriptors/wormhole_b0_80_arch.yaml, functional_workers. ttnn does not say which rows of a
// harvested card are off, so a row's place is exact on an unharvested card and up to two rows off on others; a trial
// lost at most 2 % by a row (docs/design.md, "Placement"). A bank's bytes a cycle are from there, too, and the
// handshake is where sharing begins to pay, simulated: 8 x 64 takes as long either way (the ladder there).
const Chip& wormhole() {
    static const Chip chip{.name = "wormhole",
                           .noc_size = {.x = 10, .y = 12},
                           .worker_columns = {1, 2, 3, 4, 6, 7, 8, 9},
                           .worker_rows = {1, 2, 3, 4, 5, 7, 8, 9, 10, 11},
                           .circular_buffers = 32,
                           .dram_alignment_bytes = 32,
                           .dram_bank_bytes_per_cycle = 24,
                           .handshake_cycles = 100};
    return chip;
}

// Places: tt_metal/soc_descriptors/blackhole_140_arch.yaml, functional_workers, and the ports of dram_views that are
// used on NoC 0 and on NoC 1. ttnn does not say which columns and which bank of a harvested card are off either: a
// column's place is up to two columns off there, a bank is taken for where it would be on average
// (src/assignment.cpp). DRAM's bytes a cycle are those of wolfpine's cost model. No reader's text is copied before it
// starts, as Wormhole's are, so a reader without rows brings a vector sooner than the cores that need it could: sharing
// pays from two of them on.
const Chip& blackhole() {
    static const Chip chip{.name = "blackhole",
                           .noc_size = {.x = 17, .y = 12},
                           .worker_columns = {1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16},
                           .worker_rows = {2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
                           .dram_read_places = {{0, 11}, {0, 2}, {0, 9}, {0, 5}, {9, 11}, {9, 3}, {9, 8}, {9, 6}},
                           .dram_write_places = {{0, 1}, {0, 10}, {0, 4}, {0, 7}, {9, 1}, {9, 10}, {9, 4}, {9, 7}},
                           .circular_buffers = 64,
                           .dram_alignment_bytes = 64,
                           .dram_bank_bytes_per_cycle = 47,
                           .starts_readers_first = true,
                           .handshake_cycles = 0};
    return chip;
}

// Row by row; none where the grid is larger than the chip. Of columns that are off as many are taken for left of the
// grid as for right of it.
[[nodiscard]] std::vector<Coordinate> worker_places(const Chip& chip, Coordinate grid) {
    const auto fits = [](std::int32_t side, const std::vector<std::int32_t>& places) {
        return side >= 0 && static_cast<std::size_t>(side) <= places.size();
    };
    if (!fits(grid.x, chip.worker_columns) || !fits(grid.y, chip.worker_rows)) {
        return {};
    }
    const std::size_t first_column = (chip.worker_columns.size() - static_cast<std::size_t>(grid.x)) / 2;
    std::vector<Coordinate> places;
    for (std::int32_t y = 0; y < grid.y; ++y) {
        for (std::int32_t x = 0; x < grid.x; ++x) {
            places.push_back({.x = chip.worker_columns[first_column + static_cast<std::size_t>(x)],
                              .y = chip.worker_rows[static_cast<std::size_t>(y)]});
        }
    }
    return places;
}

}  // namespace

const Chip* find_chip(Arch arch) {
    switch (arch) {
        case Arch::kWormhole: return &wormhole();
        case Arch::kBlackhole: return &blackhole();
        case Arch::kOther: break;
    }
    return nullptr;
}

Device with_places(Device device, const std::vector<Coordinate>& l1_bank_cores) {
    const Chip* const chip = find_chip(device.arch);
    if (chip == nullptr) {
        return device;
    }
    device.noc_size = chip->noc_size;
    device.workers = worker_places(*chip, device.grid);
    device.dram_alignment_bytes = chip->dram_alignment_bytes;
    device.dram_read_places = chip->dram_read_places;
    device.dram_write_places = chip->dram_write_places;
    device.l1_bank_places.clear();
    if (!device.workers.empty()) {
        std::ranges::transform(l1_bank_cores, std::back_inserter(device.l1_bank_places), [&](Coordinate core) {
            return device.workers.at(static_cast<std::size_t>(std::int64_t{core.y} * device.grid.x + core.x));
        });
    }
    return device;
}

}  // namespace layernorm_fused_rm
