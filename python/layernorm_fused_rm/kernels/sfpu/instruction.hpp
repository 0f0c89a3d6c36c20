// SPDX-License-Identifier: Apache-2.0
// SFPU (vector unit) instructions as data: what each one is, what it reads and writes, when its result is ready.
//
// A kernel's arithmetic is a `Sequence` of these, a constexpr value that the device issues (issue.hpp) and that the
// host checks and interprets (tests/arithmetic). C++17, <stdint.h> only, no Tensix header. Source of encodings:
// ckernel_ops.h (TT_OP_SFP*); of semantics and latencies: ISA documents, "VectorUnit" and the instruction's own page.
// LREGs: L0..L7 general, L9 = 0.0, L10 = 1.0, L11..L14 programmable, L15 = 2 * lane.
#pragma once

#include <stdint.h>

#include "chip/vector_unit.hpp"

namespace layernorm_fused_rm::sfpu {

inline constexpr uint32_t kLanes = 32;
inline constexpr uint32_t kZero = 9;           // LREG that reads 0.0
inline constexpr uint32_t kOne = 10;           // LREG that reads 1.0
inline constexpr uint32_t kTwiceLane = 15;     // LREG that reads 2 * lane, an integer
inline constexpr uint32_t kProgrammable = 11;  // first of the four LREGs that SFPCONFIG writes

enum class Opcode : uint32_t {
    kLoad = 0x70,           // VD = 32 elements of DEST
    kLoadImmediate = 0x71,  // half of VD = 16 bits
    kStore = 0x72,          // 32 elements of DEST = VD
    kExponent = 0x77,       // VD = exponent of VC, an integer
    kIntegerAdd = 0x79,
    kShift = 0x7a,
    kMove = 0x7c,
    kAbsolute = 0x7d,
    kMad = 0x84,  // VD = VA * VB + VC
    kAdd = 0x85,
    kMultiply = 0x86,
    kConditions = 0x8a,  // SFPENCC
    kTranspose = 0x8c,   // L0..L3 and L4..L7, rows of lanes against registers
    kNop = 0x8f,
    kConfigure = 0x91,  // L11..L14 = first eight lanes of L0, repeated
    kSwap = 0x92,       // the less and the greater of two change places, or not
    kRotate = 0x94,     // SFPSHFT2, mode SUBVEC_SHFLROR1: by one lane within each eight
};

// What issue() adds to an instruction's immediate.
enum class Base : uint32_t {
    kBatch,      // nothing: an SFPLOAD or SFPSTORE counts from the batch's first row, beside the row counter
    kDistant,    // its operand, the distance from the batch to where gamma lies, or the statistics
    kUpperHalf,  // the upper half of its operand, a number's bits
    kLowerHalf,  // or the lower one
};

// What follows an SFPLOAD or SFPSTORE: the ADDR_MOD slot that address_modes.hpp programs.
enum class Advance : uint32_t { kStay = 0, kNextStep = 1 };

struct Instruction {
    uint32_t word = 0;
    Base base = Base::kBatch;

    [[nodiscard]] constexpr Opcode opcode() const { return static_cast<Opcode>(word >> 24); }
};

// MOD0_FMT_FP32 of SFPLOAD and SFPSTORE.
inline constexpr uint32_t kFormatFp32 = 3;

[[nodiscard]] constexpr Instruction encode(Opcode opcode, uint32_t fields) {
    return {(static_cast<uint32_t>(opcode) << 24) | fields, Base::kBatch};
}
[[nodiscard]] constexpr uint32_t access_fields(uint32_t lreg, uint32_t dest_row) {
    return (lreg << 20) | (kFormatFp32 << 16) | dest_row;
}
[[nodiscard]] constexpr Instruction load(uint32_t to, uint32_t dest_row) {
    return encode(Opcode::kLoad, access_fields(to, dest_row));
}
[[nodiscard]] constexpr Instruction store(uint32_t from, uint32_t dest_row) {
    return encode(Opcode::kStore, access_fields(from, dest_row));
}
[[nodiscard]] constexpr Instruction load_distant(uint32_t to, uint32_t dest_row) {
    return {load(to, dest_row).word, Base::kDistant};
}
[[nodiscard]] constexpr Instruction store_distant(uint32_t from, uint32_t dest_row) {
    return {store(from, dest_row).word, Base::kDistant};
}
// The same SFPLOAD or SFPSTORE, after which the row counter moves on.
[[nodiscard]] constexpr Instruction advancing(Instruction access, Advance advance) {
    return {access.word | (static_cast<uint32_t>(advance) << chip::kAddressModeShift), access.base};
}
[[nodiscard]] constexpr Instruction mad(uint32_t a, uint32_t b, uint32_t c, uint32_t to) {
    return encode(Opcode::kMad, (a << 16) | (b << 12) | (c << 8) | (to << 4));
}
[[nodiscard]] constexpr Instruction add(uint32_t a, uint32_t b, uint32_t to) {
    return encode(Opcode::kAdd, (kOne << 16) | (a << 12) | (b << 8) | (to << 4));
}
[[nodiscard]] constexpr Instruction multiply(uint32_t a, uint32_t b, uint32_t to) {
    return encode(Opcode::kMultiply, (a << 16) | (b << 12) | (kZero << 8) | (to << 4));
}
[[nodiscard]] constexpr Instruction move(uint32_t from, uint32_t to) {
    return encode(Opcode::kMove, (from << 8) | (to << 4));
}
// to = -from (SFPMOV_MOD1_COMPSIGN).
[[nodiscard]] constexpr Instruction negate(uint32_t from, uint32_t to) {
    return encode(Opcode::kMove, (from << 8) | (to << 4) | 1u);
}
// to = from rotated right by one lane within each group of eight.
[[nodiscard]] constexpr Instruction rotate(uint32_t from, uint32_t to) {
    return encode(Opcode::kRotate, (from << 8) | (to << 4) | 3u);
}
[[nodiscard]] constexpr Instruction transpose() { return encode(Opcode::kTranspose, 0); }
[[nodiscard]] constexpr Instruction nop() { return encode(Opcode::kNop, 0); }
[[nodiscard]] constexpr Instruction configure(uint32_t to) { return encode(Opcode::kConfigure, to << 4); }
// L11 back to -1.0, which SFPCONFIG has as that register's default (MOD1_IMM16_IS_VALUE).
[[nodiscard]] constexpr Instruction restore_minus_one() { return encode(Opcode::kConfigure, (11u << 4) | 1u); }

// to = |from|, of floating-point numbers (SFPABS_MOD1_FLOAT).
[[nodiscard]] constexpr Instruction absolute(uint32_t from, uint32_t to) {
    return encode(Opcode::kAbsolute, (from << 8) | (to << 4) | 1u);
}
// lreg = the less, or the greater, of itself and `limit`, a register that SFPSWAP does not write, L8 and above
// (SFPSWAP_MOD1_VEC_MIN_MAX: VD becomes the less, VC the greater). What is no number counts as infinite by its sign.
[[nodiscard]] constexpr Instruction minimum(uint32_t limit, uint32_t lreg) {
    return encode(Opcode::kSwap, (limit << 8) | (lreg << 4) | 1u);
}
[[nodiscard]] constexpr Instruction maximum(uint32_t limit, uint32_t lreg) {
    return encode(Opcode::kSwap, (lreg << 8) | (limit << 4) | 1u);
}

inline constexpr uint32_t kTopHalf = 0;     // SFPLOADI_MOD0_FLOATB: the other half becomes zeros
inline constexpr uint32_t kUpperHalf = 8;   // SFPLOADI_MOD0_UPPER
inline constexpr uint32_t kLowerHalf = 10;  // SFPLOADI_MOD0_LOWER
[[nodiscard]] constexpr Instruction load_half(uint32_t to, uint32_t half, uint32_t bits) {
    return encode(Opcode::kLoadImmediate, (to << 20) | (half << 16) | (bits & 0xffffu));
}
// to = bits of which the lower half are zeros.
[[nodiscard]] constexpr Instruction load_top(uint32_t to, uint32_t bits) { return load_half(to, kTopHalf, bits >> 16); }
// to = the eight bits of from's exponent, an integer (SFPEXEXP_MOD1_NODEBIAS).
[[nodiscard]] constexpr Instruction exponent(uint32_t from, uint32_t to) {
    return encode(Opcode::kExponent, (from << 8) | (to << 4) | 1u);
}
// The same of the bits that issue() is given.
[[nodiscard]] constexpr Instruction load_operand_half(uint32_t to, uint32_t half) {
    return {load_half(to, half, 0).word, half == kUpperHalf ? Base::kUpperHalf : Base::kLowerHalf};
}
// value << amount in place, or >> -amount, logically.
[[nodiscard]] constexpr Instruction shift(uint32_t lreg, int32_t amount) {
    return encode(Opcode::kShift, ((static_cast<uint32_t>(amount) & 0xfffu) << 12) | (lreg << 4) | 1u);
}
// to = from - to, integers, flags left alone (ARG_2SCOMP_LREG_DST | CC_NONE).
[[nodiscard]] constexpr Instruction integer_subtract_from(uint32_t from, uint32_t to) {
    return encode(Opcode::kIntegerAdd, (from << 8) | (to << 4) | 6u);
}
// to = from + to, and to = from + value, integers, flags left alone (CC_NONE).
[[nodiscard]] constexpr Instruction integer_add(uint32_t from, uint32_t to) {
    return encode(Opcode::kIntegerAdd, (from << 8) | (to << 4) | 4u);
}
[[nodiscard]] constexpr Instruction integer_add_value(uint32_t from, int32_t value, uint32_t to) {
    return encode(Opcode::kIntegerAdd, ((static_cast<uint32_t>(value) & 0xfffu) << 12) | (from << 8) | (to << 4) | 5u);
}
// Enable exactly the lanes in which `lreg`, an integer, is less than limit (ARG_IMM, CC_LT0); `scratch` is overwritten.
[[nodiscard]] constexpr Instruction enable_lanes_below(uint32_t lreg, int32_t limit, uint32_t scratch) {
    return encode(Opcode::kIntegerAdd,
                  ((static_cast<uint32_t>(-limit) & 0xfffu) << 12) | (lreg << 8) | (scratch << 4) | 1u);
}
// The others (ARG_IMM, CC_GTE0), and exactly those in which `lreg` is not less than `limit`, a register that is
// overwritten (ARG_2SCOMP_LREG_DST, CC_GTE0).
[[nodiscard]] constexpr Instruction enable_lanes_from(uint32_t lreg, int32_t limit, uint32_t scratch) {
    return encode(Opcode::kIntegerAdd,
                  ((static_cast<uint32_t>(-limit) & 0xfffu) << 12) | (lreg << 8) | (scratch << 4) | 9u);
}
[[nodiscard]] constexpr Instruction enable_lanes_from_register(uint32_t lreg, uint32_t limit) {
    return encode(Opcode::kIntegerAdd, (lreg << 8) | (limit << 4) | 10u);
}
// Conditional execution on, all lanes enabled (SFPENCC EI | RI, immediate E | R), and off again (immediate R).
[[nodiscard]] constexpr Instruction conditions_on() { return encode(Opcode::kConditions, (3u << 12) | 10u); }
[[nodiscard]] constexpr Instruction conditions_off() { return encode(Opcode::kConditions, (2u << 12) | 10u); }

}  // namespace layernorm_fused_rm::sfpu
