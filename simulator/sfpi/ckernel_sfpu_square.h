// SPDX-License-Identifier: Apache-2.0
// The square of a tile in DEST, in raw SFPU instructions: takes the place of LLK's header of this name, whose body is
// written with SFPI's vector types. Same names and arguments. ttnn.layer_norm's kernel for wide rows uses it.
//
// Two vectors at a time, so that neither waits for its own multiply-add (two cycles; ISA documents, SFPMAD.md).
#pragma once

#include "ckernel.h"
#include "ckernel_defs.h"
#include "cmath_common.h"
#include "sfpi.h"

namespace ckernel::sfpu {

inline void square_init() { math::reset_counters(p_setrwc::SET_ABD_F); }

template <bool APPROXIMATION_MODE, bool is_fp32_dest_acc_en = false, int ITERATIONS = 8>
inline void calculate_square() {
    static_assert(ITERATIONS % 2 == 0);
    constexpr std::uint32_t first = p_sfpu::LREG0;
    constexpr std::uint32_t second = p_sfpu::LREG1;
#pragma GCC unroll 4
    for (int pair = 0; pair < ITERATIONS / 2; pair++) {
        TTI_SFPLOAD(first, sfpi::SFPLOAD_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, 0);
        TTI_SFPLOAD(second, sfpi::SFPLOAD_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, sfpi::SFP_DESTREG_STRIDE);
        TTI_SFPMUL(first, first, p_sfpu::LCONST_0, first, 0);
        TTI_SFPMUL(second, second, p_sfpu::LCONST_0, second, 0);
        if constexpr (!is_fp32_dest_acc_en) {
            TTI_SFP_STOCH_RND(0, 0, 0, first, first, sfpi::SFPSTOCHRND_MOD1_FP32_TO_FP16B);
            TTI_SFP_STOCH_RND(0, 0, 0, second, second, sfpi::SFPSTOCHRND_MOD1_FP32_TO_FP16B);
        }
        TTI_SFPSTORE(first, sfpi::SFPSTORE_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, 0);
        TTI_SFPSTORE(second, sfpi::SFPSTORE_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, sfpi::SFP_DESTREG_STRIDE);
        TTI_INCRWC(0, 2 * sfpi::SFP_DESTREG_STRIDE, 0, 0);
    }
}

}  // namespace ckernel::sfpu
