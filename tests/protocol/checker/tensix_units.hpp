// The units of the coprocessor: unpacker and SrcA/SrcB (sources.cpp), DEST's zones and the packer (zones.cpp), SFPU
// (vector_unit.cpp). The `bool` ones are false where the instruction has to wait.
#pragma once

#include "checker/tensix.hpp"

namespace protocol {

// Unpacker and packer take addresses in 16-byte words less one (llk_unpack_common.h, cpack_common.h).
[[nodiscard]] inline std::uint32_t byte_address(std::uint32_t words_less_one) { return (words_less_one + 1) * 16; }

[[nodiscard]] bool unpack(Core& core, const Event& event);
[[nodiscard]] bool unpack_zeroes(Tensix& tensix, const Event& event);
void release_sources(Tensix& tensix, std::uint32_t sources);
[[nodiscard]] bool move_to_dest(Tensix& tensix, const Event& event);

// Notes that math writes a DEST row: it must be math's own.
void own_dest_row(Tensix& tensix, std::uint32_t row);
void commit_zone(Tensix& tensix, std::uint32_t waits);
void release_zone(Tensix& tensix, std::uint32_t waits);
void pack_chunk(Core& core, const Event& event);

void execute_vector(Tensix& tensix, std::uint32_t word);

}  // namespace protocol
