// SPDX-License-Identifier: Apache-2.0
// Rows that chips share: the stats of this chip's part to the writer; those of all parts from the reader, from which the
// statistics of whole rows are found (norm/stats.hpp).
#pragma once

#include <stdint.h>

#include "compute/state.hpp"

namespace layernorm_fused_rm {

inline constexpr tensix::Operand kStatsOperand = {kTakesStats ? kStats : 0, contract::kBytesPerFloat32};

// The block's stats, sums and registers of the last summing pass -> kStatistics, by the zone at hand; acquires the other.
inline void tell_stats(State& state) {
    MATH((sfpu::issue<FindVariances>()));
    hand_over(
        state, [] { MATH((sfpu::issue<StoreStats>())); },
        [&](uint32_t chunk) { pack_statistics(chunk, state.formats); });
}

// kStats, a page -> the statistics of the block's rows, in the registers where find_statistics leaves them. Sums are
// clear. As float32 goes to DEST, math gives its rows and waits for them (tensix/fill.hpp), so nothing else orders them.
inline void take_stats(State& state) {
    if constexpr (kTakesStats) {
        constexpr uint32_t kElements = contract::stats_page_elements(kStatsNumbers, kRowsPerVector);
        const uint32_t row = zone_row(state.zone);
        cb_wait_front(kStats, 1);
        fill_from_element<kStatsOperand>(0, row, kElements, state.formats);
        cb_pop_front(kStats, 1);
        MATH((point_sfpu_at(row)));
        if constexpr (kCentres) {
            MATH((sfpu::issue<FindShiftsOfParts>()));
            MATH((sum_stats<SumMeans>()));
            MATH((sfpu::issue<FindCentres>()));
        }
        MATH((sum_stats<SumVariances>()));
        MATH((sfpu::issue<FindRstd>(negative_epsilon_bits())));
    }
}

}  // namespace layernorm_fused_rm
