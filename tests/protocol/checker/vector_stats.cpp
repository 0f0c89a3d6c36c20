// SPDX-License-Identifier: Apache-2.0
// Stats of rows that chips share, as registers and DEST hold them (kernels/norm/stats.hpp): K and v in even and odd lanes
// of even columns, d and the number of elements in those of odd columns.
#include <bit>

#include "checker/finding.hpp"
#include "checker/vector_tags.hpp"
#include "sfpu/instruction.hpp"

namespace protocol {
namespace {

namespace sfpu = layernorm_fused_rm::sfpu;

constexpr std::uint32_t kAllLanes = (1U << kLanesPerRow) - 1;
constexpr std::uint32_t kEvenLanes = 0x55;
constexpr std::uint32_t kOddLanes = 0xaa;
constexpr Done kMeans = kLessFirst | kPlusMean;
constexpr Done kSquares = kMeans | kCentredMean | kSquaredMean;
constexpr Done kVariances = kScaledVariance | kScaledTwice;

void require_statistic(const LaneRow& stats, const Statistic& statistic, std::uint8_t sources) {
    require(
        !statistic.is_mixed && statistic.is_reduced && statistic.row == stats.tag.row && statistic.sources == sources,
        Rule::kIdentity, "stats are given the statistic of another row, or another statistic");
}

[[nodiscard]] LaneRow with(const LaneRow& stats, Done done) {
    LaneRow changed = stats;
    changed.tag.done[0] |= done;
    return changed;
}

// sum + stats
[[nodiscard]] LaneRow accumulate(const Tensix& tensix, const LaneRow& stats, const LaneRow& sum,
                                 std::uint32_t lane_row) {
    const Call& call = tensix.call;
    const bool are_means = call.centres && stats.tag.done[0] == kMeans;
    require(stats.half == 0 && (are_means || stats.tag.done[0] == kWithVariances), Rule::kIdentity,
            "sums stats to which not all has been done that must be, or more");
    const std::uint32_t present = lanes_of(columns_with_elements(stats.tag, call), 0);
    require(enabled_lanes(tensix, lane_row) == (present & (are_means ? kEvenLanes : kAllLanes)), Rule::kIdentity,
            "sums lanes without stats, or leaves one out");
    const std::uint8_t sources = are_means ? kFromSum : kFromSquares;
    require(
        !is_row(sum) && !is_stats(sum) && !sum.statistic.is_reduced &&
            (sum.statistic.sources == 0 || (sum.statistic.sources == sources && sum.statistic.row == stats.tag.row)),
        Rule::kIdentity, "adds stats to another sum");
    return {.statistic = {.row = stats.tag.row,
                          .check_sum = sum.statistic.check_sum + call.pair_number(stats.tag),
                          .sources = sources}};
}

// stats + K, or + d
[[nodiscard]] LaneRow add(const Tensix& tensix, const LaneRow& stats, const LaneRow& term) {
    require(tensix.call.centres && stats.half == 0, Rule::kIdentity, "something is added to stats that is no term");
    if (is_stats(term)) {
        require(stats.tag.done[0] == kLessFirst && term.half == 1 && term.tag.done[0] == 0 &&
                    term.tag.is_same_place(stats.tag),
                Rule::kIdentity, "another part's mean is added to a first element, or in another order");
        return with(stats, kPlusMean);
    }
    require_statistic(stats, term.statistic, kFromFirst);
    require(stats.tag.done[0] == 0, Rule::kIdentity, "the first element of all is taken out of stats twice");
    return with(stats, kLessFirst);
}

[[nodiscard]] LaneRow multiply(const Tensix& tensix, const StatsOperands& operands, MultiplyAdd registers) {
    const LaneRow& stats = operands.a;
    const Done done = stats.tag.done[0];
    if (registers.a == registers.b) {
        require(registers.c == sfpu::kZero && done == (kMeans | kCentredMean), Rule::kIdentity,
                "squares stats that are not centred");
        return with(stats, kSquaredMean);
    }
    require(is_constant(operands.b) && operands.b.constant == tensix.call.centre_scale_bits(), Rule::kIdentity,
            "stats are multiplied by another constant than that of their number");
    if (registers.c == sfpu::kZero) {
        require(done == 0 || done == kScaledVariance, Rule::kIdentity, "variances are scaled once more");
        return with(stats, done == 0 ? kScaledVariance : kScaledTwice);
    }
    require(done == kMeans && operands.c.statistic.check_sum == tensix.call.check_sum(), Rule::kIdentity,
            "centres stats that are no means, or by another mean than that of all");
    require_statistic(stats, operands.c.statistic, kFromSum);
    return with(stats, kCentredMean);
}

// Numbers of all four kinds, once they are there.
[[nodiscard]] LaneRow told(std::uint32_t row, std::uint32_t half, Done done) {
    return {.tag = {.row = row, .content = Content::kStats, .done = {done, 0}}, .half = half};
}

// RMSNorm's K and d.
[[nodiscard]] bool is_zero(const LaneRow& lanes) { return is_constant(lanes) && lanes.tag.zeros == kAllLanes; }

// K, or d: all lanes.
[[nodiscard]] LaneRow tell_mean(const LaneRow& value, std::uint32_t half, const Call& call) {
    if (!call.centres) {
        require(is_zero(value), Rule::kIdentity, "tells a mean of RMSNorm");
        return value;
    }
    const bool is_first = half == 0;
    require(value.statistic.sources == (is_first ? kFromFirst : kFromSum) &&
                (is_first || value.statistic.check_sum == call.check_sum()),
            Rule::kIdentity, "tells something else for a row's first element, or for its mean");
    return told(value.statistic.row, half, kHasEvenLanes);
}

// v, or the number of elements: odd lanes, over K or d.
[[nodiscard]] LaneRow tell_variance(const DestRow& row, const LaneRow& value, std::uint32_t half, const Call& call) {
    const LaneRow old = half_of(row, half);
    const std::uint16_t columns = columns_of(kAllLanes, half);
    const bool is_after_zeros = is_constant(old) && (row.tag.zeros & columns) == columns;
    const LaneRow even = half_of(row, 0);
    require(call.centres ? is_stats(old) && old.tag.done[0] == kHasEvenLanes : is_after_zeros, Rule::kIdentity,
            "tells a variance, or a number of elements, without a mean");
    const std::uint32_t of = half == 0 ? value.statistic.row : even.tag.row;
    const bool is_variance = value.statistic.sources == kFromSquares && value.statistic.check_sum == call.check_sum();
    const bool is_count =
        is_constant(value) && value.constant == std::bit_cast<std::uint32_t>(static_cast<float>(call.width));
    require(half == 0 ? is_variance : is_count && is_stats(even), Rule::kIdentity,
            "tells something else for a variance, or for the number of elements");
    require(!call.centres || of == old.tag.row, Rule::kIdentity, "tells stats of two rows as one's");
    return told(of, half, kHasEvenLanes | kHasOddLanes);
}

}  // namespace

LaneRow combine_stats(const Tensix& tensix, const StatsOperands& operands, MultiplyAdd registers) {
    const auto& [a, b, c, lane_row] = operands;
    if (registers.a == sfpu::kOne && registers.to == registers.b) {
        return is_stats(b) ? add(tensix, b, c) : accumulate(tensix, c, b, lane_row);
    }
    require(is_stats(a) && registers.to == registers.a, Rule::kIdentity, "does something with stats that is not known");
    return multiply(tensix, operands, registers);
}

LaneRow first_of_stats(const LaneRow& lanes) {
    require(lanes.half == 0 && lanes.tag.done[0] == 0 && lanes.lanes == (lanes.tag.element == 0 ? 1U : 0U),
            Rule::kIdentity, "takes something else of stats for the first element of all");
    return {.statistic = {.row = lanes.tag.row, .check_sum = 0, .sources = kFromFirst, .is_reduced = true}};
}

LaneRow put_variances(const Tensix& tensix, const LaneRow& from, const LaneRow& to, std::uint32_t lane_row) {
    require(enabled_lanes(tensix, lane_row) == kOddLanes && from.half == 0, Rule::kIdentity,
            "takes other lanes for variances");
    const bool centres = tensix.call.centres;
    require(from.tag.done[0] == (centres ? kVariances : 0), Rule::kIdentity, "variances are not scaled like means");
    require(centres ? is_stats(to) && to.tag.done[0] == kSquares && to.tag.is_same_place(from.tag) : is_zero(to),
            Rule::kIdentity, "variances are put among something else than squares of their means");
    LaneRow both_kinds = from;
    both_kinds.tag.done[0] = kWithVariances;
    return both_kinds;
}

// Anything but sums of lanes, which are kept from piece to piece, and elements.
bool tells_stats(const Call& call, const LaneRow& value) {
    return call.tells_stats && (is_statistic(value) ? value.statistic.is_reduced
                                                    : is_constant(value) && (value.constant != 0 || is_zero(value)));
}

void store_stats(DestRow& row, const LaneRow& value, Lanes to, const Call& call) {
    require(to.enabled == kAllLanes || to.enabled == kOddLanes, Rule::kIdentity, "tells stats in other lanes");
    if (to.enabled == kOddLanes && to.half == 1 && !is_stats(half_of(row, 0))) {
        return;  // a row that there is not
    }
    const LaneRow stored =
        to.enabled == kAllLanes ? tell_mean(value, to.half, call) : tell_variance(row, value, to.half, call);
    const std::uint16_t columns = columns_of(kAllLanes, to.half);
    const auto others = static_cast<std::uint16_t>(row.tag.zeros & ~columns);
    const std::uint16_t zeros = is_zero(stored) ? columns : std::uint16_t{0};
    hold_halves(row, to.half == 0 ? stored : half_of(row, 0), to.half == 1 ? stored : half_of(row, 1),
                static_cast<std::uint16_t>(others | zeros));
}

}  // namespace protocol
