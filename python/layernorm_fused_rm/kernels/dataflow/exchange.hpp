// SPDX-License-Identifier: Apache-2.0
// Sums of rows that several cores share, a team: what each has of them goes to all, for compute to join
// (compute/exchange.hpp). For the writer.
//
// An exchange takes a page of kJoined on every core of the team, in which each slice has its place, and a semaphore that
// counts whose sums have come. Both go round by two. A core sends for an exchange once all others have sent for the one
// before, which each does only when it has both pages: its compute is through with the last one then. Before the first
// both are empty, whether its kernels have begun or not (contract/runtime.hpp, Semaphore).
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/affine.hpp"
#include "dataflow/noc_commands.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

using contract::kJoinedPages;

inline constexpr uint32_t kExchangesPerBatch = contract::count_exchanges(kCentring);
inline constexpr uint32_t kPartialBytes =
    kRowsPerBatch / kRowsPerVector * contract::kElementsPerVectorPair * contract::kBytesPerFloat32;

// Nothing, where each core has its rows to itself.
class Team {
public:
    // All exchanges of a batch. Those of the first may come ahead of it; meanwhile() is called once this core's sums of
    // the first of them have gone. A core without rows has no team.
    template <typename Meanwhile>
    void exchange_ahead(Meanwhile meanwhile) {
        if constexpr (kExchangesSums) {
            if (has_rows()) {
                send();
                meanwhile();
                collect();
                exchange(1);
                is_ahead_ = true;
                return;
            }
        }
        meanwhile();
    }
    void exchange_for_batch() {
        if constexpr (kExchangesSums) {
            if (!is_ahead_) {
                exchange(0);
            }
            is_ahead_ = false;
        }
    }

private:
    static bool has_rows() { return count_runs<DataMovementArgument>() != 0; }

    // Exchanges of a batch, from one on.
    void exchange(uint32_t first) {
        for (uint32_t i = first; i < kExchangesPerBatch; ++i) {
            send();
            collect();
        }
    }

    // Counts those whose sums have come, for the exchange at hand.
    Semaphore arrived() const { return is_odd_ ? Semaphore::kOddPartials : Semaphore::kEvenPartials; }

    // kPartial -> kJoined of every core of the team.
    void send() const {
        const uint32_t place = get_write_ptr(kJoined) + own_slice() * kPartialBytes;
        const uint32_t arrived_address = semaphore_address(arrived());
        const uint32_t partial = get_read_ptr(kPartial);
        cb_reserve_back(kJoined, kJoinedPages);
        Writes::start(get_noc_addr(place), kPartialBytes);
        cb_wait_front(kPartial, 1);
        for_each_member([=](uint32_t x, uint32_t y) {
            Writes::wait(Writes::is_free());
            Writes::move_elsewhere(get_noc_addr(x, y, place), partial);
            noc_semaphore_inc(get_noc_addr(x, y, arrived_address), 1);
        });
        Writes::count(kSlices);
        noc_async_writes_flushed();
        cb_pop_front(kPartial, 1);
    }

    // Those of all cores -> kJoined.
    void collect() {
        noc_semaphore_wait(semaphore_pointer(arrived()), kSlices);
        noc_semaphore_set(semaphore_pointer(arrived()), 0);
        cb_push_back(kJoined, 1);
        is_odd_ = !is_odd_;
    }

    // This core among them.
    template <typename Visit>
    static void for_each_member(Visit visit) {
        for (uint32_t slice = 0; slice < kSlices; ++slice) {
            const uint32_t slot = contract::team_slot(contract::TeamArgument::kFirstMember) + 2 * slice;
            visit(get_arg_val<uint32_t>(slot), get_arg_val<uint32_t>(slot + 1));
        }
    }

    bool is_odd_ = false;
    bool is_ahead_ = false;
};

}  // namespace layernorm_fused_rm
