// SPDX-License-Identifier: Apache-2.0
#include "row_feed.hpp"

#include <algorithm>
#include <stdexcept>

#include "contract.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

using contract::Buffer;
using contract::kElementsPerChunk;

constexpr std::uint32_t kFirstByte = 1024;  // of the buffers in L1
constexpr std::uint32_t kBytesPerHalf = sizeof(Half);

[[nodiscard]] constexpr std::uint32_t index_of(Buffer buffer) { return static_cast<std::uint32_t>(buffer); }

void require(bool holds, const char* reason) {
    if (!holds) {
        throw std::logic_error(reason);
    }
}

template <typename Number>
[[nodiscard]] constexpr Number round_up(Number number, Number multiple) {
    return (number + multiple - 1) / multiple * multiple;
}

// What the planner passes to all cores.
[[nodiscard]] std::vector<std::uint32_t> common_arguments(std::size_t rows_per_matrix, Bits negative_epsilon) {
    using contract::ComputeArgument;
    std::vector<std::uint32_t> arguments(static_cast<std::size_t>(ComputeArgument::kCount), 0);
    arguments[static_cast<std::size_t>(ComputeArgument::kNegativeEpsilonBits)] = negative_epsilon;
    arguments[static_cast<std::size_t>(ComputeArgument::kRowsPerMatrix)] = static_cast<std::uint32_t>(rows_per_matrix);
    return arguments;
}

// And to a core that does the whole tensor, or a slice of all its rows: one run, from page 0 of bank 0.
[[nodiscard]] std::vector<std::uint32_t> own_arguments(std::size_t rows, std::uint32_t slice) {
    using contract::RunArgument;
    using contract::TeamArgument;
    std::vector<std::uint32_t> arguments(contract::team_slot(TeamArgument::kSlice) + 1, 0);
    arguments[static_cast<std::size_t>(contract::CoreArgument::kRuns)] = 1;
    arguments[contract::run_slot(0, RunArgument::kRows)] = static_cast<std::uint32_t>(rows);
    arguments[contract::team_slot(TeamArgument::kSlice)] = slice;
    return arguments;
}

}  // namespace

RowFeed::RowFeed(const Shape& shape, const Operands& operands, const Place& place)
    : shape_(shape),
      operands_(operands),
      place_(place),
      rows_(operands.x.size() / shape.own_width()),
      rows_per_matrix_(operands.rows_per_matrix == 0 ? std::max<std::size_t>(rows_, 1) : operands.rows_per_matrix),
      common_arguments_(common_arguments(rows_per_matrix_, shape.negative_epsilon)),
      own_arguments_(own_arguments(rows_of_run(), place.slice)) {
    require((shape.slices > 1) == (place.team != nullptr), "a row of several slices takes a team, any other none");
    check_operands();
    lay_out();
    const Formats& formats = shape.formats;
    results_.y.resize(shape.tells_stats ? 0 : operands.x.size());
    results_.stats.resize(shape.tells_stats ? rows_ * shape.stats_numbers : 0);
    results_.sum.resize(formats.sum == Format::kNone ? 0 : operands.x.size());
    results_.mean.resize(formats.mean == Format::kNone ? 0 : rows_);
    results_.rstd.resize(formats.rstd == Format::kNone ? 0 : rows_);
}

void RowFeed::check_operands() const {
    const auto expect = [](std::span<const Bits> tensor, Format format, std::size_t elements) {
        require(tensor.size() == (format == Format::kNone ? 0 : elements), "a tensor has another size");
        require(
            format != Format::kBfloat16 || std::ranges::all_of(tensor, [](Bits bits) { return (bits & 0xffffU) == 0; }),
            "a bf16 tensor has elements that are none");
    };
    require(operands_.x.size() % shape_.own_width() == 0, "x is not whole rows");
    require(rows_ % rows_per_matrix_ == 0, "x is not whole matrices");
    expect(operands_.x, shape_.formats.input, operands_.x.size());
    expect(operands_.residual, shape_.formats.residual, operands_.x.size());
    expect(operands_.gamma, shape_.formats.gamma, shape_.affine_width());
    expect(operands_.beta, shape_.formats.beta, shape_.affine_width());
    require(operands_.stats.size() == (shape_.takes_stats() ? rows_ * shape_.stats_numbers : 0),
            "stats have another size");
}

// Buffers one behind the other, all poison.
void RowFeed::lay_out() {
    const Formats& formats = shape_.formats;
    const InTiles& in_tiles = shape_.in_tiles;
    const std::uint32_t vector_elements = reads_again() ? kElementsPerChunk : round_up(shape_.width, kElementsPerChunk);
    const auto add = [this](Buffer buffer, Format format, std::uint32_t page_elements, std::uint32_t pages,
                            bool is_in_tiles = false) {
        if (format != Format::kNone) {
            rings_[index_of(buffer)] = {.page_bytes = page_elements * bytes_of(format),
                                        .pages = pages,
                                        .format = format,
                                        .is_in_tiles = is_in_tiles};
        }
    };
    add(Buffer::kInput, formats.input, shape_.page_elements, shape_.input_pages, in_tiles.input);
    add(Buffer::kGamma, formats.gamma, vector_elements, 1);
    add(Buffer::kBeta, formats.beta, vector_elements, 1);
    add(Buffer::kResidual, formats.residual, shape_.page_elements, shape_.input_pages, in_tiles.residual);
    add(Buffer::kOutput, formats.output, shape_.page_elements, shape_.output_pages, in_tiles.output);
    add(Buffer::kSum, formats.sum, shape_.page_elements, shape_.output_pages, in_tiles.sum);
    const bool is_sliced = shape_.slices > 1;
    add(Buffer::kStatistics, is_sliced || shape_.tells_stats ? Format::kFloat32 : formats.rstd, kElementsPerChunk, 2);
    add(Buffer::kStats, shape_.takes_stats() ? Format::kFloat32 : Format::kNone,
        contract::stats_page_elements(shape_.stats_numbers, shape_.rows_per_vector), 2);
    add(Buffer::kPartial, is_sliced ? Format::kFloat32 : Format::kNone, kElementsPerChunk, 1);
    add(Buffer::kJoined, is_sliced ? Format::kFloat32 : Format::kNone, shape_.slices * shape_.partial_elements,
        contract::kJoinedPages);
    std::uint32_t byte = kFirstByte;
    for (Ring& ring : rings_) {
        ring.first_byte = byte;
        byte += ring.pages * ring.page_bytes;
    }
    l1_.resize(byte / kBytesPerHalf);
    poison(0, byte);
}

std::uint32_t RowFeed::common_argument(std::uint32_t slot) const {
    const bool is_own = slot >= common_arguments_.size();
    require(!is_own || place_.team == nullptr, "a core of a team has its own arguments elsewhere");
    return is_own ? own_arguments_.at(slot - common_arguments_.size()) : common_arguments_[slot];
}
std::uint32_t RowFeed::own_argument(std::uint32_t slot) const {
    require(place_.team != nullptr, "a program of one core has common arguments only");
    return own_arguments_.at(slot);
}

std::uint32_t RowFeed::front_address(std::uint32_t buffer) const {
    require(rings_.at(buffer).pages != 0, "a buffer that the plan does not have");
    return rings_[buffer].address_of(rings_[buffer].popped);
}
std::uint32_t RowFeed::back_address(std::uint32_t buffer) const {
    require(rings_.at(buffer).pages != 0, "a buffer that the plan does not have");
    return rings_[buffer].address_of(rings_[buffer].pushed);
}

void RowFeed::wait_front(std::uint32_t buffer, std::uint32_t pages) {
    Ring& ring = rings_.at(buffer);
    require(pages <= ring.pages, "waits for more pages than the buffer has");
    while (ring.pushed - ring.popped < pages) {
        switch (static_cast<Buffer>(buffer)) {
            case Buffer::kGamma: read_affine(ring, operands_.gamma); break;
            case Buffer::kBeta: read_affine(ring, operands_.beta); break;
            case Buffer::kInput: read_step(ring, operands_.x); break;
            case Buffer::kResidual: read_step(ring, operands_.residual); break;
            case Buffer::kJoined: take_sums(ring); break;
            case Buffer::kStats: take_stats(ring); break;
            default: throw std::logic_error("compute waits for its own output");
        }
    }
}

void RowFeed::pop_front(std::uint32_t buffer, std::uint32_t pages) {
    Ring& ring = rings_.at(buffer);
    require(ring.pushed - ring.popped >= pages, "pops pages that are not there");
    ring.popped += pages;
}

void RowFeed::reserve_back(std::uint32_t buffer, std::uint32_t pages) const {
    require(pages <= rings_.at(buffer).pages, "reserves more pages than the buffer has");
}

void RowFeed::push_back(std::uint32_t buffer, std::uint32_t pages) {
    Ring& ring = rings_.at(buffer);
    const bool is_step = buffer == index_of(Buffer::kOutput) || buffer == index_of(Buffer::kSum);
    require(ring.pages != 0 && pages == (is_step ? pages_per_step() : 1), "pushes what is not a step");
    switch (static_cast<Buffer>(buffer)) {
        case Buffer::kOutput: return write_step(ring, results_.y);
        case Buffer::kSum: return write_step(ring, results_.sum);
        case Buffer::kStatistics: return shape_.tells_stats ? tell_stats(ring) : write_statistics(ring);
        case Buffer::kPartial: return give_sums(ring);
        default: throw std::logic_error("pushes its own input");
    }
}

const RowFeed::Ring& RowFeed::ring_at(std::uint32_t address) const {
    const auto found = std::ranges::find_if(
        rings_, [address](const Ring& ring) { return address >= ring.first_byte && address < ring.end(); });
    require(found != rings_.end(), "an address outside the buffers");
    return *found;
}

std::vector<Bits> RowFeed::read(std::uint32_t address, std::uint32_t count, Format format) const {
    const Ring& ring = ring_at(address);
    require(ring.format == format, "reads another format than the buffer's");
    require(address % 16 == 0 && address + count * bytes_of(format) <= ring.end(), "reads L1 outside the buffer");
    std::vector<Bits> values(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        values[i] = element(address + i * bytes_of(format), format);
    }
    return values;
}

void RowFeed::write(std::uint32_t address, std::span<const Bits> values, Format format) {
    const Ring& ring = ring_at(address);
    require(&ring >= &rings_[index_of(Buffer::kOutput)], "packs into an input page");
    require(ring.format == format, "packs another format than the buffer's");
    require(address % 16 == 0 && address + values.size() * bytes_of(format) <= ring.end(),
            "packs outside the output pages");
    put(address, values, format);
}

Results RowFeed::take_results() {
    for (const Buffer buffer : {Buffer::kOutput, Buffer::kSum, Buffer::kStatistics}) {
        const Ring& ring = rings_[index_of(buffer)];
        require(ring.pages == 0 || ring.next.first_row >= rows_of_run(), "not every row was pushed");
    }
    require(std::ranges::all_of(rings_, [](const Ring& ring) { return ring.pushed == ring.popped; }),
            "pages are left in a buffer");
    return std::move(results_);
}

std::uint32_t RowFeed::rows_of(const Step& step) const {
    const std::size_t left = rows_of_run() - std::min(rows_of_run(), step.first_row);
    return static_cast<std::uint32_t>(std::min<std::size_t>(shape_.rows_per_block, left));
}

// Of strips whole ones: each matrix with the padding of its tiles, or, where the kernel knows of none, rows that nobody
// asks for behind the last.
std::size_t RowFeed::rows_of_run() const {
    if (!shape_.has_strips()) {
        return rows_;
    }
    return shape_.pads_rows ? rows_ / rows_per_matrix_ * round_up<std::size_t>(rows_per_matrix_, contract::kTileSide)
                            : round_up<std::size_t>(rows_, contract::kRowsPerStrip);
}

// None for padding.
std::optional<std::size_t> RowFeed::row_of_tensor(std::size_t row_of_run) const {
    const std::size_t in_matrix =
        shape_.pads_rows ? round_up<std::size_t>(rows_per_matrix_, contract::kTileSide) : rows_of_run();
    const std::size_t rows = shape_.pads_rows ? rows_per_matrix_ : rows_;
    const std::size_t row = row_of_run % in_matrix;
    return row < rows ? std::optional(row_of_run / in_matrix * rows + row) : std::nullopt;
}

std::uint32_t RowFeed::first_column(std::uint32_t segment) const {
    return segment * contract::columns_per_chunk(shape_.rows_per_vector);
}

// Of rows of `width` elements.
std::uint32_t RowFeed::columns_of(std::uint32_t segment, std::uint32_t width) const {
    return std::min(contract::columns_per_chunk(shape_.rows_per_vector), width - first_column(segment));
}

// The first `columns` columns of row `row` of the step at the back. Of a strip 16 of each row come together, as they do
// in a face, or 64.
template <typename Visit>
void RowFeed::for_each_piece(const Ring& ring, std::uint32_t row, std::uint32_t columns, Visit visit) const {
    const bool has_strips = shape_.has_strips();
    const std::uint32_t together = !has_strips        ? columns
                                   : ring.is_in_tiles ? contract::kFaceSide
                                                      : contract::kElementsPerVectorPair;
    const std::uint32_t in_strip = has_strips ? row % contract::kRowsPerStrip : 0;
    const std::uint32_t first = (row - in_strip) * shape_.row_stride + in_strip * together;
    for (std::uint32_t column = 0; column < columns; column += together) {
        const std::uint32_t place = first + column * (has_strips ? contract::kRowsPerStrip : 1);
        visit(Piece{ring.address_of(ring.pushed) + place * bytes_of(ring.format), column,
                    std::min(together, columns - column)});
    }
}

void RowFeed::advance(Step& step, std::uint32_t passes) const {
    step.segment = (step.segment + 1) % shape_.segments;
    step.pass = step.segment == 0 ? (step.pass + 1) % passes : step.pass;
    step.first_row += step.segment == 0 && step.pass == 0 ? shape_.rows_per_block : 0;
}

void RowFeed::read_step(Ring& ring, std::span<const Bits> tensor) {
    // Behind the last block comes one more, which says that no row is redone.
    require(ring.next.first_row < rows_of_run() + shape_.rows_per_block, "waits for rows that do not come");
    require(ring.pushed - ring.popped + pages_per_step() <= ring.pages, "waits for a page that has no room");
    poison(ring.address_of(ring.pushed), pages_per_step() * ring.page_bytes);
    for (std::uint32_t row = 0; row < rows_of(ring.next); ++row) {
        if (const auto from = row_of_tensor(ring.next.first_row + row)) {
            const std::size_t first = *from * shape_.own_width() + first_column(ring.next.segment);
            for_each_piece(ring, row, columns_of(ring.next.segment, shape_.own_width()), [&](const Piece& piece) {
                put(piece.address, tensor.subspan(first + piece.column, piece.elements), ring.format);
            });
        }
    }
    ring.pushed += pages_per_step();
    advance(ring.next, shape_.reads_per_row);
}

// The whole vector once, beneath each row of a pair; or a segment of it with each step of a row's last pass.
void RowFeed::read_affine(Ring& ring, std::span<const Bits> values) {
    require(!values.empty(), "waits for a vector that the call does not have");
    require(reads_again() || ring.pushed == 0, "gamma and beta come once");
    poison(ring.first_byte, ring.page_bytes);
    if (reads_again()) {
        const std::uint32_t segment = ring.next.segment;
        values = values.subspan(first_column(segment), columns_of(segment, shape_.own_width()));
        advance(ring.next, 1);
    }
    const std::uint32_t copies = shape_.has_strips() ? 1 : shape_.rows_per_vector;
    for (std::uint32_t row = 0; row < copies; ++row) {
        put(ring.first_byte + row * shape_.row_stride * bytes_of(ring.format), values, ring.format);
    }
    ++ring.pushed;
}

void RowFeed::write_step(Ring& ring, std::vector<Bits>& tensor) {
    require(ring.next.first_row < rows_of_run(), "pushes more rows than there are");
    for (std::uint32_t row = 0; row < rows_of(ring.next); ++row) {
        const std::uint32_t segment = ring.next.segment;
        const auto to = row_of_tensor(ring.next.first_row + row);
        const std::uint32_t columns = to ? columns_of(segment, shape_.own_width()) : 0;
        for_each_piece(ring, row, columns, [&](const Piece& piece) {
            const std::size_t first = *to * shape_.own_width() + first_column(segment) + piece.column;
            for (std::uint32_t i = 0; i < piece.elements; ++i) {
                tensor[first + i] = element(piece.address + i * bytes_of(ring.format), ring.format);
            }
        });
        if (ring.is_in_tiles && (to || shape_.pads_rows)) {
            check_padding(ring, row, columns);
        }
    }
    ring.pushed += pages_per_step();
    ring.popped = ring.pushed;
    advance(ring.next, 1);
}

// Zeros behind the first `columns` columns of a row's segment, up to the end of the tiles.
void RowFeed::check_padding(const Ring& ring, std::uint32_t row, std::uint32_t columns) const {
    const std::uint32_t stored = columns_of(ring.next.segment, round_up(shape_.own_width(), contract::kTileSide));
    for_each_piece(ring, row, stored, [&](const Piece& piece) {
        for (std::uint32_t i = 0; i < piece.elements; ++i) {
            require(piece.column + i < columns || element(piece.address + i * bytes_of(ring.format), ring.format) == 0,
                    "writes padding that is not zero");
        }
    });
}

// One element of each, which is what kernels/writer.cpp sends.
void RowFeed::write_statistics(Ring& ring) {
    require(ring.next.first_row < rows_of_run(), "pushes more statistics than there are rows");
    const std::uint32_t distance = contract::kElementsPerVectorPair * bytes_of(ring.format);
    for (std::uint32_t row = 0; row < rows_of(ring.next); ++row) {
        const std::uint32_t offset = contract::mean_offset(row, shape_.rows_per_vector);
        const std::uint32_t address = ring.address_of(ring.pushed) + offset * bytes_of(ring.format);
        if (const auto to = row_of_tensor(ring.next.first_row + row)) {
            if (!results_.mean.empty()) {
                results_.mean[*to] = element(address, ring.format);
            }
            if (!results_.rstd.empty()) {
                results_.rstd[*to] = element(address + distance, ring.format);
            }
        }
    }
    ring.popped = ++ring.pushed;
    ring.next.first_row += shape_.rows_per_block;
}

// What kernels/dataflow/stats.hpp writes of a block, and what it brings: poison beside the numbers of rows that there are.
void RowFeed::tell_stats(Ring& ring) {
    require(ring.next.first_row < rows_of_run(), "tells stats of more rows than there are");
    const std::uint32_t distance = contract::stats_per_pair(shape_.rows_per_vector) * bytes_of(ring.format);
    for (std::uint32_t row = 0; row < rows_of(ring.next); ++row) {
        if (const auto to = row_of_tensor(ring.next.first_row + row)) {
            std::ranges::copy(read(ring.address_of(ring.pushed) + row * distance, shape_.stats_numbers, ring.format),
                              results_.stats.begin() + static_cast<std::ptrdiff_t>(*to * shape_.stats_numbers));
        }
    }
    ring.popped = ++ring.pushed;
    ring.next.first_row += shape_.rows_per_block;
}

void RowFeed::take_stats(Ring& ring) {
    require(ring.next.first_row < rows_of_run(), "waits for stats of more rows than there are");
    require(ring.pushed - ring.popped < ring.pages, "waits for a page that has no room");
    poison(ring.address_of(ring.pushed), ring.page_bytes);
    const std::uint32_t in_pair = contract::stats_per_pair(shape_.rows_per_vector);
    for (std::uint32_t row = 0; row < rows_of(ring.next); ++row) {
        const auto from = row_of_tensor(ring.next.first_row + row);
        for (std::uint32_t first = 0; from && first < shape_.stats_numbers; first += in_pair) {
            const std::uint32_t place = first / in_pair * contract::kElementsPerVectorPair + row * in_pair;
            put(ring.address_of(ring.pushed) + place * bytes_of(ring.format),
                operands_.stats.subspan(*from * shape_.stats_numbers + first,
                                        std::min(in_pair, shape_.stats_numbers - first)),
                ring.format);
        }
    }
    ++ring.pushed;
    ring.next.first_row += shape_.rows_per_block;
}

// A page of what this core has, and one of what all have.
void RowFeed::give_sums(Ring& ring) {
    place_.team->give(place_.slice, read(ring.address_of(ring.pushed), shape_.partial_elements, ring.format));
    ring.popped = ++ring.pushed;
}

void RowFeed::take_sums(Ring& ring) {
    require(ring.pushed - ring.popped < ring.pages, "waits for a page that has no room");
    put(ring.address_of(ring.pushed), place_.team->take(place_.slice), ring.format);
    ++ring.pushed;
}

Bits RowFeed::element(std::uint32_t address, Format format) const {
    const std::size_t first = address / kBytesPerHalf;
    const Bits half = l1_[first];
    return format == Format::kBfloat16 ? half << kHalfShift : half | static_cast<Bits>(l1_[first + 1]) << kHalfShift;
}

void RowFeed::put(std::uint32_t address, std::span<const Bits> values, Format format) {
    std::size_t at = address / kBytesPerHalf;
    for (const Bits bits : values) {
        if (format == Format::kFloat32) {
            l1_[at++] = static_cast<Half>(bits & 0xffffU);
        }
        l1_[at++] = static_cast<Half>(bits >> kHalfShift);
    }
}

void RowFeed::poison(std::uint32_t address, std::uint32_t bytes) {
    std::generate_n(l1_.begin() + address / kBytesPerHalf, bytes / kBytesPerHalf, [this] {
        drawn_ = drawn_ * 0x19660d + 0x3c6ef35f;  // Knuth's linear congruential generator
        return static_cast<Half>(operands_.poison ^ (drawn_ >> kHalfShift & operands_.noise));
    });
}

}  // namespace layernorm_fused_rm::arithmetic
