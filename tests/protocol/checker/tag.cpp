// SPDX-License-Identifier: Apache-2.0
#include "checker/tag.hpp"

namespace protocol {
namespace {

constexpr std::array kContentNames = {"nothing", "row", "gamma", "beta", "a statistic of row", "stats of row"};
constexpr std::array kDoneNames = {"joined",    "shifted",  "centred",    "normalised", "with gamma",
                                   "with beta", "plus one", "residual's", "activating", "activated"};
constexpr std::array kSourceNames = {"first element", "sum", "squares"};

template <std::size_t size>
[[nodiscard]] std::string names_of(Done bits, const std::array<const char*, size>& names) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += (bits >> i & 1U) != 0 ? std::string(" ") + names[i] : "";
    }
    return text.empty() ? " as it was" : text;
}

}  // namespace

std::string describe(const Tag& tag) {
    std::string text = kContentNames.at(static_cast<std::size_t>(tag.content));
    if (tag.content == Content::kRow || tag.content == Content::kStatistic || tag.content == Content::kStats) {
        text += " " + std::to_string(tag.row);
    }
    if (tag.content == Content::kStatistic) {
        return text + " from" + names_of(tag.done[0], kSourceNames);
    }
    if (tag.content == Content::kNothing) {
        return tag.zeros != 0 ? "zeros" : text;
    }
    if (tag.content == Content::kStats) {
        return text + " from number " + std::to_string(tag.element) + (tag.done == both(0) ? " as they were" : "");
    }
    text += " from element " + std::to_string(tag.element) + names_of(tag.done[0], kDoneNames);
    if (tag.done[0] != tag.done[1]) {
        text += ", odd ones" + names_of(tag.done[1], kDoneNames);
    }
    text += tag.added != 0 ? " with " + std::to_string(tag.added) + " others added" : "";
    text += tag.zeros != 0 ? " and zeros" : "";
    return text + (tag.element_bytes != 0 ? ", " + std::to_string(tag.element_bytes) + " bytes each" : "");
}

}  // namespace protocol
