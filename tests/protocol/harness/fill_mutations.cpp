// SPDX-License-Identifier: Apache-2.0
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> unpack_to_dest_mutations() {
    return {
        {"unpack to DEST before FPU and SFPU are done", "await_unpack_to_dest", "math_unpack_to_dest_math_ready();", "",
         kRichResident},
        {"unpack to DEST without a row", "await_unpack_to_dest", "mailbox_write(ThreadId::UnpackThreadId, dest_row);",
         "", kRichResident},
        {"two rows for one unpack to DEST", "await_unpack_to_dest", "math_unpack_to_dest_tile_ready();",
         "mailbox_write(ThreadId::UnpackThreadId, dest_row); math_unpack_to_dest_tile_ready();", kRichResident},
        {"row sent to another thread", "await_unpack_to_dest", "ThreadId::UnpackThreadId", "ThreadId::PackThreadId",
         kRichResident},
        {"row sent before FPU and SFPU are done", "await_unpack_to_dest",
         "math_unpack_to_dest_math_ready(); mailbox_write(ThreadId::UnpackThreadId, dest_row);",
         "mailbox_write(ThreadId::UnpackThreadId, dest_row); math_unpack_to_dest_math_ready();", kRichResident},
        {"math does not wait for the unpacker", "await_unpack_to_dest", "math_unpack_to_dest_tile_ready();", "",
         kRichResident},
        {"unpack to other DEST rows", "fill", "await_unpack_to_dest(row)", "await_unpack_to_dest(dest_row + 64)",
         kRichResident},
        {"unpacker does not aim at DEST", "unpack_to_dest", "set_dst_write_addr(unp_cfg_context, kFormat);", "",
         kRichResident},
        {"the other context aims at DEST", "unpack_to_dest", "set_dst_write_addr(unp_cfg_context",
         "set_dst_write_addr(1 - unp_cfg_context", kRichResident},
        {"unpacker does not wait for DEST", "unpack_to_dest", "wait_for_dest_available();", "", kRichResident},
        {"DEST handed over before it is written", "end_unpack_to_dest", "p_stall::UNPACK0", "p_stall::NONE",
         kRichResident},
        {"DEST not handed over", "end_unpack_to_dest",
         "t6_semaphore_post<p_stall::UNPACK0>(semaphore::UNPACK_TO_DEST);", "", kRichResident},
        {"DEST handed over twice", "end_unpack_to_dest", "t6_semaphore_post<",
         "t6_semaphore_post<p_stall::UNPACK0>(semaphore::UNPACK_TO_DEST); t6_semaphore_post<", kRichResident},
        {"first context goes on aiming at DEST", "end_unpack_to_dest",
         "cfg_reg_rmw_tensix<THCON_SEC0_REG2_Unpack_if_sel_cntx0_RMW>(0);", "", kRichResident},
        {"second context keeps DEST's address", "end_unpack_to_dest",
         "cfg_reg_rmw_tensix<THCON_SEC0_REG5_Dest_cntx1_address_RMW>(kSrcaAddress);", "", kRichResident},
        {"SrcA's base not set back", "end_unpack_to_dest", "TTI_SETC16(SRCA_SET_Base_ADDR32, kSetOvrdWithAddr);", "",
         kRichResident},
        {"no SrcA row behind an unpack to DEST", "end_unpack_to_dest",
         "TTI_SETADCXX(p_setadc::UNP_A, contract::kElementsPerDestRow - 1, 0); TTI_UNPACR(SrcA, 0, 0, 0, 0, 1, 0, "
         "p_unpacr::RAREFYB_DISABLE, 0, 0, 0, 0, 1);",
         "", kRichResident},
        {"float32 to SrcA behind an unpack to DEST", "end_unpack_to_dest", "unpack_as(DataFormat::Tf32);", "",
         kRichResident},
        {"unpacker's format not set back", "end_unpack_to_dest", "unpack_as(DataFormat::Float32);", "", kRichResident},
        {"unpacker's format changed while it unpacks", "unpack_as",
         "TTI_STALLWAIT(p_stall::STALL_CFG, p_stall::UNPACK0);", "", kRichResident},
        {"zeros to SrcA behind an unpack to DEST", "end_unpack_to_dest", "p_unpacr::RAREFYB_DISABLE, 0",
         "p_unpacr::RAREFYB_DISABLE, 1", kRichResident},
        {"float32 through SrcA", "fill", "operand.is_float32()", "false", kRichResident},
        {"bfloat16 straight to DEST", "fill", "operand.is_float32()", "true", kRichResident},
        {"float32 chunks at bfloat16's distance", "fill", "unpack_to_dest(l1_address + done * operand.element_bytes",
         "unpack_to_dest(l1_address + done * 2", kPartOfOptions},
        {"tail of a row unpacked short", "fill", "whole = rows", "whole = (rows - 1)"},
    };
}

[[nodiscard]] std::vector<Mutation> unpack_to_srca_mutations() {
    return {
        {"unpacker context not waited for", "configure_address", "wait_for_next_context(2);", ""},
        {"three addresses for two contexts", "configure_address", "wait_for_next_context(2)",
         "wait_for_next_context(3)"},
        {"UNPACK_SYNC not posted", "unpack_to_srca", "semaphore_post(semaphore::UNPACK_SYNC);", ""},
        {"UNPACK_SYNC not posted for DEST", "unpack_to_dest", "semaphore_post(semaphore::UNPACK_SYNC);", "",
         kRichResident},
        {"UNPACK_SYNC not taken", "unpack_to_srca", "t6_semaphore_get(semaphore::UNPACK_SYNC);", ""},
        {"UNPACK_SYNC not taken for DEST", "unpack_to_dest", "t6_semaphore_get(semaphore::UNPACK_SYNC);", "",
         kRichResident},
        {"unpacker does not wait for its address", "unpack_to_srca",
         "TTI_STALLWAIT(p_stall::STALL_UNPACK, p_stall::TRISC_CFG);", ""},
        {"unpacker does not wait for its address for DEST", "unpack_to_dest",
         "TTI_STALLWAIT(p_stall::STALL_UNPACK, p_stall::TRISC_CFG);", "", kRichResident},
        {"context not switched", "unpack_to_srca", "switch_config_context(unp_cfg_context);", ""},
        {"context not switched for DEST", "unpack_to_dest", "switch_config_context(unp_cfg_context);", "",
         kRichResident},
        {"half of the elements unpacked", "unpack_to_srca", "elements - 1", "elements / 2 - 1"},
        {"half of the elements unpacked to DEST", "unpack_to_dest", "elements - 1", "elements / 2 - 1", kRichResident},
        {"SrcA bank not handed over", "unpack_to_srca", "TTI_UNPACR(SrcA, 0, 0, 0, 0, 1, 1",
         "TTI_UNPACR(SrcA, 0, 0, 0, 0, 1, 0"},
        {"SrcA bank not handed back", "move_to_dest", "kFirstRows, p_elwise::CLR_A", "kFirstRows"},
        {"SrcA bank handed back with every move", "move_to_dest", "kNextRows", "kNextRows, p_elwise::CLR_A"},
        {"SrcA bank of summed rows not handed back", "move_first_matrices", "kFirstRows, p_elwise::CLR_A", "kFirstRows",
         kMulticast},
        {"SrcA bank of summed rows handed back before they are moved", "move_to_dest_with_sums", ": kNextRows",
         ": kNextRows, p_elwise::CLR_A", kMulticast},
        {"SrcA bank of sums not handed back", "move_sums_to_dest", "kFirstRows, p_elwise::CLR_A", "kFirstRows",
         kStreamed},
        {"a matrix added to the wrong one", "place_first_matrices", "p_elwise::CLR_NONE, pairs",
         "p_elwise::CLR_NONE, pairs - 1", kStreamed},
        {"a matrix added by an address that wraps", "place_first_matrices",
         "place_matrix<kNextRows, p_elwise::CLR_NONE, pairs>(); }",
         "place_matrix<kNextRows>(); } TTI_ELWADD(0, p_elwise::DEST_ACCUM_EN, p_elwise::SRCB_NO_BCAST, kStay, 1024 - "
         "pairs * kRowsPerMatrix);",
         kStreamed},
        {"a third matrix added to a sum", "move_sums_to_dest", "add_matrix<kNextRows>();",
         "add_matrix<kStay>(); add_matrix<kNextRows>();", kStreamed},
        {"matrices not added", "add_matrix", "p_elwise::DEST_ACCUM_EN", "p_elwise::DEST_ACCUM_DIS", kStreamed},
        {"every matrix added", "place_matrix", "p_elwise::DEST_ACCUM_DIS", "p_elwise::DEST_ACCUM_EN", kStreamed},
        {"a matrix of summed rows not moved", "move_and_sum_row", "2 * kPairsOfMatrices", "2 * kPairsOfMatrices - 1",
         kMulticast},
        {"first matrices of summed rows left as sums", "move_and_sum_row", "2 * kPairsOfMatrices", "1", kMulticast},
        {"first matrices moved before their sums are read", "move_and_sum_row", "tensix::order_fill_after_sfpu();", "",
         kMulticast},
        {"sums of another row", "move_and_sum_row", "sum_pairs<row", "sum_pairs<0", kMulticast},
        {"rows of a batch unpacked from one place", "fill_and_sum_batch", "(first + row)", "first", kMulticast},
        {"summed rows' page not waited for", "normalise_resident_block", "cb_wait_front(kInput, 1);", "", kMulticast},
        {"summed rows' page not popped", "normalise_resident_block", "cb_pop_front(kInput, 1);", "", kMulticast},
        {"elements behind the last pair not summed", "sum_resident_rows", "kSummed < kLastVectors", "false",
         kSummedWithRest},
        {"elements behind the last pair summed from the row's start", "sum_resident_rows", "Pass, kSummed", "Pass, 0",
         kSummedWithRest},
        {"SrcB never made valid", "give_zeros_in_srcb", "TTI_UNPACR_NOP(SrcB, p_unpacr_nop::UNP_SET_DVALID);", ""},
        {"SrcB not zeroed", "give_zeros_in_srcb", "TTI_UNPACR_NOP(SrcB, p_unpacr_nop::UNP_ZEROSRC);", ""},
        {"SrcB not handed back at the end", "end_fill", "MATH((TTI_CLEARDVALID(p_setrwc::CLR_B, 0)));", ""},
        {"SrcB handed back before it is there", "end_fill",
         "MATH((TTI_STALLWAIT(p_stall::STALL_MATH, p_stall::SRCB_VLD)));", ""},
        {"one move too few", "move_to_dest", "moved < elements", "moved + kElementsPerMatrix < elements"},
        {"row counters not cleared", "set_address_modes", "mode.dest.clr = 1;", ""},
        {"chunks filled over each other", "fill", "+ done / contract::kElementsPerDestRow", ""},
    };
}

// What arch/blackhole has in other words than arch/wormhole.
[[nodiscard]] std::vector<Mutation> blackhole_mutations() {
    return {
        {"SrcB never made valid on Blackhole", "give_zeros_in_srcb", "p_unpacr_nop::SET_DVALID", "0", kOnBlackhole},
        {"SrcB made valid twice on Blackhole", "give_zeros_in_srcb", "TTI_UNPACR_NOP(",
         "TTI_UNPACR_NOP(SrcB, 0, 0, 1, 0, 1, 0, 0, 1); TTI_UNPACR_NOP(", kOnBlackhole},
        {"SrcB cleared as soon as it is math's on Blackhole", "give_zeros_in_srcb", "p_unpacr_nop::WAIT_LIKE_UNPACR",
         "0", kOnBlackhole},
        {"DEST not handed over on Blackhole", "end_unpack_to_dest",
         "unpack_to_dest_tile_done(unp_cfg_context, static_cast<uint32_t>(DataFormat::Float32));", "", kOnBlackhole},
        {"the other context set up for SrcA again on Blackhole", "end_unpack_to_dest",
         "unpack_to_dest_tile_done(unp_cfg_context",
         "uint32_t other = 1 - unp_cfg_context; unpack_to_dest_tile_done(other", kOnBlackhole},
        {"address modes where Wormhole has them", "kAddressModeShift", "13", "14", kOnBlackhole},
        {"address modes where Blackhole has them", "kAddressModeShift", "14", "13"},
    };
}

}  // namespace

std::vector<Mutation> fill_mutations() {
    std::vector<Mutation> all = unpack_to_srca_mutations();
    for (const auto& some : {unpack_to_dest_mutations(), blackhole_mutations()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
