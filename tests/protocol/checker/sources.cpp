// The unpacker's two contexts, SrcA's two banks, SrcB, and the FPU that moves their rows to DEST.
#include <algorithm>

#include "checker/core.hpp"
#include "checker/tensix_units.hpp"
#include "tensix_constants.hpp"

namespace protocol {
namespace {

constexpr std::uint32_t kBytesPerElement = 2;
constexpr std::uint32_t kRowsPerMove = 8;  // one ELWADD

void move_row(Tensix& tensix, std::uint32_t from, std::uint32_t to) {
    own_dest_row(tensix, to);
    DestRow& row = tensix.dest[to];
    require(row.sfpu_stamp < tensix.fpu_waits, Rule::kVectorOrder,
            "the FPU overwrites a DEST row that the SFPU may still use");
    row.tag = tensix.srca[tensix.srca_reading].rows[from];
    row.tag.applied = 0;
    row.fpu_stamp = tensix.sfpu_waits;
    row.sfpu_stamp = 0;
}

}  // namespace

// UNPACR: as many elements as the counters say, from the context's address to the bank at hand.
bool unpack(Core& core, const Event& event) {
    Tensix& tensix = core.tensix;
    require(event.index == SrcA, Rule::kUnknown, "unpacks to SrcB");
    SourceBank& bank = tensix.srca[tensix.srca_filling];
    if (bank.is_full) {
        return false;
    }
    UnpackContext& context = tensix.contexts[tensix.context];
    require(context.is_written, Rule::kConfiguration, "unpacks with an address that was not written for it");
    require(context.is_settled, Rule::kConfiguration, "unpacks without waiting for the store of its address");
    require(tensix.elements >= 1 && tensix.elements <= kSourceRows * kUnitElements, Rule::kSources,
            "unpacks more than SrcA holds");
    context.is_written = false;
    const std::uint32_t bytes = tensix.elements * kBytesPerElement;
    core.buffer_at(context.address).check_access(Side::kConsumer, context.address, bytes);
    require(context.address % kUnitBytes == 0, Rule::kAlignment, "unpacks from no multiple of 32 bytes");
    bank.rows.fill(Tag{});
    std::copy_n(core.tags_at(context.address), (bytes + kUnitBytes - 1) / kUnitBytes, bank.rows.begin());
    if (event.first != 0) {
        bank.is_full = true;
        tensix.srca_filling ^= 1;
    }
    return true;
}

bool unpack_zeroes(Tensix& tensix, const Event& event) {
    require(event.index == SrcB, Rule::kUnknown, "zeroes SrcA");
    if (tensix.srcb_is_full) {
        return false;
    }
    if (event.first == p_unpacr_nop::UNP_ZEROSRC) {
        tensix.srcb_is_zero = true;
    } else {
        require(event.first == p_unpacr_nop::UNP_SET_DVALID, Rule::kUnknown, "an UNPACR_NOP that is not known");
        require(tensix.srcb_is_zero, Rule::kSources, "hands over a SrcB that it has not zeroed");
        tensix.srcb_is_full = true;
    }
    return true;
}

void release_sources(Tensix& tensix, std::uint32_t sources) {
    if ((sources & p_setrwc::CLR_A) != 0) {
        SourceBank& bank = tensix.srca[tensix.srca_reading];
        require(bank.is_full, Rule::kSources, "hands back a SrcA bank that it does not have");
        bank.is_full = false;
        tensix.srca_reading ^= 1;
    }
    if ((sources & p_setrwc::CLR_B) != 0) {
        require(tensix.srcb_is_full, Rule::kSources, "hands back a SrcB that it does not have");
        tensix.srcb_is_full = false;
        tensix.srcb_is_zero = false;
    }
}

// ELWADD with a zero SrcB: eight rows of SrcA to DEST.
bool move_to_dest(Tensix& tensix, const Event& event) {
    if (!tensix.srca[tensix.srca_reading].is_full || !tensix.srcb_is_full) {
        return false;
    }
    const std::uint32_t to = tensix.dest_offset + tensix.dest_row + event.second;
    require(tensix.srca_row + kRowsPerMove <= kSourceRows, Rule::kSources, "reads beyond the end of SrcA");
    require(to + kRowsPerMove <= kDestRows, Rule::kZones, "the FPU writes beyond the end of DEST");
    for (std::uint32_t row = 0; row < kRowsPerMove; ++row) {
        move_row(tensix, tensix.srca_row + row, to + row);
    }
    const AddressMode& mode = tensix.modes[event.index];
    tensix.srca_row = (mode.clears & kClearSrcA) != 0 ? 0 : tensix.srca_row + mode.srca_increment;
    tensix.dest_row = (mode.clears & kClearDest) != 0 ? 0 : tensix.dest_row + mode.dest_increment;
    release_sources(tensix, event.first);
    return true;
}

void store_unpack_address(Tensix& tensix, const Event& event) {
    UnpackContext& context = tensix.contexts.at(event.index);
    require(!context.is_written, Rule::kConfiguration, "overwrites an unpack address that has not been used");
    context.address = byte_address(event.first);
    context.is_written = true;
}

}  // namespace protocol
