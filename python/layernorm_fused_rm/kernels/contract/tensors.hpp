// SPDX-License-Identifier: Apache-2.0
// The tensors of a call, in the one order that they have everywhere, and how device memory holds one.
#pragma once

#include <stdint.h>

namespace layernorm_fused_rm::contract {

// Stats are what chips that share rows tell each other of them (contract/stats.hpp).
enum class Tensor : uint32_t { kInput, kResidual, kGamma, kBeta, kOutput, kSum, kMean, kRstd, kStats, kCount };
inline constexpr uint32_t kTensors = static_cast<uint32_t>(Tensor::kCount);
inline constexpr const char* kTensorNames[] = {"input", "residual", "gamma", "beta", "output",
                                               "sum",   "mean",     "rstd",  "stats"};
static_assert(sizeof(kTensorNames) / sizeof(kTensorNames[0]) == kTensors, "each tensor has a name");

inline constexpr uint32_t kBytesPerBfloat16 = 2;
inline constexpr uint32_t kBytesPerFloat32 = 4;

inline constexpr uint32_t kLongestShortPiece = 32;  // elements

// Which bank holds which row of a tensor, where a row lies in one: rows go round, or each bank has so many behind each
// other.
struct Distribution {
    uint32_t banks = 0;
    uint32_t rows_per_bank = 0;  // 0: they go round

    [[nodiscard]] constexpr bool goes_round() const { return rows_per_bank == 0; }
    [[nodiscard]] constexpr uint32_t bank_of(uint32_t row) const {
        return goes_round() ? row % banks : row / rows_per_bank;
    }
    [[nodiscard]] constexpr uint32_t row_in_bank(uint32_t row) const {
        return goes_round() ? row / banks : row % rows_per_bank;
    }
    [[nodiscard]] constexpr uint32_t row_at(uint32_t bank, uint32_t row_in_bank) const {
        return goes_round() ? bank + row_in_bank * banks : bank * rows_per_bank + row_in_bank;
    }
    // Of a tensor of `rows`.
    [[nodiscard]] constexpr uint32_t rows_in_bank(uint32_t bank, uint32_t rows) const {
        if (goes_round()) {
            return rows / banks + (bank < rows % banks ? 1 : 0);
        }
        const uint32_t before = bank * rows_per_bank;
        const uint32_t behind = rows > before ? rows - before : 0;
        return behind < rows_per_bank ? behind : rows_per_bank;
    }
};

// Pages, cut into pieces of consecutive elements. A row of a tensor of rows is a page and its pieces are chunks; gamma
// and beta are one such page, or pages of 32 elements, a piece each, or rows of 16 in the faces of tiles. A tensor of
// rows in tiles has a tile a page, tile row by tile row, and its pieces are the 4 x 16 elements that a strip has of a
// face (contract/tiles.hpp). Pages are interleaved over banks. Without elements it is no tensor of the call, and all
// zeros.
struct TensorLayout {
    uint32_t element_bytes = 0;
    uint32_t page_bytes = 0;  // from page to page in a bank: padding included, aligned
    uint32_t piece_elements = 0;
    uint32_t pieces_per_page = 0;
    uint32_t piece_stride_bytes = 0;  // from piece to piece within a page
    uint32_t alignment_bytes = 0;     // of its memory: what the NoC reads has the same place in it as where it goes
    uint32_t in_dram = 0;             // 1: DRAM, 0: L1
    uint32_t banks = 0;
    uint32_t tiles_per_row = 0;  // of rows in tiles, a tile a page; 0: a row is a page, or cut into some
    uint32_t shard_rows = 0;     // rows of pages in a shard; 0: interleaved
    uint32_t shard_pages = 0;    // pages of such a row in a shard
    uint32_t shards_per_row = 0;
    uint32_t first_place = 0;  // of its shards, among the reader's and the writer's common arguments

    [[nodiscard]] constexpr bool is_in_tiles() const { return tiles_per_row != 0; }
    [[nodiscard]] constexpr bool is_there() const { return element_bytes != 0; }
    [[nodiscard]] constexpr bool is_sharded() const { return shard_rows != 0; }
    [[nodiscard]] constexpr bool has_cut_rows() const { return shards_per_row > 1; }
    // Their rows lie in the same banks, side by side in the same order.
    [[nodiscard]] constexpr bool distributes_like(const TensorLayout& other) const {
        return in_dram == other.in_dram && banks == other.banks && shard_rows == other.shard_rows && !has_cut_rows() &&
               !other.has_cut_rows();
    }
    // Of rows. Those that are cut have no bank: they are counted as if they lay in one.
    [[nodiscard]] constexpr Distribution distribution() const {
        return has_cut_rows() ? Distribution{1} : Distribution{banks, shard_rows};
    }
    // Where a piece, counted over all pages, begins in its page.
    [[nodiscard]] constexpr uint32_t page_of(uint32_t piece) const { return piece / pieces_per_page; }
    [[nodiscard]] constexpr uint32_t offset_of(uint32_t piece) const {
        return piece % pieces_per_page * piece_stride_bytes;
    }

    [[nodiscard]] constexpr uint32_t piece_bytes() const { return piece_elements * element_bytes; }
    // Of gamma or beta: one page of chunks; else pages of 32 elements, or tiles with 16 in each of their first faces.
    [[nodiscard]] constexpr bool is_one_page() const { return piece_elements > kLongestShortPiece; }
    // Pieces that follow each other cannot all be read to where they belong.
    [[nodiscard]] constexpr bool has_short_pieces() const { return is_there() && piece_bytes() % alignment_bytes != 0; }

    // Calls field(name, word) for each word.
    template <typename Self, typename Field>
    static constexpr void for_each_word(Self& self, Field&& field) {
        field("element_bytes", self.element_bytes);
        field("page_bytes", self.page_bytes);
        field("piece_elements", self.piece_elements);
        field("pieces_per_page", self.pieces_per_page);
        field("piece_stride_bytes", self.piece_stride_bytes);
        field("alignment_bytes", self.alignment_bytes);
        field("in_dram", self.in_dram);
        field("banks", self.banks);
        field("tiles_per_row", self.tiles_per_row);
        field("shard_rows", self.shard_rows);
        field("shard_pages", self.shard_pages);
        field("shards_per_row", self.shards_per_row);
        field("first_place", self.first_place);
    }
};

}  // namespace layernorm_fused_rm::contract
