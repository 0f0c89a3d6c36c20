// SPDX-License-Identifier: Apache-2.0
// What of the unpackers is Blackhole's own; on the unpack thread.
#pragma once

#ifdef TRISC_UNPACK

#include <stdint.h>

#include "api/compute/common.h"
#include "tensix/instructions.hpp"

namespace layernorm_fused_rm::chip {

// SrcB full of zeros, handed to the math thread (ckernel_ops.h, TT_OP_UNPACR_NOP; LLK's _llk_unpack_set_srcb_dummy_valid_).
inline void give_zeros_in_srcb() {
    TTI_UNPACR_NOP(SrcB, 0, 0, p_unpacr_nop::SET_DVALID, 0, p_unpacr_nop::WAIT_LIKE_UNPACR, 0, p_unpacr_nop::CLR_SRC_0,
                   p_unpacr_nop::UNP_ZEROSRC);
}

// Hands what was unpacked to DEST to the math thread, and sets this context up for SrcA again.
inline void end_unpack_to_dest() {
    unpack_to_dest_tile_done(unp_cfg_context, static_cast<uint32_t>(DataFormat::Float32));
}

}  // namespace layernorm_fused_rm::chip

#endif
