// SPDX-License-Identifier: Apache-2.0
// The coprocessor of a core as far as protocol goes: semaphores, source banks, DEST and who owns its rows.
//
// Source: ISA documents "SrcA SrcB", "Dst", "SEMWAIT", "STALLWAIT", "RWCs"; llk_math_common.h, llk_pack_common.h.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "checker/chip_rules.hpp"
#include "checker/finding.hpp"
#include "checker/tag.hpp"
#include "recorder.hpp"
#include "tensix_constants.hpp"

namespace protocol {

struct Core;

inline constexpr std::uint32_t kDestRows = 512;  // in 32-bit mode
inline constexpr std::uint32_t kSourceRows = 64;
inline constexpr std::uint32_t kChunkRows = 64;
inline constexpr std::uint32_t kSourceBanks = 2;
inline constexpr std::uint32_t kLregs = 16;
inline constexpr std::uint32_t kGeneralLregs = 8;  // the first, which every instruction may write
inline constexpr std::uint32_t kReplaySlots = 32;
inline constexpr std::uint32_t kTensixSemaphores = 8;
inline constexpr std::uint32_t kUnpackSync = 5;  // ckernel_structs.h
inline constexpr std::size_t kMailboxLength = 4;

inline constexpr std::uint32_t kLanesPerRow = 8;

// What eight lanes of a register hold of a row: a statistic, made of what, and the check sum of the vectors that were
// summed.
struct Statistic {
    std::uint32_t row = 0;
    std::uint32_t check_sum = 0;
    std::uint8_t sources = 0;  // kFrom*; 0: nothing but constants
    bool is_mixed = false;     // of several rows
    bool is_reduced = false;   // the lanes of a row have been brought together

    bool operator==(const Statistic&) const = default;
};

// Or elements, the even or odd columns of a DEST row; or neither. Every instruction but SFPTRANSP and SFPCONFIG keeps to
// lane rows.
struct LaneRow {
    Tag tag{};  // of the elements; done[0] concerns this half, and its places are the lanes
    std::uint32_t half = 0;
    std::uint32_t lanes = (1U << kLanesPerRow) - 1;  // that were enabled when they were loaded, a bit each
    Statistic statistic{};
    std::uint32_t constant = 0;  // the bits that were loaded as an immediate

    bool operator==(const LaneRow&) const = default;
};
inline constexpr std::uint32_t kLaneRows = 4;
inline constexpr std::uint32_t kLanes = kLaneRows * kLanesPerRow;
using Register = std::array<LaneRow, kLaneRows>;

struct DestRow {
    Tag tag{};
    // Even and odd columns are not two halves of `tag`, which has but zeros then, and a statistic: they are what two
    // registers held, as while strips turn, or where registers are kept.
    bool is_split = false;
    std::array<LaneRow, 2> halves{};  // then theirs
    std::int64_t commit = -1;         // the last commit that handed it to the packer
    bool is_dirty = false;            // written since
    std::uint32_t fpu_stamp = 0;      // 1 + number of waits of SFPU for FPU when the FPU wrote it; 0: never
    std::int64_t fpu_turn = 0;        // the turn of that instruction
    std::uint32_t sfpu_stamp = 0;     // 1 + number of waits of FPU for SFPU when the SFPU used it; 0: never
    std::uint32_t math_stamp = 0;     // 1 + number of times math was ready when FPU or SFPU used it; 0: never
    std::int64_t unpacks = 0;         // number of hand-overs by the unpacker, the one of its write included

    void hold(const Tag& held) {
        tag = held;
        is_split = false;
    }
};

// DEST rows that math lets the unpacker write, and what math had made sure of when it was last ready.
struct DestGrant {
    std::uint32_t row = 0;
    std::uint32_t readies = 0;
    std::int64_t known_releases = 0;
};

struct SourceBank {
    bool is_full = false;  // math's to read; else the unpacker's to fill
    std::uint32_t element_bytes = 0;
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
    bool aims_at_dest = false;  // else at SrcA
    bool has_srca_address = true;
    bool has_grant = false;  // which was not used yet
    DestGrant grant{};
};

struct AddressMode {
    std::uint32_t srca_increment = 0;
    std::uint32_t dest_increment = 0;
    std::uint32_t clears = 0;
};

// An integer in each lane of a register, as far as they are known (vector_lanes.cpp).
struct Integers {
    bool are_known = false;
    std::array<std::uint32_t, kLanes> lanes{};
};

[[nodiscard]] std::array<Register, kLregs> first_registers();
[[nodiscard]] std::array<Integers, kLregs> first_integers();

struct Tensix {
    Call call{};
    ChipRules chip{};
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
    std::uint32_t unpacked_bytes = 0;  // an element of the format that it is set to
    OutFormat out_format{};            // what UNPACR writes
    bool may_be_unpacking = false;     // nobody has waited for the last UNPACR
    bool srca_base_is_set = true;      // as unpacking to SrcA wants it, and not as unpacking to DEST
    bool owes_srca = false;            // an UNPACR to SrcA must follow one to DEST, if the chip wants it
    bool has_waited_for_dest = false;  // for math to have taken over what was unpacked before

    // DEST rows from math to the unpacker: the mailbox, then what the RISC-V has taken from it.
    std::deque<DestGrant> mailbox{};
    std::deque<DestGrant> taken{};
    DestGrant math_ready{};          // without a row
    std::int64_t unpacks = 0;        // hand-overs of rows that were unpacked
    std::int64_t known_unpacks = 0;  // that math has waited for

    // Math.
    std::uint32_t moved_bytes = 0;  // an element of the SrcA format that the FPU is set to
    std::array<AddressMode, 8> modes{};
    std::int64_t turns = 0;  // instructions that have gone to FPU, SFPU or configuration unit
    std::uint32_t dest_offset = 0;
    std::uint32_t srca_row = 0;  // counters
    std::uint32_t dest_row = 0;
    std::array<DestRow, kDestRows> dest{};
    std::uint32_t sfpu_waits = 1;  // for the FPU
    std::uint32_t fpu_waits = 1;   // for the SFPU
    std::array<Register, kLregs> lregs = first_registers();
    std::array<Integers, kLregs> integers = first_integers();
    std::optional<std::uint32_t> enabled_lanes = ~0U;  // a bit each; none: by what is not known
    std::array<std::uint32_t, kReplaySlots> replay{};
    std::uint32_t replay_next = 0;
    std::uint32_t replay_left = 0;
    bool replay_executes = true;

    // Zones of DEST, in the order in which they are committed.
    std::int64_t commits = 0;
    std::int64_t releases = 0;
    std::int64_t known_releases = 0;  // that math has made sure of by waiting
    bool packer_holds_zone = false;
    std::uint32_t packed_bytes = 0;  // an element of the format that the packer is set to
};

// Runs one Tensix instruction of a compute thread; false if it has to wait, and nothing has changed then.
[[nodiscard]] bool execute(Core& core, Thread thread, const Event& event);

// A store of the unpack thread's RISC-V into one of the unpacker's contexts.
void store_unpack_address(Tensix& tensix, const Event& event);

// The RISC-V's part of the hand-over of DEST rows; false if it has to wait. Math is ready when its queue has run empty.
void note_math_ready(Tensix& tensix);
[[nodiscard]] bool give_dest_row(Tensix& tensix, std::uint32_t row);
[[nodiscard]] bool take_dest_row(Tensix& tensix);

// Which events of a compute thread take a place in its instruction queue; the RISC-V runs the others itself, and they
// are only marks between the instructions.
[[nodiscard]] bool is_instruction(EventKind kind);

// True where another agent of the core may go on because of this event.
[[nodiscard]] bool is_visible(EventKind kind);

void check_at_end(const Tensix& tensix);

}  // namespace protocol
