// SPDX-License-Identifier: Apache-2.0
// The unpacker's two contexts, SrcA's two banks, SrcB, and the FPU that moves their rows to DEST.
#include <algorithm>

#include "checker/core.hpp"
#include "checker/tensix_units.hpp"
#include "tensix_constants.hpp"

namespace protocol {
namespace {

constexpr std::uint32_t kBytesPerElement = 2;  // others do not fit in SrcA
constexpr std::uint32_t kL1Alignment = 32;     // stricter than the unpacker is
constexpr std::uint32_t kRowsPerMove = 8;      // one ELWADD

// Elements of a row, all there and as they came, added to others of it. Of a row that there is not, anything is.
[[nodiscard]] Tag add_tags(const Tensix& tensix, const Tag& dest, const Tag& source) {
    if (dest.content == Content::kNothing || source.content == Content::kNothing) {
        return {};
    }
    require(dest.content == Content::kRow && source.content == Content::kRow && dest.row == source.row &&
                dest.done == both(0) && source.done == both(0) && source.element > dest.element &&
                (source.element - dest.element) % tensix.call.pair_elements() == 0,
            Rule::kIdentity, "the FPU adds what does not belong together");
    require(source.element + kDestRowElements <= tensix.call.width, Rule::kIdentity, "the FPU adds padding");
    require(dest.added == 0, Rule::kSources, "adds a third number, which Wormhole's FPU may normalise wrongly");
    Tag sum = dest;
    sum.added = 1;
    sum.distance = source.element - dest.element;
    return sum;
}

void move_row(Tensix& tensix, std::uint32_t from, std::uint32_t to, bool adds) {
    own_dest_row(tensix, to);
    DestRow& row = tensix.dest[to];
    use_dest_row(tensix, row);
    require(row.sfpu_stamp < tensix.fpu_waits, Rule::kVectorOrder,
            "the FPU overwrites a DEST row that the SFPU may still use");
    const Tag& source = tensix.srca[tensix.srca_reading].rows[from];
    row.hold(adds ? add_tags(tensix, row.tag, source) : source);
    row.fpu_stamp = tensix.sfpu_waits;
    row.fpu_turn = tensix.turns;
    row.sfpu_stamp = 0;
}

}  // namespace

Tag join_units(const Tag* units, std::uint32_t element_bytes, std::uint32_t width) {
    const std::uint32_t elements = kUnitBytes / element_bytes;
    Tag tag = units[0];
    if (tag.content == Content::kNothing || tag.element_bytes != element_bytes) {
        return {};
    }
    for (std::uint32_t i = 1; i < kDestRowElements / elements && tag.element + i * elements < width; ++i) {
        if (units[i] != tag.from(i * elements)) {
            return {};
        }
    }
    tag.element_bytes = 0;
    return tag;
}

namespace {

// Behind an unpack to DEST a row that nobody is given, from wherever the context's address is by now.
void unpack_row_for_nobody(Tensix& tensix) {
    require(tensix.elements == kDestRowElements && tensix.owes_srca, Rule::kSources,
            "unpacks to SrcA what it hands over to nobody");
    require(tensix.out_format == OutFormat::kTf32, Rule::kFormat, "unpacks float32 to SrcA, which is undefined");
    tensix.owes_srca = false;
}

// As many elements as the counters say, from the context's address to the bank at hand.
void unpack_to_srca(Core& core, UnpackContext& context, SourceBank& bank) {
    Tensix& tensix = core.tensix;
    const Buffer& buffer = core.buffer_at(context.address);
    require(tensix.elements <= kSourceRows * kDestRowElements, Rule::kSources, "unpacks more than SrcA holds");
    require(tensix.unpacked_bytes == kBytesPerElement && tensix.out_format == OutFormat::kBfloat16, Rule::kFormat,
            "unpacks float32 to SrcA, which rounds it, or as another format");
    const std::uint32_t bytes = tensix.elements * kBytesPerElement;
    buffer.check_access(Side::kConsumer, context.address, bytes);
    bank.rows.fill(Tag{});
    constexpr std::uint32_t kUnits = kDestRowElements * kBytesPerElement / kUnitBytes;
    const Tag* const from = core.tags_at(context.address);
    for (std::uint32_t row = 0; row < (tensix.elements + kDestRowElements - 1) / kDestRowElements; ++row) {
        bank.rows[row] = join_units(from + row * kUnits, kBytesPerElement, tensix.call.width_of(from[row * kUnits]));
    }
    bank.element_bytes = kBytesPerElement;
}

}  // namespace

// UNPACR, to SrcA or, where the context aims there, to DEST.
bool unpack(Core& core, const Event& event) {
    Tensix& tensix = core.tensix;
    require(event.index == SrcA, Rule::kUnknown, "unpacks to SrcB");
    UnpackContext& context = tensix.contexts[tensix.context];
    SourceBank& bank = tensix.srca[tensix.srca_filling];
    if (!context.aims_at_dest && bank.is_full) {
        return false;
    }
    require(tensix.elements >= 1, Rule::kSources, "unpacks without a count");
    require(context.aims_at_dest || (context.has_srca_address && tensix.srca_base_is_set), Rule::kConfiguration,
            "unpacks to SrcA by the addresses of DEST");
    require(event.second == 0, Rule::kSources, "an UNPACR that writes zeros, which nobody has tried (ttsim, UNPACR)");
    tensix.may_be_unpacking = true;
    if (event.first == 0 && !context.aims_at_dest) {
        unpack_row_for_nobody(tensix);
        return true;
    }
    require(context.is_written, Rule::kConfiguration, "unpacks with an address that was not written for it");
    require(context.is_settled, Rule::kConfiguration, "unpacks without waiting for the store of its address");
    require(!tensix.owes_srca, Rule::kDestUnpack,
            "unpacks again without the SrcA row that one to DEST wants behind it");
    require(context.address % kL1Alignment == 0, Rule::kAlignment, "unpacks from no multiple of 32 bytes");
    require(tensix.unpacked_bytes == core.buffer_at(context.address).element_bytes(), Rule::kFormat,
            "unpacks in another format than the buffer's");
    context.is_written = false;
    if (context.aims_at_dest) {
        require(event.first == 0, Rule::kDestUnpack, "hands a SrcA bank over that it has not filled");
        unpack_to_dest(core, context);
        return true;
    }
    unpack_to_srca(core, context, bank);
    bank.is_full = true;
    tensix.srca_filling ^= 1;
    return true;
}

bool unpack_zeroes(Tensix& tensix, const Event& event) {
    require(event.index == SrcB, Rule::kUnknown, "zeroes SrcA");
    if (tensix.srcb_is_full) {
        return false;
    }
    tensix.srcb_is_zero = tensix.srcb_is_zero || event.first != 0;
    if (event.second != 0) {
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

// ELWADD with a zero SrcB: eight rows of SrcA to DEST, or added to it.
bool move_to_dest(Tensix& tensix, const Event& event) {
    if (!tensix.srca[tensix.srca_reading].is_full || !tensix.srcb_is_full) {
        return false;
    }
    require(tensix.moved_bytes == tensix.srca[tensix.srca_reading].element_bytes, Rule::kFormat,
            "the FPU is set to another format than what SrcA has");
    ++tensix.turns;
    const std::uint32_t to = tensix.dest_offset + tensix.dest_row + event.second;
    require(tensix.srca_row + kRowsPerMove <= kSourceRows, Rule::kSources, "reads beyond the end of SrcA");
    require(to + kRowsPerMove <= kDestRows, Rule::kZones,
            "the FPU writes beyond the end of DEST, or by an address that wraps");
    for (std::uint32_t row = 0; row < kRowsPerMove; ++row) {
        move_row(tensix, tensix.srca_row + row, to + row, event.third == p_elwise::DEST_ACCUM_EN);
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
