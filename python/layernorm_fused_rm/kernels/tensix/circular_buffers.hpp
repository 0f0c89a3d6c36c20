// SPDX-License-Identifier: Apache-2.0
// Where the pages of circular buffers lie, for the compute threads that read and write them by address.
//
// copy_tile and pack_tile address whole 32x32 tiles of a buffer; rows of any width need byte addresses.
#pragma once

#include <stdint.h>

#include "api/compute/common.h"
#include "contract.hpp"
#include "tensix/fill.hpp"

namespace layernorm_fused_rm::tensix {

// L1 byte address of the buffer's front page, on the unpack thread; 0 on the others, which do not use it.
inline uint32_t front_address(uint32_t buffer) {
    uint32_t address = 0;
    UNPACK((address = get_local_cb_interface(buffer).fifo_rd_ptr * kBytesPerL1Word));
    return address;
}

// L1 byte address of the buffer's back page, on the pack thread; 0 on the others.
inline uint32_t back_address(uint32_t buffer) {
    uint32_t address = 0;
    PACK((address = get_local_cb_interface(buffer).fifo_wr_ptr * kBytesPerL1Word));
    return address;
}

// Pages of a buffer that have been pushed, and popped, since the kernel began, modulo 2^16: the counters that both
// sides of it share, which every thread may read.
inline uint16_t pages_pushed(uint32_t buffer) { return static_cast<uint16_t>(*get_cb_tiles_received_ptr(buffer)); }
inline uint16_t pages_popped(uint32_t buffer) { return static_cast<uint16_t>(*get_cb_tiles_acked_ptr(buffer)); }

// Waits until so many have been popped.
inline void wait_until_popped(uint32_t buffer, uint32_t pages) {
    while (pages_popped(buffer) != static_cast<uint16_t>(pages)) {
    }
}

// pack: one chunk of DEST, rounded to bf16, to L1 in linear order. LLK's pack of one tile: four packers, a face each.
inline void pack_chunk(uint32_t chunk, uint32_t l1_address) {
    PACK((_llk_pack_<DST_SYNC_MODE, DST_ACCUM_MODE, PackMode::Default>(chunk, l1_address / kBytesPerL1Word - 1)));
}

}  // namespace layernorm_fused_rm::tensix
