#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> resident_mutations() {
    const std::string file = "compute.cpp";
    const std::string fill_and_pop =
        "tensix::fill(tensix::front_address(kInput), zone_row(zone), elements);\n    cb_pop_front(kInput, 1);";
    const std::string pack_and_push = "pack_block(zone, elements);\n    cb_push_back(kOutput, 1);";
    return {
        {"input wait dropped", file, "    cb_wait_front(kInput, 1);\n", ""},
        {"input pop dropped", file, "    cb_pop_front(kInput, 1);\n", ""},
        {"input popped before it is unpacked", file, fill_and_pop,
         "const uint32_t address = tensix::front_address(kInput);\n    cb_pop_front(kInput, 1);\n    "
         "tensix::fill(address, zone_row(zone), elements);"},
        {"zone not acquired", file, "tensix::acquire_zone();\n    cb_wait_front(kInput, 1);",
         "cb_wait_front(kInput, 1);"},
        {"fill of the other zone", file, "zone_row(zone), elements);\n    cb_pop_front",
         "zone_row(zone ^ 1), elements);\n    cb_pop_front"},
        {"commit dropped", file, "tensix::commit_zone();\n    tensix::wait_zone();\n    cb_reserve_back(kOutput, 1);",
         "tensix::wait_zone();\n    cb_reserve_back(kOutput, 1);"},
        {"committed twice", file, "tensix::commit_zone();\n    tensix::wait_zone();\n    cb_reserve_back(kOutput, 1);",
         "tensix::commit_zone();\n    tensix::commit_zone();\n    tensix::wait_zone();\n    cb_reserve_back(kOutput, "
         "1);"},
        {"packer does not wait for the zone", file, "tensix::wait_zone();\n    cb_reserve_back(kOutput, 1);",
         "cb_reserve_back(kOutput, 1);"},
        {"output reserve dropped", file, "    cb_reserve_back(kOutput, 1);\n", ""},
        {"output push dropped", file, "    cb_push_back(kOutput, 1);\n", ""},
        {"output pushed before it is packed", file, pack_and_push,
         "cb_push_back(kOutput, 1);\n    pack_block(zone, elements);"},
        {"zone never released", file, "cb_push_back(kOutput, 1);\n    tensix::release_zone();",
         "cb_push_back(kOutput, 1);"},
        {"zone released twice", file, "cb_push_back(kOutput, 1);\n    tensix::release_zone();",
         "cb_push_back(kOutput, 1);\n    tensix::release_zone();\n    tensix::release_zone();"},
        {"zone released before it is packed", file, "cb_reserve_back(kOutput, 1);\n    pack_block(zone, elements);",
         "cb_reserve_back(kOutput, 1);\n    tensix::release_zone();\n    pack_block(zone, elements);"},
        {"zone flip dropped", file, "cb_push_back(kOutput, 1);\n    tensix::release_zone();\n    state.zone ^= 1;",
         "cb_push_back(kOutput, 1);\n    tensix::release_zone();"},
        {"pack of the wrong chunk", file, "zone * kChunksPerZone + chunk,", "zone * kChunksPerZone + chunk + 1,"},
        {"pack of the other zone", file, "zone * kChunksPerZone + chunk,", "(zone ^ 1) * kChunksPerZone + chunk,"},
        {"a chunk too many packed", file, "chunk * contract::kElementsPerChunk < elements;",
         "chunk * contract::kElementsPerChunk < elements + contract::kElementsPerChunk;"},
        {"SFPU not ordered behind the fill", file, "cb_pop_front(kInput, 1);\n    tensix::order_sfpu_after_fill();",
         "cb_pop_front(kInput, 1);"},
        {"last batch not normalised", file, "for (uint32_t batch = 0; batch < batches; ++batch) {",
         "for (uint32_t batch = 1; batch < batches; ++batch) {"},
        {"batches overlap", file, "batch * kRowsPerBatch * kBatchStrideRows;", "batch * kBatchStrideRows;"},
    };
}

[[nodiscard]] std::vector<Mutation> affine_mutations() {
    const std::string file = "compute.cpp";
    return {
        {"beta not waited for", file, "cb_wait_front(kBeta, 1);\n        fill_affine(", "fill_affine("},
        {"gamma and beta filled again in each block", file,
         "fill_affine(kResidentGammaRow, 0, kWidth);\n        tensix::order_sfpu_after_fill();\n        is_settled = "
         "true;",
         "fill_affine(kResidentGammaRow, 0, kWidth);\n        tensix::order_sfpu_after_fill();"},
        {"beta over gamma", file, "gamma_row + kRowsInChunk, elements);", "gamma_row, elements);"},
        {"gamma popped twice", file, "    cb_pop_front(kGamma, 1);\n",
         "    cb_pop_front(kGamma, 1);\n    cb_pop_front(kGamma, 1);\n"},
        {"beta not popped", file, "    cb_pop_front(kBeta, 1);\n", ""},
        {"idle core does not wait for vectors", file, "    wait_affine(state.affine_is_settled);  //", "    //"},
        {"gamma of the first segment for all", file,
         "segment * contract::kElementsPerChunk, segment_elements(segment));\n    tensix::order",
         "0, segment_elements(segment));\n    tensix::order"},
    };
}

[[nodiscard]] std::vector<Mutation> streamed_mutations() {
    const std::string file = "compute.cpp";
    return {
        {"segment waits for one step too few", file, "cb_wait_front(kInput, (segment + 1) * kPagesPerStep);",
         "cb_wait_front(kInput, segment * kPagesPerStep);"},
        {"segment waits for one step too many", file, "cb_wait_front(kInput, (segment + 1) * kPagesPerStep);",
         "cb_wait_front(kInput, (segment + 2) * kPagesPerStep);"},
        {"segment popped before it is unpacked", file,
         "fill_segment(0, zone, segment_elements(segment));\n    cb_pop_front(kInput, kPagesPerStep);",
         "cb_pop_front(kInput, kPagesPerStep);\n    fill_segment(0, zone, segment_elements(segment));"},
        {"segment's zone not acquired", file, "tensix::acquire_zone();\n    fill_segment(0,", "fill_segment(0,"},
        {"second segment normalised twice", file, "fill_segment(0, zone, segment_elements(segment));",
         "fill_segment(segment == 0 ? 1 : 0, zone, segment_elements(segment));"},
        {"fill not ordered behind the SFPU", file, "    tensix::order_fill_after_sfpu();\n", ""},
        {"segment pushed a page short", file, "cb_push_back(kOutput, kPagesPerStep);", "cb_push_back(kOutput, 1);"},
        {"segment's rows packed to one page", file, "tensix::back_address(kOutput) + row * kBufferPageBytes",
         "tensix::back_address(kOutput)"},
        {"rows of a segment swapped", file, "tensix::pack_chunk(zone * kChunksPerZone + row,",
         "tensix::pack_chunk(zone * kChunksPerZone + kRowsPerBatch - 1 - row,"},
        {"SFPU pointed at the other zone", file,
         "MATH((point_sfpu_at(zone_row(zone))));\n    MATH((run_normalising_pass(",
         "MATH((point_sfpu_at(zone_row(zone ^ 1))));\n    MATH((run_normalising_pass("},
    };
}

[[nodiscard]] std::vector<Mutation> fill_mutations() {
    const std::string file = "tensix/fill.hpp";
    return {
        {"unpacker context not waited for", file, "wait_for_next_context(2);", ""},
        {"three addresses for two contexts", file, "wait_for_next_context(2);", "wait_for_next_context(3);"},
        {"UNPACK_SYNC not posted", file, "semaphore_post(semaphore::UNPACK_SYNC);", ""},
        {"UNPACK_SYNC not taken", file, "t6_semaphore_get(semaphore::UNPACK_SYNC);", ""},
        {"unpacker does not wait for its address", file, "TTI_STALLWAIT(p_stall::STALL_UNPACK, p_stall::TRISC_CFG);",
         ""},
        {"context not switched", file, "switch_config_context(unp_cfg_context);", ""},
        {"half of the elements unpacked", file, "elements - 1, 0);", "elements / 2 - 1, 0);"},
        {"SrcA bank not handed over", file, "TTI_UNPACR(SrcA, 0, 0, 0, 0, 1, 1,", "TTI_UNPACR(SrcA, 0, 0, 0, 0, 1, 0,"},
        {"SrcA bank not handed back", file, "TTI_ELWADD(p_elwise::CLR_A,", "TTI_ELWADD(p_elwise::CLR_NONE,"},
        {"SrcA bank handed back with every move", file, "TTI_ELWADD(p_elwise::CLR_NONE,",
         "TTI_ELWADD(p_elwise::CLR_A,"},
        {"SrcB never made valid", file, "UNPACK((TTI_UNPACR_NOP(SrcB, p_unpacr_nop::UNP_SET_DVALID)));", ""},
        {"SrcB not zeroed", file, "UNPACK((TTI_UNPACR_NOP(SrcB, p_unpacr_nop::UNP_ZEROSRC)));", ""},
        {"SrcB not handed back at the end", file, "MATH((TTI_CLEARDVALID(p_setrwc::CLR_B, 0)));", ""},
        {"SrcB handed back before it is there", file, "MATH((TTI_STALLWAIT(p_stall::STALL_MATH, p_stall::SRCB_VLD)));",
         ""},
        {"one move too few", file, "moved < elements;", "moved + kElementsPerElwadd < elements;"},
        {"row counters not cleared", file, "{.srca = {.clr = 1}, .dest = {.clr = 1}}", "{.srca = {.clr = 1}}"},
        {"chunks filled over each other", file, "dest_row + done / contract::kElementsPerDestRow, count",
         "dest_row, count"},
    };
}

[[nodiscard]] std::vector<Mutation> other_mutations() {
    return {
        {"three zones where there are two", "tensix/zones.hpp", "TTI_SEMINIT(contract::kZones,",
         "TTI_SEMINIT(contract::kZones + 1,"},
        {"zone released while it is packed", "tensix/zones.hpp", "<p_stall::PACK>", "<p_stall::NONE>"},
        {"pack one row off", "tensix/buffers.hpp", "l1_address / kBytesPerL1Word - 1)",
         "l1_address / kBytesPerL1Word + 1)"},
        {"rewind dropped", "normalise.hpp", "kVectorsPerChunk, affine_distance);\n    rewind();",
         "kVectorsPerChunk, affine_distance);"},
        {"gamma looked for elsewhere", "normalise.hpp", "gamma_row - dest_row", "gamma_row"},
        {"last vectors not normalised", "normalise.hpp", "kWholeVectors + (kTail != 0 ? 2 : 0)", "kWholeVectors"},
        {"normalised rows begin elsewhere", "normalise.hpp", "point_sfpu_at(dest_row);\n    run_normalising_pass",
         "point_sfpu_at(dest_row + 4);\n    run_normalising_pass"},
    };
}

}  // namespace

std::vector<Mutation> compute_mutations() {
    std::vector<Mutation> all;
    for (const auto& some :
         {resident_mutations(), affine_mutations(), streamed_mutations(), fill_mutations(), other_mutations()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
