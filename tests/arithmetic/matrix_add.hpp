// SPDX-License-Identifier: Apache-2.0
// dest + source as Wormhole's matrix unit (FPU) computes it, bit for bit: ELWADD that accumulates onto fp32 DEST, with a
// bf16 number in SrcA and zero in SrcB.
//
// The smaller operand is shifted to the larger one's exponent and rounded there, halves away from zero, but those of a
// negative source towards it; the sum is normalised. A zero exponent is zero, an exponent of 255 one more exponent, and what is too large comes out as infinity.
// A negative sum of one unit in the last place is normalised wrongly: the chip counts the leading sign bits of -1, which
// are 27 more. The ISA documents call their own model ("ELWADD") a rough guide; source of this one: wolfpine,
// MatrixUnit._fpu_sum_batch and _fpu_accumulate, which follow Tenstorrent's ttsim.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "multiply_add.hpp"

namespace layernorm_fused_rm::arithmetic {

namespace detail {

// The significand at a larger exponent; `less` is taken from the half that rounds.
[[nodiscard]] constexpr std::int64_t round_at(Magnitude value, int exponent, std::int64_t less) {
    const int shift = exponent - value.exponent;
    const auto significand = static_cast<std::int64_t>(value.significand);
    if (shift == 0) {
        return significand;
    }
    return shift > 30 ? 0 : (significand + (std::int64_t{1} << (shift - 1)) - less) >> shift;
}

}  // namespace detail

[[nodiscard]] constexpr Bits matrix_add(Bits dest, Bits source) {
    using namespace detail;
    constexpr int kSignBitsTooMany = 27;
    const Magnitude left = magnitude_of(dest);
    const Magnitude right = magnitude_of(source);
    const bool left_is_negative = (dest & kSignBit) != 0;
    const bool right_is_negative = right.significand != 0 && (source & kSignBit) != 0;
    int exponent = std::max(left.exponent, right.exponent);
    const std::int64_t first = round_at(left, exponent, 0);
    const std::int64_t second = round_at(right, exponent, right_is_negative ? 1 : 0);
    // In the sign of what DEST holds.
    const std::int64_t sum = left_is_negative == right_is_negative ? first + second : first - second;
    const bool is_negative = left_is_negative != (sum < 0);
    auto significand = static_cast<std::uint64_t>(sum < 0 ? -sum : sum);
    if (exponent == 0 || significand == 0) {
        return 0;
    }
    int left_shift = kMantissaBits + 1 - static_cast<int>(std::bit_width(significand));
    if (is_negative && significand == 1) {
        left_shift -= kSignBitsTooMany;
    }
    exponent -= left_shift;
    significand = left_shift >= 0 ? significand << left_shift
                                  : (significand + (std::uint64_t{1} << (-left_shift - 1))) >> -left_shift;
    if (significand >> (kMantissaBits + 1) != 0) {
        ++exponent;
    }
    if (exponent <= 0) {
        return 0;
    }
    const Bits sign = is_negative ? kSignBit : 0;
    return exponent >= kSpecialExponent
               ? sign | kInfinity
               : sign | static_cast<Bits>(exponent) << kMantissaBits | (static_cast<Bits>(significand) & 0x7fffffU);
}

}  // namespace layernorm_fused_rm::arithmetic
