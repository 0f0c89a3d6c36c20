// SPDX-License-Identifier: Apache-2.0
// Fields of Tensix instructions by the wheel's names and values, for kernel units and the checker.
#pragma once

#include <stdint.h>

// ckernel_instr_params.h
struct p_stall {
    static constexpr uint32_t NONE = 0x0, THCON = 0x1, UNPACK0 = 0x2, UNPACK1 = 0x4, UNPACK = UNPACK0 | UNPACK1,
                              PACK = 0x78, MATH = 0x80, SRCA_CLR = 0x100, SRCB_CLR = 0x200, SRCA_VLD = 0x400,
                              SRCB_VLD = 0x800, TRISC_CFG = 0x2000, SFPU1 = 0x4000, WAIT_SFPU = 0x4000;
    static constexpr uint32_t STALL_TDMA = 0x1, STALL_SYNC = 0x2, STALL_PACK = 0x4, STALL_UNPACK = 0x8,
                              STALL_THCON = 0x20, STALL_MATH = 0x40, STALL_CFG = 0x80, STALL_SFPU = 0x100;
    static constexpr uint32_t STALL_ON_ZERO = 0x1, STALL_ON_MAX = 0x2;
    static constexpr uint32_t SEMAPHORE_1 = 0x2;
};
struct p_setrwc {
    static constexpr uint32_t CLR_NONE = 0, CLR_A = 1, CLR_B = 2, CLR_AB = 3;
    static constexpr uint32_t SET_A = 1, SET_B = 2, SET_AB = 3, SET_D = 4, SET_AD = 5, SET_BD = 6, SET_ABD = 7;
};
inline constexpr uint32_t SrcA = 0, SrcB = 1;
struct p_elwise {
    static constexpr uint32_t CLR_NONE = 0, CLR_A = 1, CLR_B = 2, CLR_AB = 3;
    static constexpr uint32_t DEST_ACCUM_DIS = 0, DEST_ACCUM_EN = 1, SRCB_NO_BCAST = 0;
};

// ckernel_structs.h
struct semaphore {
    static constexpr uint32_t MATH_PACK = 1, UNPACK_TO_DEST = 2, UNPACK_SYNC = 5;
};

namespace protocol {
inline constexpr uint32_t kDestAddresses = 1024;  // ten bits of an instruction ("ELWADD", "SFPLOAD")

// What UNPACR writes (tensix_types.h).
enum class OutFormat : uint32_t { kFloat32 = 0, kTf32 = 4, kBfloat16 = 5 };
}  // namespace protocol
