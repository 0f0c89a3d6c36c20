#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> block_mutations() {
    const std::string file = "compute/block.hpp";
    return {
        {"a chunk too many packed", file, "packed < elements; packed", "packed < elements + 1024; packed"},
        {"output reserve dropped", file, "cb_reserve_back(buffer, 1);", ""},
        {"output push dropped", file, "cb_push_back(buffer, 1);", ""},
        {"output pushed before it is packed", file, "const uint32_t address = tensix::back_address(buffer);",
         "const uint32_t address = tensix::back_address(buffer); cb_push_back(buffer, 1);"},
        {"packer's format not set anew",
         file,
         "formats.pack_to(buffer, tensor.element_bytes);\n        "
         "cb_reserve_back(buffer, 1);",
         "cb_reserve_back(buffer, 1);",
         {},
         kRichResident},
    };
}

[[nodiscard]] std::vector<Mutation> resident_mutations() {
    const std::string file = "compute/resident.hpp";
    const std::string commit =
        "tensix::commit_zone();\n    tensix::wait_zone();\n    const uint32_t chunk = zone * "
        "kChunksPerZone;\n    pack_statistics(";
    const std::string wait =
        "tensix::wait_zone();\n    const uint32_t chunk = zone * kChunksPerZone;\n    "
        "pack_statistics(";
    const std::string sum =
        "pack_rows<kSumTensor>(kSum, chunk + kResidualRow / kChunkRows, elements, state.formats);\n";
    const std::string release = sum + "    tensix::release_zone();";
    return {
        {"zone not acquired", file, "tensix::acquire_zone();\n    if constexpr (kSumsWhileMoving)",
         "if constexpr (kSumsWhileMoving)"},
        {"fill of the other zone", file, "fill_page<kInputOperand>(zone_row(zone),",
         "fill_page<kInputOperand>(zone_row(zone ^ 1),"},
        {"commit dropped", file, commit, wait},
        {"committed twice", file, commit, "tensix::commit_zone();" + commit},
        {"packer does not wait for the zone", file, wait,
         "const uint32_t chunk = zone * kChunksPerZone; pack_statistics("},
        {"zone never released", file, release, sum},
        {"zone released twice", file, release, release + "tensix::release_zone();"},
        {"zone released before it is packed", file, wait, "tensix::wait_zone();\n    tensix::release_zone();" + wait},
        {"zone flip dropped", file, release + "\n    state.zone ^= 1;", release},
        {"pack of the wrong chunk", file, "pack_rows<kOutputTensor>(kOutput, chunk,",
         "pack_rows<kOutputTensor>(kOutput, chunk + 1,"},
        {"pack of the other zone", file, "zone * kChunksPerZone;\n    pack_statistics",
         "(zone ^ 1) * kChunksPerZone;\n    pack_statistics"},
        {"first batch not normalised", file, "for (uint32_t batch = 0; batch < batches; ++batch) {",
         "for (uint32_t batch = 1; batch < batches; ++batch) {"},
        {"batches overlap", file, "batch * kVectorsPerBatch * kBatchStrideRows;", "batch * kBatchStrideRows;"},
    };
}

[[nodiscard]] std::vector<Mutation> resident_option_mutations() {
    const std::string file = "compute/resident.hpp";
    const std::string sum =
        "pack_rows<kSumTensor>(kSum, chunk + kResidualRow / kChunkRows, elements, state.formats);\n";
    return {
        {"sum packed from the input's chunk",
         file,
         "chunk + kResidualRow / kChunkRows, elements",
         "chunk, elements",
         {},
         kRichResident},
        {"sum pushed twice", file, sum, sum + sum, {}, kRichResident},
        {"sum not packed", file, sum, "", {}, kRichResident},
        {"statistics not pushed",
         file,
         "pack_statistics(chunk + kResidentStatisticsRow / kChunkRows, state.formats);",
         "",
         {},
         kRichResident},
        {"statistics packed from another chunk",
         file,
         "pack_statistics(chunk + kResidentStatisticsRow / kChunkRows,",
         "pack_statistics(chunk,",
         {},
         kRichResident},
        {"statistics of a batch over the first's",
         file,
         "sfpu::mean_row(batch * kVectorsPerBatch)",
         "sfpu::mean_row(0)",
         {},
         kRichResident},
        {"residual not filled",
         file,
         "fill_page<kResidualOperand>(zone_row(zone) + kResidualRow, elements, state.formats);",
         "",
         {},
         kRichResident},
        {"residual filled over the input",
         file,
         "fill_page<kResidualOperand>(zone_row(zone) + kResidualRow,",
         "fill_page<kResidualOperand>(zone_row(zone),",
         {},
         kRichResident},
        {"residual unpacked twice",
         file,
         "fill_page<kResidualOperand>(zone_row(zone)",
         "fill_page<kResidualOperand>(zone_row(zone) + kResidualRow, elements, state.formats);\n    "
         "fill_page<kResidualOperand>(zone_row(zone)",
         {},
         kRichResident},
    };
}

[[nodiscard]] std::vector<Mutation> operand_mutations() {
    const std::string file = "compute/operands.hpp";
    const std::string fill = "fill_from_page<operand>(0, dest_row, elements, formats);\n";
    return {
        {"input wait dropped", file, "cb_wait_front(operand.buffer, 1);\n        " + fill, fill},
        {"input pop dropped", file, fill + "        cb_pop_front(operand.buffer, 1);", fill},
        {"input popped before it is unpacked", file, fill + "        cb_pop_front(operand.buffer, 1);",
         "cb_pop_front(operand.buffer, 1);" + fill},
        {"gamma or beta not waited for", file, "cb_wait_front(operand.buffer, 1);\n    }\n}\ntemplate",
         "}\n}\ntemplate"},
        {"gamma or beta not popped", file, "cb_pop_front(operand.buffer, 1);\n    }\n}\ninline", "}\n}\ninline"},
        {"unpacker's format not set anew", file, "formats.template unpack_from<operand>();", "", {}, kRichResident},
        {"unpacker's format that of the input",
         file,
         "reconfig_data_format_srca(operand.buffer);",
         "reconfig_data_format_srca(kInput);",
         {},
         kRichResident},
        {"packer's format that of the output",
         file,
         "pack_reconfig_data_format(buffer);",
         "pack_reconfig_data_format(kOutput);",
         {},
         kRichResident},
        {"packer set anew and again", file, "packed_bytes_ = element_bytes;", "packed_bytes_ = 2;", {}, kRichResident},
        {"unpacker set up for the input always",
         file,
         "uint32_t unpacked_bytes_ = kFirstOperand.element_bytes;",
         "uint32_t unpacked_bytes_ = kInputOperand.element_bytes;",
         {},
         kRichResident},
        {"pages counted in bytes of the other format",
         file,
         "element * operand.element_bytes;",
         "element * 2;",
         {},
         kReadAgain},
        {"residual not waited for", file, "cb_wait_front(kResidual, pages);", "", {}, kRichStreamed},
        {"residual not popped", file, "cb_pop_front(kResidual, pages);", "", {}, kRichStreamed},
        {"residual popped a page too far",
         file,
         "cb_pop_front(kResidual, pages);",
         "cb_pop_front(kResidual, pages + 1);",
         {},
         kRichStreamed},
    };
}

[[nodiscard]] std::vector<Mutation> affine_mutations() {
    const std::string file = "compute/block.hpp";
    const std::string settle =
        "fill_affine(0, kAffineElements, state.formats);\n            "
        "tensix::order_sfpu_after_fill();\n";
    const std::string operands = "compute/operands.hpp";
    const std::string drop = "if (!kReadsAgain && !(kIsResident && state.affine_is_loaded)) {";
    return {
        {"beta not waited for", operands, "wait_for_affine<kBetaOperand>();", ""},
        {"gamma and beta not waited for", file, "wait_for_affine();\n        if constexpr", "if constexpr"},
        {"gamma and beta never settled", file, "    state.affine_is_loaded = true;", ""},
        {"SFPU not ordered behind gamma and beta", file, settle, "fill_affine(0, kAffineElements, state.formats);"},
        {"beta over gamma", file, "offset, kGammaRow + kChunkRows,", "offset, kGammaRow,"},
        {"gamma of a pair's first row only",
         file,
         "fill_affine(0, kAffineElements, state.formats);",
         "fill_affine(0, kWidth, state.formats);",
         {},
         kPaired},
        {"gamma popped twice", operands, "pop_affine<kGammaOperand>();",
         "pop_affine<kGammaOperand>(); pop_affine<kGammaOperand>();"},
        {"beta not popped", operands, "pop_affine<kBetaOperand>();", ""},
        {"gamma and beta not popped", file, "order_sfpu_after_fill();\n            pop_affine();",
         "order_sfpu_after_fill();"},
        {"gamma and beta of streamed rows not popped",
         file,
         "pop_affine();\n    }\n}\n\n}  //",
         "}\n}\n\n}  //",
         {},
         kStreamed},
        {"idle core does not wait for gamma and beta", file, drop + "wait_for_affine();", drop, {}, kIdleCores},
        {"gamma and beta dropped twice", file, drop, "if (!kReadsAgain) {"},
        {"gamma and beta of an idle core left", file, drop, "if (!kReadsAgain && !kIsResident) {", {}, kIdleCores},
        {"gamma of the first segment for all",
         "compute/streamed.hpp",
         "const uint32_t first = segment * contract::kElementsPerChunk;",
         "const uint32_t first = 0;",
         {},
         kStreamed},
    };
}

[[nodiscard]] std::vector<Mutation> other_mutations() {
    return {
        {"compute does not wait for the word", "compute.cpp", "wait_for_rows(kPagesOfWord);", ""},
        {"the word not popped", "compute.cpp", "pop_rows(kPagesOfWord);", ""},
        {"a step of the word popped", "compute.cpp", "pop_rows(kPagesOfWord);", "pop_rows(1);", {}, kRedoneInPlace},
        {"compute redoes nothing", "compute.cpp", "index < runs || is_row_redone();", "index < runs;"},
        {"compute redoes one row at most",
         "compute.cpp",
         "index < runs || is_row_redone();",
         "index < runs || (is_row_redone() && index < runs + 1);",
         {},
         kRedone},
        {"compute takes the end for a row",
         "compute.cpp",
         "word == contract::Redo::kRow;",
         "word == contract::Redo::kNone;",
         {},
         kRedone},
        {"three zones where there are two", "arch/wormhole/tensix/zones.hpp", "TTI_SEMINIT(capacity,",
         "TTI_SEMINIT(capacity + 1,"},
        {"zone released while it is packed", "arch/wormhole/tensix/zones.hpp", "<p_stall::PACK>", "<p_stall::NONE>"},
        {"pack one row off", "arch/wormhole/tensix/buffers.hpp", "l1_address / kBytesPerL1Word - 1)",
         "l1_address / kBytesPerL1Word + 1)"},
        {"rewind dropped", "norm/normalise.hpp", "kVectorsPerStep, affine_distance);\n    rewind();",
         "kVectorsPerStep, affine_distance);"},
        {"rewind between parts dropped",
         "norm/normalise.hpp",
         "(steps, affine_distance);\n        rewind();",
         "(steps, affine_distance);",
         {},
         kStreamed},
        {"sums of octets not rewound",
         "norm/normalise.hpp",
         "(kSteps - (kBegins ? 1 : 0));\n    rewind();",
         "(kSteps - (kBegins ? 1 : 0));",
         {},
         kMulticast},
        {"gamma looked for elsewhere", "norm/normalise.hpp", "gamma_row - dest_row", "gamma_row"},
        {"last vectors not normalised", "norm/normalise.hpp", "kWholeVectors + (kTail != 0 ? 2 : 0)", "kWholeVectors"},
        {"normalised rows begin elsewhere", "norm/normalise.hpp", "point_sfpu_at(dest_row);\n    run_changing_pass",
         "point_sfpu_at(dest_row + 4);\n    run_changing_pass"},
        {"last even elements not summed", "norm/normalise.hpp", "sfpu::issue<TailStep<Pass, 0, first>>();", ""},
        {"last odd elements taken for even ones", "norm/normalise.hpp", "sfpu::issue<TailStep<Pass, 1, first>>();",
         "sfpu::issue<TailStep<Pass, 0, first>>();"},
        {"every other vector left out",
         "norm/normalise.hpp",
         "kShifts && !kIsResident, kVectorsPerStep,",
         "kShifts && !kIsResident, 1,",
         {},
         kSingleRow},
        {"vectors taken twice",
         "arch/wormhole/tensix/fill.hpp",
         ".incr = dest_rows_per_step",
         ".incr = 2",
         {},
         kSingleRow},
        {"gamma of the other vector",
         "norm/steps.hpp",
         "apply_affine(steps, affine, i % batch.vectors, value(i));",
         "apply_affine(steps, affine, 0, value(i));",
         {},
         kSingleRow},
        {"sums not cleared", "compute/resident.hpp", "MATH((sfpu::issue<ClearSums>()));", ""},
        {"rows not shifted",
         "norm/normalise.hpp",
         "if constexpr (kShifts) {\n        sfpu::issue<FindShifts>();",
         "if constexpr (kShifts) {",
         {},
         kRichResident},
        {"shifts not kept for the means",
         "norm/normalise.hpp",
         "store_statistic<StoreShifts>(statistics_distance);",
         "",
         {},
         kRichResident},
        {"pairs not shifted", "norm/normalise.hpp", "adjust_paired_rows<Shift>();", "", {}, kPaired},
        {"pairs not centred", "norm/normalise.hpp", "adjust_paired_rows<Centre>();", "", {}, kPaired},
        {"sums of pairs not cleared",
         "norm/normalise.hpp",
         "run_changing_pass<Pass>(true);\n        sfpu::issue<ClearSums>();",
         "run_changing_pass<Pass>(true);",
         {},
         kPaired},
        {"statistics of a pair's rows swapped",
         "norm/statistics.hpp",
         "then(move(0, 1)).then(move(2, 3))",
         "then(move(0, 3)).then(move(2, 1))",
         {},
         kPaired},
        {"a pair's second rows given the first's statistics",
         "norm/statistics.hpp",
         "multiply(values.registers[1], scale, 2)",
         "multiply(values.registers[0], scale, 2)",
         {},
         kPaired},
        {"mean in rstd's place",
         "norm/statistics.hpp",
         "then(store_distant(5, mean_row(row)));\n    }\n    return "
         "sequence;\n}\n\n// Lj",
         "then(store_distant(5, rstd_row(row)));\n    }\n    return sequence;\n}\n\n// Lj",
         {},
         kRichResident},
        {"residual joined in each pass",
         "norm/normalise.hpp",
         "kIsResident ? batch_with(0, false) : kFirstPass",
         "kFirstPass",
         {},
         kRichResident},
        {"sum not stored",
         "norm/normalise.hpp",
         "kIsResident && kSumTensor.is_there()};",
         "false};",
         {},
         kRichResident},
        {"gamma without its 1",
         "norm/steps.hpp",
         "sequence.then(add(gamma_of(vector), kOne, gamma_of(vector)));",
         "",
         {},
         kRichResident},
        {"beta left out", "norm/normalise.hpp", "kGammaTensor.is_there(), kBetaTensor.is_there(), kGamma",
         "kGammaTensor.is_there(), false, kGamma"},
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
