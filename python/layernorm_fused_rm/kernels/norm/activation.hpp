// SPDX-License-Identifier: Apache-2.0
// Activations behind gamma and beta, as SFPU sequences in fp32: one step takes vectors from DEST and puts f(x) back.
//
//    relu          max(x, 0)
//    silu          x s(x)                                      s(g) = 1 / (1 + exp(-g)), the logistic function
//    gelu_approx   x s(2 sqrt(2 / pi) (x + 0.044715 x^3))      that is x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
//    gelu          x Phi(x) = max(x, 0) - |x| Phi(-|x|)        Phi(x) = (1 + erf(x / sqrt(2))) / 2
//
// Source: Hendrycks, Gimpel, "Gaussian Error Linear Units (GELUs)", 2016, of silu too. Where x is no finite number, f(x)
// is none either, so that rows that have overflowed are found as without an activation (dataflow/redo_list.hpp).
//
// exp(g) is 2^t, and that 2^k P(f) / P(-f): k + f = t, k an integer, |f| <= 1/2, P(f) = f^2 + a f + b with the a and b
// of the least relative error, 2^-20.1. The numbers at hand are 4 t and 4 f, so that 4 a serves silu as a limit too;
// then a is 4 a, and b is 16 b. M = 4 (3 * 2^22 + 127): the fp32 number M + 4 t is M + 4 k and has k + 127 in its last
// bits, and these, shifted to the exponent's place, are 2^k.
//
// There is one division. 1 / d is (kReciprocalMagic - bits of d) / (1 - h) with an error h of at most 5.1 %, and
// 1 / (1 - h) is (1 + h) (1 + h^2 + h^4), which leaves h^6 < 2^-25.7.
//
// What exp is taken of is limited, so that no number here leaves fp32's range: behind a limit s and Phi stay what they
// are there, which is less than 2^-100 or as good as 1.
//
// Registers: L0..L7, and L11..L14 for constants. Two items take turns in a step, so that no result is read by the very
// next instruction; gelu's one loads its constants meanwhile.
#pragma once

#include <stdint.h>

#include "contract/call.hpp"
#include "norm/statistics.hpp"
#include "norm/steps.hpp"

namespace layernorm_fused_rm::sfpu {

using contract::Activation;

inline constexpr uint32_t kPadeABits = 0x420abec9;          // 4 a
inline constexpr uint32_t kMinusTwoPadeABits = 0xc28abec9;  // -2 * 4 a
inline constexpr uint32_t kPadeBBits = 0x43c82aca;          // 16 b
inline constexpr uint32_t kStepBits = 0x4c40007f;           // M
inline constexpr uint32_t kReciprocalMagicBits = 0x7ef30000;
inline constexpr int32_t kExponentBit = 23;

// Constants that stay, for a pass. SFPSWAP takes the lower limit from L11 only ("SFPSWAP": VD < 12).
inline constexpr uint32_t kLowest = kProgrammable;
inline constexpr uint32_t kHighest = kProgrammable + 1;
inline constexpr uint32_t kSlope = kProgrammable + 2;  // of 4 t, in what it is a multiple of
inline constexpr uint32_t kPadeB = kProgrammable + 3;
inline constexpr uint32_t kGeneral = 6;

// -4 log2(e) times what exp is taken of: x; 2 sqrt(2 / pi) (x + 0.044715 x^3), two coefficients; x^2 / 2.
inline constexpr uint32_t kSiluSlopeBits = 0xc0b8aa3b;
inline constexpr uint32_t kGeluApproxSlopeBits = 0xc1135761;
inline constexpr uint32_t kGeluApproxCubeBits = 0xbed2d3e8;
inline constexpr uint32_t kGeluSlopeBits = 0xc038aa3b;
// exp(79) is near 2^114; the others' exp is less there. silu's upper limit is 4 a, 34.7.
inline constexpr uint32_t kSiluLowestBits = 0xc29e0000;       // -79
inline constexpr uint32_t kGeluApproxLimitBits = 0x411a8000;  // 9.65625
inline constexpr uint32_t kGeluLimitBits = 0x414e0000;        // 12.875
inline constexpr uint32_t kSignBit = 0x80000000;

// Phi(-u) exp(u^2 / 2) = N(u) / D(u) for 0 <= u <= 13.2, relative error 2^-21.4: coefficients of -N and of D from the
// constant one on, D's highest is 1. A least-squares fit whose weights were moved to where the error is largest.
inline constexpr uint32_t kGeluDegree = 4;  // of D
inline constexpr uint32_t kMinusNBits[kGeluDegree] = {0xc13d89ec, 0xc1089fc2, 0xc033e445, 0xbecc3b56};
inline constexpr uint32_t kDBits[kGeluDegree] = {0x41bd89f0, 0x420fece9, 0x41b3e6cf, 0x40e14be5};

[[nodiscard]] constexpr uint32_t vectors_per_activation_step(Activation activation) {
    return activation == Activation::kGelu ? 1 : 2;
}

// Where a step finds constants that have no place for all; kScratch: nowhere, it loads them as it needs them.
inline constexpr uint32_t kScratch = 16;
struct ActivationConstants {
    uint32_t lowest_bits;  // of L11, a limit or -1
    uint32_t highest_bits;
    uint32_t slope_bits;
    uint32_t general_bits;  // of L6
    uint32_t a;
    uint32_t minus_two_a;
    uint32_t minus_one;
};
[[nodiscard]] constexpr ActivationConstants constants_of(Activation activation) {
    if (activation == Activation::kSilu) {
        return {kSiluLowestBits, kPadeABits, kSiluSlopeBits, kMinusTwoPadeABits, kHighest, kGeneral, kScratch};
    }
    if (activation == Activation::kGeluApprox) {
        return {kGeluApproxLimitBits | kSignBit,
                kGeluApproxLimitBits,
                kGeluApproxSlopeBits,
                kPadeABits,
                kGeneral,
                kScratch,
                kScratch};
    }
    return {kNegativeOneBits, kGeluLimitBits, kGeluSlopeBits, kPadeABits, kGeneral, kScratch, kLowest};
}

// The constants of `activation`, where its step finds them; L0 lost.
[[nodiscard]] constexpr Sequence set_activation_constants(Activation activation) {
    const ActivationConstants constants = constants_of(activation);
    Sequence sequence;
    if (activation == Activation::kRelu) {
        return sequence;
    }
    sequence.then(load_bits(0, constants.lowest_bits)).then(configure(kLowest));
    sequence.then(load_bits(0, constants.highest_bits)).then(configure(kHighest));
    sequence.then(load_bits(0, constants.slope_bits)).then(configure(kSlope));
    sequence.then(load_bits(0, kPadeBBits)).then(configure(kPadeB));
    return sequence.then(load_bits(kGeneral, constants.general_bits));
}

// Registers of the items of a step, which take turns: item i has `x + i` and so on.
struct ActivationItems {
    uint32_t count;
    uint32_t argument;  // of exp, then P(f)
    uint32_t exponent;  // t, then 2^k
    uint32_t fraction;  // f, then P(-f)
    uint32_t scratch;   // of all: the constant at hand
};
inline constexpr ActivationItems kTwoItems = {2, 0, 2, 4, 7};
inline constexpr ActivationItems kOneItem = {1, 1, 2, 3, 5};

// Appends make(i) for each item.
template <typename Make>
constexpr void in_turns(Sequence& sequence, uint32_t items, Make make) {
    for (uint32_t i = 0; i < items; ++i) {
        sequence.then(make(i));
    }
}

// `bits`, in `place` or loaded to the scratch. Returns where it is.
constexpr uint32_t constant(Sequence& sequence, ActivationItems at, uint32_t place, uint32_t bits) {
    if (place != kScratch) {
        return place;
    }
    const bool is_half = (bits & 0xffffu) == 0;
    sequence.then_early(is_half ? Sequence{}.then(load_top(at.scratch, bits)) : load_bits(at.scratch, bits));
    return at.scratch;
}

// 2^t = argument * exponent / fraction, of argument * slope = 4 t.
constexpr void exponential(Sequence& sequence, ActivationItems at, ActivationConstants constants, uint32_t slope) {
    const auto p = [=](uint32_t i) { return at.argument + i; };
    const auto t = [=](uint32_t i) { return at.exponent + i; };
    const auto f = [=](uint32_t i) { return at.fraction + i; };
    const auto each = [&](auto make) { in_turns(sequence, at.count, make); };
    const uint32_t m = f(at.count - 1);  // until there is an f
    sequence.then_early(load_bits(m, kStepBits));
    each([=](uint32_t i) { return mad(p(i), slope, m, t(i)); });  // M + 4 k
    const uint32_t minus_one = constant(sequence, at, constants.minus_one, kNegativeOneBits);
    each([=](uint32_t i) { return mad(t(i), minus_one, m, f(i)); });       // -4 k
    each([=](uint32_t i) { return mad(p(i), slope, f(i), f(i)); });        // 4 f
    each([=](uint32_t i) { return mad(f(i), f(i), kPadeB, p(i)); });       // f^2 + b
    each([=](uint32_t i) { return mad(f(i), constants.a, p(i), p(i)); });  // P(f)
    const uint32_t minus_two_a = constant(sequence, at, constants.minus_two_a, kMinusTwoPadeABits);
    each([=](uint32_t i) { return mad(f(i), minus_two_a, p(i), f(i)); });  // P(-f)
    each([=](uint32_t i) { return shift(t(i), kExponentBit); });           // 2^k
}

// quotient / divisor -> quotient; `divisor`, `error` and the scratch are lost. Registers of item 0.
constexpr void divide_items(Sequence& sequence, ActivationItems at, uint32_t quotient, uint32_t divisor,
                            uint32_t error) {
    const auto q = [=](uint32_t i) { return quotient + i; };
    const auto d = [=](uint32_t i) { return divisor + i; };
    const auto h = [=](uint32_t i) { return error + i; };
    const auto each = [&](auto make) { in_turns(sequence, at.count, make); };
    sequence.then_early(load_top(at.scratch, kReciprocalMagicBits));
    each([=](uint32_t i) { return negate(d(i), h(i)); });
    each([=](uint32_t i) { return integer_subtract_from(at.scratch, d(i)); });  // r, about 1 / d
    each([=](uint32_t i) { return mad(h(i), d(i), kOne, h(i)); });              // h = 1 - d r
    each([=](uint32_t i) { return multiply(q(i), d(i), q(i)); });
    each([=](uint32_t i) { return multiply(h(i), h(i), d(i)); });
    each([=](uint32_t i) { return mad(q(i), h(i), q(i), q(i)); });
    each([=](uint32_t i) { return mad(d(i), d(i), d(i), d(i)); });  // h^2 + h^4
    each([=](uint32_t i) { return mad(q(i), d(i), q(i), q(i)); });
}

[[nodiscard]] constexpr Sequence relu_step() {
    constexpr uint32_t kGiven = 2;
    Sequence sequence;
    in_turns(sequence, 2, [](uint32_t i) { return load(i, i * kDestRowsPerVector); });
    in_turns(sequence, 2, [](uint32_t i) { return move(i, kGiven + i); });
    in_turns(sequence, 2, [](uint32_t i) { return maximum(kZero, i); });
    in_turns(sequence, 2, [](uint32_t i) { return mad(kGiven + i, kZero, i, i); });  // no number where x is none
    in_turns(sequence, 2, [](uint32_t i) { return store(i, i * kDestRowsPerVector); });
    return sequence;
}

// x s(g), g being x, or with `cubes` 2 sqrt(2 / pi) (x + 0.044715 x^3).
[[nodiscard]] constexpr Sequence logistic_step(bool cubes) {
    constexpr ActivationItems at = kTwoItems;
    const auto x = [=](uint32_t i) { return at.argument + i; };
    const auto t = [=](uint32_t i) { return at.exponent + i; };
    const auto f = [=](uint32_t i) { return at.fraction + i; };
    const auto load_x = [=](uint32_t i) { return load(x(i), i * kDestRowsPerVector); };
    Sequence sequence;
    const auto each = [&](auto make) { in_turns(sequence, at.count, make); };
    each(load_x);
    each([=](uint32_t i) { return maximum(kLowest, x(i)); });
    each([=](uint32_t i) { return minimum(kHighest, x(i)); });
    if (cubes) {
        sequence.then(load_bits(at.scratch, kGeluApproxCubeBits));
        each([=](uint32_t i) { return multiply(x(i), x(i), t(i)); });
        each([=](uint32_t i) { return mad(t(i), at.scratch, kSlope, t(i)); });
        each([=](uint32_t i) { return multiply(x(i), t(i), x(i)); });
    }
    const Activation activation = cubes ? Activation::kGeluApprox : Activation::kSilu;
    exponential(sequence, at, constants_of(activation), cubes ? kOne : kSlope);
    each([=](uint32_t i) { return mad(x(i), t(i), f(i), t(i)); });
    divide_items(sequence, at, at.fraction, at.exponent, at.argument);
    each(load_x);
    each([=](uint32_t i) { return multiply(x(i), f(i), f(i)); });
    each([=](uint32_t i) { return store(f(i), i * kDestRowsPerVector); });
    return sequence;
}

// u = |x|; max(x, 0) + u (-N(u)) exp(-u^2 / 2) / D(u)
[[nodiscard]] constexpr Sequence gelu_step() {
    constexpr ActivationItems at = kOneItem;
    constexpr uint32_t kU = 0;
    constexpr uint32_t kN = at.exponent;
    constexpr uint32_t kD = 7;
    constexpr uint32_t kOfN = 4;  // the coefficients at hand
    constexpr uint32_t kOfD = 5;
    Sequence sequence;
    sequence.then(load(kU, 0)).then(absolute(kU, kU)).then(minimum(kHighest, kU));
    sequence.then(multiply(kU, kU, at.argument));
    exponential(sequence, at, constants_of(Activation::kGelu), kSlope);
    sequence.then(multiply(at.argument, at.exponent, at.argument));
    sequence.then_early(load_bits(kN, kMinusNBits[kGeluDegree - 1]));
    sequence.then_early(load_bits(kOfD, kDBits[kGeluDegree - 1])).then(add(kU, kOfD, kD));
    for (uint32_t i = kGeluDegree - 1; i-- > 0;) {
        sequence.then_early(load_bits(kOfN, kMinusNBits[i])).then(mad(kN, kU, kOfN, kN));
        sequence.then_early(load_bits(kOfD, kDBits[i])).then(mad(kD, kU, kOfD, kD));
    }
    sequence.then(multiply(at.argument, kN, at.argument)).then(multiply(at.fraction, kD, at.fraction));
    divide_items(sequence, at, at.argument, at.fraction, kU);
    sequence.then(load(kU, 0)).then(absolute(kU, kN)).then(maximum(kZero, kU));
    sequence.then(mad(at.argument, kN, kU, kU));
    return sequence.then(store(kU, 0));
}

// One step, from where the SFPU stands.
[[nodiscard]] constexpr Sequence activation_step(Activation activation) {
    switch (activation) {
        case Activation::kRelu: return relu_step();
        case Activation::kSilu: return logistic_step(false);
        case Activation::kGeluApprox: return logistic_step(true);
        case Activation::kGelu: return gelu_step();
        case Activation::kNone: break;
    }
    return Sequence{};
}

// What rows' registers hold between two segments -> DEST, from where the SFPU stands, and back: L0..L3, L11..L14.
inline constexpr uint32_t kSavedGeneral = 4;
inline constexpr uint32_t kSavedProgrammable = 4;
[[nodiscard]] constexpr Sequence save_registers() {
    Sequence sequence;
    for (uint32_t i = 0; i < kSavedGeneral; ++i) {
        sequence.then(store(i, i * kDestRowsPerVector));
    }
    for (uint32_t i = 0; i < kSavedProgrammable; ++i) {
        sequence.then(move(kProgrammable + i, kFirstValue));
        sequence.then(store(kFirstValue, (kSavedGeneral + i) * kDestRowsPerVector));
    }
    return sequence;
}
[[nodiscard]] constexpr Sequence restore_registers() {
    Sequence sequence;
    for (uint32_t i = 0; i < kSavedProgrammable; ++i) {
        sequence.then(load(0, (kSavedGeneral + i) * kDestRowsPerVector)).then(configure(kProgrammable + i));
    }
    for (uint32_t i = 0; i < kSavedGeneral; ++i) {
        sequence.then(load(i, i * kDestRowsPerVector));
    }
    return sequence;
}

}  // namespace layernorm_fused_rm::sfpu
