#include "row_feed.hpp"

#include <algorithm>
#include <stdexcept>

#include "contract.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

using contract::Buffer;
using contract::kBytesPerBfloat16;
using contract::kElementsPerChunk;

constexpr Half kPoison = 0x7fc1;            // a NaN
constexpr std::uint32_t kFirstByte = 1024;  // of the buffers in L1

[[nodiscard]] constexpr std::uint32_t index_of(Buffer buffer) { return static_cast<std::uint32_t>(buffer); }

void require(bool holds, const char* reason) {
    if (!holds) {
        throw std::logic_error(reason);
    }
}

// What the planner passes to a core that does the whole tensor: one run, from page 0 of bank 0.
[[nodiscard]] std::vector<std::uint32_t> arguments_for(std::size_t rows) {
    using contract::RunArgument;
    std::vector<std::uint32_t> arguments(contract::run_slot(1, RunArgument::kBank), 0);
    arguments[static_cast<std::size_t>(contract::CoreArgument::kRuns)] = 1;
    arguments[contract::run_slot(0, RunArgument::kRows)] = static_cast<std::uint32_t>(rows);
    return arguments;
}

}  // namespace

RowFeed::RowFeed(const Shape& shape, const Operands& operands)
    : shape_(shape),
      operands_(operands),
      arguments_(arguments_for(operands.x.size() / shape.width)),
      rows_(operands.x.size() / shape.width),
      y_(operands.x.size()) {
    require(operands.x.size() % shape.width == 0, "x is not whole rows");
    require(operands.gamma.size() == shape.width && operands.beta.size() == shape.width,
            "gamma or beta is not one row");
    const std::uint32_t vector_bytes =
        (shape.width + kElementsPerChunk - 1) / kElementsPerChunk * kElementsPerChunk * kBytesPerBfloat16;
    rings_[index_of(Buffer::kInput)] = {.page_bytes = shape.page_bytes, .pages = shape.input_pages};
    rings_[index_of(Buffer::kGamma)] = {.page_bytes = vector_bytes, .pages = 1};
    rings_[index_of(Buffer::kBeta)] = {.page_bytes = vector_bytes, .pages = 1};
    rings_[index_of(Buffer::kOutput)] = {.page_bytes = shape.page_bytes, .pages = shape.output_pages};
    std::uint32_t byte = kFirstByte;
    for (Ring& ring : rings_) {
        ring.first_byte = byte;
        byte += ring.pages * ring.page_bytes;
    }
    l1_.assign(byte / kBytesPerBfloat16, kPoison);
}

std::uint32_t RowFeed::front_address(std::uint32_t buffer) const {
    return rings_.at(buffer).address_of(rings_[buffer].popped);
}
std::uint32_t RowFeed::back_address(std::uint32_t buffer) const {
    return rings_.at(buffer).address_of(rings_[buffer].pushed);
}

void RowFeed::wait_front(std::uint32_t buffer, std::uint32_t pages) {
    const Ring& ring = rings_.at(buffer);
    require(pages <= ring.pages, "waits for more pages than the buffer has");
    while (ring.pushed - ring.popped < pages) {
        switch (static_cast<Buffer>(buffer)) {
            case Buffer::kGamma: read_vector(buffer, operands_.gamma); break;
            case Buffer::kBeta: read_vector(buffer, operands_.beta); break;
            case Buffer::kInput: read_step(); break;
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
    require(buffer == index_of(Buffer::kOutput) && pages == pages_per_step(), "pushes another buffer, or not a step");
    write_step();
}

std::span<const Half> RowFeed::read(std::uint32_t address, std::uint32_t count) const {
    const std::size_t first = address / kBytesPerBfloat16;
    require(address >= kFirstByte && address % 16 == 0 && first + count <= l1_.size(), "reads L1 outside the buffers");
    return std::span(l1_).subspan(first, count);
}

std::span<Half> RowFeed::write(std::uint32_t address, std::uint32_t count) {
    const Ring& output = rings_[index_of(Buffer::kOutput)];
    const std::uint32_t end = output.first_byte + output.pages * output.page_bytes;
    require(address >= output.first_byte && address + count * kBytesPerBfloat16 <= end,
            "packs outside the output pages");
    return std::span(l1_).subspan(address / kBytesPerBfloat16, count);
}

std::vector<Half> RowFeed::take_result() {
    require(next_write_.first_row >= rows_, "not every row was pushed");
    require(std::all_of(rings_.begin(), rings_.end(), [](const Ring& ring) { return ring.pushed == ring.popped; }),
            "pages are left in a buffer");
    return std::move(y_);
}

std::uint32_t RowFeed::rows_of(const Step& step) const {
    return static_cast<std::uint32_t>(std::min<std::size_t>(shape_.rows_per_block, rows_ - step.first_row));
}

RowFeed::Piece RowFeed::piece_of(const Step& step, std::uint32_t row) const {
    const std::uint32_t offset = step.segment * kElementsPerChunk;
    return {(step.first_row + row) * shape_.width + offset, std::min(kElementsPerChunk, shape_.width - offset)};
}

void RowFeed::advance(Step& step) const {
    step.segment = (step.segment + 1) % shape_.segments;
    step.first_row += step.segment == 0 ? shape_.rows_per_block : 0;
}

void RowFeed::read_step() {
    require(next_read_.first_row < rows_, "waits for rows that do not come");
    Ring& ring = rings_[index_of(Buffer::kInput)];
    require(ring.pushed - ring.popped + pages_per_step() <= ring.pages, "waits for a page that has no room");
    const std::size_t base = ring.address_of(ring.pushed) / kBytesPerBfloat16;
    const auto page = std::span(l1_).subspan(base, pages_per_step() * ring.page_bytes / kBytesPerBfloat16);
    std::ranges::fill(page, kPoison);
    for (std::uint32_t row = 0; row < rows_of(next_read_); ++row) {
        const Piece piece = piece_of(next_read_, row);
        std::ranges::copy(operands_.x.subspan(piece.first, piece.elements),
                          page.begin() + static_cast<std::ptrdiff_t>(std::size_t{row} * shape_.row_stride));
    }
    ring.pushed += pages_per_step();
    advance(next_read_);
}

void RowFeed::read_vector(std::uint32_t buffer, std::span<const Half> values) {
    Ring& ring = rings_[buffer];
    require(ring.pushed == 0, "gamma and beta come once");
    std::ranges::copy(values, l1_.begin() + ring.first_byte / kBytesPerBfloat16);
    ring.pushed = 1;
}

void RowFeed::write_step() {
    Ring& ring = rings_[index_of(Buffer::kOutput)];
    require(next_write_.first_row < rows_, "pushes more rows than there are");
    const std::size_t base = ring.address_of(ring.pushed) / kBytesPerBfloat16;
    for (std::uint32_t row = 0; row < rows_of(next_write_); ++row) {
        const Piece piece = piece_of(next_write_, row);
        std::ranges::copy(std::span(l1_).subspan(base + std::size_t{row} * shape_.row_stride, piece.elements),
                          y_.begin() + static_cast<std::ptrdiff_t>(piece.first));
    }
    ring.pushed += pages_per_step();
    ring.popped = ring.pushed;
    advance(next_write_);
}

}  // namespace layernorm_fused_rm::arithmetic
