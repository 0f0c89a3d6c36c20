// SPDX-License-Identifier: Apache-2.0
// A tile in DEST with a scalar: takes the place of LLK's header of this name, whose body is written with SFPI's vector
// types. Same names and arguments, raw SFPU instructions.
//
// Two vectors at a time, so that neither waits for its own multiply-add (two cycles; ISA documents, SFPMAD.md).
#pragma once

#include <cstdint>

#include "ckernel.h"
#include "ckernel_defs.h"
#include "sfpi.h"
#include "sfpu/ckernel_sfpu_load_config.h"

namespace ckernel::sfpu {

// The modes as ttnn's host and LLK number them.
enum {
    ADD = 0,
    SUB = 1,
    MUL = 2,
    DIV = 3,  // the host passes the reciprocal
    RSUB = 4,
};

constexpr std::uint32_t kScalarRegister = p_sfpu::LREG2;

// One vector in a register: value (mode) scalar, or scalar - value.
template <int BINOP_MODE, std::uint32_t value>
inline void apply_scalar() {
    if constexpr (BINOP_MODE == ADD) {
        TTI_SFPADD(p_sfpu::LCONST_1, value, kScalarRegister, value, 0);
    } else if constexpr (BINOP_MODE == SUB) {
        TTI_SFPMAD(kScalarRegister, p_sfpu::LCONST_neg1, value, value, 0);
    } else if constexpr (BINOP_MODE == RSUB) {
        TTI_SFPMAD(value, p_sfpu::LCONST_neg1, kScalarRegister, value, 0);
    } else {
        static_assert(BINOP_MODE == MUL || BINOP_MODE == DIV);
        TTI_SFPMUL(value, kScalarRegister, p_sfpu::LCONST_0, value, 0);
    }
}

template <bool APPROXIMATION_MODE, int BINOP_MODE, int ITERATIONS, bool is_fp32_dest_acc_en>
void calculate_binop_with_scalar(std::uint32_t param) {
    static_assert(ITERATIONS % 2 == 0);
    constexpr bool rounds = BINOP_MODE == RSUB && !is_fp32_dest_acc_en;  // as LLK: only there is the store not enough
    _sfpu_load_imm32_(kScalarRegister, param);
#pragma GCC unroll 4
    for (int pair = 0; pair < ITERATIONS / 2; pair++) {
        TTI_SFPLOAD(p_sfpu::LREG0, sfpi::SFPLOAD_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, 0);
        TTI_SFPLOAD(p_sfpu::LREG1, sfpi::SFPLOAD_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, sfpi::SFP_DESTREG_STRIDE);
        apply_scalar<BINOP_MODE, p_sfpu::LREG0>();
        apply_scalar<BINOP_MODE, p_sfpu::LREG1>();
        if constexpr (rounds) {
            TTI_SFP_STOCH_RND(0, 0, 0, p_sfpu::LREG0, p_sfpu::LREG0, sfpi::SFPSTOCHRND_MOD1_FP32_TO_FP16B);
            TTI_SFP_STOCH_RND(0, 0, 0, p_sfpu::LREG1, p_sfpu::LREG1, sfpi::SFPSTOCHRND_MOD1_FP32_TO_FP16B);
        }
        TTI_SFPSTORE(p_sfpu::LREG0, sfpi::SFPSTORE_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, 0);
        TTI_SFPSTORE(p_sfpu::LREG1, sfpi::SFPSTORE_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, sfpi::SFP_DESTREG_STRIDE);
        TTI_INCRWC(0, 2 * sfpi::SFP_DESTREG_STRIDE, 0, 0);
    }
}

// Integer forms: declared for the kernels that name them, not defined (they would fail at link).
template <bool APPROXIMATION_MODE, int ITERATIONS>
void calculate_add_int32(std::uint32_t scalar);
template <bool APPROXIMATION_MODE, int ITERATIONS>
void calculate_sub_int32(std::uint32_t scalar);

}  // namespace ckernel::sfpu
