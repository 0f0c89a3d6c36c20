// SPDX-License-Identifier: Apache-2.0
// The compute API as recording functions, for one thread at a time: names of the wheel's api/compute/common.h and of
// the LLK functions that the kernels call. What is not here does not compile.
#pragma once

#include <stdint.h>

#include "api/kernel_thread.h"
#include "ckernel_ops.h"
#include "recorder.hpp"
#include "tensix_constants.hpp"

// The thread's own statements; the others' vanish (api/compute/common_globals.h).
#ifdef TRISC_UNPACK
#define UNPACK(...) __VA_ARGS__
#else
#define UNPACK(...)
#endif
#ifdef TRISC_MATH
#define MATH(...) __VA_ARGS__
#else
#define MATH(...)
#endif
#ifdef TRISC_PACK
#define PACK(...) __VA_ARGS__
#else
#define PACK(...)
#endif

// program.py: fp32 DEST, and the whole of it.
enum class DstSync { SyncHalf, SyncFull };
enum class PackMode { Default, Untilize };
inline constexpr DstSync DST_SYNC_MODE = DstSync::SyncFull;
inline constexpr bool DST_ACCUM_MODE = true;

struct p_unpacr {
    static constexpr uint32_t RAREFYB_DISABLE = 0;
};
struct p_setadc {
    static constexpr uint32_t UNP_A = 1;
};
inline constexpr uint32_t DEST_TARGET_REG_CFG_MATH_Offset_ADDR32 = protocol::kMathOffsetRegister;
inline constexpr uint32_t UNPACK_MISC_CFG_CfgContextOffset_0_ADDR32 = protocol::kContextRegister;
inline constexpr uint32_t SRCA_SET_Base_ADDR32 = protocol::kSourceBaseRegister;
enum class DataFormat : uint8_t { Float32 = 0, Tf32 = 4, Float16_b = 5 };  // tt_metal's numbers
enum ThreadId : uint8_t { BriscThreadId = 0, UnpackThreadId = 1, MathThreadId = 2, PackThreadId = 3 };

// Slots of the address modes (ckernel_addrmod.h); only SrcA and DEST are known to the checker.
struct addr_mod_t {
    struct addr_mod_src_t {
        uint8_t incr = 0, clr = 0;
    };
    struct addr_mod_dest_t {
        int16_t incr = 0;
        uint8_t clr = 0;
    };
    addr_mod_src_t srca = {};
    addr_mod_dest_t dest = {};

    void set(uint32_t slot, const char* file = __builtin_FILE(), uint32_t line = __builtin_LINE()) const {
        protocol::instruction(protocol::EventKind::kAddressMode, slot, srca.incr, static_cast<uint32_t>(dest.incr),
                              (srca.clr != 0 ? protocol::kClearSrcA : 0) | (dest.clr != 0 ? protocol::kClearDest : 0),
                              file, line);
    }
};

namespace protocol {
inline void call(EventKind kind, uint32_t index, uint32_t first, uint32_t second, const char* file, uint32_t line) {
    record(Event{kind, 0, static_cast<uint16_t>(index), first, second, 0, 0, {file, line}});
}
}  // namespace protocol

// Circular buffers: the unpack thread consumes, the pack thread produces (api/compute/cb_api.h).
inline void cb_wait_front([[maybe_unused]] uint32_t buffer, [[maybe_unused]] uint32_t pages, PROTOCOL_PLACE) {
    UNPACK((protocol::record_pages(protocol::EventKind::kWaitFront, buffer, pages, file, line)));
}
inline void cb_pop_front([[maybe_unused]] uint32_t buffer, [[maybe_unused]] uint32_t pages, PROTOCOL_PLACE) {
    UNPACK((protocol::record_pages(protocol::EventKind::kPopFront, buffer, pages, file, line)));
    UNPACK((protocol::move_pointer(get_local_cb_interface(buffer, line).fifo_rd_ptr,
                                   get_local_cb_interface(buffer, line), pages, line)));
}
inline void cb_reserve_back([[maybe_unused]] uint32_t buffer, [[maybe_unused]] uint32_t pages, PROTOCOL_PLACE) {
    PACK((protocol::record_pages(protocol::EventKind::kReserveBack, buffer, pages, file, line)));
}
inline void cb_push_back([[maybe_unused]] uint32_t buffer, [[maybe_unused]] uint32_t pages, PROTOCOL_PLACE) {
    PACK((protocol::record_pages(protocol::EventKind::kPushBack, buffer, pages, file, line)));
    PACK((protocol::move_pointer(get_local_cb_interface(buffer, line).fifo_wr_ptr, get_local_cb_interface(buffer, line),
                                 pages, line)));
}

// The counters of a buffer (stream_io_map.h). A thread that polls them finds what it would if it was as early as it may
// be: of pages popped each number in turn, of pages pushed as many as then must be there (harness/scenario.hpp).
namespace protocol {
class Counter {
public:
    Counter(EventKind kind, uint32_t buffer, Place place) : kind_(kind), buffer_(buffer), place_(place) {}
    uint32_t operator*() const {
        const uint32_t pages = protocol_recorder->count(*protocol_recorder, kind_, buffer_);
        record(kind_, static_cast<uint16_t>(buffer_), pages, 0, place_);
        return pages;
    }

private:
    EventKind kind_;
    uint32_t buffer_;
    Place place_;
};
}  // namespace protocol
inline protocol::Counter get_cb_tiles_received_ptr(uint32_t buffer, PROTOCOL_PLACE) {
    return {protocol::EventKind::kSeePushed, buffer, {file, line}};
}
inline protocol::Counter get_cb_tiles_acked_ptr(uint32_t buffer, PROTOCOL_PLACE) {
    return {protocol::EventKind::kSeePopped, buffer, {file, line}};
}

inline void compute_kernel_hw_startup(uint32_t input, uint32_t output, PROTOCOL_PLACE) {
    protocol::call(protocol::EventKind::kStart, 0, input, output, file, line);
}
inline void copy_init(uint32_t buffer, PROTOCOL_PLACE) {
    protocol::call(protocol::EventKind::kCopyInit, 0, buffer, 0, file, line);
}

// The format of the buffer's elements, of which each thread has its own register (api/compute/reconfig_data_format.h,
// pack.h).
inline void reconfig_data_format_srca([[maybe_unused]] uint32_t buffer, PROTOCOL_PLACE) {
    UNPACK((protocol::call(protocol::EventKind::kFormat, buffer, 0, 0, file, line)));
    MATH((protocol::call(protocol::EventKind::kFormat, buffer, 0, 0, file, line)));
}
inline void pack_reconfig_data_format([[maybe_unused]] uint32_t buffer, PROTOCOL_PLACE) {
    PACK((protocol::call(protocol::EventKind::kFormat, buffer, 0, 0, file, line)));
}

// Two words of the unpacker's configuration, one a context. A store into them is seen at the thread's next call.
inline constexpr uint32_t THCON_SEC0_REG3_Base_address_ADDR32 = 0, THCON_SEC0_REG3_Base_cntx1_address_ADDR32 = 1;
namespace protocol {
inline constexpr uint32_t kNotWritten = 0xffffffff;
inline volatile uint32_t unpacker_addresses[] = {kNotWritten, kNotWritten};

inline void see_stores(const char* file, uint32_t line) {
    for (uint32_t context = 0; context < 2; ++context) {
        if (unpacker_addresses[context] != kNotWritten) {
            call(EventKind::kConfigureUnpacker, context, unpacker_addresses[context], 0, file, line);
            unpacker_addresses[context] = kNotWritten;
        }
    }
}
}  // namespace protocol

// Semaphores of the coprocessor (ckernel.h).
inline void semaphore_post(uint32_t index, PROTOCOL_PLACE) {
    protocol::see_stores(file, line);
    protocol::call(protocol::EventKind::kSyncPost, index, 0, 0, file, line);
}
template <uint32_t waits = p_stall::NONE>
inline void t6_semaphore_get(uint32_t index, PROTOCOL_PLACE) {
    protocol::call(protocol::EventKind::kSyncGet, index, waits, 0, file, line);
}
template <uint32_t waits = p_stall::NONE>
inline void t6_semaphore_post(uint32_t index, PROTOCOL_PLACE) {
    protocol::call(protocol::EventKind::kSyncPostAfter, index, waits, 0, file, line);
}

#ifdef TRISC_UNPACK
// cunpack_common.h
inline uint32_t unp_cfg_context = 0;
inline volatile uint32_t* get_cfg_pointer() { return protocol::unpacker_addresses; }
inline void wait_for_next_context(uint32_t contexts, PROTOCOL_PLACE) {
    protocol::see_stores(file, line);
    protocol::call(protocol::EventKind::kWaitForContext, 0, contexts, 0, file, line);
}
inline void switch_config_context(uint32_t& context) {
    context = 1 - context;
    TTI_SETC16(UNPACK_MISC_CFG_CfgContextOffset_0_ADDR32, context == 0 ? 0x0000 : 0x0101);
}

// Where a context unpacks to: twice a context and what of it is set. The address counts in DEST rows of 16 bytes.
inline constexpr uint32_t THCON_SEC0_REG2_Unpack_if_sel_cntx0_RMW = protocol::kAimInterface;
inline constexpr uint32_t THCON_SEC0_REG5_Dest_cntx0_address_RMW = protocol::kAimAddress;
inline constexpr uint32_t THCON_SEC0_REG2_Unpack_if_sel_cntx1_RMW = 2 + protocol::kAimInterface;
inline constexpr uint32_t THCON_SEC0_REG5_Dest_cntx1_address_RMW = 2 + protocol::kAimAddress;
inline constexpr uint32_t THCON_SEC0_REG2_Out_data_format_RMW = 4;
template <uint32_t field>
inline void cfg_reg_rmw_tensix(uint32_t value, PROTOCOL_PLACE) {
    if constexpr (field == THCON_SEC0_REG2_Out_data_format_RMW) {
        protocol::call(protocol::EventKind::kOutFormat, 0, value, 0, file, line);
    } else {
        protocol::call(protocol::EventKind::kAimRegister, field / 2, field % 2, value, file, line);
    }
}
// Takes the DEST row that math sends, and aims the context at it.
inline void set_dst_write_addr(const uint32_t& context, const uint32_t& format, PROTOCOL_PLACE) {
    protocol::plain_fields(format == static_cast<uint32_t>(DataFormat::Float32), line);
    protocol::see_stores(file, line);
    protocol::call(protocol::EventKind::kTakeDestRow, 0, 0, 0, file, line);
    protocol::call(protocol::EventKind::kSetSourceBase, 0, 0, 0, file, line);
    protocol::call(protocol::EventKind::kAimAtDest, context, 0, 0, file, line);
}
// Hands the rows that were unpacked to math, and sets the context up for SrcA again. Blackhole's; Wormhole's goes on with
// an UNPACR that nobody may issue (kernels/arch/wormhole).
inline void unpack_to_dest_tile_done(uint32_t& context, uint32_t format, PROTOCOL_PLACE) {
    constexpr uint32_t kSrcaAddress = 64, kSwizzles = 4;
    protocol::plain_fields(format == static_cast<uint32_t>(DataFormat::Float32), line);
    t6_semaphore_post<p_stall::UNPACK0>(semaphore::UNPACK_TO_DEST, file, line);
    protocol::call(protocol::EventKind::kAimRegister, context, protocol::kAimInterface, 0, file, line);
    protocol::call(protocol::EventKind::kAimRegister, context, protocol::kAimAddress, kSrcaAddress, file, line);
    protocol::set_register(SRCA_SET_Base_ADDR32, kSwizzles, file, line);
}
inline void wait_for_dest_available(PROTOCOL_PLACE) {
    protocol::instruction(protocol::EventKind::kSyncWait, 1u << semaphore::UNPACK_TO_DEST, p_stall::STALL_UNPACK,
                          p_stall::STALL_ON_MAX, 0, file, line);
}
#endif

#ifdef TRISC_MATH
// cmath_common.h: MATH_PACK counts zones that are committed and not yet released.
inline void math_dest_wait(PROTOCOL_PLACE) {
    protocol::instruction(protocol::EventKind::kSyncWait, 1u << semaphore::MATH_PACK,
                          p_stall::STALL_MATH | p_stall::STALL_SFPU | p_stall::STALL_SYNC, p_stall::STALL_ON_MAX, 0,
                          file, line);
}
inline void set_math_semaphores(PROTOCOL_PLACE) {
    t6_semaphore_post<p_stall::MATH | p_stall::WAIT_SFPU>(semaphore::MATH_PACK, file, line);
}

// The hand-over of DEST rows to the unpacker. math_ready waits on the RISC-V for FPU and SFPU, by semaphore MATH_DONE,
// which it leaves as it was.
inline void math_unpack_to_dest_math_ready(PROTOCOL_PLACE) {
    protocol::call(protocol::EventKind::kMathReady, 0, 0, 0, file, line);
}
inline void mailbox_write(ThreadId to, uint32_t value, PROTOCOL_PLACE) {
    protocol::plain_fields(to == ThreadId::UnpackThreadId, line);
    protocol::call(protocol::EventKind::kGiveDestRow, 0, value, 0, file, line);
}
inline void math_unpack_to_dest_tile_ready(PROTOCOL_PLACE) {
    protocol::instruction(protocol::EventKind::kSyncWait, 1u << semaphore::UNPACK_TO_DEST, p_stall::STALL_SYNC,
                          p_stall::STALL_ON_ZERO, 0, file, line);
    t6_semaphore_get<p_stall::MATH | p_stall::WAIT_SFPU>(semaphore::UNPACK_TO_DEST, file, line);
}
#endif

#ifdef TRISC_PACK
// llk_pack_common.h, llk_pack.h
inline void _llk_packer_wait_for_math_done_(PROTOCOL_PLACE) {
    protocol::instruction(protocol::EventKind::kSyncWait, 1u << semaphore::MATH_PACK, p_stall::STALL_TDMA,
                          p_stall::STALL_ON_ZERO, 0, file, line);
}
template <uint32_t waits = p_stall::NONE>
inline void _llk_packer_set_math_semaphore_(PROTOCOL_PLACE) {
    t6_semaphore_get<waits>(semaphore::MATH_PACK, file, line);
}
template <DstSync sync, bool is_fp32, PackMode mode = PackMode::Default>
inline void _llk_pack_(uint32_t chunk, uint32_t address, PROTOCOL_PLACE) {
    static_assert(sync == DstSync::SyncFull && is_fp32 && mode == PackMode::Default, "the only pack the checker knows");
    protocol::call(protocol::EventKind::kPackChunk, 0, chunk, address, file, line);
}
#endif
