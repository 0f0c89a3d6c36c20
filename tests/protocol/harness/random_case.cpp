// SPDX-License-Identifier: Apache-2.0
// Cases drawn from a seed, and what is simpler than one that has failed.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "checker/counts.hpp"
#include "harness/case.hpp"

namespace protocol {
namespace {

constexpr std::int64_t kMostChunks = 240;  // work of one case, so that many fit into a minute
constexpr std::int64_t kChunkElements = 1024;
constexpr std::int64_t kMostBytesPerChunk = 4096;
constexpr std::int64_t kWormholeL1Bytes = 1'400'000;
constexpr std::int64_t kTileWidth = 32;
constexpr std::int64_t kStripRows = 4;

// Of a row, or of a strip.
[[nodiscard]] std::int64_t chunks_of(const Case& value) {
    return divide_up(value.width * (value.has_strips() ? kStripRows : 1), kChunkElements);
}

// Even in the logarithm: small numbers are as likely as large ones.
[[nodiscard]] std::int64_t random_size(Random& random, std::int64_t first, std::int64_t last) {
    const double unit = static_cast<double>(random.below(1U << 20)) / (1U << 20);
    const double ratio = static_cast<double>(last + 1) / static_cast<double>(first);
    return std::clamp(static_cast<std::int64_t>(static_cast<double>(first) * std::pow(ratio, unit)), first, last);
}

// Rows by their relation to cores and banks: fewer, as many, one more or less, a multiple, many.
[[nodiscard]] std::int64_t random_rows(const Case& value, Random& random) {
    const std::int64_t cores = std::int64_t{value.grid_x} * value.grid_y;
    const std::int64_t most = std::max<std::int64_t>(1, kMostChunks / chunks_of(value));
    const std::int64_t around =
        random.one_in(2) ? cores : (value.memories[0] == 'L' ? value.l1_banks : value.dram_banks);
    switch (random.below(4)) {
        case 0: return std::min(most, std::max<std::int64_t>(0, around + random.between(-1, 1)));
        case 1: return std::min(most, around * random.between(1, 6));
        default: return random_size(random, 1, most);
    }
}

// Rows in matrices, of which tiles pad each: one of any height, or some alike.
void choose_matrices(Case& value, Random& random) {
    const std::int64_t strips = std::max<std::int64_t>(1, kMostChunks / chunks_of(value));
    const std::int64_t most_tiles = std::max<std::int64_t>(1, strips * kStripRows / kTileWidth);
    const std::int64_t tiles = random_size(random, 1, most_tiles);
    value.matrix_rows = kTileWidth * tiles - (random.one_in(3) ? 0 : random.between(0, kTileWidth - 1));
    const std::int64_t matrices = random.one_in(2) ? 1 : random_size(random, 1, most_tiles / tiles);
    value.rows = value.matrix_rows * matrices;
}

void choose_rows(Case& value, Random& random) {
    if (value.has_strips()) {
        choose_matrices(value, random);
    } else {
        value.matrix_rows = 0;
        value.rows = random_rows(value, random);
    }
}

// Any width, and often one around what matters: vectors, tiles, chunks.
[[nodiscard]] std::int64_t random_width(Random& random) {
    switch (random.below(8)) {
        case 0: return kChunkElements * random_size(random, 1, 12) + random.between(-1, 1) * random_size(random, 1, 64);
        case 1: return random_size(random, kChunkElements, 20 * kChunkElements);
        case 2:
        case 3: return random_size(random, 1, kChunkElements);
        default: return kTileWidth * random_size(random, 1, 36);
    }
}

// L1 that is ample, or so short that the plan has to make do with less: with smaller blocks, or, from four segments on,
// by reading rows again.
[[nodiscard]] std::int64_t random_l1_bytes(const Case& value, Random& random) {
    const std::int64_t chunks = chunks_of(value);
    const std::int64_t most = 16 * chunks * kMostBytesPerChunk;
    if (!random.one_in(2)) {
        return std::max(kWormholeL1Bytes, most);
    }
    return chunks < 4 ? random_size(random, 4 * kMostBytesPerChunk, most)
                      : random_size(random, 2 * kMostBytesPerChunk, 2 * chunks * kMostBytesPerChunk);
}

// Every letter of `letters` or not, each as likely.
[[nodiscard]] std::string random_letters(const std::string& letters, Random& random) {
    std::string chosen;
    for (const char letter : letters) {
        chosen += random.one_in(2) ? std::string(1, letter) : "";
    }
    return chosen;
}

void leave_out(Case& value, char option) {
    std::erase(value.options, option);
    value.options = value.options.empty() ? "-" : value.options;
}

void add(Case& value, char option) {
    std::erase(value.options, '-');
    value.options += option;
}

// Whether rows are redone, and whether they would be written over: no matter of the plan, so the seed says.
void choose_overflow(Case& value) {
    Random random(value.seed);
    for (const char option : {'o', 'i'}) {
        leave_out(value, option);
        if (random.one_in(3)) {
            add(value, option);
        }
    }
}

// Options that the planner takes; half of all calls are float32 somewhere.
void choose_options(Case& value, Random& random) {
    value.options = random.one_in(4) ? "" : random_letters("rtm", random);
    value.options += random.one_in(6) ? "p" : "";
    value.options += value.asks('r') && random.one_in(2) ? "s" : "";
    const bool are_all_alike = random.one_in(2);
    const bool are_float32 = random.one_in(3);
    for (char& letter : value.dtypes) {
        letter = (are_all_alike ? are_float32 : random.one_in(2)) ? 'F' : 'B';
    }
    for (char& letter : value.vectors) {
        const bool can_be_cut = value.width % kTileWidth == 0 && value.width != kTileWidth;
        const std::string forms = can_be_cut ? "WWRT-" : "WWT-";
        letter = forms.at(random.below(forms.size()));
    }
    value.options += value.vectors[0] != '-' && random.one_in(4) ? "z" : "";
    value.options = value.options.empty() ? "-" : value.options;
    const std::string activations = "----RSGA";
    value.activation = activations.at(random.below(activations.size()));
    const bool has_tiles = random.one_in(3);
    for (char& letter : value.layouts) {
        letter = has_tiles && random.one_in(2) ? 'T' : 'R';
    }
}

// A part of rows that chips share. What is asked of y goes with what makes it.
void choose_stage(Case& value, Random& random) {
    value.stage = random.one_in(2) ? kBefore : kAfter;
    value.chips = value.stage == kAfter ? random_size(random, 1, 64) : 1;
    if (value.stage == kBefore) {
        value.vectors = "--";
        value.activation = '-';
        std::erase_if(value.options, [](char option) { return option == 's' || option == 't' || option == 'z'; });
        value.options = value.options.empty() ? "-" : value.options;
    }
}

// Widths that can be cut, and cores enough that this pays.
void choose_slices(Case& value, Random& random) {
    const std::int64_t piece = value.has_strips() ? kChunkElements / kStripRows : kChunkElements;
    value.width = piece * random.between(2, 8);
    value.grid_x = static_cast<std::int32_t>(random.between(4, 8));
    value.grid_y = static_cast<std::int32_t>(random.between(4, 8));
}

void choose_grid(Case& value, Random& random) {
    value.grid_x = static_cast<std::int32_t>(random_size(random, 1, 8));
    value.grid_y = static_cast<std::int32_t>(random_size(random, 1, 8));
}

}  // namespace

Case random_case(Random& random) {
    Case value;
    value.chip = random.one_in(3) ? "blackhole" : "wormhole";
    value.width = std::max<std::int64_t>(1, random_width(random));
    choose_grid(value, random);
    value.dram_banks = random.one_in(2) ? 12 : random.between(1, 16);
    value.l1_banks = random.one_in(2) ? std::int64_t{value.grid_x} * value.grid_y : random.between(1, 64);
    for (char& letter : value.memories) {
        letter = random.one_in(3) ? 'L' : 'D';
    }
    for (const std::size_t rows : {0U, 1U, 4U}) {
        value.memories[rows] = random.one_in(5) ? "HWB"[random.below(3)] : value.memories[rows];
    }
    choose_options(value, random);
    if (random.one_in(value.has_strips() ? 3 : 8)) {
        choose_slices(value, random);
    }
    if (random.one_in(6)) {
        choose_stage(value, random);
    }
    value.l1_bytes = random_l1_bytes(value, random);
    value.dram_alignment = value.chip == "blackhole" || random.one_in(4) ? 64 : 32;
    value.knows_places = !random.one_in(4);
    choose_rows(value, random);
    value.seed = random.next() >> 1;
    choose_overflow(value);
    return value;
}

Case random_variation(const Case& value, Random& random) {
    Case other = value;
    if (random.one_in(2)) {
        choose_grid(other, random);
    }
    other.l1_bytes = random.one_in(2) ? random_l1_bytes(value, random) : value.l1_bytes;
    other.knows_places = random.one_in(2);
    choose_rows(other, random);
    other.seed = random.next() >> 1;
    choose_overflow(other);
    return other;
}

std::vector<Case> simpler_cases(const Case& value) {
    std::vector<Case> simpler;
    const auto add = [&](auto&& change) {
        Case other = value;
        change(other);
        if (other != value) {
            simpler.push_back(other);
        }
    };
    add([](Case& c) { c.chip = "wormhole"; });
    add([](Case& c) { c.rows /= 2; });
    add([](Case& c) { c.grid_x = (c.grid_x + 1) / 2; });
    add([](Case& c) { c.grid_y = (c.grid_y + 1) / 2; });
    add([](Case& c) { c.width = std::max<std::int64_t>(1, c.width / 2); });
    add([](Case& c) { c.options = "-"; });
    for (const char option : value.options) {
        add([=](Case& c) { leave_out(c, option); });
    }
    add([](Case& c) { c.activation = '-'; });
    add([](Case& c) { c.chips = (c.chips + 1) / 2; });
    add([](Case& c) { c.chips = std::max<std::int64_t>(1, c.chips - 1); });
    add([](Case& c) { c.activation = c.activation == '-' ? '-' : 'R'; });
    add([](Case& c) { c.layouts = "RRRR"; });
    for (std::size_t i = 0; i < value.layouts.size(); ++i) {
        add([=](Case& c) { c.layouts[i] = 'R'; });
    }
    add([](Case& c) { c.matrix_rows = 0; });
    add([](Case& c) { c.rows = c.rows_per_matrix(); });
    add([](Case& c) { c.vectors = "--"; });
    add([](Case& c) { c.vectors = "WW"; });
    add([](Case& c) { c.dtypes = "BBBBBB"; });
    for (std::size_t i = 0; i < value.dtypes.size(); ++i) {
        add([=](Case& c) { c.dtypes[i] = 'B'; });
    }
    add([](Case& c) { c.dram_banks = (c.dram_banks + 1) / 2; });
    add([](Case& c) { c.l1_banks = (c.l1_banks + 1) / 2; });
    add([](Case& c) { c.memories = "DDDDD"; });
    add([](Case& c) { c.l1_bytes = std::max(c.l1_bytes, kWormholeL1Bytes); });
    add([](Case& c) { c.knows_places = false; });
    add([](Case& c) { c.dram_alignment = 32; });
    add([](Case& c) { c.rows = std::max<std::int64_t>(0, c.rows - 1); });
    add([](Case& c) { c.grid_x = std::max(1, c.grid_x - 1); });
    add([](Case& c) { c.grid_y = std::max(1, c.grid_y - 1); });
    add([](Case& c) { c.width = (c.width + kTileWidth - 1) / kTileWidth * kTileWidth; });
    add([](Case& c) { c.width = std::max<std::int64_t>(1, c.width - 1); });
    return simpler;
}

}  // namespace protocol
