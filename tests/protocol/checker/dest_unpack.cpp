// SPDX-License-Identifier: Apache-2.0
// Unpacking to DEST: math gives rows by mailbox once FPU and SFPU are done with them, the unpacker writes them and hands
// them back by semaphore UNPACK_TO_DEST (cmath_common.h, cunpack_common.h).
#include "checker/core.hpp"
#include "checker/tensix_units.hpp"
#include "tensix_constants.hpp"

namespace protocol {
namespace {

constexpr std::uint32_t kBytesPerElement = 4;  // DEST has 32 bits an element
constexpr std::uint32_t kSrcaAddress = 64;     // Dest_address where a context unpacks to SrcA (cunpack_common.h)

void write_row(Tensix& tensix, const DestGrant& grant, std::uint32_t row, const Tag* units) {
    DestRow& dest = tensix.dest[row];
    require(dest.math_stamp <= grant.readies, Rule::kDestUnpack, "unpacks to DEST rows that FPU or SFPU may still use");
    require(dest.commit < grant.known_releases, Rule::kDestUnpack,
            "unpacks to DEST rows that math has committed and not seen released");
    dest.hold(join_units(units, kBytesPerElement, tensix.call.width_of(*units)));
    dest.is_dirty = true;
    dest.fpu_stamp = 0;
    dest.sfpu_stamp = 0;
    dest.unpacks = tensix.unpacks + 1;
}

}  // namespace

void unpack_to_dest(Core& core, UnpackContext& context) {
    Tensix& tensix = core.tensix;
    require(context.has_grant, Rule::kDestUnpack, "unpacks to DEST rows that math has not given");
    require(tensix.has_waited_for_dest, Rule::kDestUnpack, "unpacks to DEST before math has taken what came before");
    require(!tensix.srca_base_is_set, Rule::kConfiguration, "unpacks to DEST by the addresses of SrcA");
    require(tensix.unpacked_bytes == kBytesPerElement && tensix.out_format == OutFormat::kFloat32, Rule::kFormat,
            "unpacks to DEST what has no 32 bits, or as less");
    const std::uint32_t rows = (tensix.elements + kDestRowElements - 1) / kDestRowElements;
    require(rows <= kChunkRows && context.grant.row + rows <= kDestRows, Rule::kZones,
            "the unpacker writes beyond the end of DEST");
    core.buffer_at(context.address).check_access(Side::kConsumer, context.address, tensix.elements * kBytesPerElement);
    constexpr std::uint32_t kUnits = kDestRowElements * kBytesPerElement / kUnitBytes;
    const Tag* const from = core.tags_at(context.address);
    for (std::uint32_t row = 0; row < rows; ++row) {
        write_row(tensix, context.grant, context.grant.row + row, from + row * kUnits);
    }
    context.has_grant = false;
    tensix.owes_srca = tensix.chip.wants_srca_behind_dest;
}

void use_dest_row(Tensix& tensix, DestRow& row) {
    require(row.unpacks <= tensix.known_unpacks, Rule::kDestUnpack,
            "math uses a DEST row that the unpacker may not have written yet");
    row.math_stamp = tensix.math_ready.readies + 1;
}

void note_math_ready(Tensix& tensix) {
    ++tensix.math_ready.readies;
    tensix.math_ready.known_releases = tensix.known_releases;
    ++tensix.fpu_waits;
    ++tensix.sfpu_waits;
}

bool give_dest_row(Tensix& tensix, std::uint32_t row) {
    if (tensix.mailbox.size() == kMailboxLength) {
        return false;
    }
    DestGrant grant = tensix.math_ready;
    grant.row = row;
    tensix.mailbox.push_back(grant);
    return true;
}

bool take_dest_row(Tensix& tensix) {
    if (tensix.mailbox.empty()) {
        return false;
    }
    tensix.taken.push_back(tensix.mailbox.front());
    tensix.mailbox.pop_front();
    return true;
}

void aim_at_dest(Tensix& tensix, std::uint32_t context) {
    UnpackContext& aimed = tensix.contexts.at(context);
    require(!aimed.has_grant, Rule::kDestUnpack, "takes DEST rows without having used those before");
    aimed.aims_at_dest = true;
    aimed.has_srca_address = false;
    aimed.has_grant = true;
    aimed.grant = tensix.taken.front();
    tensix.taken.pop_front();
}

void aim_by_register(Tensix& tensix, const Event& event) {
    UnpackContext& aimed = tensix.contexts.at(event.index);
    if (event.first == kAimInterface) {
        require(event.second == 0, Rule::kUnknown, "aims at DEST without a row");
        aimed.aims_at_dest = false;
    } else {
        aimed.has_srca_address = event.second == kSrcaAddress;
    }
}

void hand_over_unpacked(Tensix& tensix, std::uint32_t waits) {
    require((waits & p_stall::UNPACK0) != 0, Rule::kDestUnpack,
            "hands DEST rows to math before the unpacker has written them");
    const TensixSemaphore& semaphore = tensix.semaphores[semaphore::UNPACK_TO_DEST];
    require(semaphore.value < semaphore.capacity, Rule::kDestUnpack, "hands DEST rows over twice");
    ++tensix.unpacks;
    tensix.has_waited_for_dest = false;
    tensix.may_be_unpacking = false;
}

}  // namespace protocol
