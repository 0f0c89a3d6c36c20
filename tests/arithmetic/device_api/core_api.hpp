// SPDX-License-Identifier: Apache-2.0
// The names of ttnn's compute API and of LLK that kernels/compute.cpp uses, as calls of the host's core.
//
// Names and arguments are theirs, so that the kernel compiles unchanged; what concerns only the order of the three
// threads does nothing here, where program order is the order. Kept to what the kernels use: a new call does not
// compile until it has been given a meaning.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <stdexcept>

#include "core.hpp"

#define UNPACK(x) x
#define MATH(x) x
#define PACK(x) x

[[nodiscard]] inline layernorm_fused_rm::arithmetic::Core& running_core() {
    return layernorm_fused_rm::arithmetic::Core::current();
}

// Operands of instructions that keep their meaning.
enum Source : std::uint32_t { SrcA, SrcB };
struct p_unpacr_nop {
    static constexpr std::uint32_t UNP_ZEROSRC = 1, UNP_SET_DVALID = 7;
};
struct p_unpacr {
    static constexpr std::uint32_t RAREFYB_DISABLE = 0;
};
struct p_setadc {
    static constexpr std::uint32_t UNP_A = 1;
};
struct p_elwise {
    static constexpr std::uint32_t CLR_NONE = 0, CLR_A = 1, DEST_ACCUM_DIS = 0, DEST_ACCUM_EN = 1, SRCB_NO_BCAST = 0;
};
struct p_setrwc {
    static constexpr std::uint32_t CLR_NONE = 0, CLR_B = 2, SET_D = 4;
};
struct p_stall {
    static constexpr std::uint32_t STALL_UNPACK = 8, STALL_MATH = 64, STALL_CFG = 128, STALL_SFPU = 256;
    static constexpr std::uint32_t TRISC_CFG = 1, MATH = 16, WAIT_SFPU = 4096, SRCB_VLD = 512, PACK = 8,
                                   SEMAPHORE_1 = 2, UNPACK0 = 2;
};
struct semaphore {
    static constexpr std::uint32_t UNPACK_SYNC = 1, UNPACK_TO_DEST = 2;
};
enum class DataFormat : std::uint32_t { Float32 = 0, Tf32 = 4, Float16_b = 5 };
enum class ThreadId { UnpackThreadId };
enum class PackMode { Default };
inline constexpr int DST_SYNC_MODE = 0;
inline constexpr bool DST_ACCUM_MODE = true;

// Registers that the kernels address: three words per unpacker context, and the base of DEST rows.
inline constexpr std::uint32_t THCON_SEC0_REG3_Base_address_ADDR32 = 0;
inline constexpr std::uint32_t THCON_SEC0_REG3_Base_cntx1_address_ADDR32 = 1;
inline constexpr std::uint32_t THCON_SEC0_REG2_Unpack_if_sel_cntx0_RMW = 2;
inline constexpr std::uint32_t THCON_SEC0_REG2_Unpack_if_sel_cntx1_RMW = 3;
inline constexpr std::uint32_t THCON_SEC0_REG5_Dest_cntx0_address_RMW = 4;
inline constexpr std::uint32_t THCON_SEC0_REG5_Dest_cntx1_address_RMW = 5;
inline constexpr std::uint32_t THCON_SEC0_REG2_Out_data_format_RMW = 6;
inline constexpr std::uint32_t SRCA_SET_Base_ADDR32 = 0;
inline constexpr std::uint32_t DEST_TARGET_REG_CFG_MATH_Offset_ADDR32 = 1;

// The unpacker's state between its instructions; its registers as LLK's start-up leaves them, SrcA from row 4.
inline constexpr std::uint32_t kUnpackerStart[] = {0, 0, 0, 0, 64, 64, 0};
inline thread_local volatile std::uint32_t unpacker_configuration[std::size(kUnpackerStart)] = {};
inline thread_local std::uint32_t unp_cfg_context = 0;
inline thread_local std::uint32_t unpacker_count = 0;

inline volatile std::uint32_t* get_cfg_pointer() { return unpacker_configuration; }
template <std::uint32_t kRegister>
inline void cfg_reg_rmw_tensix(std::uint32_t value) {
    unpacker_configuration[kRegister] = value;
}
// The format that UNPACR writes, as LLK sets it for a buffer.
inline void set_out_format(std::uint32_t buffer) {
    const bool is_float32 = running_core().feed().format_of(buffer) == layernorm_fused_rm::arithmetic::Format::kFloat32;
    cfg_reg_rmw_tensix<THCON_SEC0_REG2_Out_data_format_RMW>(
        static_cast<std::uint32_t>(is_float32 ? DataFormat::Float32 : DataFormat::Float16_b));
}
inline void wait_for_next_context(std::uint32_t) {}
inline void switch_config_context(std::uint32_t& context) { context ^= 1U; }
inline void semaphore_post(std::uint32_t) {}
inline void t6_semaphore_get(std::uint32_t) {}
template <std::uint32_t>
inline void t6_semaphore_post(std::uint32_t) {}
inline void TTI_SETC16(std::uint32_t, std::uint32_t) {}

// Hand-over of DEST between math and unpacker: the row itself is the math thread's, which comes later here.
inline void set_dst_write_addr(std::uint32_t context, std::uint32_t) {
    unpacker_configuration[THCON_SEC0_REG2_Unpack_if_sel_cntx0_RMW + context] = 1;
    unpacker_configuration[THCON_SEC0_REG5_Dest_cntx0_address_RMW + context] = 0;
}
inline void wait_for_dest_available() {}
inline void math_unpack_to_dest_math_ready() { running_core().order_unpacker_after_math(); }
inline void mailbox_write(ThreadId, std::uint32_t dest_row) { running_core().let_unpacker_write(dest_row); }
inline void math_unpack_to_dest_tile_ready() { running_core().await_unpacker(); }

inline void TT_SETADCXX(std::uint32_t, std::uint32_t last, std::uint32_t first) { unpacker_count = last - first + 1; }
inline void TTI_SETADCXX(std::uint32_t counter, std::uint32_t last, std::uint32_t first) {
    TT_SETADCXX(counter, last, first);
}
inline void TTI_UNPACR(Source, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t,
                       std::uint32_t makes_valid, std::uint32_t, std::uint32_t writes_zeros, std::uint32_t,
                       std::uint32_t, std::uint32_t, std::uint32_t) {
    const std::uint32_t address = (unpacker_configuration[unp_cfg_context] + 1) * 16;
    const bool goes_to_dest = unpacker_configuration[THCON_SEC0_REG2_Unpack_if_sel_cntx0_RMW + unp_cfg_context] != 0;
    const std::uint32_t base = unpacker_configuration[THCON_SEC0_REG5_Dest_cntx0_address_RMW + unp_cfg_context];
    if (!goes_to_dest && base != kUnpackerStart[THCON_SEC0_REG5_Dest_cntx0_address_RMW]) {
        throw std::logic_error("an UNPACR to SrcA with an address of DEST");
    }
    const auto format = static_cast<DataFormat>(unpacker_configuration[THCON_SEC0_REG2_Out_data_format_RMW]);
    if (writes_zeros != 0 || goes_to_dest != (format == DataFormat::Float32)) {
        throw std::logic_error("an UNPACR of zeros, of fp32 to SrcA, or of anything else to DEST");
    }
    if (makes_valid == 0 && !goes_to_dest && format == DataFormat::Tf32) {
        return;  // to a bank of SrcA that stays the unpacker's
    }
    if ((makes_valid != 0) == goes_to_dest) {
        throw std::logic_error("an UNPACR that hands over nothing, or what is none");
    }
    goes_to_dest ? running_core().unpack_to_dest(address, unpacker_count)
                 : running_core().unpack_to_source_a(address, unpacker_count);
}
inline void TTI_UNPACR_NOP(Source, std::uint32_t what) {
    if (what == p_unpacr_nop::UNP_ZEROSRC) {
        running_core().zero_source_b();
    }
}

// The math thread's instructions.
inline void TTI_INSN(std::uint32_t word) { running_core().issue(word); }
inline void TT_INSN(std::uint32_t word) { running_core().issue(word); }
inline void TTI_REPLAY(std::uint32_t slot, std::uint32_t count, std::uint32_t, std::uint32_t loads) {
    loads != 0 ? running_core().record_replay(slot, count) : running_core().replay(slot, count);
}
inline void TTI_ELWADD(std::uint32_t clear, std::uint32_t accumulates, std::uint32_t, std::uint32_t mode,
                       std::uint32_t row) {
    running_core().add_sources(mode, clear == p_elwise::CLR_A, accumulates == p_elwise::DEST_ACCUM_EN, row);
}
inline void TT_SETC16(std::uint32_t, std::uint32_t row) { running_core().set_row_base(row); }
template <typename... Operands>
inline void TTI_SETRWC(Operands...) {
    running_core().clear_row_counter();
}
inline void TTI_STALLWAIT(std::uint32_t stalled, std::uint32_t) {
    if (stalled == p_stall::STALL_SFPU) {
        running_core().order_vector_after_matrix();
    }
}
inline void TTI_SEMINIT(std::uint32_t, std::uint32_t, std::uint32_t) {}
inline void TTI_CLEARDVALID(std::uint32_t, std::uint32_t) {}

// An ADDR_MOD slot, as LLK's addr_mod_t describes it.
struct addr_mod_t {
    struct Counter {
        std::uint32_t incr = 0;
        std::uint32_t clr = 0;
    };
    Counter srca{};
    Counter srcb{};
    Counter dest{};

    void set(std::uint32_t slot) const {
        running_core().set_address_mode(slot, {srca.incr, srca.clr != 0}, {dest.incr, dest.clr != 0});
    }
};

// Hand-over between threads, and set-up.
inline void math_dest_wait() {}
inline void set_math_semaphores() {}
inline void _llk_packer_wait_for_math_done_() {}
template <auto... kSettings>
inline void _llk_packer_set_math_semaphore_() {}
inline void compute_kernel_hw_startup(std::uint32_t input, std::uint32_t output) {
    std::copy(std::begin(kUnpackerStart), std::end(kUnpackerStart), std::begin(unpacker_configuration));
    unp_cfg_context = 0;
    running_core().set_unpack_format(input);
    set_out_format(input);
    running_core().set_pack_format(output);
}
inline void reconfig_data_format_srca(std::uint32_t buffer) {
    running_core().set_unpack_format(buffer);
    set_out_format(buffer);
}
inline void pack_reconfig_data_format(std::uint32_t buffer) { running_core().set_pack_format(buffer); }
inline void copy_init(std::uint32_t) {}

template <auto... kSettings>
inline void _llk_pack_(std::uint32_t chunk, std::uint32_t address) {
    running_core().pack_chunk(chunk, (address + 1) * 16);
}

// Arguments and circular buffers. A program of one core has the core's own arguments behind the common ones.
template <typename T>
[[nodiscard]] inline T get_common_arg_val(std::uint32_t slot) {
    return running_core().feed().common_argument(slot);
}
template <typename T>
[[nodiscard]] inline T get_arg_val(std::uint32_t slot) {
    return running_core().feed().own_argument(slot);
}
struct LocalBuffer {
    std::uint32_t fifo_rd_ptr;  // 16-byte words
    std::uint32_t fifo_wr_ptr;
};
[[nodiscard]] inline LocalBuffer get_local_cb_interface(std::uint32_t buffer) {
    return {running_core().feed().front_address(buffer) / 16, running_core().feed().back_address(buffer) / 16};
}
inline void cb_wait_front(std::uint32_t buffer, std::uint32_t pages) {
    running_core().feed().wait_front(buffer, pages);
}
// What is written has been popped, and nothing pushed but rows: none is redone here. One would be if it came out without
// one finite element, and that it does extremes_test.cpp shows.
[[nodiscard]] inline const std::uint32_t* get_cb_tiles_received_ptr(std::uint32_t buffer) {
    return running_core().feed().pages_popped(buffer);
}
[[nodiscard]] inline const std::uint32_t* get_cb_tiles_acked_ptr(std::uint32_t buffer) {
    return running_core().feed().pages_pushed(buffer);
}
inline void cb_pop_front(std::uint32_t buffer, std::uint32_t pages) { running_core().feed().pop_front(buffer, pages); }
inline void cb_reserve_back(std::uint32_t buffer, std::uint32_t pages) {
    running_core().feed().reserve_back(buffer, pages);
}
inline void cb_push_back(std::uint32_t buffer, std::uint32_t pages) { running_core().feed().push_back(buffer, pages); }
