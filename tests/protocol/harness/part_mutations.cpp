// SPDX-License-Identifier: Apache-2.0
// Of rows that chips share: the stats of this chip's part, and of all parts.
#include <bit>

#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

using layernorm_fused_rm::Plan;

[[nodiscard]] std::vector<Mutation> told_stats() {
    return {
        {"stats handed over before squares are summed up", "tell_stats", "MATH((sfpu::issue<FindVariances>()));", "",
         kTold},
        {"stats not stored", "tell_stats", "MATH((sfpu::issue<StoreStats>()));", "", kTold},
        {"stats of a strip not stored", "tell_stats", "MATH((sfpu::issue<StoreStats>()));", "", kToldStrips},
        {"summed rows not dropped", "drop_rows", "pop_rows(kSegments * kPagesPerStep);", "", kTold},
        {"summed rows dropped but for a segment", "drop_rows", "kSegments * kPagesPerStep",
         "(kSegments - 1) * kPagesPerStep", kTold},
        {"rows that are read again dropped once more", "drop_rows", "!kReadsAgain", "true", kToldAgain},
        {"rows that are read again read once too often", "Call::passes", "(tells_stats() ? 1 : 0)", "0", kToldAgain},
        {"mean told for the first element", "store_stats", "negate(negative_shift_of(batch, 0), kFirst)",
         "negate(negative_centre_of(batch, 0), kFirst)", kTold},
        {"first element told for the mean", "store_stats", "multiply(negative_centre_of(batch, 0), kMean, kMean)",
         "multiply(negative_shift_of(batch, 0), kMean, kMean)", kTold},
        {"variance told in all lanes", "store_stats", ".then(enable_odd_lanes())", "", kTold},
        {"variance told in even lanes", "store_stats", "enable_odd_lanes()", "enable_even_lanes()", kToldStrips},
        {"no variance told", "store_stats", "store(0, 0)", "store(kFirst, 0)", kTold},
        {"another number of elements told", "StoreStats", "static_cast<float>(kWidth)",
         "static_cast<float>(kWidth + 1)", kTold},
        {"lanes left disabled", "store_stats", "return sequence.then(conditions_off());", "return sequence;", kTold},
        {"RMSNorm's mean left as it was", "store_stats", "move(kZero, kFirst)).then(store(kFirst, 0))",
         "move(kZero, kFirst))", kToldOfSquares},
        {"stats not waited for", "write_stats", "cb_wait_front(kStatistics, 1);", "", kTold},
        {"stats popped before they have left", "write_stats", "noc_async_writes_flushed();", "", kTold},
        {"stats not popped", "write_stats", "cb_pop_front(kStatistics, 1);", "", kTold},
        {"half of a row's stats written", "write_stats", "kNumbersOfStats * contract::kBytesPerFloat32",
         "kNumbersOfStats * contract::kBytesPerFloat32 / 2", kTold},
        {"stats of each row of a strip from its first", "write_stats", "row * kBytesOfRowInPair",
         "0 * kBytesOfRowInPair", kToldStrips},
        {"stats of padding written", "write_stats", "!is_padding(block, row)", "true", kToldStrips},
    };
}

[[nodiscard]] std::vector<Mutation> brought_stats() {
    return {
        {"room for stats not reserved", "StatsUnderWay::start", "cb_reserve_back(kStats, under_way_ + 1);", "", kTaken},
        {"room for stats under way not reserved", "StatsUnderWay::start", "under_way_ + 1", "1", kTaken},
        {"all stats to one page", "StatsUnderWay::start", "next_ % kStatsPages", "0", kTaken},
        {"stats of another row", "StatsUnderWay::start", "row_address<kStatsTensor>(block, row,",
         "row_address<kStatsTensor>(block, row ^ 1,", kTakenStrips},
        {"each pair of stats from the first", "StatsUnderWay::start", "numbers + pair * kBytesOfRowInPair", "numbers",
         kTaken},
        {"all pairs of stats to the first", "StatsUnderWay::start", "page + pair * kBytesOfPair", "page", kTaken},
        {"a strip's rows of stats to one place", "StatsUnderWay::start", "+ row * kBytesOfRowInPair,", ",",
         kTakenStrips},
        {"the last chips' stats left out", "StatsUnderWay::start", "pair < kStatsPairs", "pair + 1 < kStatsPairs",
         kTaken},
        {"stats of padding read", "StatsUnderWay::start", "is_padding(block, row)", "false", kTakenStrips},
        {"stats not pushed", "StatsUnderWay::finish_oldest", "cb_push_back(kStats, 1);", "", kTaken},
        {"stats still counted as under way", "StatsUnderWay::finish_oldest", "--under_way_;", "", kTaken},
        {"stats with each step", "Steps::begin", "next_ % kStepsPerBlock == 0", "true", kTaken},
        {"stats pushed before they have come", "Steps::finish_oldest",
         "noc_async_read_barrier_with_trid(kFirstStepId + oldest % kStepsInFlight);",
         "if (oldest % kStepsPerBlock == 0) { stats_.finish_oldest(); } "
         "noc_async_read_barrier_with_trid(kFirstStepId + oldest % kStepsInFlight);",
         kTaken},
    };
}

[[nodiscard]] std::vector<Mutation> taken_stats() {
    return {
        {"stats not waited for by compute", "take_stats", "cb_wait_front(kStats, 1);", "", kTaken},
        {"stats not popped by compute", "take_stats", "cb_pop_front(kStats, 1);", "", kTaken},
        {"stats popped before they are unpacked", "take_stats",
         "fill_from_element<kStatsOperand>(0, row, kElements, state.formats); cb_pop_front(kStats, 1);",
         "cb_pop_front(kStats, 1); fill_from_element<kStatsOperand>(0, row, kElements, state.formats);", kTaken},
        {"the last vector pair of stats not unpacked", "take_stats",
         "contract::stats_page_elements(kStatsNumbers, kRowsPerVector)",
         "contract::stats_page_elements(kStatsNumbers, kRowsPerVector) - contract::kElementsPerVectorPair", kTaken},
        {"SFPU not pointed at stats", "take_stats", "MATH((point_sfpu_at(row)));", "", kTaken},
        {"first element of all not found", "take_stats", "MATH((sfpu::issue<FindShiftsOfParts>()));", "", kTaken},
        {"means of parts not summed", "take_stats", "MATH((sum_stats<SumMeans>()));", "", kTaken},
        {"variances of parts not summed", "take_stats", "MATH((sum_stats<SumVariances>()));", "", kTaken},
        {"whole pairs of stats left out", "sum_stats", "(kWholePairs);", "(kWholePairs - 1);", kTaken},
        {"the last pair of stats left out", "sum_stats", "kStatsNumbers % kPerPair != 0", "false", kTaken},
        {"the last pair of stats taken whole", "sum_stats", "sfpu::issue<StatsStep<Sum, kStatsNumbers % kPerPair>>();",
         "sfpu::issue<StatsStep<Sum, kPerPair>>();", kTaken},
        {"SFPU not rewound behind stats", "sum_stats", "rewind();", "", kTaken},
        {"first elements not taken out of stats", "load_means",
         "sequence.then(add(kEvenColumns, negative_shift_of(batch, 0), kEvenColumns));", "", kTaken},
        {"means of parts left at their first elements", "load_means",
         "return sequence.then(add(kEvenColumns, kOddColumns, kEvenColumns));", "return sequence;", kTakenStrips},
        {"variances summed as means", "sum_means_step", ".then(enable_even_lanes())", "", kTaken},
        {"means summed in odd lanes", "sum_means_step", "enable_even_lanes()", "enable_odd_lanes()", kTakenStrips},
        {"parts' means not centred", "sum_variances_step",
         "sequence.then(mad(kSquares, centre_scale_of(batch), negative_centre_of(batch, 0), kSquares));", "", kTaken},
        {"parts' means not squared", "sum_variances_step", "sequence.then(multiply(kSquares, kSquares, kSquares))",
         "sequence", kTaken},
        {"variances scaled once", "sum_variances_step",
         "sequence.then(multiply(kVariances, centre_scale_of(batch), kVariances)); } else {", "} else {", kTaken},
        {"variances put in all lanes", "sum_variances_step", ".then(enable_odd_lanes())", "", kTaken},
        {"variances left out", "sum_variances_step", ".then(move(kVariances, kSquares))", "", kTakenStrips},
        {"elements that there are not squared", "sum_variances_step", "move(kZero, kSquares)", "load(kSquares, 0)",
         kTakenOfSquares},
        {.name = "c of another number of parts",
         .kind = kTaken,
         .plan = {.plan = [](Plan& plan) { plan.call.centre_scale_bits = std::bit_cast<std::uint32_t>(0.75F); },
                  .layout = {}}},
        {"parts redone", "compute::kernel_main", "!kRedoes ||", "", kTaken},
        {"parts looked at", "write_output", "kRedoes && segment == 0", "segment == 0", kTakenOverflowing},
    };
}

}  // namespace

std::vector<Mutation> part_mutations() {
    std::vector<Mutation> all;
    for (const auto& some : {told_stats(), brought_stats(), taken_stats()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
