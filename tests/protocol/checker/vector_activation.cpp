// SPDX-License-Identifier: Apache-2.0
// Activations. What is made of an element of a row that is normalised, and of constants, is on the way to the
// activation of that element; stored over the element, it is that. Which function it is of, tests/arithmetic sees.
#include <algorithm>

#include "checker/finding.hpp"
#include "checker/vector_tags.hpp"

namespace protocol {
namespace {

using Operands = std::initializer_list<const LaneRow*>;

// Of constants nothing that is tagged is made.
[[nodiscard]] LaneRow activating(const Call& call, Operands operands) {
    const auto* const found =
        std::ranges::find_if(operands, [&](const LaneRow* lanes) { return is_of_activation(call, *lanes); });
    if (found == operands.end()) {
        return {};
    }
    const LaneRow& element = **found;
    for (const LaneRow* const lanes : operands) {
        const bool is_same =
            is_of_activation(call, *lanes) && lanes->tag.is_same_place(element.tag) && lanes->half == element.half;
        require(is_same || is_constant(*lanes), Rule::kIdentity,
                "an activation is made of something else beside one element and constants");
    }
    LaneRow result{.tag = element.tag, .half = element.half};
    result.tag.done = {static_cast<Done>(call.normalised() | kActivating), 0};
    result.tag.zeros = 0;
    return result;
}

// What only activations do. A statistic is what padding has been multiplied by.
[[nodiscard]] LaneRow compare(const Call& call, Operands operands) {
    require(std::ranges::all_of(
                operands, [&](const LaneRow* lanes) { return !is_row(*lanes) || is_of_activation(call, *lanes); }),
            Rule::kIdentity, "activates what not all has been done to, or twice, or without being asked for");
    return activating(call, operands);
}

}  // namespace

bool is_of_activation(const Call& call, const LaneRow& lanes) {
    const Done done = lanes.tag.done[0];
    return call.activates && is_row(lanes) && (done == call.normalised() || (done & kActivating) != 0);
}

LaneRow activating(const Call& call, const LaneRow& a) { return activating(call, {&a}); }
LaneRow activating(const Call& call, const LaneRow& a, const LaneRow& b) { return activating(call, {&a, &b}); }
LaneRow activating(const Call& call, const LaneRow& a, const LaneRow& b, const LaneRow& c) {
    return activating(call, {&a, &b, &c});
}

// f(0) = 0: so zeros in the place of padding stay zeros.
std::uint16_t zeros_of(const Call& call, const LaneRow& a, const LaneRow& b, const LaneRow& c) {
    const auto is_plain = [&](const LaneRow& lanes) { return is_constant(lanes) || is_of_activation(call, lanes); };
    const bool are_plain = call.activates && is_plain(a) && is_plain(b) && is_plain(c);
    return are_plain ? static_cast<std::uint16_t>((a.tag.zeros | b.tag.zeros) & c.tag.zeros) : std::uint16_t{0};
}

void absolute(Tensix& tensix, std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        const LaneRow lanes = tensix.lregs[from][i];
        tensix.lregs[to][i] = compare(tensix.call, {&lanes});
        tensix.lregs[to][i].tag.zeros = lanes.tag.zeros;
    }
}

void order(Tensix& tensix, std::uint32_t a, std::uint32_t b) {
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        LaneRow ordered = compare(tensix.call, {&tensix.lregs[a][i], &tensix.lregs[b][i]});
        ordered.tag.zeros = tensix.lregs[a][i].tag.zeros & tensix.lregs[b][i].tag.zeros;
        for (const std::uint32_t lreg : {a, b}) {
            if (lreg < kGeneralLregs) {
                tensix.lregs[lreg][i] = ordered;
            }
        }
    }
}

Done done_when_stored(const Call& call, const LaneRow& value, const LaneRow& old) {
    const Done done = value.tag.done[0];
    if (value.tag.content != Content::kRow || (done & kActivating) == 0) {
        return done;
    }
    require(is_row(old) && old.tag.is_same_place(value.tag) && old.half == value.half &&
                old.tag.done[0] == call.normalised(),
            Rule::kIdentity, "an activation is put elsewhere than over its element");
    return call.finished();
}

}  // namespace protocol
