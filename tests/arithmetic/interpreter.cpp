// SPDX-License-Identifier: Apache-2.0
#include "interpreter.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "sfpu/instruction.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

using sfpu::Opcode;

constexpr Bits kOneBits = 0x3f800000;
constexpr Bits kUnreliable = 0x7fedcba9;  // a NaN, so that whoever reads it is found out

// Registers that hold a constant ("LReg"), and the one that SFPCONFIG has as default for L11.
constexpr std::uint32_t kZeroRegister = 9;
constexpr std::uint32_t kOneRegister = 10;
constexpr std::uint32_t kFirstProgrammable = 11;
constexpr std::uint32_t kTwiceLaneRegister = 15;
constexpr Bits kMinusOneBits = 0xbf800000;

[[nodiscard]] constexpr std::uint32_t field(std::uint32_t word, std::uint32_t shift, std::uint32_t bits = 4) {
    return (word >> shift) & ((1U << bits) - 1);
}

// The 12-bit immediate of the simple sub-unit's instructions, sign extended.
[[nodiscard]] constexpr std::int32_t immediate_of(std::uint32_t word) {
    return static_cast<std::int32_t>((field(word, 12, 12) ^ 0x800U)) - 0x800;
}

[[noreturn]] void refuse_instruction(std::uint32_t word, const char* reason) {
    std::ostringstream text;
    text << "SFPU instruction 0x" << std::hex << word << ": " << reason;
    throw std::logic_error(text.str());
}

void require(bool holds, std::uint32_t word, const char* reason) {
    if (!holds) [[unlikely]] {
        refuse_instruction(word, reason);
    }
}

}  // namespace

VectorUnit::VectorUnit(Dest& dest, RowCursor& cursor) : dest_(dest), cursor_(cursor) {
    for (Lanes& lanes : registers_) {
        lanes.fill(kUnreliable);
    }
    registers_[kZeroRegister].fill(0);
    registers_[kOneRegister].fill(kOneBits);
    registers_[kFirstProgrammable].fill(kMinusOneBits);
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        registers_[kTwiceLaneRegister][lane] = 2 * lane;
    }
}

void VectorUnit::execute(std::uint32_t word) {
    switch (static_cast<Opcode>(word >> 24)) {
        case Opcode::kLoad: return load(word);
        case Opcode::kLoadImmediate: return load_immediate(word);
        case Opcode::kStore: return store(word);
        case Opcode::kExponent: return extract_exponent(word);
        case Opcode::kIntegerAdd: return add_integers(word);
        case Opcode::kShift: return shift(word);
        case Opcode::kMove: return move(word);
        case Opcode::kAbsolute: return absolute(word);
        case Opcode::kSwap: return order(word);
        case Opcode::kMad:
        case Opcode::kAdd:
        case Opcode::kMultiply: return multiply_and_add(word);
        case Opcode::kConditions: return set_conditions(word);
        case Opcode::kTranspose: transpose(0); return transpose(4);
        case Opcode::kNop: return;
        case Opcode::kConfigure: return configure(word);
        case Opcode::kRotate: return rotate(word);
    }
    refuse_instruction(word, "not interpreted");
}

// Address = immediate + base + counter, 10 bits; bit 1 chooses odd columns, bit 0 goes unused ("SFPLOAD").
VectorUnit::Place VectorUnit::place_of(std::uint32_t word) const {
    require(field(word, 16) == sfpu::kFormatFp32, word, "not fp32");
    require(field(word, 10) == 0, word, "the row does not fit in ten bits");
    const std::uint32_t address = field(word, 0, 10) + cursor_.base + cursor_.counter;
    const std::uint32_t first_row = address & ~3U;
    require(first_row + kLaneRows <= kDestRows, word, "behind DEST's last row");
    return {first_row, (address >> 1) & 1U};
}

void VectorUnit::write(std::uint32_t lreg, const Lanes& values) {
    Lanes& target = registers_[lreg];
    if (is_unconditional()) [[likely]] {
        target = values;
        return;
    }
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        target[lane] = is_enabled(lane) ? values[lane] : target[lane];
    }
}

void VectorUnit::load(std::uint32_t word) {
    const std::uint32_t to = field(word, 20);
    require(to < kWritableRegisters, word, "SFPLOAD to a register that it does not write");
    const Place place = place_of(word);
    Lanes values;
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        values[lane] = dest_[place.first_row + lane / kLaneColumns][2 * (lane % kLaneColumns) + place.odd];
    }
    write(to, values);
    cursor_.apply(field(word, 14, 2));
}

void VectorUnit::store(std::uint32_t word) {
    const std::uint32_t from = field(word, 20);
    require(from < 12, word, "SFPSTORE of L12 and above writes a macro template");
    const Place place = place_of(word);
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        if (is_enabled(lane)) {
            dest_[place.first_row + lane / kLaneColumns][2 * (lane % kLaneColumns) + place.odd] =
                registers_[from][lane];
        }
    }
    cursor_.apply(field(word, 14, 2));
}

void VectorUnit::load_immediate(std::uint32_t word) {
    const std::uint32_t to = field(word, 20);
    const std::uint32_t half = field(word, 16);
    require(to < kWritableRegisters, word, "SFPLOADI to a register that it does not write");
    require(half == sfpu::kTopHalf || half == sfpu::kUpperHalf || half == sfpu::kLowerHalf, word,
            "SFPLOADI of another format");
    const Bits immediate = field(word, 0, 16);
    Lanes values;
    std::transform(registers_[to].begin(), registers_[to].end(), values.begin(), [&](Bits old) {
        const Bits lower = half == sfpu::kTopHalf ? 0 : old & 0xffffU;
        return half == sfpu::kLowerHalf ? (old & 0xffff0000U) | immediate : (immediate << 16) | lower;
    });
    write(to, values);
}

void VectorUnit::extract_exponent(std::uint32_t word) {
    constexpr std::uint32_t kFirstBit = 23;
    require(field(word, 4) < kWritableRegisters && field(word, 0) == 1, word, "SFPEXEXP in another mode");
    Lanes values = registers_[field(word, 8)];
    for (Bits& value : values) {
        value = value >> kFirstBit & 0xffU;
    }
    write(field(word, 4), values);
}

// The flags follow the sign of the new value, or with Mod1 bit 3 its inverse, unless left alone (bit 2).
void VectorUnit::add_integers(std::uint32_t word) {
    const std::uint32_t mode = field(word, 0);
    const std::uint32_t to = field(word, 4);
    require(to < kWritableRegisters && (mode & 12U) != 12, word, "SFPIADD to another register or in another mode");
    const Lanes& left = registers_[field(word, 8)];
    Lanes values;
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        const Bits old = registers_[to][lane];
        const Bits right =
            (mode & 1U) != 0 ? static_cast<Bits>(immediate_of(word)) : ((mode & 2U) != 0 ? 0U - old : old);
        values[lane] = left[lane] + right;
    }
    write(to, values);
    for (std::uint32_t lane = 0; lane < kLaneCount && (mode & 4U) == 0; ++lane) {
        const bool is_negative = (values[lane] & kSignBit) != 0;
        flags_[lane] = is_enabled(lane) ? is_negative != ((mode & 8U) != 0) : flags_[lane];
    }
}

void VectorUnit::shift(std::uint32_t word) {
    const std::uint32_t to = field(word, 4);
    require(to < kWritableRegisters && field(word, 0) == 1, word, "SFPSHFT by a register");
    const std::int32_t amount = immediate_of(word);
    Lanes values;
    std::transform(registers_[to].begin(), registers_[to].end(), values.begin(),
                   [amount](Bits old) { return amount >= 0 ? old << (amount & 31) : old >> (-amount & 31); });
    write(to, values);
}

void VectorUnit::move(std::uint32_t word) {
    const std::uint32_t mode = field(word, 0);
    require(field(word, 4) < kWritableRegisters && mode < 2, word, "SFPMOV to another register or in another mode");
    Lanes values = registers_[field(word, 8)];
    for (Bits& value : values) {
        value ^= mode == 1 ? kSignBit : 0;
    }
    write(field(word, 4), values);
}

// Of numbers below zero the sign is cleared; of -infinity and of what is no number it stays ("SFPABS").
void VectorUnit::absolute(std::uint32_t word) {
    require(field(word, 4) < kWritableRegisters && field(word, 0) == 1, word, "SFPABS of integers");
    Lanes values = registers_[field(word, 8)];
    for (Bits& value : values) {
        value = (value & ~kSignBit) >= kInfinity ? value : value & ~kSignBit;
    }
    write(field(word, 4), values);
}

// VD the less, VC the greater of both, by sign and magnitude; neither is written from L8 on ("SFPSWAP", mode
// VEC_MIN_MAX).
void VectorUnit::order(std::uint32_t word) {
    const std::uint32_t c = field(word, 8);
    const std::uint32_t d = field(word, 4);
    require(field(word, 0) == 1 && d < 12, word, "SFPSWAP in another mode");
    const auto rank = [](Bits bits) {
        return static_cast<std::int64_t>(bits & ~kSignBit) * ((bits & kSignBit) != 0 ? -1 : 1);
    };
    Lanes less = registers_[d];
    Lanes greater = registers_[c];
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        if (rank(greater[lane]) < rank(less[lane])) {
            std::swap(less[lane], greater[lane]);
        }
    }
    if (d < kWritableRegisters) {
        write(d, less);
    }
    if (c < kWritableRegisters) {
        write(c, greater);
    }
}

// SFPADD is for VA = L10 and SFPMUL for VC = L9 alone ("SFPADD", "SFPMUL": do not use otherwise).
void VectorUnit::multiply_and_add(std::uint32_t word) {
    const Opcode opcode = static_cast<Opcode>(word >> 24);
    require(field(word, 4) < kWritableRegisters && field(word, 0) == 0, word, "another register or an indirect one");
    require(opcode != Opcode::kAdd || field(word, 16) == kOneRegister, word, "SFPADD without a factor of L10");
    require(opcode != Opcode::kMultiply || field(word, 8) == kZeroRegister, word, "SFPMUL without a summand of L9");
    const Lanes& a = registers_[field(word, 16)];
    const Lanes& b = registers_[field(word, 12)];
    const Lanes& c = registers_[field(word, 8)];
    Lanes values;
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        values[lane] = multiply_add(a[lane], b[lane], c[lane]);
    }
    write(field(word, 4), values);
}

// Whether flags count (EI, immediate bit 0) and what they are (RI, immediate bit 1), in every lane, enabled or not.
void VectorUnit::set_conditions(std::uint32_t word) {
    require(field(word, 4) < 12 && field(word, 0) == 10, word, "SFPENCC in another mode");
    uses_flags_ = field(word, 12, 1) != 0;
    flags_.fill(field(word, 13, 1) != 0);
}

// Register i, lane row j and register j, lane row i change places, column by column, for the four from `first`.
void VectorUnit::transpose(std::uint32_t first) {
    if (!is_unconditional()) {
        throw std::logic_error("SFPTRANSP under a lane mask moves half of each pair");
    }
    for (std::uint32_t i = 1; i < kLaneRows; ++i) {
        for (std::uint32_t lane = 0; lane < i * kLaneColumns; ++lane) {
            const std::uint32_t j = lane / kLaneColumns;
            std::swap(registers_[first + i][lane], registers_[first + j][i * kLaneColumns + lane % kLaneColumns]);
        }
    }
}

// L11..L14 = L0; or, for L11, its default. The documents have the first eight lanes of L0 go to each lane row, but
// Tenstorrent's simulator knows no use for lanes that differ, and refuses them.
void VectorUnit::configure(std::uint32_t word) {
    const std::uint32_t to = field(word, 4);
    require(to >= kFirstProgrammable && to < kTwiceLaneRegister, word, "SFPCONFIG of something else than a register");
    const bool is_default = field(word, 0) == 1;
    require(is_default ? to == kFirstProgrammable : field(word, 0) == 0, word, "SFPCONFIG in another mode");
    require(is_unconditional(), word, "SFPCONFIG under a lane mask");
    const Lanes& from = registers_[0];
    require(is_default || std::ranges::all_of(from, [&](Bits bits) { return bits == from[0]; }), word,
            "SFPCONFIG of lanes that differ");
    registers_[to].fill(is_default ? kMinusOneBits : from[0]);
}

// By one lane to the right within each lane row.
void VectorUnit::rotate(std::uint32_t word) {
    require(field(word, 4) < kWritableRegisters && field(word, 0) == 3, word, "SFPSHFT2 in another mode");
    const Lanes& from = registers_[field(word, 8)];
    Lanes values;
    for (std::uint32_t lane = 0; lane < kLaneCount; ++lane) {
        values[lane] = from[lane % kLaneColumns == 0 ? lane + kLaneColumns - 1 : lane - 1];
    }
    write(field(word, 4), values);
}

}  // namespace layernorm_fused_rm::arithmetic
