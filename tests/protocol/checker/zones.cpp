// DEST between math and packer: what is committed, what is released, what either may touch.
#include "checker/core.hpp"
#include "checker/tensix_units.hpp"
#include "tensix_constants.hpp"

namespace protocol {
namespace {

constexpr std::uint32_t kMathPack = semaphore::MATH_PACK;
constexpr std::uint32_t kFpuAndSfpu = p_stall::MATH | p_stall::WAIT_SFPU;

[[nodiscard]] Tag packed(const DestRow& row) {
    Tag tag = row.tag;
    if (tag.content == Content::kRow && tag.applied != kFinished) {
        tag.applied = 0;
    }
    return tag;
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
    for (DestRow& row : tensix.dest) {
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
    require(first + kChunkRows <= kDestRows, Rule::kZones, "packs a chunk beyond the end of DEST");
    const std::uint32_t address = byte_address(event.second);
    core.buffer_at(address).check_access(Side::kProducer, address, kChunkRows * kUnitBytes);
    require(address % kUnitBytes == 0, Rule::kAlignment, "packs to no multiple of 32 bytes");
    Tag* const to = core.tags_at(address);
    for (std::uint32_t i = 0; i < kChunkRows; ++i) {
        const DestRow& row = tensix.dest[first + i];
        require(!row.is_dirty, Rule::kZones, "packs DEST rows that are not committed");
        require(row.commit <= tensix.releases, Rule::kZones, "packs DEST rows of a zone that it has not waited for");
        to[i] = packed(row);
    }
}

}  // namespace protocol
