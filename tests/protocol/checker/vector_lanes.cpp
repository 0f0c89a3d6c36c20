// SPDX-License-Identifier: Apache-2.0
// Which lanes of the SFPU are enabled: by integers that count them, and by limits. Registers are followed as far as it
// takes; what is stored to strips under a mask has gone to these lanes (vector_strips.cpp).
#include <bit>

#include "checker/finding.hpp"
#include "checker/vector_tags.hpp"
#include "sfpu/instruction.hpp"

namespace protocol {
namespace {

namespace sfpu = layernorm_fused_rm::sfpu;

constexpr std::uint32_t kHalfBits = 16;

[[nodiscard]] std::uint32_t field(std::uint32_t word, std::uint32_t shift) { return (word >> shift) & 0xfU; }

// The twelve bits of an immediate, with their sign.
[[nodiscard]] std::int32_t immediate(std::uint32_t word) { return static_cast<std::int32_t>(word << 8) >> 20; }

void load_half(Integers& to, std::uint32_t word) {
    const std::uint32_t half = word & 0xffffU;
    for (std::uint32_t& lane : to.lanes) {
        switch (field(word, 16)) {
            case sfpu::kTopHalf: lane = half << kHalfBits; break;
            case sfpu::kUpperHalf: lane = (half << kHalfBits) | (lane & 0xffffU); break;
            default: lane = (lane >> kHalfBits << kHalfBits) | half;
        }
    }
    to.are_known = true;
}

void shift(Integers& integers, std::int32_t amount) {
    for (std::uint32_t& lane : integers.lanes) {
        lane = amount >= 0 ? lane << amount : lane >> -amount;
    }
}

// SFPIADD: a sum or a difference, by which lanes may be enabled.
void add(Tensix& tensix, std::uint32_t word) {
    constexpr std::uint32_t kByImmediate = 1, kSubtracts = 2, kKeepsLanes = 4, kFromZero = 8;
    const std::uint32_t mode = field(word, 0);
    const Integers from = tensix.integers[field(word, 8)];
    Integers& to = tensix.integers[field(word, 4)];
    to.are_known = from.are_known && (to.are_known || (mode & kByImmediate) != 0);
    std::uint32_t enabled = 0;
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        const std::uint32_t other =
            (mode & kByImmediate) != 0 ? static_cast<std::uint32_t>(immediate(word)) : to.lanes[lane];
        to.lanes[lane] = (mode & kSubtracts) != 0 ? from.lanes[lane] - other : from.lanes[lane] + other;
        const bool is_negative = static_cast<std::int32_t>(to.lanes[lane]) < 0;
        enabled |= (is_negative == ((mode & kFromZero) == 0) ? 1U : 0U) << lane;
    }
    if ((mode & kKeepsLanes) == 0) {
        const bool are_known = to.are_known && tensix.enabled_lanes.has_value();
        tensix.enabled_lanes = are_known ? std::optional(enabled & *tensix.enabled_lanes) : std::nullopt;
    }
}

}  // namespace

std::array<Register, kLregs> first_registers() {
    std::array<Register, kLregs> registers{};
    for (LaneRow& lanes : registers[sfpu::kZero]) {
        lanes.tag.zeros = first_places(kLanesPerRow);
    }
    for (LaneRow& lanes : registers[sfpu::kOne]) {
        lanes.constant = std::bit_cast<std::uint32_t>(1.0F);
    }
    return registers;
}

std::array<Integers, kLregs> first_integers() {
    std::array<Integers, kLregs> integers{};
    integers[sfpu::kTwiceLane].are_known = true;
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        integers[sfpu::kTwiceLane].lanes[lane] = 2 * lane;
    }
    return integers;
}

std::uint32_t enabled_lanes(const Tensix& tensix, std::uint32_t lane_row) {
    require(tensix.enabled_lanes.has_value(), Rule::kUnknown, "uses lanes that are enabled by what is not known");
    return *tensix.enabled_lanes >> (lane_row * kLanesPerRow) & first_places(kLanesPerRow);
}

void follow_lanes(Tensix& tensix, std::uint32_t word) {
    using sfpu::Opcode;
    Integers& to = tensix.integers[field(word, 4)];
    switch (static_cast<Opcode>(word >> 24)) {
        case Opcode::kConditions: tensix.enabled_lanes = ~0U; return;
        case Opcode::kLoadImmediate: load_half(tensix.integers[field(word, 20)], word); return;
        case Opcode::kShift: shift(to, immediate(word)); return;
        case Opcode::kIntegerAdd: add(tensix, word); return;
        case Opcode::kMove:
            to = tensix.integers[field(word, 8)];
            to.are_known = to.are_known && field(word, 0) == 0;
            return;
        case Opcode::kLoad: tensix.integers[field(word, 20)].are_known = false; return;
        case Opcode::kTranspose:
            for (std::uint32_t i = 0; i < 2 * kLaneRows; ++i) {
                tensix.integers[i].are_known = false;
            }
            return;
        case Opcode::kSwap:
            to.are_known = false;
            tensix.integers[field(word, 8)].are_known = false;
            return;
        case Opcode::kStore:
        case Opcode::kNop: return;
        default: to.are_known = false;
    }
}

}  // namespace protocol
