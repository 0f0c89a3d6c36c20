// SPDX-License-Identifier: Apache-2.0
// A kind of chip: what the planner has to know of it that no device tells. A new one is an entry in chip.cpp and a
// folder beside kernels/arch/wormhole.
#pragma once

#include <cstdint>
#include <vector>

#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

struct Chip {
    const char* name = "";                       // of its folder in kernels/arch
    Coordinate noc_size{};                       // columns and rows of the torus
    std::vector<std::int32_t> worker_columns{};  // places on NoC 0 of the logical columns, of a chip with all of them
    std::vector<std::int32_t> worker_rows{};     // of the logical rows
    // Where each bank of a chip with all of them is read and written, if ttnn gives other coordinates than places.
    std::vector<Coordinate> dram_read_places{};
    std::vector<Coordinate> dram_write_places{};
    std::int64_t circular_buffers = 0;      // of a core (circular_buffer_constants.h, NUM_CIRCULAR_BUFFERS)
    std::int64_t dram_alignment_bytes = 0;  // of a page
    std::int64_t dram_bank_bytes_per_cycle = 0;
    bool starts_readers_first = false;  // a reader starts before the writer of its core
    std::int64_t handshake_cycles = 0;  // what sharing gamma and beta costs beside one read of each
};

// None of a kind for which there are no kernels.
[[nodiscard]] const Chip* find_chip(Arch arch);

}  // namespace layernorm_fused_rm
