// SPDX-License-Identifier: Apache-2.0
// Sums of rows that several cores share, a team: what each has of them goes to all, for compute to join
// (compute/exchange.hpp). For the writer.
//
// An exchange takes a page of kJoined on every core of the team, in which each slice has its place, and a semaphore that
// counts whose sums have come. Both go round by two. A core sends for an exchange once all others have sent for the one
// before, which each does only when it has both pages: its compute is through with the last one then. Before the first,
// each has told all that it has begun: until then another program may have that memory.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/affine.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

using contract::kJoinedPages;

inline constexpr uint32_t kExchangesPerBatch = contract::count_exchanges(kCentring);
inline constexpr uint32_t kPartialBytes =
    kRowsPerBatch / kRowsPerVector * contract::kElementsPerVectorPair * contract::kBytesPerFloat32;

// Nothing, where each core has its rows to itself.
class Team {
public:
    // Tells all that this core has begun. A core without rows has no team.
    void begin() const {
        if constexpr (kIsSliced) {
            if (has_rows()) {
                cb_reserve_back(kJoined, kJoinedPages);
                for_each_member([](uint32_t x, uint32_t y) {
                    noc_semaphore_inc(get_noc_addr(x, y, semaphore_address(Semaphore::kTeamReady)), 1);
                });
            }
        }
    }

    // All exchanges of a batch; those of the first may come ahead of it.
    void exchange_ahead() {
        if constexpr (kIsSliced) {
            if (has_rows()) {
                exchange_for_batch();
                is_ahead_ = true;
            }
        }
    }
    void exchange_for_batch() {
        if constexpr (kIsSliced) {
            for (uint32_t i = is_ahead_ ? kExchangesPerBatch : 0; i < kExchangesPerBatch; ++i) {
                exchange();
            }
            is_ahead_ = false;
        }
    }

    // Nothing of it is under way any more.
    void end() const {
        if constexpr (kIsSliced) {
            noc_async_atomic_barrier();
        }
    }

private:
    static bool has_rows() { return count_runs<DataMovementArgument>() != 0; }

    // kPartial -> kJoined of every core of the team.
    void exchange() {
        const Semaphore arrived = is_odd_ ? Semaphore::kOddPartials : Semaphore::kEvenPartials;
        const uint32_t place = get_write_ptr(kJoined) + own_slice() * kPartialBytes;
        const uint32_t arrived_address = semaphore_address(arrived);
        cb_reserve_back(kJoined, kJoinedPages);
        wait_for_all();
        cb_wait_front(kPartial, 1);
        const uint32_t partial = get_read_ptr(kPartial);
        for_each_member([=](uint32_t x, uint32_t y) {
            noc_async_write(partial, get_noc_addr(x, y, place), kPartialBytes);
            noc_semaphore_inc(get_noc_addr(x, y, arrived_address), 1);
        });
        noc_async_writes_flushed();
        cb_pop_front(kPartial, 1);
        noc_semaphore_wait(semaphore_pointer(arrived), kSlices);
        noc_semaphore_set(semaphore_pointer(arrived), 0);
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

    // Until all have begun, the first time.
    void wait_for_all() {
        if (!have_begun_) {
            noc_semaphore_wait(semaphore_pointer(Semaphore::kTeamReady), kSlices);
            noc_semaphore_set(semaphore_pointer(Semaphore::kTeamReady), 0);
            have_begun_ = true;
        }
    }

    bool have_begun_ = false;
    bool is_odd_ = false;
    bool is_ahead_ = false;
};

}  // namespace layernorm_fused_rm
