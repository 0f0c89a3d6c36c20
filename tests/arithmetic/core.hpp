// SPDX-License-Identifier: Apache-2.0
// One Tensix core as kernels/compute.cpp sees it: circular buffers in L1, unpacker, matrix unit, vector unit, packer.
//
// compute.cpp is compiled for the host with UNPACK, MATH and PACK all in one thread: the program order of its three
// threads is one of the orders the hardware may take. device_api/ turns its calls into calls of the core that is
// `current`. Reader and writer are RowFeed (row_feed.hpp): pages come filled when waited for and are taken apart when
// pushed.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "interpreter.hpp"
#include "row_feed.hpp"

namespace layernorm_fused_rm::arithmetic {

class Core {
public:
    Core(const Shape& shape, const Operands& operands, const Place& place = {});

    // The core on which this thread's kernel runs, set by run(). Throws std::logic_error if none does.
    [[nodiscard]] static Core& current();

    // Runs a kernel, and checks what it leaves behind.
    [[nodiscard]] Results run(void (*kernel)());

    [[nodiscard]] RowFeed& feed() { return feed_; }

    // Unpack thread: its format is that of a buffer; `count` elements of L1 -> a bank of SrcA, or on their way to DEST;
    // zeros -> SrcB.
    void set_unpack_format(std::uint32_t buffer) { unpack_format_ = feed_.format_of(buffer); }
    void unpack_to_source_a(std::uint32_t l1_address, std::uint32_t count);
    void unpack_to_dest(std::uint32_t l1_address, std::uint32_t count);
    void zero_source_b() { source_b_is_zero_ = true; }

    // Math thread.
    void issue(std::uint32_t word);                               // a vector instruction
    void record_replay(std::uint32_t slot, std::uint32_t count);  // of the next instructions, which execute too
    void replay(std::uint32_t slot, std::uint32_t count);
    // ELWADD with a SrcB of zeros, eight rows; `row` is the instruction's own part of the DEST address.
    void add_sources(std::uint32_t mode, bool releases_source_a, bool accumulates, std::uint32_t row);
    void set_row_base(std::uint32_t row);
    void clear_row_counter();
    void order_vector_after_matrix();  // STALLWAIT
    void order_unpacker_after_math();  // what the unpacker puts into DEST next comes behind all that was issued
    void let_unpacker_write(std::uint32_t dest_row);
    void await_unpacker();
    void set_address_mode(std::uint32_t slot, const RowAdvance& source_a, const RowAdvance& dest);

    // Pack thread: its format is that of a buffer; a chunk of DEST -> L1.
    void set_pack_format(std::uint32_t buffer) { pack_format_ = feed_.format_of(buffer); }
    void pack_chunk(std::uint32_t chunk, std::uint32_t l1_address);

private:
    void execute(std::uint32_t word);
    [[nodiscard]] bool is_unsettled(std::uint32_t dest_row) const;
    // An instruction of another unit.
    void interrupt_vector_stream() {
        previous_word_.reset();
        ++turns_;
    }

    RowFeed feed_;
    Dest dest_{};
    RowCursor cursor_;
    VectorUnit vector_unit_;

    Format unpack_format_ = Format::kNone;
    Format pack_format_ = Format::kNone;
    std::deque<std::vector<Bits>> source_a_;
    std::optional<std::vector<Bits>> on_way_to_dest_;
    bool math_is_done_ = false;         // the unpacker may write DEST
    bool is_unpacker_awaited_ = false;  // it has been let in
    std::uint32_t source_row_ = 0;
    std::array<RowAdvance, kAddressModes> source_modes_{};
    bool source_b_is_zero_ = false;
    bool dest_is_settled_ = true;  // nothing of the matrix unit's or the unpacker's is still on its way
    std::uint64_t turns_ = 0;      // instructions of the math thread so far
    std::array<std::uint64_t, kDestRows> written_in_{};  // the turn in which the matrix unit wrote a row

    std::array<std::uint32_t, 32> replay_buffer_{};
    std::uint32_t recording_slot_ = 0;
    std::uint32_t left_to_record_ = 0;
    std::optional<std::uint32_t> previous_word_;  // of the vector unit, if it was the cycle before
};

}  // namespace layernorm_fused_rm::arithmetic
