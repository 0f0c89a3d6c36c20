// SPDX-License-Identifier: Apache-2.0
// DEST between math and packer: what is committed, what is released, what either may touch.
#include <span>

#include "checker/core.hpp"
#include "checker/tensix_units.hpp"
#include "contract.hpp"
#include "tensix_constants.hpp"

namespace protocol {
namespace {

namespace contract = layernorm_fused_rm::contract;

constexpr std::uint32_t kMathPack = semaphore::MATH_PACK;
constexpr std::uint32_t kL1Alignment = 32;  // stricter than the packer is
// Zones are committed in turn. What is behind them is math's for good.
constexpr std::uint32_t kRowsOfZone = contract::kChunksPerZone * kChunkRows;
constexpr std::uint32_t kRowsOfZones = contract::kZones * kRowsOfZone;
constexpr std::uint32_t kFpuAndSfpu = p_stall::MATH | p_stall::WAIT_SFPU;

// DEST row -> L1 units, as many as its elements need in the packer's format.
void pack_row(const DestRow& row, std::uint32_t element_bytes, std::uint32_t width, Tag* to) {
    const std::uint32_t units = kDestRowElements * element_bytes / kUnitBytes;
    const std::uint32_t elements = kUnitBytes / element_bytes;
    for (std::uint32_t unit = 0; unit < units; ++unit) {
        Tag tag = row.tag.from(unit * elements);
        const bool is_there =
            tag.content == Content::kStatistic || (tag.content != Content::kNothing && tag.element < width);
        tag.element_bytes = static_cast<std::uint8_t>(element_bytes);
        to[unit] = is_there ? tag : Tag{};
        to[unit].zeros = static_cast<std::uint16_t>(row.tag.zeros >> (unit * elements)) & first_places(elements);
    }
}

}  // namespace

void own_dest_row(Tensix& tensix, std::uint32_t row) {
    DestRow& dest = tensix.dest[row];
    require(dest.commit < tensix.known_releases, Rule::kZones,
            "math writes DEST rows that it has committed and not seen released");
    dest.is_dirty = true;
}

void commit_zone(Tensix& tensix, std::uint32_t waits) {
    require((waits & kFpuAndSfpu) == kFpuAndSfpu, Rule::kZones, "commits a zone before FPU and SFPU are done with it");
    const TensixSemaphore& semaphore = tensix.semaphores[kMathPack];
    require(semaphore.value < semaphore.capacity, Rule::kZones, "commits more zones than there are");
    for (DestRow& row : std::span(tensix.dest).subspan(tensix.commits % contract::kZones * kRowsOfZone, kRowsOfZone)) {
        require(!row.is_dirty || row.unpacks <= tensix.known_unpacks, Rule::kDestUnpack,
                "commits DEST rows that the unpacker may not have written yet");
        row.commit = row.is_dirty ? tensix.commits : row.commit;
        row.is_dirty = false;
    }
    ++tensix.commits;
    ++tensix.fpu_waits;
}

void release_zone(Tensix& tensix, std::uint32_t waits) {
    require((waits & p_stall::PACK) == p_stall::PACK, Rule::kZones, "releases a zone before the packer has read it");
    require(tensix.packer_holds_zone, Rule::kZones, "releases a zone that it has not waited for");
    tensix.packer_holds_zone = false;
    ++tensix.releases;
}

// PACR of one chunk, rows in order, to a page that is reserved.
void pack_chunk(Core& core, const Event& event) {
    Tensix& tensix = core.tensix;
    require(tensix.packer_holds_zone, Rule::kZones, "packs without having waited for a zone");
    const std::uint32_t first = event.first * kChunkRows;
    require(first + kChunkRows <= kRowsOfZones, Rule::kZones, "packs a chunk that belongs to no zone");
    const std::uint32_t address = byte_address(event.second);
    const Buffer& buffer = core.buffer_at(address);
    const std::uint32_t bytes_per_row = kDestRowElements * tensix.packed_bytes;
    require(tensix.packed_bytes == buffer.element_bytes(), Rule::kFormat, "packs in another format than the buffer's");
    buffer.check_access(Side::kProducer, address, kChunkRows * bytes_per_row);
    require(address % kL1Alignment == 0, Rule::kAlignment, "packs to no multiple of 32 bytes");
    Tag* const to = core.tags_at(address);
    for (std::uint32_t i = 0; i < kChunkRows; ++i) {
        const DestRow& row = tensix.dest[first + i];
        require(!row.is_dirty, Rule::kZones, "packs DEST rows that are not committed");
        require(row.commit <= tensix.releases, Rule::kZones, "packs DEST rows of a zone that it has not waited for");
        pack_row(row, tensix.packed_bytes, tensix.call.width, to + i * bytes_per_row / kUnitBytes);
    }
}

}  // namespace protocol
