// SPDX-License-Identifier: Apache-2.0
// The one way planning refuses a call; plan() puts the operation's name before the text. And what texts are made of.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// `text` says what was given, what is needed and what to do.
[[noreturn]] inline void refuse(const std::string& text) { throw std::invalid_argument(text); }

// "[2, 1024]"
[[nodiscard]] inline std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (const std::int64_t dimension : shape) {
        text += (text.size() == 1 ? "" : ", ") + std::to_string(dimension);
    }
    return text + "]";
}

// "(3, 0)"
[[nodiscard]] inline std::string place_text(Coordinate place) {
    return "(" + std::to_string(place.x) + ", " + std::to_string(place.y) + ")";
}

}  // namespace layernorm_fused_rm
