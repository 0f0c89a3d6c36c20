// SPDX-License-Identifier: Apache-2.0
// Of compute's rows of several segments.
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> plain_mutations() {
    return {
        {"segment waits for one step too few", "wait_for_segment", "(steps_behind(segment) + 1)",
         "steps_behind(segment)", kStreamed},
        {"segment waits for one step too many", "wait_for_segment", "+ 1", "+ 2", kStreamed},
        {"segment popped before it is unpacked", "finish_fill",
         "fill_rows(first, kVectorsPerBatch, 0, state.zone, segment, state.formats); pop_rows(kPagesPerStep);",
         "pop_rows(kPagesPerStep); fill_rows(first, kVectorsPerBatch, 0, state.zone, segment, state.formats);",
         kStreamed},
        {"segment's zone not acquired", "normalise_segment", "tensix::acquire_zone();", "", kStreamed},
        {"segment's zone committed twice", "normalise_segments", "tensix::commit_zone();",
         "tensix::commit_zone(); tensix::commit_zone();", kStreamed},
        {"segment's zone acquired when it is committed", "normalise_segment", "part == 0", "part + 1 == kParts",
         kStreamed},
        {"second segment normalised twice", "normalise_segment", "0, zone ^ 1", "segment == 0 ? 1 : 0, zone ^ 1",
         kStreamed},
        {"next segment filled into the zone at hand", "normalise_segment", "zone ^ 1", "zone", kStreamed},
        {"next segment not waited for", "normalise_segment", "wait_for_rows(kPagesPerStep);", "", kStreamed},
        {"a row of the next segment left out", "normalise_segment", "part * kSourceBanks", "2 * part * kSourceBanks",
         kStreamed},
        {"part of a segment normalised twice", "normalise_segment", "dest_row += steps * kLastStepRows;", "",
         kStreamed},
        {"part of a segment left out", "normalise_segment", "part + 1 < kParts ? per_part : left", "per_part",
         kStreamed},
        {"fill not ordered behind the SFPU", "bring_segment", "tensix::order_fill_after_sfpu();", "", kStreamed},
        {"first segment's fill not ordered behind the SFPU", "normalise_segments", "tensix::order_fill_after_sfpu();",
         "", kStreamed},
        {"sums moved before the SFPU has read the last ones", "sum_rows_of_block", "tensix::order_fill_after_sfpu();",
         "", kStreamed},
        {"fill not ordered before the SFPU", "bring_segment", "tensix::order_sfpu_after_fill();", "", kStreamed},
        {"gamma and beta of a segment not ordered before the SFPU", "fill_affine", "tensix::order_sfpu_after_fill();",
         "", kShortLastSegment},
        {"sums of the row before", "sum_whole_segment", "dest_row - kChunkRows", "dest_row", kStreamed},
        {"sums of pairs given to another row", "sum_whole_segment", "row - 1", "row", kStreamed},
        {"last row's sums left out", "sum_whole_segment",
         "MATH((sum_pairs<row, kPairs, sfpu::Sums::kBegin>(dest_row)));", "", kStreamed},
        {"fewer pairs summed than moved", "sum_whole_segment", "kMatricesPerChunk / 2", "kMatricesPerChunk / 4",
         kStreamed},
        {"whole segment unpacked from another page", "sum_whole_segment", "(steps * kPagesPerStep + row)",
         "steps * kPagesPerStep", kStreamed},
        {"segment pushed a page short", "pack_segment", "cb_push_back(buffer, kPagesPerStep)",
         "cb_push_back(buffer, 1)", kStreamed},
        {"segment reserved a page short", "pack_segment", "cb_reserve_back(buffer, kPagesPerStep)",
         "cb_reserve_back(buffer, 1)", kStreamed},
        {"segment's rows packed to one page", "pack_segment", "+ row * page_bytes(tensor)", "", kStreamed},
        {"rows of a segment swapped", "pack_segment", "chunk + row", "chunk + kRowsPerBatch - 1 - row", kStreamed},
        {"SFPU pointed at the other zone", "normalise_segment", "dest_row = zone_row(zone)",
         "dest_row = zone_row(zone ^ 1)", kStreamed},
        {"gamma looked for a zone away", "normalise_segment", "kGammaRow - zone_row(zone)",
         "kGammaRow - zone_row(zone ^ 1)", kStreamed},
        {"squares of a segment left out", "StreamedBlock::sum", "sum_piece<Pass>(segment + 1 == kSegments)",
         "segment != 1 ? sum_piece<Pass>(segment + 1 == kSegments) : void()", kStreamed},
        {"sums of a segment left out", "sum_rows_of_block", "for (;", "for (segment = 1;", kStreamed},
        {"sums of the last segment left out", "sum_rows_of_block", "MATH((sum_segment(at)));", "", kStreamed},
        {"whole segment not waited for", "sum_rows_of_block", "wait_for_segment(segment);", "", kStreamed},
        {"rows not centred", "sum_rows", "way.template find<FindCentres, StoreMeans>();", "", kStreamed},
        {"no last pass", "LastPasses", "PassList<Normalise>", "PassList<>", kStreamed},
    };
}

[[nodiscard]] std::vector<Mutation> option_mutations() {
    return {
        {"packer's format of a segment not set anew", "pack_segment", "formats.pack_to(buffer, tensor.element_bytes);",
         "", kRichStreamed},
        {"sum's segment packed from the input's chunk", "normalise_segments", "+ kResidualRow / kChunkRows", "",
         kRichStreamed},
        {"residual's segment not filled", "fill_rows",
         "fill_from_page<kResidualOperand>(page, zone_row(zone) + kResidualRow, elements, formats);", "",
         kRichStreamed},
        {"residual of another segment", "fill_rows", "kResidualOperand>(page",
         "kResidualOperand>(steps == 0 ? page : page - 1", kRichStreamed},
        {"statistics not handed over", "normalise_streamed_block", "hand_over_statistics(state);", "", kRichStreamed},
        {"statistics' zone committed with the last block's", "hand_over", "tensix::acquire_zone();", "", kRichStreamed},
        {"statistics' zone not committed", "hand_over", "tensix::commit_zone(); tensix::wait_zone();", "",
         kRichStreamed},
        {"statistics' zone not flipped", "hand_over", "state.zone ^= 1;", "", kRichStreamed},
        {"statistics packed from the other zone", "hand_over", "state.zone * kChunksPerZone",
         "(state.zone ^ 1) * kChunksPerZone", kRichStreamed},
    };
}

[[nodiscard]] std::vector<Mutation> read_again_mutations() {
    return {
        {"a summing pass does not pop", "drop_segment", "if constexpr (kReadsAgain) { pop_rows(kPagesPerStep); }", "",
         kReadAgain},
        {"the last pass does not pop", "finish_fill", "pop_rows(kPagesPerStep);", "", kReadAgain},
        {"rows read again looked for behind", "steps_behind", "kReadsAgain ? 0 : segment", "segment", kReadAgain},
        {"vectors' segment not waited for", "fill_affine_segment", "wait_for_affine();", "", kReadAgain},
        {"vectors' segment not popped", "fill_affine_segment", "pop_affine();", "", kReadAgain},
        {"vectors' segment popped before it is unpacked", "fill_affine_segment",
         "with_elements_of(segment, [&](auto elements) { fill_affine(0, elements / kVectorCopies, state.formats); }); "
         "pop_affine();",
         "pop_affine(); with_elements_of(segment, [&](auto elements) { fill_affine(0, elements / kVectorCopies, "
         "state.formats); });",
         kReadAgain},
    };
}

[[nodiscard]] std::vector<Mutation> piece_mutations() {
    return {
        {"a piece goes on from the one before", "begin_piece", "FirstStep<Pass>", "Step<Pass>", kManyPieces},
        {"a piece that the FPU has summed goes on from the one before", "sum_pairs", "pairs, sfpu::Sums::kBegin",
         "pairs, sfpu::Sums::kGoOn", kManyPieces},
        {"sums of a short last piece not cleared", "begin_piece", "sfpu::issue<ClearSums>();", "", kStreamed},
        {"a level not joined", "join_pieces", "if (left % 2 != 0)", "if (left % 2 != 0 && left > 1)", kManyPieces},
        {"levels left over behind the last piece", "join_pieces", "left % 2 != 0 || (is_last && left != 0)",
         "left % 2 != 0", kManyPieces},
        {"levels one over the other", "join_pieces", "dest_row += kLevelRows;", "", kManyPieces},
        {"rows of a level one over the other", "store_level", "row * kDestRowsPerSum", "0", kManyPieces},
        {"pieces that the FPU has summed not joined", "sum_rows_of_block", "MATH((join_pieces(segment, kGammaRow)));",
         "", kManyPieces},
    };
}

}  // namespace

std::vector<Mutation> streamed_mutations() {
    std::vector<Mutation> all;
    for (const auto& some : {plain_mutations(), option_mutations(), read_again_mutations(), piece_mutations()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
