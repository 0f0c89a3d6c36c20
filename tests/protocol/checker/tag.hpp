// What a piece of memory holds, instead of its value: which elements of which tensor. Tags travel where data would.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace protocol {

// The piece of memory that one tag stands for: 16 bf16 elements, 32 bytes of L1 or DRAM, one row of SrcA or DEST.
inline constexpr std::uint32_t kUnitBytes = 32;
inline constexpr std::uint32_t kUnitElements = 16;

enum class Content : std::uint8_t { kNothing, kRow, kGamma, kBeta };

// Of a row's elements: what has been applied to them, once for the even and once for the odd columns.
inline constexpr std::uint8_t kHasGamma = 1;
inline constexpr std::uint8_t kHasBeta = 2;
inline constexpr std::uint8_t kOneHalf = kHasGamma | kHasBeta;
inline constexpr std::uint8_t kFinished = kOneHalf | (kOneHalf << 2);

struct Tag {
    std::uint32_t row = 0;   // of the tensor
    std::uint16_t unit = 0;  // of the row
    Content content = Content::kNothing;
    std::uint8_t applied = 0;

    bool operator==(const Tag&) const = default;
    [[nodiscard]] bool is_same_place(const Tag& other) const {
        return row == other.row && unit == other.unit && content == other.content;
    }
};

inline constexpr std::array kContentNames = {"nothing", "row", "gamma", "beta"};

[[nodiscard]] inline std::string describe(const Tag& tag) {
    std::string text = kContentNames.at(static_cast<std::size_t>(tag.content));
    if (tag.content == Content::kRow) {
        text += " " + std::to_string(tag.row);
    }
    if (tag.content != Content::kNothing) {
        text += " from element " + std::to_string(tag.unit * kUnitElements);
    }
    if (tag.content == Content::kRow) {
        text += tag.applied == kFinished ? " normalised" : " not normalised";
    }
    return text;
}

}  // namespace protocol
