// SPDX-License-Identifier: Apache-2.0
// What happens to numbers on their way in and out of DEST: bf16 or fp32 in L1 -> fp32 in DEST -> bf16 or fp32 in L1.
//
// Everywhere outside L1 a number is its fp32 bits; a bf16 number's lower half is zero.
#pragma once

#include <cstdint>

#include "multiply_add.hpp"

namespace layernorm_fused_rm::arithmetic {

// A bf16 number's bits.
using Half = std::uint16_t;

// Of a tensor's elements; the value is an element's bytes.
enum class Format : std::uint32_t { kNone = 0, kBfloat16 = 2, kFloat32 = 4 };
[[nodiscard]] constexpr std::uint32_t bytes_of(Format format) { return static_cast<std::uint32_t>(format); }

inline constexpr int kHalfShift = 16;
inline constexpr Bits kHalfOfLastPlace = 0x8000;

// ELWADD with zero, bf16 to fp32: exact; denormals and -0 become +0. The matrix unit knows no NaN: to it an exponent of
// 255 is one more exponent, and what is too large comes out as infinity, so a NaN comes out as infinity of its sign.
// Source: ISA documents, "ELWADD" and "FloatBitPatterns" (FP32 and BF16, column Matrix Unit).
[[nodiscard]] constexpr Bits widen(Bits bits) {
    const Bits exponent = bits & kInfinity;
    if (exponent == 0) {
        return 0;
    }
    return exponent == kInfinity ? bits & (kSignBit | kInfinity) : bits;
}

// The packer's early conversion of fp32 to bf16, rounding: to nearest, halves away from zero; denormals and -0 become
// +0, NaN becomes infinity of its sign. Source: ISA documents, "Packers/FormatConversion" (early format conversion). An
// fp32 denormal that rounds up to a normal number is not described; the vector unit produces none.
[[nodiscard]] constexpr Half pack(Bits bits) {
    const Bits sign = bits & kSignBit;
    const Bits magnitude = bits & ~kSignBit;
    if (magnitude >= kInfinity) {
        return static_cast<Half>((sign | kInfinity) >> kHalfShift);
    }
    if ((magnitude & kInfinity) == 0) {
        return 0;
    }
    return static_cast<Half>((bits + kHalfOfLastPlace) >> kHalfShift);
}

// What the packer leaves of an fp32 number. To fp32 both its conversions are the identity: denormals, zeros of either
// sign and NaN stay. So is the unpacker's, fp32 in L1 to fp32 in DEST. Source: ISA documents,
// "Packers/FormatConversion", "Unpackers/FormatConversion".
[[nodiscard]] constexpr Bits pack_as(Format format, Bits bits) {
    return format == Format::kFloat32 ? bits : static_cast<Bits>(pack(bits)) << kHalfShift;
}

}  // namespace layernorm_fused_rm::arithmetic
