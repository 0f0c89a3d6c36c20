// Moves bf16 elements from L1 to fp32 DEST in linear order: element i of the source becomes element i of the DEST rows.
//
// L1 -> SrcA by one UNPACR of up to a chunk (1,024 elements, as LLK's matmul unpacks a tile); SrcA -> DEST by ELWADD
// with a SrcB of zeros, eight rows each, which is how LLK's datacopy widens bf16 to fp32 (x + 0 is exact). SrcB is
// zeroed and made valid once and never released until the end, so that only SrcA is handed back and forth. Source: ISA
// documents "UNPACR_Regular", "ELWADD"; llk_unpack_A.h, llk_math_eltwise_unary_datacopy.h.
#pragma once

#include <stdint.h>

#include "api/compute/common.h"
#include "api/compute/tile_move_copy.h"
#include "contract.hpp"

namespace layernorm_fused_rm::tensix {

inline constexpr uint32_t kRowsPerElwadd = 8;
inline constexpr uint32_t kElementsPerElwadd = kRowsPerElwadd * contract::kElementsPerDestRow;
inline constexpr uint32_t kBytesPerL1Word = 16;  // the unit of unpacker and packer addresses

// ADDR_MOD slots of the math thread. The first two are sfpu::Advance.
inline constexpr uint32_t kStay = 0;
inline constexpr uint32_t kNextVector = 1;
inline constexpr uint32_t kNextRows = 2;
inline constexpr uint32_t kFirstRows = 3;

// Sets up unpacker and address modes. After compute_kernel_hw_startup and copy_init.
inline void start_fill() {
    UNPACK((TTI_UNPACR_NOP(SrcB, p_unpacr_nop::UNP_ZEROSRC)));
    UNPACK((TTI_UNPACR_NOP(SrcB, p_unpacr_nop::UNP_SET_DVALID)));
    MATH((addr_mod_t{}.set(kStay)));
    MATH((addr_mod_t{.dest = {.incr = 2}}.set(kNextVector)));
    MATH((addr_mod_t{.srca = {.incr = kRowsPerElwadd}, .dest = {.incr = kRowsPerElwadd}}.set(kNextRows)));
    MATH((addr_mod_t{.srca = {.clr = 1}, .dest = {.clr = 1}}.set(kFirstRows)));
}

// Hands SrcB back, so that the next kernel on this core finds it as it expects it. A core without rows may get here
// before its unpacker has made SrcB valid.
inline void end_fill() {
    MATH((TTI_STALLWAIT(p_stall::STALL_MATH, p_stall::SRCB_VLD)));
    MATH((TTI_CLEARDVALID(p_setrwc::CLR_B, 0)));
}

#ifdef TRISC_UNPACK
// L1 -> SrcA: up to one chunk from `l1_address` (bytes, a multiple of 16). Waits for a free SrcA bank in hardware.
inline void unpack_to_srca(uint32_t l1_address, uint32_t elements) {
    volatile uint32_t tt_reg_ptr* configuration = get_cfg_pointer();
    wait_for_next_context(2);
    configuration[unp_cfg_context == 0 ? THCON_SEC0_REG3_Base_address_ADDR32
                                       : THCON_SEC0_REG3_Base_cntx1_address_ADDR32] = l1_address / kBytesPerL1Word - 1;
    semaphore_post(semaphore::UNPACK_SYNC);
    TTI_STALLWAIT(p_stall::STALL_UNPACK, p_stall::TRISC_CFG);
    TT_SETADCXX(p_setadc::UNP_A, elements - 1, 0);
    TTI_UNPACR(SrcA, 0, 0, 0, 0, 1, 1, p_unpacr::RAREFYB_DISABLE, 0, 0, 0, 0, 1);
    t6_semaphore_get(semaphore::UNPACK_SYNC);
    switch_config_context(unp_cfg_context);
}
#endif

#ifdef TRISC_MATH
// SrcA -> DEST rows from `dest_row`, a multiple of eight; whole ELWADDs, so up to 127 elements beyond are overwritten.
inline void move_to_dest(uint32_t dest_row, uint32_t elements) {
    TT_SETC16(DEST_TARGET_REG_CFG_MATH_Offset_ADDR32, dest_row);
    for (uint32_t moved = kElementsPerElwadd; moved < elements; moved += kElementsPerElwadd) {
        TTI_ELWADD(p_elwise::CLR_NONE, p_elwise::DEST_ACCUM_DIS, p_elwise::SRCB_NO_BCAST, kNextRows, 0);
    }
    TTI_ELWADD(p_elwise::CLR_A, p_elwise::DEST_ACCUM_DIS, p_elwise::SRCB_NO_BCAST, kFirstRows, 0);
}
#endif

// L1 -> DEST: `elements` consecutive elements, chunk by chunk.
inline void fill(uint32_t l1_address, uint32_t dest_row, uint32_t elements) {
    for (uint32_t done = 0; done < elements; done += contract::kElementsPerChunk) {
        const uint32_t left = elements - done;
        const uint32_t count = left < contract::kElementsPerChunk ? left : contract::kElementsPerChunk;
        UNPACK((unpack_to_srca(l1_address + done * contract::kBytesPerBfloat16, count)));
        MATH((move_to_dest(dest_row + done / contract::kElementsPerDestRow, count)));
    }
}

// SFPU instructions from here on see what the FPU has put into DEST ("SFPLOAD", instruction scheduling), and the
// reverse.
inline void order_sfpu_after_fill() { MATH((TTI_STALLWAIT(p_stall::STALL_SFPU, p_stall::MATH))); }
inline void order_fill_after_sfpu() { MATH((TTI_STALLWAIT(p_stall::STALL_MATH, p_stall::WAIT_SFPU))); }

}  // namespace layernorm_fused_rm::tensix
