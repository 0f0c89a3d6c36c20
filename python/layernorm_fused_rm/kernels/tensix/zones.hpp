// SPDX-License-Identifier: Apache-2.0
// DEST shared out in zones, handed from the math thread to the packer and back.
//
// Two zones, so that one is packed while the other is computed. The hand-over is LLK's own (semaphore MATH_PACK,
// counted in zones), without LLK's flip of the DEST base: zones need not be halves, and gamma and beta may stay beside
// them. A release without ZEROACC leaves DEST as it is; the next fill overwrites every row that is read later.
#pragma once

#include <stdint.h>

#include "api/compute/common.h"
#include "contract.hpp"
#include "tensix/instructions.hpp"

namespace layernorm_fused_rm::tensix {

// Gives MATH_PACK its capacity: as many zones may be committed and not released. LLK's start-up set it to one section
// (DST_SYNC_MODE is full); before any zone is used.
template <uint32_t capacity>
inline void start_zones() {
    MATH((TTI_SEMINIT(capacity, 0, p_stall::SEMAPHORE_1)));
}

// math: waits until fewer zones than the capacity are committed and not released. Needed once before a zone is filled.
inline void acquire_zone() { MATH((math_dest_wait())); }

// math: hands the zone to the packer once FPU and SFPU are done with it.
inline void commit_zone() { MATH((set_math_semaphores())); }

// pack: waits for a committed zone.
inline void wait_zone() { PACK((_llk_packer_wait_for_math_done_())); }

// pack: gives the zone back once the packer has read it.
inline void release_zone() { PACK((_llk_packer_set_math_semaphore_<p_stall::PACK>())); }

}  // namespace layernorm_fused_rm::tensix
