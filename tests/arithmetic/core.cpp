// SPDX-License-Identifier: Apache-2.0
#include "core.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "contract.hpp"
#include "matrix_add.hpp"
#include "sfpu/hazards.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

thread_local Core* current_core = nullptr;

constexpr Bits kSourcePoison = 0x7fc10000;
constexpr Bits kDestPoison = 0x7fedcba9;
constexpr Bits kMinusOneBits = 0xbf800000;

constexpr std::uint32_t kRowsPerElwadd = 8;
constexpr std::uint32_t kSourceBanks = 2;

void require(bool holds, const char* reason) {
    if (!holds) [[unlikely]] {
        throw std::logic_error(reason);
    }
}

}  // namespace

Core::Core(const Shape& shape, const Operands& operands, const Place& place)
    : feed_(shape, operands, place), vector_unit_(dest_, cursor_) {
    for (auto& row : dest_) {
        row.fill(kDestPoison);
    }
}

Core& Core::current() {
    require(current_core != nullptr, "no kernel runs on this thread");
    return *current_core;
}

Results Core::run(void (*kernel)()) {
    current_core = this;
    kernel();
    current_core = nullptr;
    require(source_a_.empty() && !on_way_to_dest_,
            "the kernel has left a bank of SrcA, or numbers on their way to DEST");
    require(vector_unit_.is_unconditional(), "the kernel has left lanes disabled");
    const Lanes& minus_one = vector_unit_.lanes(sfpu::kProgrammable);
    require(std::ranges::all_of(minus_one, [](Bits bits) { return bits == kMinusOneBits; }),
            "the kernel has not put -1.0 back into L11");
    return feed_.take_results();
}

void Core::unpack_to_source_a(std::uint32_t l1_address, std::uint32_t count) {
    require(source_a_.size() < kSourceBanks, "both banks of SrcA are taken");
    require(count <= contract::kElementsPerChunk, "an UNPACR of more than a bank");
    require(unpack_format_ == Format::kBfloat16, "SrcA would cut fp32 numbers to 11 bits");
    std::vector<Bits> bank(contract::kElementsPerChunk, kSourcePoison);
    std::ranges::copy(feed_.read(l1_address, count, unpack_format_), bank.begin());
    source_a_.push_back(std::move(bank));
}

// In program order the unpack thread comes before the math thread, which says where the numbers go.
void Core::unpack_to_dest(std::uint32_t l1_address, std::uint32_t count) {
    require(!on_way_to_dest_, "an UNPACR to DEST behind one that the math thread has not let in");
    require(count <= contract::kElementsPerChunk, "an UNPACR of more than a tile");
    require(unpack_format_ == Format::kFloat32, "in DEST as fp32 only fp32 numbers can be put");
    on_way_to_dest_ = feed_.read(l1_address, count, unpack_format_);
}

void Core::order_unpacker_after_math() {
    interrupt_vector_stream();
    math_is_done_ = true;
    dest_is_settled_ = true;
}

void Core::let_unpacker_write(std::uint32_t dest_row) {
    require(on_way_to_dest_.has_value(), "the math thread would wait for the unpacker for ever");
    require(math_is_done_, "the unpacker may overtake the math thread");
    require(dest_row + on_way_to_dest_->size() / kDestColumns <= kDestRows, "an UNPACR behind DEST's last row");
    for (std::size_t i = 0; i < on_way_to_dest_->size(); ++i) {
        dest_[dest_row + i / kDestColumns][i % kDestColumns] = (*on_way_to_dest_)[i];
    }
    dest_is_settled_ = false;
    is_unpacker_awaited_ = true;
}

void Core::await_unpacker() {
    interrupt_vector_stream();
    require(is_unpacker_awaited_, "the math thread would wait for the unpacker for ever");
    on_way_to_dest_.reset();
    is_unpacker_awaited_ = false;
    math_is_done_ = false;
    dest_is_settled_ = true;
}

void Core::issue(std::uint32_t word) {
    if (left_to_record_ != 0) {
        replay_buffer_.at(recording_slot_++) = word;
        --left_to_record_;
    }
    execute(word);
}

// The stream is checked as it comes, borders of sequences and replays included: every vector instruction may follow the
// one before it. Any other instruction of the math thread takes a cycle of its own.
void Core::execute(std::uint32_t word) {
    const sfpu::Instruction next{word, sfpu::Base::kBatch};
    if (previous_word_ && sfpu::is_too_early({*previous_word_, sfpu::Base::kBatch}, next)) [[unlikely]] {
        std::ostringstream text;
        text << std::hex << "0x" << word << " is issued too early behind 0x" << *previous_word_;
        throw std::logic_error(text.str());
    }
    ++turns_;
    require(next.opcode() != sfpu::Opcode::kLoad || dest_is_settled_ || !is_unsettled(vector_unit_.first_row_of(word)),
            "SFPLOAD may overtake the matrix unit or the unpacker");
    vector_unit_.execute(word);
    previous_word_ = word;
}

// An SFPLOAD wants three instructions between it and the one of the matrix unit ("SFPLOAD", instruction scheduling). How
// many the unpacker takes nobody knows.
bool Core::is_unsettled(std::uint32_t dest_row) const {
    constexpr std::uint64_t kInstructionsBetween = 3;
    return is_unpacker_awaited_ || turns_ - written_in_.at(dest_row) <= kInstructionsBetween;
}

void Core::record_replay(std::uint32_t slot, std::uint32_t count) {
    require(slot + count <= replay_buffer_.size() && left_to_record_ == 0, "the replay buffer has 32 slots");
    recording_slot_ = slot;
    left_to_record_ = count;
}

void Core::replay(std::uint32_t slot, std::uint32_t count) {
    require(left_to_record_ == 0, "a replay while recording");
    for (std::uint32_t i = 0; i < count; ++i) {
        execute(replay_buffer_.at(slot + i));
    }
}

// Rows of SrcA from its counter, rows of DEST from base and counter, both cut to a multiple of eight ("ELWADD").
void Core::add_sources(std::uint32_t mode, bool releases_source_a, bool accumulates, std::uint32_t row) {
    interrupt_vector_stream();
    require(!source_a_.empty() && source_b_is_zero_, "ELWADD would wait for SrcA or SrcB for ever");
    require(!is_unpacker_awaited_, "ELWADD and the unpacker write DEST at once");
    const std::uint32_t source_row = source_row_ & ~(kRowsPerElwadd - 1);
    const std::uint32_t dest_row = (cursor_.base + cursor_.counter + row) & ~(kRowsPerElwadd - 1);
    require(dest_row + kRowsPerElwadd <= kDestRows, "ELWADD behind DEST's last row");
    for (std::uint32_t i = 0; i < kRowsPerElwadd * kDestColumns; ++i) {
        Bits& dest = dest_[dest_row + i / kDestColumns][i % kDestColumns];
        const Bits source = source_a_.front().at(source_row * kDestColumns + i);
        dest = accumulates ? matrix_add(dest, source) : widen(source);
    }
    std::fill_n(written_in_.begin() + dest_row, kRowsPerElwadd, turns_);
    const RowAdvance& advance = source_modes_.at(mode);
    source_row_ = advance.clear ? 0 : source_row_ + advance.increment;
    cursor_.apply(mode);
    if (releases_source_a) {
        source_a_.pop_front();
    }
    dest_is_settled_ = false;
}

void Core::set_row_base(std::uint32_t row) {
    interrupt_vector_stream();
    cursor_.base = row;
}

void Core::clear_row_counter() {
    interrupt_vector_stream();
    cursor_.counter = 0;
}

void Core::order_vector_after_matrix() {
    interrupt_vector_stream();
    dest_is_settled_ = true;
}

void Core::set_address_mode(std::uint32_t slot, const RowAdvance& source_a, const RowAdvance& dest) {
    source_modes_.at(slot) = source_a;
    cursor_.modes.at(slot) = dest;
}

void Core::pack_chunk(std::uint32_t chunk, std::uint32_t l1_address) {
    const std::uint32_t first_row = chunk * contract::kElementsPerChunk / kDestColumns;
    require(first_row + contract::kElementsPerChunk / kDestColumns <= kDestRows, "a pack of rows behind DEST's last");
    std::array<Bits, contract::kElementsPerChunk> packed{};
    for (std::uint32_t i = 0; i < contract::kElementsPerChunk; ++i) {
        packed[i] = pack_as(pack_format_, dest_[first_row + i / kDestColumns][i % kDestColumns]);
    }
    feed_.write(l1_address, packed, pack_format_);
}

}  // namespace layernorm_fused_rm::arithmetic
