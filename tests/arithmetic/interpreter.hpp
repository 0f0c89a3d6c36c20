// SPDX-License-Identifier: Apache-2.0
// The vector unit of one Tensix core: the instructions of kernels/sfpu/instruction.hpp, carried out bit for bit.
//
// 32 lanes, a grid of 4 rows by 8 columns; lane = 8 * row + column. What the documents leave undefined, or what no
// sequence has a use for, is refused by an exception and not guessed at. Source: ISA documents, "VectorUnit", "LReg",
// "Dst" and the page of each instruction.
#pragma once

#include <array>
#include <cstdint>

#include "multiply_add.hpp"

namespace layernorm_fused_rm::arithmetic {

inline constexpr std::uint32_t kLaneCount = 32;
inline constexpr std::uint32_t kLaneColumns = 8;
inline constexpr std::uint32_t kLaneRows = 4;
inline constexpr std::uint32_t kDestRows = 512;
inline constexpr std::uint32_t kDestColumns = 16;
inline constexpr std::uint32_t kRegisters = 16;         // L0..L15
inline constexpr std::uint32_t kWritableRegisters = 8;  // by anything but SFPCONFIG
inline constexpr std::uint32_t kAddressModes = 4;

using Lanes = std::array<Bits, kLaneCount>;

// DEST as fp32: 512 rows of 16.
using Dest = std::array<std::array<Bits, kDestColumns>, kDestRows>;

// What an instruction that goes through DEST does to the row counter: the part of an ADDR_MOD slot that matters here.
struct RowAdvance {
    std::uint32_t increment = 0;
    bool clear = false;
};

// Where loads and stores find their rows: the base that SETC16 sets, and the counter that ADDR_MODs move.
struct RowCursor {
    std::uint32_t base = 0;
    std::uint32_t counter = 0;
    std::array<RowAdvance, kAddressModes> modes{};

    void apply(std::uint32_t mode) {
        const RowAdvance& advance = modes[mode];
        counter = advance.clear ? 0 : counter + advance.increment;
    }
};

class VectorUnit {
public:
    // `dest` and `cursor` are the core's and outlive the unit. Registers hold what nobody may rely on.
    VectorUnit(Dest& dest, RowCursor& cursor);

    // The first of the DEST rows that an SFPLOAD reads.
    [[nodiscard]] std::uint32_t first_row_of(std::uint32_t load) const { return place_of(load).first_row; }

    // Carries out one instruction. Throws std::logic_error for one that is not described or not expected.
    void execute(std::uint32_t word);

    [[nodiscard]] const Lanes& lanes(std::uint32_t lreg) const { return registers_[lreg]; }
    void set_lanes(std::uint32_t lreg, const Lanes& values) { registers_[lreg] = values; }

    // True if all lanes execute whatever their flags are, as other kernels expect it.
    [[nodiscard]] bool is_unconditional() const { return !uses_flags_; }

private:
    // A load's or store's place in DEST: lane (row, column) is element [first_row + row][2 * column + odd].
    struct Place {
        std::uint32_t first_row;
        std::uint32_t odd;
    };

    [[nodiscard]] Place place_of(std::uint32_t word) const;
    [[nodiscard]] bool is_enabled(std::uint32_t lane) const { return !uses_flags_ || flags_[lane]; }
    void write(std::uint32_t lreg, const Lanes& values);

    void load(std::uint32_t word);
    void load_immediate(std::uint32_t word);
    void absolute(std::uint32_t word);
    void order(std::uint32_t word);
    void store(std::uint32_t word);
    void extract_exponent(std::uint32_t word);
    void add_integers(std::uint32_t word);
    void shift(std::uint32_t word);
    void move(std::uint32_t word);
    void multiply_and_add(std::uint32_t word);
    void set_conditions(std::uint32_t word);
    void transpose(std::uint32_t first);
    void configure(std::uint32_t word);
    void rotate(std::uint32_t word);

    Dest& dest_;
    RowCursor& cursor_;
    std::array<Lanes, kRegisters> registers_{};
    std::array<bool, kLaneCount> flags_{};
    bool uses_flags_ = false;  // of every lane: SFPENCC knows no single ones
};

}  // namespace layernorm_fused_rm::arithmetic
