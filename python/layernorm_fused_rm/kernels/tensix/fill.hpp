// SPDX-License-Identifier: Apache-2.0
// Moves elements from L1 to fp32 DEST in linear order: element i of the source becomes element i of the DEST rows.
//
// bfloat16: L1 -> SrcA by one UNPACR of up to a chunk (1,024 elements, as LLK's matmul unpacks a tile); SrcA -> DEST by
// ELWADD with a SrcB of zeros, eight rows each, which is how LLK's datacopy widens bf16 to fp32 (x + 0 is exact). SrcB
// is zeroed and made valid once and never released until the end, so that only SrcA is handed back and forth. Source:
// ISA documents "UNPACR_Regular", "ELWADD"; llk_unpack_A.h, llk_math_eltwise_unary_datacopy.h.
//
// Sums of pairs: the same ELWADD can add to what DEST holds, 128 elements an instruction where the SFPU takes eight.
// Two bf16 numbers are added exactly, unless one is less than 2^-16 of the other, and then rounded as fp32 is. A third
// is not added: Wormhole's FPU normalises a sum wrongly that comes out as exactly -1 unit in the last place of the
// larger operand (2^27 times too large; wolfpine's MatrixUnit._fpu_accumulate, after ttsim), which takes 24 bits of
// significand on one side; of two bf16 numbers neither has more than eight.
//
// float32: L1 -> DEST by one UNPACR, since SrcA would keep 11 bits of the significand ("Format Conversion"). Settings
// and hand-over are LLK's (set_dst_write_addr, math_unpack_to_dest_*): the math thread sends the DEST row by mailbox
// once FPU and SFPU are done, and waits for semaphore UNPACK_TO_DEST.
#pragma once

#include <stdint.h>

#include "api/compute/common.h"
#include "api/compute/reconfig_data_format.h"
#include "api/compute/tile_move_copy.h"
#include "chip/unpacker.hpp"
#include "contract.hpp"
#include "tensix/instructions.hpp"

namespace layernorm_fused_rm::tensix {

// A matrix is eight rows of SrcA or DEST, what one ELWADD takes.
inline constexpr uint32_t kRowsPerMatrix = 8;
inline constexpr uint32_t kElementsPerMatrix = kRowsPerMatrix * contract::kElementsPerDestRow;
inline constexpr uint32_t kMatricesPerChunk = contract::kElementsPerChunk / kElementsPerMatrix;
inline constexpr uint32_t kBytesPerL1Word = 16;  // the unit of unpacker and packer addresses

// ADDR_MOD slots of the math thread. The first two are sfpu::Advance.
inline constexpr uint32_t kStay = 0;
inline constexpr uint32_t kNextStep = 1;
inline constexpr uint32_t kNextRows = 2;
inline constexpr uint32_t kFirstRows = 3;

// A circular buffer that is unpacked, and its elements.
struct Operand {
    uint32_t buffer;
    uint32_t element_bytes;

    constexpr bool is_float32() const { return element_bytes == contract::kBytesPerFloat32; }
};

#ifdef TRISC_MATH
template <uint32_t dest_rows_per_step>
inline void set_address_modes() {
    addr_mod_t mode{};
    mode.set(kStay);
    mode.dest.incr = dest_rows_per_step;
    mode.set(kNextStep);
    mode.srca.incr = kRowsPerMatrix;
    mode.dest.incr = kRowsPerMatrix;
    mode.set(kNextRows);
    mode = {};
    mode.srca.clr = 1;
    mode.dest.clr = 1;
    mode.set(kFirstRows);
}
#endif

// Sets up unpacker and address modes; an SFPU step leaves `dest_rows_per_step` DEST rows behind. After
// compute_kernel_hw_startup and copy_init.
template <uint32_t dest_rows_per_step>
inline void start_fill() {
    UNPACK((chip::give_zeros_in_srcb()));
    MATH((set_address_modes<dest_rows_per_step>()));
}

// Hands SrcB back, so that the next kernel on this core finds it as it expects it. A core without rows may get here
// before its unpacker has made SrcB valid.
inline void end_fill() {
    MATH((TTI_STALLWAIT(p_stall::STALL_MATH, p_stall::SRCB_VLD)));
    MATH((TTI_CLEARDVALID(p_setrwc::CLR_B, 0)));
}

#ifdef TRISC_UNPACK
// Gives the unpacker's next context an L1 address (bytes, a multiple of 16).
inline void configure_address(uint32_t l1_address) {
    volatile uint32_t tt_reg_ptr* configuration = get_cfg_pointer();
    wait_for_next_context(2);
    configuration[unp_cfg_context == 0 ? THCON_SEC0_REG3_Base_address_ADDR32
                                       : THCON_SEC0_REG3_Base_cntx1_address_ADDR32] = l1_address / kBytesPerL1Word - 1;
}

// L1 -> SrcA: up to one chunk. Waits for a free SrcA bank in hardware.
inline void unpack_to_srca(uint32_t l1_address, uint32_t elements) {
    configure_address(l1_address);
    semaphore_post(semaphore::UNPACK_SYNC);
    TTI_STALLWAIT(p_stall::STALL_UNPACK, p_stall::TRISC_CFG);
    TT_SETADCXX(p_setadc::UNP_A, elements - 1, 0);
    TTI_UNPACR(SrcA, 0, 0, 0, 0, 1, 1, p_unpacr::RAREFYB_DISABLE, 0, 0, 0, 0, 1);
    t6_semaphore_get(semaphore::UNPACK_SYNC);
    switch_config_context(unp_cfg_context);
}

// L1 -> DEST: up to one chunk, to the row that the math thread sends.
inline void unpack_to_dest(uint32_t l1_address, uint32_t elements) {
    constexpr uint32_t kFormat = static_cast<uint32_t>(DataFormat::Float32);
    configure_address(l1_address);
    set_dst_write_addr(unp_cfg_context, kFormat);
    wait_for_dest_available();
    semaphore_post(semaphore::UNPACK_SYNC);
    TTI_STALLWAIT(p_stall::STALL_UNPACK, p_stall::TRISC_CFG);
    TT_SETADCXX(p_setadc::UNP_A, elements - 1, 0);
    TTI_UNPACR(SrcA, 0, 0, 0, 0, 1, 0, p_unpacr::RAREFYB_DISABLE, 0, 0, 0, 0, 1);
    t6_semaphore_get(semaphore::UNPACK_SYNC);
    chip::end_unpack_to_dest();
    switch_config_context(unp_cfg_context);
}
#endif

#ifdef TRISC_MATH
// The matrix of SrcA at hand -> DEST, `distance` matrices behind its own place. Never before it, which would take DEST
// addresses that wrap.
template <uint32_t mode, uint32_t releases = p_elwise::CLR_NONE, uint32_t distance = 0>
inline void place_matrix() {
    TTI_ELWADD(releases, p_elwise::DEST_ACCUM_DIS, p_elwise::SRCB_NO_BCAST, mode, distance * kRowsPerMatrix);
}
// The same, added to what is in its own place.
template <uint32_t mode, uint32_t releases = p_elwise::CLR_NONE>
inline void add_matrix() {
    TTI_ELWADD(releases, p_elwise::DEST_ACCUM_EN, p_elwise::SRCB_NO_BCAST, mode, 0);
}
// The first `pairs` matrices of SrcA to where the next `pairs` belong, to be added to.
template <uint32_t pairs>
inline void place_first_matrices() {
    for (uint32_t matrix = 0; matrix < pairs; ++matrix) {
        place_matrix<kNextRows, p_elwise::CLR_NONE, pairs>();
    }
}

// SrcA -> DEST rows from `dest_row`, a multiple of eight; whole matrices, so up to 127 elements beyond are overwritten.
inline __attribute__((always_inline)) void move_to_dest(uint32_t dest_row, uint32_t elements) {
    TT_SETC16(DEST_TARGET_REG_CFG_MATH_Offset_ADDR32, dest_row);
    for (uint32_t moved = kElementsPerMatrix; moved < elements; moved += kElementsPerMatrix) {
        place_matrix<kNextRows>();
    }
    place_matrix<kFirstRows, p_elwise::CLR_A>();
}

// SrcA -> DEST, of rows from `dest_row`: the sum of matrices i and pairs + i in the place of the latter, and nothing
// else.
template <uint32_t pairs>
inline void move_sums_to_dest(uint32_t dest_row) {
    TT_SETC16(DEST_TARGET_REG_CFG_MATH_Offset_ADDR32, dest_row);
    place_first_matrices<pairs>();
    for (uint32_t matrix = 1; matrix < pairs; ++matrix) {
        add_matrix<kNextRows>();
    }
    add_matrix<kFirstRows, p_elwise::CLR_A>();
}

// The same, and the matrices behind 2 * pairs, `matrices` in all, to their own places. SrcA stays, for
// move_first_matrices.
template <uint32_t matrices, uint32_t pairs>
inline void move_to_dest_with_sums(uint32_t dest_row) {
    static_assert(pairs > 0 && 2 * pairs <= matrices);
    constexpr uint32_t kRest = matrices - 2 * pairs;
    TT_SETC16(DEST_TARGET_REG_CFG_MATH_Offset_ADDR32, dest_row);
    place_first_matrices<pairs>();
    for (uint32_t matrix = 1; matrix < pairs; ++matrix) {
        add_matrix<kNextRows>();
    }
    add_matrix<kRest == 0 ? kFirstRows : kNextRows>();
    for (uint32_t matrix = 1; matrix < kRest; ++matrix) {
        place_matrix<kNextRows>();
    }
    if constexpr (kRest != 0) {
        place_matrix<kFirstRows>();
    }
}

// The first `matrices` matrices of SrcA to their own places, some of which had sums.
template <uint32_t matrices>
inline void move_first_matrices() {
    for (uint32_t matrix = 1; matrix < matrices; ++matrix) {
        place_matrix<kNextRows>();
    }
    place_matrix<kFirstRows, p_elwise::CLR_A>();
}

// Lets the unpacker write DEST from `dest_row`, and waits until it has.
inline void await_unpack_to_dest(uint32_t dest_row) {
    math_unpack_to_dest_math_ready();
    mailbox_write(ThreadId::UnpackThreadId, dest_row);
    math_unpack_to_dest_tile_ready();
}
#endif

// L1 -> DEST: `elements` consecutive elements, chunk by chunk. A tail is moved in whole DEST rows, as which L1 has it.
template <const Operand& operand>
inline __attribute__((always_inline)) void fill(uint32_t l1_address, uint32_t dest_row, uint32_t elements) {
    for (uint32_t done = 0; done < elements; done += contract::kElementsPerChunk) {
        const uint32_t left = elements - done;
        const uint32_t rows = (left + contract::kElementsPerDestRow - 1) / contract::kElementsPerDestRow;
        const uint32_t whole = rows * contract::kElementsPerDestRow;
        const uint32_t count = whole < contract::kElementsPerChunk ? whole : contract::kElementsPerChunk;
        const uint32_t row = dest_row + done / contract::kElementsPerDestRow;
        if constexpr (operand.is_float32()) {
            UNPACK((unpack_to_dest(l1_address + done * operand.element_bytes, count)));
            MATH((await_unpack_to_dest(row)));
        } else {
            UNPACK((unpack_to_srca(l1_address + done * operand.element_bytes, count)));
            MATH((move_to_dest(row, count)));
        }
    }
}

// SFPU instructions from here on see what the FPU has put into DEST ("SFPLOAD", instruction scheduling), and the
// reverse.
inline void order_sfpu_after_fill() { MATH((TTI_STALLWAIT(p_stall::STALL_SFPU, p_stall::MATH))); }
inline void order_fill_after_sfpu() { MATH((TTI_STALLWAIT(p_stall::STALL_MATH, p_stall::WAIT_SFPU))); }

}  // namespace layernorm_fused_rm::tensix
