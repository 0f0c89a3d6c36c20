// SPDX-License-Identifier: Apache-2.0
// Sums of rows that several cores share: each sends those of its slices to all (dataflow/exchange.hpp), and joins all of
// them, lane by lane, in the order of slices. So every core comes to the very same statistics, and to those of a core
// that has the rows to itself.
#pragma once

#include <stdint.h>

#include "compute/state.hpp"

namespace layernorm_fused_rm {

inline constexpr tensix::Operand kJoinedOperand = {kExchangesSums ? kJoined : 0, contract::kBytesPerFloat32};

// The batch's sums, LREGs -> kPartial, by the zone at hand; kJoined -> the other, which it acquires, and the sums of
// whole rows from there. What the zone held is lost.
inline void exchange_sums([[maybe_unused]] State& state) {
    if constexpr (kExchangesSums) {
        constexpr uint32_t kElements = kSlices * kVectorsPerBatch * contract::kElementsPerVectorPair;
        hand_over(
            state, [] { MATH((sfpu::issue<StoreLevel>())); },
            [&](uint32_t chunk) {
                pack_elements(kPartial, contract::kBytesPerFloat32, chunk, contract::kElementsPerChunk, state.formats);
            });
        cb_wait_front(kJoined, 1);
        fill_from_element<kJoinedOperand>(0, zone_row(state.zone), kElements, state.formats);
        cb_pop_front(kJoined, 1);
        MATH((point_sfpu_at(zone_row(state.zone))));
        MATH((sfpu::issue<JoinSlices>()));
    }
}

}  // namespace layernorm_fused_rm
