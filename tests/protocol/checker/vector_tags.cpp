#include "checker/vector_tags.hpp"

#include <algorithm>

#include "sfpu/instruction.hpp"

namespace protocol {
namespace {

namespace sfpu = layernorm_fused_rm::sfpu;

[[nodiscard]] bool is_row(const VectorTag& vector) { return vector.tag.content == Content::kRow; }
[[nodiscard]] bool is_statistic(const VectorTag& vector) {
    return std::ranges::any_of(vector.lanes, [](const LaneRow& lanes) { return lanes.sources != 0; });
}
[[nodiscard]] bool is_constant(const VectorTag& vector) {
    return vector.tag.content == Content::kNothing && !is_statistic(vector);
}

[[nodiscard]] bool has_same_elements(const VectorTag& a, const VectorTag& b) {
    return a.tag.element == b.tag.element && a.half == b.half;
}

[[nodiscard]] LaneRow combine(const LaneRow& a, const LaneRow& b) {
    if (a.sources == 0 || b.sources == 0) {
        return a.sources == 0 ? b : a;
    }
    return {.row = a.row,
            .check_sum = std::max(a.check_sum, b.check_sum),
            .sources = static_cast<std::uint8_t>(a.sources | b.sources),
            .is_mixed = a.is_mixed || b.is_mixed || a.row != b.row};
}

[[nodiscard]] VectorTag combine(const VectorTag& a, const VectorTag& b) {
    VectorTag result{};
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        result.lanes[i] = combine(a.lanes[i], b.lanes[i]);
    }
    return result;
}

// Marks something as done to elements, which must be the first time.
void mark(VectorTag& row, std::uint8_t done, bool is_asked_for) {
    require(is_asked_for && (row.tag.done[0] & done) == 0, Rule::kIdentity,
            "something is done to a row's elements twice, or without being asked for");
    row.tag.done[0] |= done;
}

void require_statistic(const Tensix& tensix, const VectorTag& row, const VectorTag& statistic, std::uint8_t sources) {
    const LaneRow& lanes = statistic.lanes[0];
    require(is_uniform(statistic) && !lanes.is_mixed && lanes.row == row.tag.row && lanes.sources == sources,
            Rule::kIdentity, "a row is given the statistic of another, or another statistic");
    require(sources == kFromFirst || lanes.check_sum == tensix.call.check_sum(), Rule::kIdentity,
            "a statistic is used that not all elements of its row went into, each once");
}

// row * factor
void scale(const Tensix& tensix, VectorTag& row, const VectorTag& factor) {
    if (factor.tag.content == Content::kGamma) {
        require(has_same_elements(row, factor), Rule::kIdentity, "gamma of other elements is applied to a row");
        require((factor.tag.done[0] & kPlusOne) == (tensix.call.gamma_is_zero_centred ? kPlusOne : 0), Rule::kIdentity,
                "gamma is applied without the 1 it lacks, or with one it does not");
        mark(row, kHasGamma, tensix.call.has_gamma && (row.tag.done[0] & kNormalised) != 0);
    } else if (is_statistic(factor)) {
        require_statistic(tensix, row, factor, kFromSquares);
        mark(row, kNormalised, row.tag.done[0] == tensix.call.squared());
    } else {
        require(is_constant(factor), Rule::kIdentity, "a row is multiplied by what is no factor of it");
    }
}

// row + term
void add(const Tensix& tensix, VectorTag& row, const VectorTag& term) {
    const std::uint8_t done = row.tag.done[0];
    if (term.tag.content == Content::kBeta) {
        require(has_same_elements(row, term), Rule::kIdentity, "beta of other elements is applied to a row");
        mark(row, kHasBeta,
             tensix.call.has_beta && (done & kNormalised) != 0 && ((done & kHasGamma) != 0 || !tensix.call.has_gamma));
    } else if (is_row(term)) {
        require(term.tag.is_same_place(row.tag) && term.half == row.half && term.tag.done[0] == kResidual && done == 0,
                Rule::kIdentity, "a row is joined with something else than its residual");
        mark(row, kJoined, tensix.call.has_residual);
    } else if (is_statistic(term)) {
        const bool is_shift = term.lanes[0].sources == kFromFirst;
        require_statistic(tensix, row, term, is_shift ? kFromFirst : kFromSum);
        is_shift ? mark(row, kShifted, tensix.call.shifts && done == tensix.call.joined())
                 : mark(row, kCentred, tensix.call.centres && done == tensix.call.summed());
    } else {
        require(is_constant(term), Rule::kIdentity, "a row is added to what is no term of it");
    }
}

// A row's elements summed up, or their squares, behind `accumulator`.
[[nodiscard]] VectorTag accumulate(const Tensix& tensix, const VectorTag& row, bool is_square,
                                   const VectorTag& accumulator) {
    require(!is_row(accumulator), Rule::kIdentity, "adds up elements of two places");
    const Call& call = tensix.call;
    require(row.tag.done[0] == (is_square ? call.squared() : call.summed()), Rule::kIdentity,
            "sums elements to which not all has been done that must be, or more");
    LaneRow added{.row = row.tag.row,
                  .check_sum = row.tag.element / sfpu::kLanes + row.half + 1,
                  .sources = is_square ? kFromSquares : kFromSum};
    const std::uint32_t own = added.check_sum;
    VectorTag result = combine(accumulator, make_statistic(added));
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        result.lanes[i].check_sum = accumulator.lanes[i].sources == 0 ? own : accumulator.lanes[i].check_sum + own;
    }
    return result;
}

// A register that a row's elements are transposed from holds the first of them in lane 0, and zeros.
[[nodiscard]] VectorTag to_statistic(const Tensix& tensix, const VectorTag& vector) {
    if (!is_row(vector)) {
        return vector;
    }
    require(vector.tag.element == 0 && vector.half == 0 && vector.tag.done[0] == tensix.call.joined(), Rule::kIdentity,
            "takes something else for a row's first element");
    return make_statistic({.row = vector.tag.row, .check_sum = 0, .sources = kFromFirst});
}

// No operand is a row: gamma + 1, or statistics and constants.
[[nodiscard]] VectorTag combine_others(const Tensix& tensix, MultiplyAdd registers) {
    const VectorTag& b = tensix.lregs[registers.b];
    const VectorTag& c = tensix.lregs[registers.c];
    if (b.tag.content == Content::kGamma && registers.a == sfpu::kOne && registers.c == sfpu::kOne) {
        VectorTag gamma = b;
        mark(gamma, kPlusOne, true);
        return gamma;
    }
    return combine(combine(tensix.lregs[registers.a], b), c);
}

}  // namespace

VectorTag make_statistic(const LaneRow& lanes) {
    VectorTag vector{};
    vector.lanes.fill(lanes);
    return vector;
}

bool is_uniform(const VectorTag& vector) {
    return std::ranges::all_of(vector.lanes, [&](const LaneRow& lanes) { return lanes == vector.lanes[0]; });
}

// What is put where a row's elements came from is what has been done to them; put elsewhere, they are summed.
void multiply_add(Tensix& tensix, MultiplyAdd registers) {
    const VectorTag& a = tensix.lregs[registers.a];
    const VectorTag& b = tensix.lregs[registers.b];
    const VectorTag& c = tensix.lregs[registers.c];
    VectorTag result{};
    if (is_row(tensix.lregs[registers.to]) && (registers.to == registers.a || registers.to == registers.b)) {
        result = tensix.lregs[registers.to];
        scale(tensix, result, registers.to == registers.a ? b : a);
        add(tensix, result, c);
    } else if (is_row(a) && is_row(b)) {
        require(registers.a == registers.b, Rule::kIdentity, "multiplies elements of two places");
        result = accumulate(tensix, a, true, c);
    } else if (is_row(c)) {
        require(registers.a == sfpu::kOne && registers.to == registers.b, Rule::kUnknown, "a sum that is not known");
        result = accumulate(tensix, c, false, b);
    } else if (!is_row(a) && !is_row(b)) {
        result = combine_others(tensix, registers);
    }
    tensix.lregs[registers.to] = result;
}

// Register j of the first four becomes lane row j; the others hold nothing that is tagged.
void transpose(Tensix& tensix) {
    std::array<VectorTag, kLaneRows> from{};
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        from[i] = to_statistic(tensix, tensix.lregs[i]);
    }
    std::fill_n(tensix.lregs.begin(), 2 * kLaneRows, VectorTag{});
    for (std::uint32_t i = 0; i < kLaneRows; ++i) {
        for (std::uint32_t lane_row = 0; lane_row < kLaneRows; ++lane_row) {
            tensix.lregs[i].lanes[lane_row] = from[lane_row].lanes[i];
        }
    }
}

// The first eight lanes of L0 for all.
void configure(Tensix& tensix, std::uint32_t word) {
    constexpr std::uint32_t kIsImmediate = 1;
    const bool is_immediate = (word & kIsImmediate) != 0;
    tensix.lregs[word >> 4 & 0xfU] = is_immediate ? VectorTag{} : make_statistic(tensix.lregs[0].lanes[0]);
}

}  // namespace protocol
