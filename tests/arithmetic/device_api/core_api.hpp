// The names of ttnn's compute API and of LLK that kernels/compute.cpp uses, as calls of the host's core.
//
// Names and arguments are theirs, so that the kernel compiles unchanged; what concerns only the order of the three
// threads does nothing here, where program order is the order. Kept to what the kernels use: a new call does not
// compile until it has been given a meaning.
#pragma once

#include <cstdint>

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
    static constexpr std::uint32_t CLR_NONE = 0, CLR_A = 1, DEST_ACCUM_DIS = 0, SRCB_NO_BCAST = 0;
};
struct p_setrwc {
    static constexpr std::uint32_t CLR_NONE = 0, CLR_B = 2, SET_D = 4;
};
struct p_stall {
    static constexpr std::uint32_t STALL_UNPACK = 8, STALL_MATH = 64, STALL_SFPU = 256;
    static constexpr std::uint32_t TRISC_CFG = 1, MATH = 16, WAIT_SFPU = 4096, SRCB_VLD = 512, PACK = 8,
                                   SEMAPHORE_1 = 2;
};
struct semaphore {
    static constexpr std::uint32_t UNPACK_SYNC = 1;
};
enum class PackMode { Default };
inline constexpr int DST_SYNC_MODE = 0;
inline constexpr bool DST_ACCUM_MODE = true;

// Registers that the kernels address: one word per unpacker context, and the base of DEST rows.
inline constexpr std::uint32_t THCON_SEC0_REG3_Base_address_ADDR32 = 0;
inline constexpr std::uint32_t THCON_SEC0_REG3_Base_cntx1_address_ADDR32 = 1;
inline constexpr std::uint32_t DEST_TARGET_REG_CFG_MATH_Offset_ADDR32 = 1;

// The unpacker's state between its instructions.
inline thread_local volatile std::uint32_t unpacker_configuration[2] = {};
inline thread_local std::uint32_t unp_cfg_context = 0;
inline thread_local std::uint32_t unpacker_count = 0;

inline volatile std::uint32_t* get_cfg_pointer() { return unpacker_configuration; }
inline void wait_for_next_context(std::uint32_t) {}
inline void switch_config_context(std::uint32_t& context) { context ^= 1U; }
inline void semaphore_post(std::uint32_t) {}
inline void t6_semaphore_get(std::uint32_t) {}

inline void TT_SETADCXX(std::uint32_t, std::uint32_t last, std::uint32_t first) { unpacker_count = last - first + 1; }
template <typename... Operands>
inline void TTI_UNPACR(Source, Operands...) {
    const std::uint32_t address = (unpacker_configuration[unp_cfg_context] + 1) * 16;
    running_core().unpack_to_source_a(address, unpacker_count);
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
inline void TTI_ELWADD(std::uint32_t clear, std::uint32_t, std::uint32_t, std::uint32_t mode, std::uint32_t) {
    running_core().add_sources(mode, clear == p_elwise::CLR_A);
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
inline void compute_kernel_hw_startup(std::uint32_t, std::uint32_t) {}
inline void copy_init(std::uint32_t) {}

template <auto... kSettings>
inline void _llk_pack_(std::uint32_t chunk, std::uint32_t address) {
    running_core().pack_chunk(chunk, (address + 1) * 16);
}

// Arguments and circular buffers.
template <typename T>
[[nodiscard]] inline T get_arg_val(std::uint32_t slot) {
    return running_core().feed().argument(slot);
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
inline void cb_pop_front(std::uint32_t buffer, std::uint32_t pages) { running_core().feed().pop_front(buffer, pages); }
inline void cb_reserve_back(std::uint32_t buffer, std::uint32_t pages) {
    running_core().feed().reserve_back(buffer, pages);
}
inline void cb_push_back(std::uint32_t buffer, std::uint32_t pages) { running_core().feed().push_back(buffer, pages); }
