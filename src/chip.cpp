#include "chip.hpp"

#include <algorithm>
#include <iterator>

namespace layernorm_fused_rm {
namespace {

// Places: tt_metal/soc_descriptors/wormhole_b0_80_arch.yaml, functional_workers. ttnn does not say which rows of a
// harvested card are off, so a row's place is exact on an unharvested card and up to two rows off on others; a trial
// lost at most 2 % by a row (docs/design.md, "Placement"). A bank's bytes a cycle are from there, too, and the handshake
// is that of 32 x 1024, simulated (the ladder there).
const Chip& wormhole() {
    static const Chip chip{.name = "wormhole",
                           .noc_size = {.x = 10, .y = 12},
                           .worker_columns = {1, 2, 3, 4, 6, 7, 8, 9},
                           .worker_rows = {1, 2, 3, 4, 5, 7, 8, 9, 10, 11},
                           .dram_alignment_bytes = 32,
                           .dram_bank_bytes_per_cycle = 24,
                           .handshake_cycles = 700};
    return chip;
}

// Row by row; none where the grid is larger than the chip.
[[nodiscard]] std::vector<Coordinate> worker_places(const Chip& chip, Coordinate grid) {
    const auto fits = [](std::int32_t side, const std::vector<std::int32_t>& places) {
        return side >= 0 && static_cast<std::size_t>(side) <= places.size();
    };
    if (!fits(grid.x, chip.worker_columns) || !fits(grid.y, chip.worker_rows)) {
        return {};
    }
    std::vector<Coordinate> places;
    for (std::int32_t y = 0; y < grid.y; ++y) {
        for (std::int32_t x = 0; x < grid.x; ++x) {
            places.push_back({.x = chip.worker_columns[static_cast<std::size_t>(x)],
                              .y = chip.worker_rows[static_cast<std::size_t>(y)]});
        }
    }
    return places;
}

}  // namespace

const Chip* find_chip(Arch arch) { return arch == Arch::kWormhole ? &wormhole() : nullptr; }

Device with_places(Device device, const std::vector<Coordinate>& l1_bank_cores) {
    const Chip* const chip = find_chip(device.arch);
    if (chip == nullptr) {
        return device;
    }
    device.noc_size = chip->noc_size;
    device.workers = worker_places(*chip, device.grid);
    device.dram_alignment_bytes = chip->dram_alignment_bytes;
    device.l1_bank_places.clear();
    if (!device.workers.empty()) {
        std::ranges::transform(l1_bank_cores, std::back_inserter(device.l1_bank_places), [&](Coordinate core) {
            return device.workers.at(static_cast<std::size_t>(std::int64_t{core.y} * device.grid.x + core.x));
        });
    }
    return device;
}

}  // namespace layernorm_fused_rm
