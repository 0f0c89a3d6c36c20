// SPDX-License-Identifier: Apache-2.0
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> block_mutations() {
    return {
        {"a chunk too many packed", "pack_elements", "packed < elements", "packed < elements + 1024"},
        {"output reserve dropped", "pack_elements", "cb_reserve_back(buffer, 1);", ""},
        {"output push dropped", "pack_elements", "cb_push_back(buffer, 1);", ""},
        {"output pushed before it is packed", "pack_elements", "tensix::back_address(buffer);",
         "tensix::back_address(buffer); cb_push_back(buffer, 1);"},
        {"packer's format not set anew", "pack_elements", "formats.pack_to(buffer, element_bytes);", "", kRichResident},
    };
}

[[nodiscard]] std::vector<Mutation> resident_mutations() {
    return {
        {"zone not acquired", "normalise_resident_block", "tensix::acquire_zone();", ""},
        {"fill of the other zone", "normalise_resident_block", "kInputOperand>(zone_row(zone)",
         "kInputOperand>(zone_row(zone ^ 1)"},
        {"commit dropped", "normalise_resident_block", "tensix::commit_zone();", ""},
        {"committed twice", "normalise_resident_block", "tensix::commit_zone();",
         "tensix::commit_zone(); tensix::commit_zone();"},
        {"packer does not wait for the zone", "normalise_resident_block", "tensix::wait_zone();", ""},
        {"zone never released", "normalise_resident_block", "tensix::release_zone();", ""},
        {"zone released twice", "normalise_resident_block", "tensix::release_zone();",
         "tensix::release_zone(); tensix::release_zone();"},
        {"zone released before it is packed", "normalise_resident_block", "tensix::wait_zone();",
         "tensix::wait_zone(); tensix::release_zone(); tensix::wait_zone();"},
        {"zone flip dropped", "normalise_resident_block", "state.zone ^= 1;", ""},
        {"pack of the wrong chunk", "normalise_resident_block", "kOutput, chunk", "kOutput, chunk + 1"},
        {"pack of the other zone", "normalise_resident_block", "zone * kChunksPerZone", "(zone ^ 1) * kChunksPerZone"},
        {"first batch not normalised", "normalise_resident_block", "batch = 0", "batch = 1"},
        {"batches overlap", "normalise_resident_block", "kVectorsPerBatch * kBatchStrideRows", "kBatchStrideRows"},
    };
}

[[nodiscard]] std::vector<Mutation> resident_option_mutations() {
    return {
        {"sum packed from the input's chunk", "normalise_resident_block", "+ kResidualRow / kChunkRows", "",
         kRichResident},
        {"sum pushed twice", "normalise_resident_block", "tensix::release_zone();",
         "pack_rows<kSumTensor>(kSum, chunk + kResidualRow / kChunkRows, elements, state.formats); "
         "tensix::release_zone();",
         kRichResident},
        {"sum not packed", "normalise_resident_block",
         "pack_rows<kSumTensor>(kSum, chunk + kResidualRow / kChunkRows, elements, state.formats);", "", kRichResident},
        {"statistics not pushed", "normalise_resident_block",
         "pack_statistics(chunk + kSparedRow / kChunkRows, state.formats);", "", kRichResident},
        {"statistics packed from another chunk", "normalise_resident_block", "+ kSparedRow / kChunkRows", "",
         kRichResident},
        {"statistics of a batch over the first's", "normalise_resident_block", "mean_row(batch * kVectorsPerBatch)",
         "mean_row(0)", kRichResident},
        {"residual not filled", "normalise_resident_block",
         "fill_page<kResidualOperand>(zone_row(zone) + kResidualRow, elements, state.formats);", "", kRichResident},
        {"residual filled over the input", "normalise_resident_block",
         "kResidualOperand>(zone_row(zone) + kResidualRow", "kResidualOperand>(zone_row(zone)", kRichResident},
        {"residual unpacked twice", "normalise_resident_block", "fill_page<kResidualOperand>(",
         "fill_page<kResidualOperand>(zone_row(zone) + kResidualRow, elements, state.formats); "
         "fill_page<kResidualOperand>(",
         kRichResident},
    };
}

[[nodiscard]] std::vector<Mutation> operand_mutations() {
    return {
        {"input wait dropped", "fill_page", "cb_wait_front(operand.buffer, 1);", ""},
        {"input pop dropped", "fill_page", "cb_pop_front(operand.buffer, 1);", ""},
        {"input popped before it is unpacked", "fill_page",
         "fill_from_page<operand>(0, dest_row, elements, formats); cb_pop_front(operand.buffer, 1);",
         "cb_pop_front(operand.buffer, 1); fill_from_page<operand>(0, dest_row, elements, formats);"},
        {"gamma or beta not waited for", "wait_for_affine", "cb_wait_front(operand.buffer, 1);", ""},
        {"gamma or beta not popped", "pop_affine", "cb_pop_front(operand.buffer, 1);", ""},
        {"unpacker's format not set anew", "fill_from_element", "formats.template unpack_from<operand>();", "",
         kRichResident},
        {"unpacker's format that of the input", "Formats::unpack_from", "operand.buffer", "kInput", kRichResident},
        {"packer's format that of the output", "Formats::pack_to", "pack_reconfig_data_format(buffer)",
         "pack_reconfig_data_format(kOutput)", kRichResident},
        {"packer set anew and again", "Formats::pack_to", "packed_bytes_ = element_bytes", "packed_bytes_ = 2",
         kRichResident},
        {"unpacker set up for the input always", "Formats::unpacked_bytes_", "kFirstOperand", "kInputOperand",
         kRichResident},
        {"pages counted in bytes of the other format", "element_address", "operand.element_bytes", "2", kReadAgain},
        {"residual not waited for", "wait_for_rows", "cb_wait_front(kResidual, pages);", "", kRichStreamed},
        {"residual not popped", "pop_rows", "cb_pop_front(kResidual, pages);", "", kRichStreamed},
        {"residual popped a page too far", "pop_rows", "kResidual, pages", "kResidual, pages + 1", kRichStreamed},
    };
}

[[nodiscard]] std::vector<Mutation> affine_mutations() {
    return {
        {"beta not waited for", "wait_for_affine", "wait_for_affine<kBetaOperand>();", ""},
        {"gamma and beta not waited for", "load_affine_once", "wait_for_affine();", ""},
        {"gamma and beta never settled", "load_affine_once", "state.affine_is_loaded = true;", ""},
        {"SFPU not ordered behind gamma and beta", "fill_affine", "tensix::order_sfpu_after_fill();", ""},
        {"beta over gamma", "kBetaRowIn", ": kChunkRows", ": 0"},
        {"gamma of a pair's first row only", "load_affine_once", "kAffineElements", "kWidth", kPaired},
        {"gamma popped twice", "pop_affine", "pop_affine<kGammaOperand>();",
         "pop_affine<kGammaOperand>(); pop_affine<kGammaOperand>();"},
        {"beta not popped", "pop_affine", "pop_affine<kBetaOperand>();", ""},
        {"gamma and beta not popped", "load_affine_once", "pop_affine();", ""},
        {"gamma and beta of streamed rows not popped", "drop_affine", "pop_affine();", "", kStreamed},
        {"idle core does not wait for gamma and beta", "drop_affine", "wait_for_affine();", "", kIdleCores},
        {"gamma and beta dropped twice", "drop_affine", "&& !(kIsResident && state.affine_is_loaded)", ""},
        {"gamma and beta of an idle core left", "drop_affine", "(kIsResident && state.affine_is_loaded)", "kIsResident",
         kIdleCores},
        {"gamma of the first segment for all", "fill_affine_segment", "segment * kColumnsPerChunk", "0", kStreamed},
    };
}

[[nodiscard]] std::vector<Mutation> other_mutations() {
    return {
        {"compute does not wait for the announcement", "is_row_redone", "wait_for_rows(kPagesOfAnnouncement);", "",
         kRedone},
        {"the announcement not popped", "is_row_redone", "pop_rows(kPagesOfAnnouncement);", "", kRedone},
        {"a step of the announcement popped", "is_row_redone", "pop_rows(kPagesOfAnnouncement)", "pop_rows(1)",
         kRedoneInPlace},
        {"the announcement not counted", "is_row_redone", "progress.of_input += kPagesOfAnnouncement;", "", kRedone},
        {"compute looks for an announcement before the last pop", "is_row_redone",
         "tensix::wait_until_popped(kOutput, progress.of_output);", "", kRedone},
        {"compute waits for more pops than there are", "Progress::add_block", "of_output += kSegments * kPagesPerStep",
         "of_output += kSegments * kPagesPerStep + 1"},
        {"rows read again counted once", "Progress::add_block", "kReadsPerRow * kSegments", "kSegments",
         kRedoneReadAgain},
        {"blocks not counted by compute", "compute::kernel_main", "progress.add_block();", ""},
        {"compute redoes nothing", "compute::kernel_main", "!is_row_redone(progress)", "true", kRedone},
        {"compute redoes one row at most", "compute::kernel_main", "!is_row_redone(progress)",
         "index > runs || !is_row_redone(progress)", kRedone},
        {"SrcB not handed back", "compute::kernel_main", "end();", ""},
        {"SrcB not taken again", "compute::kernel_main", "begin();", "", kRedone},
        {"three zones where there are two", "start_zones", "TTI_SEMINIT(capacity", "TTI_SEMINIT(capacity + 1"},
        {"zone released while it is packed", "release_zone", "p_stall::PACK", "p_stall::NONE"},
        {"pack one row off", "pack_chunk", "kBytesPerL1Word - 1", "kBytesPerL1Word + 1"},
        {"rewind dropped", "run_changing_pass", "rewind();", ""},
        {"rewind between parts dropped", "run_steps", "} rewind();", "}", kStreamed},
        {"sums of matrices not rewound", "sum_pairs", "rewind();", "", kMulticast},
        {"gamma looked for elsewhere", "normalise_resident_block", "kGammaRow - row", "kGammaRow"},
        {"last vectors not normalised", "kLastVectors", "kWholeVectors + (kTail != 0 ? 2 : 0)", "kWholeVectors"},
        {"normalised rows begin elsewhere", "normalise_resident_block", "run_part(LastPasses{}, row,",
         "run_part(LastPasses{}, row + 4,"},
        {"last even elements not summed", "sum_tail", "sfpu::issue<TailStep<Pass, 0, first>>();", ""},
        {"last odd elements taken for even ones", "sum_tail", "Pass, 1", "Pass, 0"},
        {"every other vector left out", "batch_with", "kVectorsPerStep", "1", kSingleRow},
        {"vectors taken twice", "set_address_modes", "mode.dest.incr = dest_rows_per_step", "mode.dest.incr = 2",
         kSingleRow},
        {"gamma of the other vector", "normalise_step", "batch.is_strip() ? 0 : i % batch.vectors", "0", kSingleRow},
        {"sums not cleared", "normalise_resident_block", "MATH((sfpu::issue<ClearSums>()));", ""},
        {"rows not shifted", "sum_resident_rows", "sfpu::issue<FindShifts>();", "", kRichResident},
        {"shifts not kept for the means", "sum_resident_rows", "store_statistic<StoreShifts>(statistics_distance);", "",
         kRichResident},
        {"pairs not shifted", "sum_resident_rows", "adjust_paired_rows<Shift>();", "", kPaired},
        {"pairs not centred", "sum_rows", "way.template adjust<Centre>();", "", kPaired},
        {"sums of pairs not cleared", "adjust_paired_rows", "sfpu::issue<ClearSums>();", "", kPaired},
        {"statistics of a pair's rows swapped", "scale_and_spread", "then(move(0, 1)).then(move(2, 3))",
         "then(move(0, 3)).then(move(2, 1))", kPaired},
        {"a pair's second rows given the first's statistics", "scale_and_spread", "values.registers[1]",
         "values.registers[0]", kPaired},
        {"mean in rstd's place", "store_means", "store_distant(5, mean_row(row))", "store_distant(5, rstd_row(row))",
         kRichResident},
        {"residual joined in each pass", "kLaterPass", "kIsResident ? batch_with(0, false) : kFirstPass", "kFirstPass",
         kRichResident},
        {"sum not stored", "kFirstStores", "kIsResident && kSumTensor.is_there()", "false", kRichResident},
        {"gamma without its 1", "centre_gamma", "sequence.then(add(gamma_of(registers), kOne, gamma_of(registers)));",
         "", kRichResident},
        {"beta left out", "kAffine", "kBetaTensor.is_there()", "false"},
    };
}

}  // namespace

std::vector<Mutation> compute_mutations() {
    std::vector<Mutation> all;
    for (const auto& some : {block_mutations(), resident_mutations(), resident_option_mutations(), operand_mutations(),
                             affine_mutations(), streamed_mutations(), fill_mutations(), other_mutations()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
