// SPDX-License-Identifier: Apache-2.0
#include "checker/tensix.hpp"

#include <algorithm>
#include <bit>

#include "checker/core.hpp"
#include "checker/tensix_units.hpp"
#include "tensix_constants.hpp"

namespace protocol {
namespace {

constexpr std::uint32_t kMathPack = semaphore::MATH_PACK;
constexpr std::uint32_t kUnpackToDest = semaphore::UNPACK_TO_DEST;

constexpr std::uint32_t kSrcaBase = 4;  // SRCA_SET_Base for SrcA (cunpack_common.h)

[[nodiscard]] std::uint32_t index_of(std::uint32_t mask) {
    require(std::has_single_bit(mask) && mask < (1U << kTensixSemaphores), Rule::kUnknown, "not one Tensix semaphore");
    return static_cast<std::uint32_t>(std::countr_zero(mask));
}

bool stall(Tensix& tensix, const Event& event) {
    const std::uint32_t stalls = event.first;
    const std::uint32_t waits = event.second;
    if (waits == p_stall::SRCB_VLD || waits == p_stall::SRCA_VLD) {
        const bool is_srcb = waits == p_stall::SRCB_VLD;
        return is_srcb ? tensix.srcb_is_full : tensix.srca[tensix.srca_reading].is_full;
    }
    require((waits & ~(p_stall::MATH | p_stall::WAIT_SFPU | p_stall::TRISC_CFG | p_stall::UNPACK0)) == 0,
            Rule::kUnknown, "a STALLWAIT for something that is not known");
    if ((stalls & p_stall::STALL_CFG) != 0 && (waits & p_stall::UNPACK0) != 0) {
        tensix.may_be_unpacking = false;
    }
    if ((stalls & p_stall::STALL_SFPU) != 0 && (waits & p_stall::MATH) != 0) {
        ++tensix.sfpu_waits;
    }
    if ((stalls & p_stall::STALL_MATH) != 0 && (waits & p_stall::WAIT_SFPU) != 0) {
        ++tensix.fpu_waits;
    }
    if ((stalls & p_stall::STALL_UNPACK) != 0 && (waits & p_stall::TRISC_CFG) != 0) {
        for (UnpackContext& context : tensix.contexts) {
            context.is_settled = true;
        }
    }
    return true;
}

// SEMWAIT. Math learns from it how many zones have been released at least, the packer that one is committed.
bool wait_semaphore(Tensix& tensix, Thread thread, const Event& event) {
    const std::uint32_t index = index_of(event.index);
    const TensixSemaphore& semaphore = tensix.semaphores[index];
    const bool on_max = event.second == p_stall::STALL_ON_MAX;
    if (on_max ? semaphore.value >= semaphore.capacity : semaphore.value == 0) {
        return false;
    }
    if (index == kMathPack && thread == Thread::kMath && on_max) {
        tensix.known_releases = std::max(tensix.known_releases, tensix.commits + 1 - std::int64_t{semaphore.capacity});
    }
    if (index == kMathPack && thread == Thread::kPack && !on_max) {
        tensix.packer_holds_zone = true;
    }
    if (index == kUnpackToDest && thread == Thread::kMath && !on_max) {
        tensix.known_unpacks = tensix.unpacks;
    }
    if (index == kUnpackToDest && thread == Thread::kUnpack && on_max) {
        tensix.has_waited_for_dest = true;
    }
    return true;
}

void post_semaphore(Tensix& tensix, Thread thread, const Event& event) {
    if (event.index == kMathPack) {
        require(thread == Thread::kMath, Rule::kZones, "only math commits zones");
        commit_zone(tensix, event.first);
    }
    if (event.index == kUnpackToDest) {
        require(thread == Thread::kUnpack, Rule::kDestUnpack, "only the unpacker hands over what it has unpacked");
        hand_over_unpacked(tensix, event.first);
    }
    ++tensix.semaphores[event.index].value;
}

void get_semaphore_token(Tensix& tensix, Thread thread, const Event& event) {
    if (event.index == kMathPack) {
        require(thread == Thread::kPack, Rule::kZones, "only the packer releases zones");
        release_zone(tensix, event.first);
    }
    require(tensix.semaphores[event.index].value != 0, Rule::kZones, "takes from a Tensix semaphore that is 0");
    --tensix.semaphores[event.index].value;
}

void start_replay(Tensix& tensix, const Event& event) {
    require(event.index + event.first <= kReplaySlots, Rule::kUnknown, "beyond the end of the replay buffer");
    if ((event.second & kReplayRecord) != 0) {
        tensix.replay_next = event.index;
        tensix.replay_left = event.first;
        tensix.replay_executes = (event.second & kReplayExecute) != 0;
        return;
    }
    for (std::uint32_t i = 0; i < event.first; ++i) {
        execute_vector(tensix, tensix.replay[event.index + i]);
    }
}

void vector_instruction(Tensix& tensix, std::uint32_t word) {
    if (tensix.replay_left != 0) {
        tensix.replay[tensix.replay_next++] = word;
        --tensix.replay_left;
        if (!tensix.replay_executes) {
            return;
        }
    }
    execute_vector(tensix, word);
}

void set_dest_offset(Tensix& tensix, const Event& event) {
    ++tensix.turns;
    tensix.dest_offset = event.first;
}

void set_counters(Tensix& tensix, const Event& event) {
    ++tensix.turns;
    tensix.srca_row = (event.first & p_setrwc::SET_A) != 0 ? 0 : tensix.srca_row;
    tensix.dest_row = (event.first & p_setrwc::SET_D) != 0 ? 0 : tensix.dest_row;
    release_sources(tensix, event.second);
}

[[nodiscard]] std::uint32_t element_bytes_of(Core& core, std::uint32_t buffer) {
    return core.buffer(buffer).element_bytes();
}

// The format of L1 and the one that UNPACR makes of it, as LLK sets both for a buffer; it waits for the unpacker first
// (llk_unpack_common.h).
void set_unpack_format(Tensix& tensix, std::uint32_t element_bytes) {
    tensix.unpacked_bytes = element_bytes;
    tensix.out_format = element_bytes == sizeof(float) ? OutFormat::kFloat32 : OutFormat::kBfloat16;
    tensix.may_be_unpacking = false;
}

void set_out_format(Tensix& tensix, const Event& event) {
    require(!tensix.may_be_unpacking, Rule::kConfiguration, "changes the unpacker's format while it may be unpacking");
    tensix.out_format = OutFormat{event.first};
}

// Start-up gives MATH_PACK one section, since DST_SYNC_MODE is full (llk_math_common.h, _llk_math_pack_sync_init_), and
// sets every thread's format.
void start(Core& core, Thread thread, const Event& event) {
    Tensix& tensix = core.tensix;
    if (thread == Thread::kMath) {
        tensix.semaphores[kMathPack] = {.value = 0, .capacity = 1};
        tensix.semaphores[kUnpackToDest] = {.value = 0, .capacity = 1};
        tensix.moved_bytes = element_bytes_of(core, event.first);
    } else if (thread == Thread::kUnpack) {
        set_unpack_format(tensix, element_bytes_of(core, event.first));
    } else {
        tensix.packed_bytes = element_bytes_of(core, event.second);
    }
}

void set_format(Core& core, Thread thread, const Event& event) {
    Tensix& tensix = core.tensix;
    const std::uint32_t bytes = element_bytes_of(core, event.index);
    switch (thread) {
        case Thread::kMath: tensix.moved_bytes = bytes; return;
        case Thread::kUnpack: set_unpack_format(tensix, bytes); return;
        default: tensix.packed_bytes = bytes; return;
    }
}

// Compute threads' marks in the instruction stream: what the RISC-V has waited for before it issued what follows.
bool mark(Core& core, const Event& event) {
    switch (event.kind) {
        case EventKind::kWaitFront: core.buffer(event.index).note_waited(event.first); return true;
        case EventKind::kReserveBack: core.buffer(event.index).note_reserved(event.first); return true;
        case EventKind::kConfigureUnpacker: core.tensix.contexts[event.index].is_settled = false; return true;
        case EventKind::kWaitForContext:
        case EventKind::kSyncPost:
        case EventKind::kMathReady:
        case EventKind::kGiveDestRow:
        case EventKind::kTakeDestRow:
        case EventKind::kSeePushed:
        case EventKind::kSeePopped: return true;
        case EventKind::kPushBack: core.buffer(event.index).apply_push(event.first); return true;
        case EventKind::kPopFront: core.pop(core.buffer(event.index), event.first); return true;
        case EventKind::kAimAtDest: aim_at_dest(core.tensix, event.index); return true;
        case EventKind::kAimRegister: aim_by_register(core.tensix, event); return true;
        case EventKind::kOutFormat: set_out_format(core.tensix, event); return true;
        case EventKind::kSetSourceBase: core.tensix.srca_base_is_set = event.first == kSrcaBase; return true;
        default: throw Finding(Rule::kUnknown, "an event that a compute thread cannot have");
    }
}

}  // namespace

bool execute(Core& core, Thread thread, const Event& event) {
    Tensix& tensix = core.tensix;
    switch (event.kind) {
        case EventKind::kVector: vector_instruction(tensix, event.first); return true;
        case EventKind::kReplay: start_replay(tensix, event); return true;
        case EventKind::kMoveToDest: return move_to_dest(tensix, event);
        case EventKind::kUnpack: return unpack(core, event);
        case EventKind::kUnpackZeroes: return unpack_zeroes(tensix, event);
        case EventKind::kPackChunk: pack_chunk(core, event); return true;
        case EventKind::kStall: return stall(tensix, event);
        case EventKind::kSyncWait: return wait_semaphore(tensix, thread, event);
        case EventKind::kSyncPostAfter: post_semaphore(tensix, thread, event); return true;
        case EventKind::kSyncGet: get_semaphore_token(tensix, thread, event); return true;
        case EventKind::kSyncInit: tensix.semaphores[index_of(event.index)] = {event.second, event.first}; return true;
        case EventKind::kSetDestOffset: set_dest_offset(tensix, event); return true;
        case EventKind::kSelectContext: tensix.context = event.first; return true;
        case EventKind::kSetUnpackElements: tensix.elements = event.first; return true;
        case EventKind::kSetCounters: set_counters(tensix, event); return true;
        case EventKind::kReleaseSources: release_sources(tensix, event.first); return true;
        case EventKind::kAddressMode:
            tensix.modes.at(event.index) = {event.first, event.second, event.third};
            return true;
        case EventKind::kStart: start(core, thread, event); return true;
        case EventKind::kFormat: set_format(core, thread, event); return true;
        case EventKind::kCopyInit: return true;
        default: return mark(core, event);
    }
}

bool is_instruction(EventKind kind) {
    switch (kind) {
        case EventKind::kReserveBack:
        case EventKind::kWaitFront:
        case EventKind::kConfigureUnpacker:
        case EventKind::kWaitForContext:
        case EventKind::kSyncPost:
        case EventKind::kMathReady:
        case EventKind::kGiveDestRow:
        case EventKind::kTakeDestRow:
        case EventKind::kSeePushed:
        case EventKind::kSeePopped:
        case EventKind::kFault: return false;
        default: return true;
    }
}

bool is_visible(EventKind kind) {
    switch (kind) {
        case EventKind::kVector:
        case EventKind::kReplay:
        case EventKind::kStall:
        case EventKind::kSetDestOffset:
        case EventKind::kSelectContext:
        case EventKind::kSetUnpackElements:
        case EventKind::kAddressMode:
        case EventKind::kMoveToDest:
        case EventKind::kCopyInit: return false;
        default: return true;
    }
}

void check_at_end(const Tensix& tensix) {
    require(!tensix.srca[0].is_full && !tensix.srca[1].is_full, Rule::kSources, "a SrcA bank is full at the end");
    require(!tensix.srcb_is_full, Rule::kSources, "SrcB is full at the end");
    require(tensix.commits == tensix.releases, Rule::kZones, "zones are committed and not released at the end");
    for (const TensixSemaphore& semaphore : tensix.semaphores) {
        require(semaphore.value == 0, Rule::kZones, "a Tensix semaphore is not 0 at the end");
    }
    require(tensix.mailbox.empty() && tensix.taken.empty(), Rule::kDestUnpack,
            "DEST rows were given to the unpacker and not used");
    require(!tensix.owes_srca && tensix.srca_base_is_set, Rule::kDestUnpack,
            "the unpacker is left as one that unpacks to DEST");
    for (const UnpackContext& context : tensix.contexts) {
        require(!context.aims_at_dest && context.has_srca_address && !context.has_grant, Rule::kDestUnpack,
                "a context still aims at DEST at the end");
        require(!context.is_written, Rule::kConfiguration, "an unpack address was written and not used");
    }
}

}  // namespace protocol
