// SPDX-License-Identifier: Apache-2.0
// What of the unpackers is Wormhole's own; on the unpack thread.
#pragma once

#ifdef TRISC_UNPACK

#include <stdint.h>

#include "api/compute/common.h"
#include "contract.hpp"
#include "tensix/instructions.hpp"

namespace layernorm_fused_rm::chip {

// SrcB full of zeros, handed to the math thread.
inline void give_zeros_in_srcb() {
    TTI_UNPACR_NOP(SrcB, p_unpacr_nop::UNP_ZEROSRC);
    TTI_UNPACR_NOP(SrcB, p_unpacr_nop::UNP_SET_DVALID);
}

// The format that UNPACR writes, once all before it are done.
inline void unpack_as(DataFormat format) {
    TTI_STALLWAIT(p_stall::STALL_CFG, p_stall::UNPACK0);
    cfg_reg_rmw_tensix<THCON_SEC0_REG2_Out_data_format_RMW>(static_cast<uint32_t>(format));
}

// Hands what was unpacked to DEST to the math thread, and sets this context up for SrcA again. LLK's
// unpack_to_dest_tile_done, but for its last UNPACR. Its context is counted from the current one ("UNPACR_Regular",
// WhichContext), so LLK's own number would name context 2 from context 1, which nobody has set up. And SrcA takes TF32,
// never fp32 ("UNPACR_Regular", FormatConversion), and here no zeros in the place of what L1 has, which is a mode that
// nobody tests.
inline void end_unpack_to_dest() {
    constexpr uint32_t kSrcaAddress = 4 * contract::kElementsPerDestRow;
    constexpr uint32_t kSetOvrdWithAddr = 4;
    t6_semaphore_post<p_stall::UNPACK0>(semaphore::UNPACK_TO_DEST);
    if (unp_cfg_context == 0) {
        cfg_reg_rmw_tensix<THCON_SEC0_REG2_Unpack_if_sel_cntx0_RMW>(0);
        cfg_reg_rmw_tensix<THCON_SEC0_REG5_Dest_cntx0_address_RMW>(kSrcaAddress);
    } else {
        cfg_reg_rmw_tensix<THCON_SEC0_REG2_Unpack_if_sel_cntx1_RMW>(0);
        cfg_reg_rmw_tensix<THCON_SEC0_REG5_Dest_cntx1_address_RMW>(kSrcaAddress);
    }
    TTI_SETC16(SRCA_SET_Base_ADDR32, kSetOvrdWithAddr);
    // Hardware wants an unpack to SrcA behind the last one to DEST (cunpack_common.h, TEN-3868): a row that nobody is
    // given.
    unpack_as(DataFormat::Tf32);
    TTI_SETADCXX(p_setadc::UNP_A, contract::kElementsPerDestRow - 1, 0);
    TTI_UNPACR(SrcA, 0, 0, 0, 0, 1, 0, p_unpacr::RAREFYB_DISABLE, 0, 0, 0, 0, 1);
    unpack_as(DataFormat::Float32);
}

}  // namespace layernorm_fused_rm::chip

#endif
