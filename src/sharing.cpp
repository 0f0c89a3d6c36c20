#include "sharing.hpp"

#include <algorithm>

namespace layernorm_fused_rm {
namespace {

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

// gamma and beta lie in one DRAM bank each, both in bank 0.
[[nodiscard]] bool sharing_pays(std::int64_t cores, std::int64_t affine_bytes, const Chip& chip) {
    return cores > 1 && (cores - 1) * affine_bytes / chip.dram_bank_bytes_per_cycle > chip.handshake_cycles;
}

}  // namespace

std::optional<AffineSharing> share_affine(std::vector<CoreWork>& cores, std::int64_t affine_bytes, const Chip& chip) {
    if (!sharing_pays(static_cast<std::int64_t>(cores.size()), affine_bytes, chip)) {
        return std::nullopt;
    }
    const Rectangle rectangle = bound(cores);
    cores = fill_rectangle(cores, rectangle);
    // The source has the least to do besides: of equals the first.
    const auto source = std::ranges::min_element(cores, {}, &CoreWork::rows);
    return AffineSharing{.source = source->core, .first = rectangle.first, .last = rectangle.last};
}

}  // namespace layernorm_fused_rm
