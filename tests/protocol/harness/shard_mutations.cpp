// SPDX-License-Identifier: Apache-2.0
// Of tensors in shards: rows that lie whole in a core's L1, and rows of which several cores have parts.
#include <algorithm>

#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

using layernorm_fused_rm::Plan;

[[nodiscard]] std::vector<Mutation> places_of_shards() {
    return {
        {"one shard's core for all", "bank_address", "tensor.first_place + bank", "tensor.first_place", kInShards},
        {"columns and rows of shards' cores swapped", "bank_address", "place & 0xffff, place >> 16",
         "place >> 16, place & 0xffff", kInShards},
        {"shards of two tensors taken for alike", "TensorLayout::distributes_like", "&& shard_rows == other.shard_rows",
         "", kToShards},
        {"rows of shards counted round", "TensorLayout::distribution", "Distribution{banks, shard_rows}",
         "Distribution{banks}", kToShards},
        {"rows looked for in the first shard", "Distribution::bank_of", "row / rows_per_bank", "0", kToShards},
        {"rows looked for behind their shard", "Distribution::row_in_bank", "row % rows_per_bank", "row", kToShards},
        {"a shard's rows taken for the first's", "Distribution::row_at", "bank * rows_per_bank + row_in_bank",
         "row_in_bank", kFromShards},
    };
}

[[nodiscard]] std::vector<Mutation> parts_of_cut_rows() {
    return {
        {"a part's row counted from the tensor's start", "for_each_part", "(row - shard_row * tensor.shard_rows)",
         "row", kInCutShards},
        {"a part in the shard above", "for_each_part", "shard_row * tensor.shards_per_row + shard", "shard",
         kInCutShards},
        {"a part's column counted from the row's start", "for_each_part", "column - shard * kColumns", "0",
         kInCutShards},
        {"parts from their shard's start", "for_each_part", "+ in_page * tensor.element_bytes", "", kInCutShards},
        {"the next part as far in its shard", "for_each_part", "in_page = 0;", "", kInCutShards},
        {"all parts in one shard", "for_each_part", "++shard;", "", kInCutShards},
        {"parts as long as a shard is wide", "for_each_part",
         "kColumns - in_page < columns - before ? kColumns - in_page : columns - before", "kColumns - in_page",
         kInCutShards},
        {"parts over each other", "for_each_part_of_rows", "+ before * tensor.element_bytes", "", kInCutShards},
        {"cut rows over each other", "for_each_part_of_rows", "row * stride_bytes(tensor) +", "", kCutRowsTogether},
        {"one cut row for all", "for_each_part_of_rows", "row_number(block, row)", "row_number(block, 0)",
         kCutRowsTogether},
        {"cut rows' first segment for all", "for_each_part_of_rows", "segment * kColumnsPerChunk", "0", kInCutShards},
        {"cut rows taken for whole ones", "start_reading_rows", "tensor.has_cut_rows()", "false", kInCutShards},
    };
}

[[nodiscard]] std::vector<Mutation> strips_of_shards() {
    return {
        {"tile rows of a shard counted from the tensor's start", "ShardedPages::ShardedPages",
         "row - shard_row * tensor.shard_rows", "row", kStripsInShards},
        {"tiles of a shard counted from the row's start", "ShardedPages::ShardedPages",
         "column - shard_column * tensor.shard_pages", "column", kStripsInShards},
        {"the shard above taken for a tile's", "ShardedPages::ShardedPages",
         "shard_row * tensor.shards_per_row + shard_column", "shard_column", kStripsInShards},
        {"the shard beside taken for a tile's", "ShardedPages::ShardedPages",
         "shard_row * tensor.shards_per_row + shard_column", "shard_row * tensor.shards_per_row", kStripsInShards},
        {"tile rows of a shard a tile apart", "ShardedPages::ShardedPages", "row_in_shard * tensor.shard_pages",
         "row_in_shard", kStripsInShards},
        {"a shard thought to begin where a strip does", "ShardedPages::ShardedPages", "left_ = kPages - before",
         "left_ = kPages", kStripsInShards},
        {"the first shard's core for every strip", "ShardedPages::ShardedPages", "bank_address<tensor>(bank_, 0)",
         "bank_address<tensor>(0, 0)", kStripsInShards},
        {"a core looked up behind the last shard", "ShardedPages::go_on", "++bank_ < tensor.banks", "++bank_ != 0",
         kStripsInShards},
        {"tiles all in one shard", "ShardedPages::go_on", "core_ = bank_address<tensor>(bank_, 0);", "",
         kStripsInShards},
        {"the next shard's tiles behind this one's", "ShardedPages::go_on", "address_ = first_address_;", "",
         kStripsInShards},
        {"every shard as wide as the first is left", "ShardedPages::go_on", "left_ = kPages;", "", kStripsInShards},
        {"pieces of cut rows over each other", "move_strip_in_cut_rows", "contract::kRowsPerStrip + row)",
         "contract::kRowsPerStrip)", kStripsInCutShards},
        {"one row of a strip for all", "move_strip_in_cut_rows", "first + row", "first", kStripsInCutShards},
        {"padding between matrices taken for rows", "move_strip_in_cut_rows", "= tensor_row(first_row)", "= first_row",
         kStripsInCutShards},
        {"rows of a strip that are padding", "move_strip_in_cut_rows",
         "rows_in_strip<contract::DataMovementArgument>(first_row)", "contract::kRowsPerStrip", kStripsInCutShards},
        {"a strip's first segment of cut rows for all", "move_strip_in_cut_rows", "segment * kColumnsPerChunk + column",
         "column", kStripsInCutShards},
        {"a row's last piece as long as the others", "move_strip_in_cut_rows",
         "left < kPieceElements ? left : kPieceElements", "kPieceElements", kStripsInCutShards},
        {"parts of a piece over each other", "move_strip_in_cut_rows", "+ before * tensor.element_bytes", "",
         kStripsInCutShards},
        {"cut rows of strips taken for whole ones", "start_moving_strips", "tensor.has_cut_rows()", "false",
         kStripsInCutShards},
    };
}

[[nodiscard]] Mutation on_plan(const char* name, std::function<void(Plan&)> change) {
    return {.name = name, .kind = kInShards, .plan = {.plan = std::move(change), .layout = {}}};
}

[[nodiscard]] std::vector<Mutation> plans_of_shards() {
    return {
        on_plan("shards' cores in another order", [](Plan& plan) { std::ranges::reverse(plan.shards); }),
        on_plan("a shard's core left out", [](Plan& plan) { plan.shards.pop_back(); }),
    };
}

}  // namespace

std::vector<Mutation> shard_mutations() {
    std::vector<Mutation> all = places_of_shards();
    for (const auto& more : {parts_of_cut_rows(), strips_of_shards(), plans_of_shards()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

}  // namespace protocol
