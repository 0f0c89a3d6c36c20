// SPDX-License-Identifier: Apache-2.0
// a * b + c as the vector unit of Wormhole computes it, bit for bit: SFPMAD, SFPADD and SFPMUL.
//
// The product is cut to four bits more than fp32 has, with a sticky bit, before the addition; the sum is rounded once,
// to nearest even. Denormal inputs count as zero, denormal results become +0, as do all zeros. A NaN result keeps
// whatever bits the sum would have had, which decides nothing but its payload. Source: ISA documents, "SFPMAD" (IEEE754
// conformance / divergence) and "FMA" (differences between fma_model_wh, fma_model_bh and fma_model_ieee).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace layernorm_fused_rm::arithmetic {

// An fp32 number as its bits, or a 32-bit integer.
using Bits = std::uint32_t;

inline constexpr Bits kSignBit = 0x80000000;
inline constexpr Bits kInfinity = 0x7f800000;
inline constexpr Bits kSomeNan = 0x7f800001;  // the bits that every NaN of the unit has
inline constexpr int kMantissaBits = 23;
inline constexpr int kGuardBits = 3;
inline constexpr int kExponentBias = 127;
inline constexpr int kSpecialExponent = 255;  // of infinity and NaN

namespace detail {

// significand * 2^(exponent - bias - 23), or with the guard bits 2^(exponent - bias - 26).
struct Magnitude {
    int exponent = 0;
    std::uint64_t significand = 0;
};

[[nodiscard]] constexpr Magnitude magnitude_of(Bits bits) {
    const int exponent = static_cast<int>((bits >> kMantissaBits) & 0xffU);
    return {exponent, exponent == 0 ? 0 : ((bits & 0x7fffffU) | 0x800000U)};
}

[[nodiscard]] constexpr bool is_special(Magnitude value) { return value.exponent == kSpecialExponent; }
[[nodiscard]] constexpr bool is_infinite(Magnitude value) {
    return is_special(value) && value.significand == 0x800000U;
}
[[nodiscard]] constexpr bool is_nan(Magnitude value) { return is_special(value) && value.significand != 0x800000U; }

// The product with guard bits, of which the lowest stands for all that is lost.
[[nodiscard]] constexpr Magnitude multiply(Magnitude a, Magnitude b) {
    constexpr int kLost = kMantissaBits - kGuardBits;
    const std::uint64_t whole = a.significand * b.significand;
    const std::uint64_t lost = whole & ((std::uint64_t{1} << kLost) - 1);
    return {a.exponent + b.exponent - kExponentBias, (whole >> kLost) | (lost != 0 ? 1U : 0U)};
}

// The significand at a larger exponent. What is lost shows in the lowest bit, unless nothing else is left.
[[nodiscard]] constexpr std::int64_t align(Magnitude value, int exponent) {
    const int shift = exponent - value.exponent;
    const std::uint64_t kept = shift > 31 ? 0 : value.significand >> shift;
    const bool is_inexact = kept != 0 && (kept << shift) != value.significand;
    return static_cast<std::int64_t>(kept | (is_inexact ? 1U : 0U));
}

// Bits of a positive number from its significand with guard bits: normalised and rounded; 0 where it is too small.
[[nodiscard]] constexpr Bits encode(int exponent, std::uint64_t significand) {
    const int excess = static_cast<int>(std::bit_width(significand)) - (kMantissaBits + kGuardBits + 1);
    exponent += excess;
    if (exponent >= kSpecialExponent) {
        return kInfinity;
    }
    if (significand == 0 || exponent < 0) {
        return 0;
    }
    // A shift by two loses the higher of the two bits: a fault of the chip, kept ("FMA", differences).
    significand = excess <= 0 ? significand << -excess : (significand >> excess) | (significand & 1U);
    Bits bits =
        (static_cast<Bits>(exponent) << kMantissaBits) + (static_cast<Bits>(significand >> kGuardBits) & 0x7fffffU);
    bits += (significand & 7U) + (bits & 1U) > 4 ? 1 : 0;
    return (bits >> kMantissaBits) == 0 ? 0 : bits;
}

// What infinities, NaNs and a product beyond fp32 decide: the result's bits, and whether they are those of a NaN.
struct Special {
    bool is_nan;
    Bits bits;
};

[[nodiscard]] constexpr Special decide(Magnitude a, Magnitude b, Bits product_sign, Bits c) {
    const Magnitude addend = magnitude_of(c);
    const Bits addend_sign = c & kSignBit;
    const bool product_is_infinite =
        is_special(a) || is_special(b) || a.exponent + b.exponent - kExponentBias >= kSpecialExponent;
    const bool product_is_nan =
        is_nan(a) || is_nan(b) || (is_special(a) && b.significand == 0) || (is_special(b) && a.significand == 0);
    if (product_is_nan || (is_infinite(addend) && product_is_infinite && addend_sign != product_sign)) {
        return {true, product_sign | kSomeNan};
    }
    if (is_nan(addend)) {
        return {true, addend_sign | kSomeNan};
    }
    return {false, is_special(addend) ? c : product_sign | kInfinity};
}

}  // namespace detail

// a * b + c.
[[nodiscard]] constexpr Bits multiply_add(Bits a, Bits b, Bits c) {
    using namespace detail;
    const Magnitude left = magnitude_of(a);
    const Magnitude right = magnitude_of(b);
    Magnitude addend = magnitude_of(c);
    Magnitude product = multiply(left, right);
    const Bits product_sign = (a ^ b) & kSignBit;
    Bits nan = 0;
    if (is_special(left) || is_special(right) || is_special(addend) || product.exponent >= kSpecialExponent)
        [[unlikely]] {
        const Special special = decide(left, right, product_sign, c);
        if (!special.is_nan) {
            return special.bits;
        }
        nan = special.bits;
        product.exponent = std::min(product.exponent, kSpecialExponent);
    }
    if (product.significand == 0 || product.exponent < 0) {
        product = {};
    }
    addend.significand <<= kGuardBits;
    const int exponent = std::max(product.exponent, addend.exponent);
    const std::int64_t signed_product = product_sign != 0 ? -align(product, exponent) : align(product, exponent);
    const std::int64_t signed_addend = (c & kSignBit) != 0 ? -align(addend, exponent) : align(addend, exponent);
    const std::int64_t sum = signed_product + signed_addend;
    const Bits magnitude = encode(exponent, static_cast<std::uint64_t>(sum < 0 ? -sum : sum));
    if (nan != 0) [[unlikely]] {
        return nan | (magnitude == kInfinity ? 0 : magnitude);
    }
    return magnitude == 0 ? 0 : magnitude | (sum < 0 ? kSignBit : 0);
}

}  // namespace layernorm_fused_rm::arithmetic
