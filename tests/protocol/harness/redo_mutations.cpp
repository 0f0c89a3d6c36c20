// SPDX-License-Identifier: Apache-2.0
// Of rows that are redone.
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

// How rows are found that are to be redone, and held back where they would be written over what they came from.
[[nodiscard]] std::vector<Mutation> list_mutations() {
    return {
        {"rows not looked at", "write_output", "if (is_looked_at) { list.look_at(block, l1_address); } return;",
         "return;", kRedone},
        {"every segment looked at", "write_output", "if (is_looked_at) { list.look_at(block, l1_address); } return;",
         "list.look_at(block, l1_address); return;", kRedoneReadAgain},
        {"what was seen not noted", "RedoList::look_at", "specials >= kCarry", "false", kRedone},
        {"the last row of a block not looked at", "RedoList::look_at", "row < kRowsPerBlock", "row + 1 < kRowsPerBlock",
         kRedone},
        {"rows looked at too near each other", "RedoList::carry_if_special", "element * kBytes", "row * 32", kRedone},
        {"rows looked at behind the pop", "write_step", "pop_step();",
         "pop_step(); if (segment == 0) { list.look_at(block, get_read_ptr(kOutput)); }", kRedone},
        {"a block's row marked for the core's", "RedoList::mark", "seen_ + row / kRowsRedone", "row / kRowsRedone",
         kRedone},
        {"rows marked where those of the block before were", "RedoList::look_at", "seen_ += block.rows / kRowsRedone;",
         "", kRedone},
        {"rows marked that the block lacks", "RedoList::mark", "row < block.rows", "row < kRowsPerBlock", kRedone},
        {"the first marked row not redone", "RedoList::for_each_row", "i = 0", "i = 1", kRedone},
        {"rows behind the most that are marked not redone", "RedoList::for_each_row", "position < seen_",
         "position < 0", kRedoneMany},
        {"rows behind the most that are marked written over what they came from", "RedoList::has_marked",
         "position >= all_from_", "false", kRedoneMany},
        {"marked rows written over what they came from", "write_output", "list.is_empty()", "true", kRedoneInPlace},
        {"all rows of a block held back", "start_writing_unmarked_rows", "!list.has_marked(row, block.rows)", "false",
         kRedoneInPlace},
        {"rows in place not looked at before they are written", "write_output",
         "if (is_looked_at) { list.look_at(block, l1_address); } if (list.is_empty())", "if (list.is_empty())",
         kRedoneInPlace},
    };
}

// How they come again.
[[nodiscard]] std::vector<Mutation> feed_mutations() {
    return {
        {"an announcement's room not reserved", "RowFeed::announce_row", "reserve_rows(kPagesOfAnnouncement);", "",
         kRedone},
        {"a store not waited for", "store_and_wait", "while (load(address) != word) { }", "", kRedone},
        {"scaled elements not waited for", "scale_down", "elements.get(row, count - 1) != last", "false", kRedone},
        {"pushed pages not counted", "RowFeed::push", "slot_ = (slot_ + pages / kPagesPerStep) % kSlots;", "", kRedone},
        {"the reader's pages not counted", "RowFeed::RowFeed", "blocks * kReadsPerRow * kSegments % kSlots", "0",
         kRedone},
        {"the reader's pages counted as if each row was read once", "RowFeed::RowFeed", "kReadsPerRow * kSegments",
         "kSegments", kRedoneReadAgain},
        {"a redone residual at the input's distance", "pages_of_slot", "kResidualTensor", "kInputTensor",
         kRedoneReadAgain},
        {"a redone row looked at before it is there", "RowFeed::fetch", "noc_async_read_barrier();", "", kRedone},
        {"a redone row's room not reserved", "RowFeed::fetch", "reserve_rows(kPagesPerStep);", "", kRedone},
        {"a row scaled once it has been pushed", "RowFeed::push_scaled", "push(kPagesPerStep);",
         "const uint32_t at = next().input; push(kPagesPerStep); scale_down<kInputTensor>(at, 0, 1, scales.of[0]);",
         kRedone},
        {"a redone row's first segment for all", "RowFeed::push_scaled", "fetch(rows, segment", "fetch(rows, 0",
         kRedoneInPlace},
        {"a redone row's step not pushed", "RowFeed::push_scaled", "push(kPagesPerStep);", "", kRedone},
        {"a redone row taken for its run's first", "layernorm_fused_rm::row_at", "run.first_page + position",
         "run.first_page", kRedone},
        {"a redone row looked for in the run before", "layernorm_fused_rm::row_at", "position >= run.rows",
         "position > run.rows", kRedoneMany},
    };
}

// What is done with them.
[[nodiscard]] std::vector<Mutation> writer_mutations_of_redo() {
    return {
        {"no row redone", "write_rows", "if (kRedoes && !list.is_empty())", "if (false)", kRedone},
        {"the first row not announced", "write_rows", "feed.announce_row();", "", kRedone},
        {"a row announced where there is none", "write_rows", "segment + 1 == kSegments && !list.is_empty()",
         "segment + 1 == kSegments"},
        {"a row announced with each block", "write_rows", "blocks_left == 0 && segment", "segment", kRedone},
        {"a row announced with each segment", "write_rows", "segment + 1 == kSegments && !list", "!list",
         kRedoneInPlace},
        {"the first row announced behind the pop", "write_step", "prepare_pop(); pop_step();",
         "pop_step(); prepare_pop();", kRedone},
        {"the next row not announced", "redo_rows", "segment + 1 == kSegments && !are_last", "false", kRedone},
        {"another row announced behind the last", "redo_rows", "segment + 1 == kSegments && !are_last",
         "segment + 1 == kSegments", kRedone},
        {"the next row announced with each segment", "redo_rows", "segment + 1 == kSegments && !are_last", "!are_last",
         kRedoneInPlace},
        {"the next row announced behind the pop", "write_redone_step", "prepare_pop(); pop_step();",
         "pop_step(); prepare_pop();", kRedone},
        {"rows behind the most that are marked not counted", "RedoList::size",
         "count_ + (all_from_ < seen_ ? seen_ - all_from_ : 0)", "count_", kRedoneMany},
        {"blocks not counted", "count_blocks", "blocks +=", "blocks =", kSeveralRuns},
        {"rows fed while the reader still does", "write_rows", "RowFeed feed(blocks_left);",
         "RowFeed feed(blocks_left); reserve_rows(kPagesPerStep);", kRedone},
        {"a redone row brought once for all passes", "redo_rows", "kReadsPerRow * kSegments", "kSegments",
         kRedoneReadAgain},
        {"the output of a redone row waited for before there is room for the rest", "redo_rows",
         "kReadsAgain ? 1 : kSegments", "kSegments", kRedoneReadAgain},
        {"the output of a redone row waited for before it is all there", "redo_rows", "kReadsAgain ? 1 : kSegments",
         "1", kRedoneInPlace},
        {"a redone row written before its last writes were through", "redo_marked", "noc_async_write_barrier();", "",
         kRedone},
        {"a redone row's sum left", "write_redone_step", "wait_for_sum(); prepare_pop(); pop_step();",
         "prepare_pop(); noc_async_writes_flushed(); cb_pop_front(kOutput, kPagesPerStep);", kRedone},
        {"a redone row's segment of gamma and beta not brought", "redo_rows", "bring_affine_of_step(step);", "",
         kRedoneReadAgain},
        {"a redone row's statistics left", "write_redone_step", "segment == 0", "false", kRedone},
    };
}

}  // namespace

std::vector<Mutation> redo_mutations() {
    std::vector<Mutation> all = list_mutations();
    for (const auto& some : {feed_mutations(), writer_mutations_of_redo()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
