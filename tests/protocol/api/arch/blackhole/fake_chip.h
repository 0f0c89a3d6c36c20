// SPDX-License-Identifier: Apache-2.0
// What of the fake API is Blackhole's own.
#pragma once

#include <stdint.h>

inline constexpr uint32_t NOC_MAX_BURST_SIZE = 16384;  // noc_parameters.h: 256 flits of 64 bytes

// ckernel_instr_params.h, ckernel_ops.h
struct p_unpacr_nop {
    static constexpr uint32_t UNP_ZEROSRC = 1, SET_DVALID = 1, WAIT_LIKE_UNPACR = 1, CLR_SRC_0 = 0;
};
#define TTI_UNPACR_NOP(source, stream, clears_count, hands_over, clears_to_one, waits, clears_both_banks, value, what) \
    (protocol::plain_fields((stream) == 0 && (clears_count) == 0 && (hands_over) <= 1 && (clears_to_one) == 0 &&       \
                            (waits) == p_unpacr_nop::WAIT_LIKE_UNPACR && (clears_both_banks) == 0 &&                   \
                            (value) == p_unpacr_nop::CLR_SRC_0 && (what) == p_unpacr_nop::UNP_ZEROSRC),                \
     protocol::instruction(protocol::EventKind::kUnpackZeroes, source, 1, hands_over, 0))
