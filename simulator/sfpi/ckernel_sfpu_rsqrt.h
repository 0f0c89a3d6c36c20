// SPDX-License-Identifier: Apache-2.0
// Reciprocal square root of a tile in DEST, in raw SFPU instructions: takes the place of LLK's header of this name,
// whose body is written with SFPI's vector types. Same names, arguments and algorithm, so ttnn's kernels run unchanged.
//
//     y0 = reinterpret(magic - (bits(x) >> 1));  y1 = y0 * (a + c * (b + c)), c = -x * y0 * y0;
//     y2 = y1 + y1 / 2 * (1 - x * y1 * y1)                        (the approximate form stops after y0 * (a' + c))
//     +-0 gives +-Inf, +Inf gives 0, a negative x NaN
//
// Constants: Kokosinski, Gepner, Moroz, "Fast and accurate approximation algorithms for computing floating point
// square root", Numerical Algorithms 2024, algorithms of 10 and 23 bits.
// Latency (ISA documents, SFPMAD.md): a result of SFPMAD or SFPMUL is there two cycles later; nothing checks it, so
// every such pair has an independent instruction or SFPNOP between.
#pragma once

#include <bit>
#include <cstdint>

#include "ckernel.h"
#include "ckernel_defs.h"
#include "cmath_common.h"
#include "sfpi.h"
#include "sfpu/ckernel_sfpu_load_config.h"

namespace ckernel::sfpu {

// Local registers of this file. The first three constants live in the programmable registers 12 to 14.
struct RsqrtRegister {
    static constexpr std::uint32_t x = p_sfpu::LREG0;
    static constexpr std::uint32_t y = p_sfpu::LREG1;
    static constexpr std::uint32_t c = p_sfpu::LREG2;
    static constexpr std::uint32_t t = p_sfpu::LREG3;
    static constexpr std::uint32_t result = p_sfpu::LREG4;  // starts as bits(Inf) - bits(x): right for 0 and Inf
    static constexpr std::uint32_t magnitude = p_sfpu::LREG5;
    static constexpr std::uint32_t infinity = p_sfpu::LREG6;
    static constexpr std::uint32_t nan = p_sfpu::LREG7;
    static constexpr std::uint32_t magic = p_sfpu::LREG12;
    static constexpr std::uint32_t a = p_sfpu::LREG13;
    static constexpr std::uint32_t b = p_sfpu::LREG14;
};

constexpr std::uint32_t kSubtractFromC =
    sfpi::SFPIADD_MOD1_ARG_2SCOMP_LREG_DST | sfpi::SFPIADD_MOD1_CC_NONE;  // lreg_dest = lreg_c - lreg_dest
constexpr std::uint32_t kShiftByImmediate = 1;                            // SFPSHFT.md
constexpr std::uint32_t kNegate = 1;                                      // SFPMOV.md
constexpr std::uint32_t kAddToExponent = 1;                               // SFPDIVP2.md
constexpr std::uint32_t kMinusOne12 = 0xFFF;

template <std::uint32_t constant_register, std::uint32_t bits>
inline void program_constant() {
    _sfpu_load_config32_(constant_register, bits >> 16, bits & 0xFFFF);
}

template <bool APPROXIMATION_MODE>
inline void rsqrt_init() {
    math::reset_counters(p_setrwc::SET_ABD_F);
    if constexpr (APPROXIMATION_MODE) {
        program_constant<RsqrtRegister::magic, 0x5f0b3892>();
        program_constant<RsqrtRegister::a, std::bit_cast<std::uint32_t>(1.89099015f)>();
    } else {
        program_constant<RsqrtRegister::magic, 0x5f1110a0>();
        program_constant<RsqrtRegister::a, std::bit_cast<std::uint32_t>(2.2825186f)>();
        program_constant<RsqrtRegister::b, std::bit_cast<std::uint32_t>(2.2533049f)>();
    }
    TTI_SFPENCC(sfpi::SFPENCC_IMM12_BOTH, 0, 0, sfpi::SFPENCC_MOD1_EI_RI);
}

// x in its register -> first guess in y, Inf - x in result, |x| in magnitude (as integers).
inline void guess_rsqrt() {
    using R = RsqrtRegister;
    TTI_SFPMOV(0, R::x, R::y, 0);
    TTI_SFPSHFT(kMinusOne12, 0, R::y, kShiftByImmediate);
    TTI_SFPIADD(0, R::magic, R::y, kSubtractFromC);
    TTI_SFPMOV(0, R::x, R::result, 0);
    TTI_SFPMUL(R::x, R::y, p_sfpu::LCONST_0, R::c, 0);
    TTI_SFPIADD(0, R::infinity, R::result, kSubtractFromC);
    TTI_SFPMOV(0, R::y, R::t, kNegate);
    TTI_SFPMUL(R::c, R::t, p_sfpu::LCONST_0, R::c, 0);
    TTI_SFPMOV(0, R::x, R::magnitude, 0);
    TTI_SFPSHFT(1, 0, R::magnitude, kShiftByImmediate);
}

// y and c = -x * y * y -> refined y in t, still without the special cases.
template <bool APPROXIMATION_MODE>
inline void refine_rsqrt() {
    using R = RsqrtRegister;
    if constexpr (APPROXIMATION_MODE) {
        TTI_SFPADD(p_sfpu::LCONST_1, R::a, R::c, R::t, 0);
        TTI_SFPNOP;
        TTI_SFPMUL(R::y, R::t, p_sfpu::LCONST_0, R::t, 0);
    } else {
        TTI_SFPADD(p_sfpu::LCONST_1, R::b, R::c, R::t, 0);
        TTI_SFPNOP;
        TTI_SFPMAD(R::c, R::t, R::a, R::t, 0);
        TTI_SFPNOP;
        TTI_SFPMUL(R::y, R::t, p_sfpu::LCONST_0, R::y, 0);
        TTI_SFPNOP;
        TTI_SFPMUL(R::x, R::y, p_sfpu::LCONST_0, R::c, 0);
        TTI_SFPMOV(0, R::y, R::t, kNegate);
        TTI_SFPMAD(R::c, R::t, p_sfpu::LCONST_1, R::t, 0);
        TTI_SFPDIVP2(kMinusOne12, R::y, R::c, kAddToExponent);
        TTI_SFPMAD(R::t, R::c, R::y, R::t, 0);
    }
    TTI_SFPNOP;
}

template <bool APPROXIMATION_MODE, int ITERATIONS = 8, bool fp32_dest_acc_en, bool FAST_APPROX>
inline void calculate_rsqrt() {
    using R = RsqrtRegister;
    TTI_SFPLOADI(R::infinity, sfpi::SFPLOADI_MOD0_FLOATB, 0x7F80);
    TTI_SFPLOADI(R::nan, sfpi::SFPLOADI_MOD0_FLOATB, 0x7FC0);
#pragma GCC unroll 8
    for (int vector = 0; vector < ITERATIONS; vector++) {
        TTI_SFPLOAD(R::x, sfpi::SFPLOAD_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, 0);
        guess_rsqrt();
        refine_rsqrt<APPROXIMATION_MODE>();
        // Lanes whose x is neither 0 nor Inf take the refined value, negative ones NaN.
        TTI_SFPSETCC(0, R::result, 0, sfpi::SFPSETCC_MOD1_LREG_NE0);
        TTI_SFPSETCC(0, R::magnitude, 0, sfpi::SFPSETCC_MOD1_LREG_NE0);
        TTI_SFPMOV(0, R::t, R::result, 0);
        if constexpr (!FAST_APPROX) {
            TTI_SFPSETCC(0, R::x, 0, sfpi::SFPSETCC_MOD1_LREG_LT0);
            TTI_SFPMOV(0, R::nan, R::result, 0);
        }
        TTI_SFPENCC(0, 0, 0, sfpi::SFPENCC_MOD1_EU_R1);
        if constexpr (!fp32_dest_acc_en) {
            TTI_SFP_STOCH_RND(
                sfpi::SFPSTOCHRND_RND_EVEN, 0, 0, R::result, R::result, sfpi::SFPSTOCHRND_MOD1_FP32_TO_FP16B);
        }
        TTI_SFPSTORE(R::result, sfpi::SFPSTORE_MOD0_FMT_SRCB, sfpi::SFP_ADDR_MOD_STAY, 0);
        TTI_INCRWC(0, sfpi::SFP_DESTREG_STRIDE, 0, 0);
    }
}

}  // namespace ckernel::sfpu
