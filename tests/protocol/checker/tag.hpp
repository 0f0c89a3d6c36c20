// SPDX-License-Identifier: Apache-2.0
// What a piece of memory holds, instead of its value: which elements of which tensor. Tags travel where data would.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>

namespace protocol {

// The piece of L1 or device memory that one tag stands for: what NoC reads are made of. A tag of DEST or SrcA stands
// for a row of 16 elements. Either may end beyond the row's last element, and then stands for those up to it.
inline constexpr std::uint32_t kUnitBytes = 16;
inline constexpr std::uint32_t kDestRowElements = 16;

// Stats are numbers that chips tell each other of a row: four of each chip (contract/stats.hpp).
enum class Content : std::uint8_t { kNothing, kRow, kGamma, kBeta, kStatistic, kStats };

// What has been done to elements, once for the even and once for the odd ones of a tag.
using Done = std::uint16_t;
inline constexpr Done kJoined = 1;      // input + residual
inline constexpr Done kShifted = 2;     // less the row's first element
inline constexpr Done kCentred = 4;     // less the row's mean
inline constexpr Done kNormalised = 8;  // times 1 / deviation
inline constexpr Done kHasGamma = 16;
inline constexpr Done kHasBeta = 32;
inline constexpr Done kPlusOne = 64;      // of gamma
inline constexpr Done kResidual = 128;    // of a row: the residual's element, not the input's
inline constexpr Done kActivating = 256;  // in a register: made of the element, on the way to its activation
inline constexpr Done kActivated = 512;
// Of stats that are taken, K - K_0 + d, then its square, and v, then both in lanes of their own.
inline constexpr Done kLessFirst = 1;
inline constexpr Done kPlusMean = 2;
inline constexpr Done kCentredMean = 4;
inline constexpr Done kSquaredMean = 8;
inline constexpr Done kScaledVariance = 16;
inline constexpr Done kScaledTwice = 32;
inline constexpr Done kWithVariances = 64;
// Of stats that are told: what stands in even lanes, and in odd ones; K and v in one half, d and the elements in the
// other.
inline constexpr Done kHasEvenLanes = 1;
inline constexpr Done kHasOddLanes = 2;
using Halves = std::array<Done, 2>;
[[nodiscard]] constexpr Halves both(Done done) { return {done, done}; }
// Bits of the first `count` places of a tag.
[[nodiscard]] constexpr std::uint16_t first_places(std::uint32_t count) {
    return static_cast<std::uint16_t>((1U << count) - 1);
}

// What a statistic was made of; `done` of its tag.
inline constexpr std::uint8_t kFromFirst = 1;    // the row's first element
inline constexpr std::uint8_t kFromSum = 2;      // all its elements
inline constexpr std::uint8_t kFromSquares = 4;  // their squares

struct Tag {
    std::uint32_t row = 0;      // of the tensor
    std::uint32_t element = 0;  // of the row, the first; of a statistic: its check sum (vector_unit.cpp)
    Content content = Content::kNothing;
    std::uint8_t element_bytes = 0;  // in L1 and device memory
    Halves done{};
    std::uint16_t zeros = 0;  // places where there is no element of a tensor, but a zero, a bit each
    // So many others of the same row have been added to these by the FPU; of a statistic: 1, if lanes have been.
    std::uint32_t added = 0;
    std::uint32_t distance = 0;  // and the sum of how many elements on they lay

    bool operator==(const Tag&) const = default;
    [[nodiscard]] bool is_same_place(const Tag& other) const {
        return row == other.row && element == other.element && content == other.content && added == other.added &&
               distance == other.distance;
    }
    // The same `elements` elements on; of zeros nothing is known there.
    [[nodiscard]] Tag from(std::uint32_t elements) const {
        Tag tag = *this;
        tag.element += content == Content::kStatistic ? 0 : elements;
        tag.zeros = 0;
        return tag;
    }
};

// What a call asks of its rows.
struct Call {
    std::uint32_t width = 0;
    bool has_strips = false;  // four rows at a time, as tiles have them; else one, or two narrow ones
    bool has_residual = false;
    bool shifts = false;   // x is taken less the row's first element
    bool centres = false;  // LayerNorm
    bool has_gamma = false;
    bool has_beta = false;
    bool zero_centered_gamma = false;
    bool activates = false;
    // Chips share rows: their stats are told, or those of so many chips are taken.
    bool tells_stats = false;
    std::uint32_t chips = 0;

    // Of elements that are summed, squared, activated, written.
    [[nodiscard]] Done joined() const { return has_residual ? kJoined : 0; }
    [[nodiscard]] Done summed() const { return joined() | (shifts ? kShifted : 0); }
    [[nodiscard]] Done squared() const { return summed() | (centres ? kCentred : 0); }
    [[nodiscard]] Done normalised() const {
        return squared() | kNormalised | (has_gamma ? kHasGamma : 0) | (has_beta ? kHasBeta : 0);
    }
    [[nodiscard]] Done finished() const { return normalised() | (activates ? kActivated : 0); }
    [[nodiscard]] bool takes_stats() const { return chips != 0; }
    [[nodiscard]] bool has_parts() const { return tells_stats || takes_stats(); }
    // What a row is multiplied by as it is centred, as bits: the width over the least power of two that is not less, or
    // the number of parts.
    [[nodiscard]] std::uint32_t centre_scale_bits() const {
        const std::uint32_t summed = takes_stats() ? chips : width;
        return std::bit_cast<std::uint32_t>(static_cast<float>(summed) / static_cast<float>(std::bit_ceil(summed)));
    }
    // A vector is four DEST rows, of one row of the tensor or of two narrow ones; of four where there are strips.
    [[nodiscard]] std::uint32_t lane_rows_per_row() const {
        return width <= 2 * kDestRowElements && !has_parts() ? 2 : 4;
    }
    // Elements of a row that two vectors have, one the even, the other the odd ones.
    [[nodiscard]] std::uint32_t pair_elements() const { return (has_strips ? 1 : 4) * kDestRowElements; }
    // Vectors that a sum over a row has.
    [[nodiscard]] std::uint32_t vectors() const { return (width + pair_elements() - 1) / pair_elements() * 2; }
    // The number, from one, of a row's vector with an element, even (half 0) or odd.
    [[nodiscard]] std::uint32_t vector_number(std::uint32_t element, std::uint32_t half) const {
        return element / pair_elements() * 2 + half + 1;
    }
    // The numbers of the vectors that a tag stands for, added up.
    [[nodiscard]] std::uint32_t vector_numbers(const Tag& tag, std::uint32_t half) const {
        return (tag.added + 1) * vector_number(tag.element, half) + tag.distance / pair_elements() * 2;
    }
    // Numbers of a row's stats, and their vectors pairs, which count likewise.
    [[nodiscard]] std::uint32_t numbers() const { return 4 * chips; }
    [[nodiscard]] std::uint32_t stats_pairs() const { return (numbers() + pair_elements() - 1) / pair_elements(); }
    [[nodiscard]] std::uint32_t pair_number(const Tag& tag) const { return tag.element / pair_elements() + 1; }
    // Each vector counts as its number, so that none is left out for another.
    [[nodiscard]] std::uint32_t check_sum() const {
        const std::uint32_t summed = takes_stats() ? stats_pairs() : vectors();
        return summed * (summed + 1) / 2;
    }
    // Elements of a row of the tensor that a tag is from.
    [[nodiscard]] std::uint32_t width_of(const Tag& tag) const {
        return tag.content == Content::kStats ? numbers() : width;
    }
    [[nodiscard]] std::uint8_t mean_source() const {
        return static_cast<std::uint8_t>(kFromSum | (shifts ? kFromFirst : 0));
    }
};

[[nodiscard]] std::string describe(const Tag& tag);

}  // namespace protocol
