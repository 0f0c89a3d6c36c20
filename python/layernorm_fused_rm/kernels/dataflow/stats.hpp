// SPDX-License-Identifier: Apache-2.0
// Stats of rows that chips share (contract/stats.hpp) between device memory and L1: the reader brings those of all parts
// of a block's rows with the block's first step, the writer takes away those of this chip's part.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/rows.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Pages of kStats, one for each step under way: so many blocks at most have one that is not pushed. They go round.
inline constexpr uint32_t kStatsPages = kStepsInFlight;
inline constexpr uint32_t kStatsPairs = contract::stats_pairs(kStatsNumbers, kRowsPerVector);
inline constexpr uint32_t kBytesOfPair = contract::kElementsPerVectorPair * contract::kBytesPerFloat32;
inline constexpr uint32_t kBytesOfRowInPair = kBytesOfPair / kRowsPerVector;
inline constexpr uint32_t kBytesOfStatsPage = kStatsPairs * kBytesOfPair;

// Blocks whose stats are under way: started in turn, pushed in turn.
class StatsUnderWay {
public:
    // Starts the reads of a block's, where its rows are no padding: of each row a piece for each vector pair.
    void start(Block block) {
        if constexpr (kTakesStats) {
            cb_reserve_back(kStats, under_way_ + 1);
            const uint32_t page = first_ + next_ % kStatsPages * kBytesOfStatsPage;
            for (uint32_t row = 0; row < block.rows; ++row) {
                if (is_padding(block, row)) {
                    continue;
                }
                const uint64_t numbers = row_address<kStatsTensor>(block, row, tensor_address(Tensor::kStats));
                for (uint32_t pair = 0; pair < kStatsPairs; ++pair) {
                    const uint32_t left = kStatsTensor.page_bytes - pair * kBytesOfRowInPair;
                    noc_async_read(numbers + pair * kBytesOfRowInPair,
                                   page + pair * kBytesOfPair + row * kBytesOfRowInPair,
                                   left < kBytesOfRowInPair ? left : kBytesOfRowInPair);
                }
            }
            ++next_;
            ++under_way_;
        }
    }

    // They have come.
    void finish_oldest() {
        if constexpr (kTakesStats) {
            cb_push_back(kStats, 1);
            --under_way_;
        }
    }

private:
    const uint32_t first_ = kTakesStats ? get_write_ptr(kStats) : 0;
    uint32_t next_ = 0;
    uint32_t under_way_ = 0;
};

// kStatistics -> the stats of the block's rows.
inline void write_stats(Block block, uint32_t address) {
    constexpr uint32_t kBytes = contract::kNumbersOfStats * contract::kBytesPerFloat32;
    cb_wait_front(kStatistics, 1);
    for (uint32_t row = 0; row < block.rows; ++row) {
        if (!is_padding(block, row)) {
            noc_async_write(get_read_ptr(kStatistics) + row * kBytesOfRowInPair,
                            row_address<kStatsTensor>(block, row, address), kBytes);
        }
    }
    noc_async_writes_flushed();
    cb_pop_front(kStatistics, 1);
}

}  // namespace layernorm_fused_rm
