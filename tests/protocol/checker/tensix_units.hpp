// SPDX-License-Identifier: Apache-2.0
// The units of the coprocessor: unpacker and SrcA/SrcB (sources.cpp), DEST's zones and the packer (zones.cpp), SFPU
// (vector_unit.cpp). The `bool` ones are false where the instruction has to wait.
#pragma once

#include "checker/tensix.hpp"

namespace protocol {

// Unpacker and packer take addresses in 16-byte words less one (llk_unpack_common.h, cpack_common.h).
[[nodiscard]] inline std::uint32_t byte_address(std::uint32_t words_less_one) { return (words_less_one + 1) * 16; }

// What is taken in unpacks: 16 elements of L1 as one DEST row; nothing where not all of them are there.
[[nodiscard]] Tag join_units(const Tag* units, std::uint32_t element_bytes, std::uint32_t width);
[[nodiscard]] bool unpack(Core& core, const Event& event);
// The context's UNPACR to DEST (dest_unpack.cpp), where it aims, and the hand-over to math.
void unpack_to_dest(Core& core, UnpackContext& context);
void aim_at_dest(Tensix& tensix, std::uint32_t context);
void aim_by_register(Tensix& tensix, const Event& event);
void hand_over_unpacked(Tensix& tensix, std::uint32_t waits);
// Math is about to use a DEST row, which the unpacker must be done with.
void use_dest_row(Tensix& tensix, DestRow& row);
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
