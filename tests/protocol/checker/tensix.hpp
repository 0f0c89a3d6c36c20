// The coprocessor of a core as far as protocol goes: semaphores, source banks, DEST and who owns its rows.
//
// Source: ISA documents "SrcA SrcB", "Dst", "SEMWAIT", "STALLWAIT", "RWCs"; llk_math_common.h, llk_pack_common.h.
#pragma once

#include <array>
#include <cstdint>

#include "checker/finding.hpp"
#include "checker/tag.hpp"
#include "recorder.hpp"

namespace protocol {

struct Core;

inline constexpr std::uint32_t kDestRows = 512;  // of 16 elements, in 32-bit mode
inline constexpr std::uint32_t kSourceRows = 64;
inline constexpr std::uint32_t kChunkRows = 64;
inline constexpr std::uint32_t kSourceBanks = 2;
inline constexpr std::uint32_t kLregs = 16;
inline constexpr std::uint32_t kReplaySlots = 32;
inline constexpr std::uint32_t kTensixSemaphores = 8;
inline constexpr std::uint32_t kUnpackSync = 5;  // ckernel_structs.h

struct DestRow {
    Tag tag{};
    std::int64_t commit = -1;      // the last commit that handed it to the packer
    bool is_dirty = false;         // written since
    std::uint32_t fpu_stamp = 0;   // 1 + number of waits of SFPU for FPU when the FPU wrote it; 0: never
    std::uint32_t sfpu_stamp = 0;  // 1 + number of waits of FPU for SFPU when the SFPU used it; 0: never
};

struct SourceBank {
    bool is_full = false;  // math's to read; else the unpacker's to fill
    std::array<Tag, kSourceRows> rows{};
};

struct TensixSemaphore {
    std::uint32_t value = 0;
    std::uint32_t capacity = 15;
};

// One of the unpacker's two sets of configuration.
struct UnpackContext {
    std::uint32_t address = 0;  // L1 bytes
    bool is_written = false;    // by the RISC-V, and not used yet
    bool is_settled = false;    // the instruction stream has waited for the write
};

struct AddressMode {
    std::uint32_t srca_increment = 0;
    std::uint32_t dest_increment = 0;
    std::uint32_t clears = 0;
};

// What a vector register holds: 32 elements, the even or odd columns of four DEST rows from `tag` on.
struct VectorTag {
    Tag tag{};  // of the first of them; `applied` concerns this half only: kHasGamma, kHasBeta
    std::uint32_t half = 0;
    std::uint32_t rows = 0;  // which of the four hold elements and not padding, one bit each
};

struct Tensix {
    std::array<TensixSemaphore, kTensixSemaphores> semaphores{};

    // Unpacker.
    std::array<UnpackContext, 2> contexts{};
    std::uint32_t context = 0;
    std::uint32_t elements = 0;
    std::array<SourceBank, kSourceBanks> srca{};
    std::uint32_t srca_filling = 0;
    std::uint32_t srca_reading = 0;
    bool srcb_is_zero = false;
    bool srcb_is_full = false;

    // Math.
    std::array<AddressMode, 8> modes{};
    std::uint32_t dest_offset = 0;
    std::uint32_t srca_row = 0;  // counters
    std::uint32_t dest_row = 0;
    std::array<DestRow, kDestRows> dest{};
    std::uint32_t sfpu_waits = 1;  // for the FPU
    std::uint32_t fpu_waits = 1;   // for the SFPU
    std::array<VectorTag, kLregs> lregs{};
    std::array<std::uint32_t, kReplaySlots> replay{};
    std::uint32_t replay_next = 0;
    std::uint32_t replay_left = 0;
    bool replay_executes = true;

    // Zones of DEST, in the order in which they are committed.
    std::int64_t commits = 0;
    std::int64_t releases = 0;
    std::int64_t known_releases = 0;  // that math has made sure of by waiting
    bool packer_holds_zone = false;
};

// Runs one Tensix instruction of a compute thread; false if it has to wait, and nothing has changed then.
[[nodiscard]] bool execute(Core& core, Thread thread, const Event& event);

// A store of the unpack thread's RISC-V into one of the unpacker's contexts.
void store_unpack_address(Tensix& tensix, const Event& event);

// Which events of a compute thread take a place in its instruction queue; the RISC-V runs the others itself, and they
// are only marks between the instructions.
[[nodiscard]] bool is_instruction(EventKind kind);

// True where another agent of the core may go on because of this event.
[[nodiscard]] bool is_visible(EventKind kind);

void check_at_end(const Tensix& tensix);

}  // namespace protocol
