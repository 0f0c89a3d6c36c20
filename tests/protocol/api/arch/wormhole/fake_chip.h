// SPDX-License-Identifier: Apache-2.0
// What of the fake API is Wormhole's own.
#pragma once

#include <stdint.h>

inline constexpr uint32_t NOC_MAX_BURST_SIZE = 8192;  // noc_parameters.h: 256 flits of 32 bytes

// ckernel_instr_params.h, ckernel_ops.h
struct p_unpacr_nop {
    static constexpr uint32_t UNP_ZEROSRC = 1, UNP_SET_DVALID = 7;
};
#define TTI_UNPACR_NOP(source, what)                                                                        \
    (protocol::plain_fields((what) == p_unpacr_nop::UNP_ZEROSRC || (what) == p_unpacr_nop::UNP_SET_DVALID), \
     protocol::instruction(protocol::EventKind::kUnpackZeroes, source, (what) == p_unpacr_nop::UNP_ZEROSRC, \
                           (what) == p_unpacr_nop::UNP_SET_DVALID, 0))
