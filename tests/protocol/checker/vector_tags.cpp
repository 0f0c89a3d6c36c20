// SPDX-License-Identifier: Apache-2.0
#include "checker/vector_tags.hpp"

#include <algorithm>

#include "sfpu/instruction.hpp"

namespace protocol {
namespace {

namespace sfpu = layernorm_fused_rm::sfpu;

// fp32 constants that may be kept in registers, as bits.
constexpr std::uint32_t kOneBits = 0x3f800000;
constexpr std::uint32_t kThreeEighthsBits = 0x3ec00000;
constexpr std::uint32_t kOneHalfBits = 0x3f000000;

// A sum whose lanes have not been brought together.
[[nodiscard]] bool is_open(const LaneRow& lanes) { return is_statistic(lanes) && !lanes.statistic.is_reduced; }

[[nodiscard]] bool has_same_elements(const LaneRow& a, const LaneRow& b) {
    return a.tag.element == b.tag.element && a.half == b.half;
}

// Lanes of one sum, or sums of pieces of a row, each of its own vectors.
[[nodiscard]] Statistic combine(const Statistic& a, const Statistic& b) {
    if (a.sources == 0 || b.sources == 0) {
        return a.sources == 0 ? b : a;
    }
    const bool are_pieces = !a.is_reduced && !b.is_reduced;
    return {.row = a.row,
            .check_sum = are_pieces ? a.check_sum + b.check_sum : std::max(a.check_sum, b.check_sum),
            .sources = static_cast<std::uint8_t>(a.sources | b.sources),
            .is_mixed = a.is_mixed || b.is_mixed || a.row != b.row,
            .is_reduced = !are_pieces};
}

// Marks something as done to elements, which must be the first time.
void mark(LaneRow& row, Done done, bool is_asked_for) {
    require(is_asked_for && (row.tag.done[0] & done) == 0 && row.tag.added == 0, Rule::kIdentity,
            "something is done to a row's elements twice, or without being asked for, or to sums of them");
    row.tag.done[0] |= done;
}

void require_statistic(const Tensix& tensix, const LaneRow& row, const Statistic& statistic, std::uint8_t sources) {
    require(!statistic.is_mixed && statistic.row == row.tag.row && statistic.sources == sources, Rule::kIdentity,
            "a row is given the statistic of another, or another statistic");
    require(sources == kFromFirst || statistic.check_sum == tensix.call.check_sum(), Rule::kIdentity,
            "a statistic is used that not all elements of its row went into, each once");
    require(statistic.is_reduced, Rule::kIdentity, "a statistic is used whose lanes have not been brought together");
}

// row * factor
void scale(const Tensix& tensix, LaneRow& row, const LaneRow& factor) {
    if (factor.tag.content == Content::kGamma) {
        require(has_same_elements(row, factor), Rule::kIdentity, "gamma of other elements is applied to a row");
        require((factor.tag.done[0] & kPlusOne) == (tensix.call.zero_centered_gamma ? kPlusOne : 0), Rule::kIdentity,
                "gamma is applied without the 1 it lacks, or with one it does not");
        mark(row, kHasGamma, tensix.call.has_gamma && (row.tag.done[0] & kNormalised) != 0);
    } else if (is_statistic(factor)) {
        require_statistic(tensix, row, factor.statistic, kFromSquares);
        mark(row, kNormalised, row.tag.done[0] == tensix.call.squared());
    } else {
        require(is_constant(factor), Rule::kIdentity, "a row is multiplied by what is no factor of it");
        require(factor.constant == kOneBits || factor.constant == tensix.call.centre_scale_bits(), Rule::kIdentity,
                "a row is multiplied by another constant than that of its width");
    }
}

// row + term
void add(const Tensix& tensix, LaneRow& row, const LaneRow& term) {
    const Done done = row.tag.done[0];
    if (term.tag.content == Content::kBeta) {
        require(has_same_elements(row, term), Rule::kIdentity, "beta of other elements is applied to a row");
        mark(row, kHasBeta,
             tensix.call.has_beta && (done & kNormalised) != 0 && ((done & kHasGamma) != 0 || !tensix.call.has_gamma));
    } else if (is_row(term)) {
        require(term.tag.is_same_place(row.tag) && term.half == row.half && term.tag.done[0] == kResidual && done == 0,
                Rule::kIdentity, "a row is joined with something else than its residual");
        mark(row, kJoined, tensix.call.has_residual);
    } else if (is_statistic(term)) {
        const bool is_shift = term.statistic.sources == kFromFirst;
        require_statistic(tensix, row, term.statistic, is_shift ? kFromFirst : kFromSum);
        is_shift ? mark(row, kShifted, tensix.call.shifts && done == tensix.call.joined())
                 : mark(row, kCentred, tensix.call.centres && done == tensix.call.summed());
    } else {
        require(is_constant(term), Rule::kIdentity, "a row is added to what is no term of it");
    }
}

// Just the lanes that have elements of the row are enabled.
void require_lanes(const Tensix& tensix, const LaneRow& row, std::uint32_t lane_row) {
    require(enabled_lanes(tensix, lane_row) == lanes_of(columns_with_elements(row.tag, tensix.call), row.half),
            Rule::kIdentity, "sums lanes without an element of the row, or leaves one out");
}

// A row's elements summed up, or their squares, behind `accumulator`; in lane row `lane_row`.
[[nodiscard]] LaneRow accumulate(const Tensix& tensix, const LaneRow& row, bool is_square, const LaneRow& accumulator,
                                 std::uint32_t lane_row) {
    require_lanes(tensix, row, lane_row);
    require(!is_row(accumulator), Rule::kIdentity, "adds up elements of two places");
    const Call& call = tensix.call;
    require(row.tag.done[0] == (is_square ? call.squared() : call.summed()), Rule::kIdentity,
            "sums elements to which not all has been done that must be, or more");
    require(row.tag.added == 0 || !is_square, Rule::kIdentity, "squares sums of elements");
    const Statistic added{.row = row.tag.row,
                          .check_sum = call.vector_numbers(row.tag, row.half),
                          .sources = is_square ? kFromSquares : kFromSum};
    require(!accumulator.statistic.is_reduced, Rule::kIdentity,
            "adds elements to what lanes have been brought together in");
    return {.statistic = combine(accumulator.statistic, added)};
}

// Elements that a sum begins with, loaded to its register, and others of their row.
[[nodiscard]] bool begins_sum(const LaneRow& first, const LaneRow& next) {
    return is_row(first) && is_row(next) && first.tag.row == next.tag.row && !has_same_elements(first, next) &&
           ((first.tag.done[0] | next.tag.done[0]) & kResidual) == 0;
}

// A register that a row's elements are transposed from holds the first of them in the row's first lane, and zeros.
[[nodiscard]] LaneRow to_statistic(const Tensix& tensix, const LaneRow& lanes) {
    if (is_stats(lanes)) {
        return first_of_stats(lanes);
    }
    if (!is_row(lanes)) {
        LaneRow reduced = lanes;
        reduced.statistic.is_reduced = is_statistic(lanes);
        return reduced;
    }
    require(tensix.call.vector_numbers(lanes.tag, lanes.half) == 1 && lanes.tag.done[0] == tensix.call.joined(),
            Rule::kIdentity, "takes something else for a row's first element");
    require(lanes.lanes == (lanes.tag.element == 0 ? 1U : 0U), Rule::kIdentity,
            "takes other elements of a row beside its first, or leaves that out");
    return {.statistic = {.row = lanes.tag.row, .check_sum = 0, .sources = kFromFirst, .is_reduced = true}};
}

// One lane row of a multiply-add.
struct Operands {
    const LaneRow& a;
    const LaneRow& b;
    const LaneRow& c;
    std::uint32_t lane_row;
};

// Rows that share vectors have the constants of 1 / sqrt in programmable registers, which an activation takes.
void require_series(const Operands& operands, MultiplyAdd registers) {
    const bool is_series = is_statistic(operands.a) && is_constant(operands.b) && is_constant(operands.c) &&
                           registers.b >= sfpu::kProgrammable && registers.c >= sfpu::kProgrammable;
    require(!is_series || (operands.b.constant == kThreeEighthsBits && operands.c.constant == kOneHalfBits),
            Rule::kIdentity, "a statistic is made with other constants than its own");
}

// No operand is a row: gamma + 1, or statistics and constants.
[[nodiscard]] LaneRow combine_others(const Operands& operands, MultiplyAdd registers) {
    require_series(operands, registers);
    if (operands.b.tag.content == Content::kGamma && registers.a == sfpu::kOne && registers.c == sfpu::kOne) {
        LaneRow gamma = operands.b;
        mark(gamma, kPlusOne, true);
        return gamma;
    }
    const bool adds_to_b = registers.to == registers.b && is_open(operands.b) && is_constant(operands.c);
    const bool adds_to_c = registers.to == registers.c && is_open(operands.c) && is_constant(operands.b);
    require(!adds_to_b && !adds_to_c, Rule::kIdentity, "adds what is no element of a row to its sum");
    return {.statistic = combine(combine(operands.a.statistic, operands.b.statistic), operands.c.statistic)};
}

// What is put where a row's elements came from is what has been done to them; put elsewhere, they are summed.
[[nodiscard]] LaneRow multiply_add(const Tensix& tensix, const Operands& operands, MultiplyAdd registers) {
    const auto& [a, b, c, lane_row] = operands;
    if (is_stats(a) || is_stats(b) || is_stats(c)) {
        return combine_stats(tensix, {a, b, c, lane_row}, registers);
    }
    if (is_of_activation(tensix.call, a) || is_of_activation(tensix.call, b) || is_of_activation(tensix.call, c)) {
        return activating(tensix.call, a, b, c);
    }
    const bool is_first = registers.to == registers.a;
    if (registers.a == sfpu::kOne && registers.to == registers.b && begins_sum(b, c)) {
        return accumulate(tensix, c, false, accumulate(tensix, b, false, {}, lane_row), lane_row);
    }
    if ((is_first && is_row(a)) || (registers.to == registers.b && is_row(b))) {
        LaneRow result = is_first ? a : b;
        scale(tensix, result, is_first ? b : a);
        add(tensix, result, c);
        return result;
    }
    if (is_row(a) && is_row(b)) {
        require(registers.a == registers.b, Rule::kIdentity, "multiplies elements of two places");
        return accumulate(tensix, a, true, c, lane_row);
    }
    if (is_row(c)) {
        require(registers.a == sfpu::kOne && (registers.to == registers.b || registers.b == sfpu::kZero),
                Rule::kUnknown, "a sum that is not known");
        return accumulate(tensix, c, false, b, lane_row);
    }
    return !is_row(a) && !is_row(b) ? combine_others(operands, registers) : LaneRow{};
}

// Register j of either four becomes lane row j. Sums of strips are never brought together by it.
void transpose_of_strips(Tensix& tensix) {
    const std::array<Register, kLregs> from = tensix.lregs;
    for (std::uint32_t i = 0; i < 2 * kLaneRows; ++i) {
        const std::uint32_t first = i / kLaneRows * kLaneRows;
        for (std::uint32_t lane_row = 0; lane_row < kLaneRows; ++lane_row) {
            tensix.lregs[i][lane_row] = from[first + lane_row][i - first];
        }
    }
}

}  // namespace

Tag tag_of(const Statistic& statistic) {
    return {.row = statistic.row,
            .element = statistic.check_sum,
            .content = Content::kStatistic,
            .done = {statistic.sources, 0},
            .added = statistic.is_reduced ? 1U : 0U};
}

Statistic statistic_of(const Tag& tag) {
    return {.row = tag.row,
            .check_sum = tag.element,
            .sources = static_cast<std::uint8_t>(tag.done[0]),
            .is_reduced = tag.added != 0};
}

void multiply_add(Tensix& tensix, MultiplyAdd registers) {
    const Register& a = tensix.lregs[registers.a];
    const Register& b = tensix.lregs[registers.b];
    const Register& c = tensix.lregs[registers.c];
    Register& to = tensix.lregs[registers.to];
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        const std::uint16_t zeros = zeros_of(tensix.call, a[i], b[i], c[i]);
        to[i] = multiply_add(tensix, {a[i], b[i], c[i], i}, registers);
        to[i].tag.zeros = zeros;
    }
}

// Register j of the first four becomes lane row j; the others hold nothing that is tagged.
void transpose(Tensix& tensix) {
    if (tensix.call.has_strips) {
        transpose_of_strips(tensix);
        return;
    }
    std::array<Register, kLaneRows> from{};
    std::copy_n(tensix.lregs.begin(), kLaneRows, from.begin());
    std::fill_n(tensix.lregs.begin(), 2 * kLaneRows, Register{});
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        for (std::uint32_t lane_row = 0; lane_row < kLaneRows; ++lane_row) {
            tensix.lregs[i][lane_row] = to_statistic(tensix, from[lane_row][i]);
        }
    }
}

// Within lane rows, so elements are brought together there.
void rotate(Tensix& tensix, std::uint32_t from, std::uint32_t to) {
    for (LaneRow& lanes : tensix.lregs[from]) {
        lanes = is_row(lanes) || is_stats(lanes) ? to_statistic(tensix, lanes) : lanes;
    }
    tensix.lregs[to] = tensix.lregs[from];
    for (LaneRow& lanes : tensix.lregs[to]) {
        lanes.statistic.is_reduced = is_statistic(lanes);
    }
}

// L0, which must be the same in all lanes (ttsim, SFPCONFIG): of one row here, and within its eight lanes, which is for
// tests/arithmetic to see.
void configure(Tensix& tensix, std::uint32_t word) {
    constexpr std::uint32_t kIsImmediate = 1;
    Register& to = tensix.lregs[word >> 4 & 0xfU];
    if ((word & kIsImmediate) != 0) {
        to.fill({});
        return;
    }
    const Register& from = tensix.lregs[0];
    for (const LaneRow& lanes : from) {
        require(!is_row(lanes) && lanes.statistic == from[0].statistic, Rule::kIdentity,
                "SFPCONFIG is given lanes that differ");
    }
    to = from;
}

}  // namespace protocol
