// SPDX-License-Identifier: Apache-2.0
#include "checker/memory.hpp"

#include <algorithm>

#include "checker/counts.hpp"
#include "checker/finding.hpp"

namespace protocol {
namespace {

// ttnn's tile: four faces of 16 x 16, row-major.
constexpr std::uint32_t kTileWidth = 32;
constexpr std::uint32_t kFaceWidth = 16;
constexpr std::uint32_t kFaceElements = kFaceWidth * kFaceWidth;
constexpr std::uint32_t kStripRows = 4;

// A place of a tensor of rows in tiles, in rows and columns that count padding.
struct Cell {
    std::uint64_t row;
    std::uint64_t column;
};

[[nodiscard]] Cell cell_at(const Tensor& tensor, std::uint64_t page, std::uint32_t offset) {
    const std::uint64_t tiles_per_row = (tensor.width + kTileWidth - 1) / kTileWidth;
    const std::uint32_t index = offset / tensor.element_bytes;
    const std::uint32_t face = index / kFaceElements;
    return {.row = page / tiles_per_row * kTileWidth + face / 2 * kFaceWidth + index % kFaceElements / kFaceWidth,
            .column = page % tiles_per_row * kTileWidth + face % 2 * kFaceWidth + index % kFaceWidth};
}

// A unit of such a tensor. Padding of what is read may be anything, padding of what is written is zeros.
[[nodiscard]] Tag tag_in_tiles(const Tensor& tensor, std::uint64_t page, std::uint32_t offset) {
    const auto [row, column] = cell_at(tensor, page, offset);
    const std::uint64_t with_padding = round_up<std::uint64_t>(tensor.rows_per_matrix, kTileWidth);
    const std::uint32_t places = kUnitBytes / tensor.element_bytes;
    const bool is_padding = row % with_padding >= tensor.rows_per_matrix || column >= tensor.width;
    const std::uint64_t own = is_padding ? 0 : std::min<std::uint64_t>(places, tensor.width - column);
    Tag tag;
    if (!is_padding) {
        tag = {.row = static_cast<std::uint32_t>(row / with_padding * tensor.rows_per_matrix + row % with_padding),
               .element = static_cast<std::uint32_t>(column),
               .content = tensor.content,
               .element_bytes = static_cast<std::uint8_t>(tensor.element_bytes),
               .done = tensor.done};
    }
    if (tensor.is_output) {
        tag.zeros = first_places(places) & static_cast<std::uint16_t>(~first_places(static_cast<std::uint32_t>(own)));
    }
    return tag;
}

[[nodiscard]] std::uint64_t pages_in_bank(const Tensor& tensor, std::uint64_t bank) {
    if (tensor.is_sharded()) {
        const std::uint64_t rows = tensor.pages / tensor.pages_per_row;
        const std::uint64_t before = bank / tensor.shards.across * tensor.shards.rows;
        return std::min<std::uint64_t>(tensor.shards.rows, rows > before ? rows - before : 0) * tensor.shards.columns;
    }
    return tensor.pages / tensor.banks + (bank < tensor.pages % tensor.banks ? 1 : 0);
}

struct BankRange {
    Target target;
    std::uint64_t bank;
    std::uint64_t local;  // address within the bank
    std::uint64_t bytes;
};

// Which of a tensor's banks a place on the NoC is; none if it is not.
[[nodiscard]] std::uint64_t bank_of(const Tensor& tensor, std::uint64_t place) {
    if (!tensor.is_sharded()) {
        return place;
    }
    return static_cast<std::uint64_t>(std::ranges::find(tensor.shards.places, place) - tensor.shards.places.begin());
}

[[nodiscard]] bool holds(const Tensor& tensor, const BankRange& range) {
    const Target own = tensor.is_sharded() ? Target::kCore : tensor.in_dram ? Target::kDramBank : Target::kL1Bank;
    return tensor.element_bytes != 0 && range.target == own && range.bank < tensor.banks &&
           range.local >= tensor.address &&
           range.local + range.bytes <= tensor.address + pages_in_bank(tensor, range.bank) * tensor.page_bytes;
}

// Whether it is the output.
[[nodiscard]] bool is_normalised(const Tensor& tensor) {
    return tensor.content == Content::kRow && (tensor.done[0] & kNormalised) != 0;
}

// The element of its row at a place of a page, or `width` where none is.
[[nodiscard]] std::uint64_t element_at(const Tensor& tensor, std::uint64_t page, std::uint32_t offset) {
    const std::uint32_t index = offset / tensor.element_bytes;
    std::uint64_t element = index;
    if (tensor.has_cut_rows()) {
        element = page % tensor.pages_per_row * (tensor.page_bytes / tensor.element_bytes) + index;
    } else if (tensor.form == Form::kCut) {
        element = index < kTileWidth ? page * kTileWidth + index : tensor.width;
    } else if (tensor.form == Form::kTiles) {
        const std::uint32_t face = index / kFaceElements;
        const std::uint32_t column = index % kFaceElements;
        element = face < 2 && column < kFaceWidth ? page * kTileWidth + face * kFaceWidth + column : tensor.width;
    }
    return std::min<std::uint64_t>(element, tensor.width);
}

}  // namespace

Tag Tensor::tag(std::uint64_t page, std::uint32_t offset) const {
    if (form == Form::kRowsInTiles) {
        return tag_in_tiles(*this, page, offset);
    }
    const std::uint64_t element = element_at(*this, page, offset);
    if (element == width) {
        return {};
    }
    return {.row = form == Form::kRows ? static_cast<std::uint32_t>(page / pages_per_row) : 0,
            .element = content == Content::kStatistic ? check_sum : static_cast<std::uint32_t>(element),
            .content = content,
            .element_bytes = static_cast<std::uint8_t>(element_bytes),
            .done = done,
            .added = content == Content::kStatistic ? 1U : 0U};
}

std::uint32_t Tensor::own_bytes(std::uint64_t page, std::uint32_t offset) const {
    if (form == Form::kRowsInTiles) {
        return kUnitBytes;
    }
    const std::uint64_t row_bytes = std::uint64_t{width} * element_bytes;
    const std::uint64_t in_row = page % pages_per_row * page_bytes + offset;
    return in_row >= row_bytes ? 0
                               : static_cast<std::uint32_t>(std::min<std::uint64_t>(kUnitBytes, row_bytes - in_row));
}

std::uint64_t Tensor::page_at(std::uint64_t bank, std::uint64_t index) const {
    if (!is_sharded()) {
        return index * banks + bank;
    }
    const std::uint64_t row = bank / shards.across * shards.rows + index / shards.columns;
    const std::uint64_t column = bank % shards.across * shards.columns + index % shards.columns;
    require(column < pages_per_row, Rule::kNocAddress, "a transfer leaves the tensor for the rest of its last shard");
    return row * pages_per_row + column;
}

std::uint64_t Tensor::redone_with_row(std::uint64_t row) const {
    if (!has_strips) {
        return row;
    }
    const std::uint64_t with_padding = round_up<std::uint64_t>(rows_per_matrix, kTileWidth);
    return (row / rows_per_matrix * with_padding + row % rows_per_matrix) / kStripRows;
}

std::uint64_t Tensor::redone_with(std::uint64_t page, std::uint32_t offset) const {
    return form == Form::kRowsInTiles ? cell_at(*this, page, offset).row / kStripRows
                                      : redone_with_row(page / pages_per_row);
}

Memory::Memory(std::vector<Tensor> tensors, bool is_written_over)
    : tensors_(std::make_shared<const std::vector<Tensor>>(std::move(tensors))), is_written_over_(is_written_over) {
    for (const Tensor& tensor : *tensors_) {
        const bool counts = tensor.is_output && tensor.element_bytes != 0;
        written_.emplace_back(counts ? tensor.pages * tensor.own_units() : 0, 0);
    }
}

TensorRange Memory::locate(std::uint64_t address, std::uint64_t bytes, bool is_output) const {
    const auto target = static_cast<Target>(address >> (kLocalBits + kPlaceBits));
    const std::uint64_t place = (address >> kLocalBits) & ((1U << kPlaceBits) - 1);
    const std::uint64_t local = address & kLocalMask;
    const auto find = [&](auto&& is_wanted) {
        return std::ranges::find_if(*tensors_, [&](const Tensor& tensor) {
            return is_wanted(tensor) && holds(tensor, {target, bank_of(tensor, place), local, bytes});
        });
    };
    auto found = find([=](const Tensor& tensor) { return tensor.is_output == is_output; });
    if (found == tensors_->end()) {
        found = find([](const Tensor&) { return true; });
    }
    if (found == tensors_->end()) {
        throw Finding(Rule::kNocAddress, std::to_string(bytes) + " bytes at address " + std::to_string(local) +
                                             " of bank " + std::to_string(place) + " lie in no tensor");
    }
    require((local - found->address) % kUnitBytes == 0, Rule::kAlignment,
            "a transfer does not begin at a multiple of 16 bytes of its tensor");
    return {.tensor = &*found,
            .bank = static_cast<std::uint32_t>(bank_of(*found, place)),
            .first_byte = local - found->address};
}

bool Memory::is_in_shard(std::uint64_t address) const {
    const std::uint64_t place = (address >> kLocalBits) & ((1U << kPlaceBits) - 1);
    return static_cast<Target>(address >> (kLocalBits + kPlaceBits)) == Target::kCore &&
           std::ranges::any_of(*tensors_, [&](const Tensor& tensor) {
               return tensor.is_sharded() &&
                      holds(tensor, {Target::kCore, bank_of(tensor, place), address & kLocalMask, 1});
           });
}

void Memory::write(const TensorRange& range, std::uint64_t bytes, const Tag* data) {
    require(range.tensor->is_output, Rule::kNocAddress, "writes into a tensor that is no output");
    for (std::uint64_t done = 0; done < bytes; done += kUnitBytes) {
        write_unit(range, done, static_cast<std::uint32_t>(std::min<std::uint64_t>(kUnitBytes, bytes - done)),
                   data[done / kUnitBytes]);
    }
}

// All of a unit's own bytes and no others, once.
void Memory::write_unit(const TensorRange& range, std::uint64_t first, std::uint32_t bytes, const Tag& data) {
    const Tensor& tensor = *range.tensor;
    const std::uint64_t page = range.page(first);
    const std::uint32_t offset = range.offset(first);
    require(bytes <= tensor.own_bytes(page, offset), Rule::kNocAddress, "writes behind the end of a row");
    require(bytes == tensor.own_bytes(page, offset), Rule::kCoverage, "writes a part of 16 bytes of a row");
    const Tag wanted = tensor.tag(page, offset);
    const std::uint64_t redone = tensor.redone_with(page, offset);
    Tag found = data;
    found.zeros = tensor.form == Form::kRowsInTiles ? found.zeros : 0;  // else behind the row's end
    if (found != wanted) {
        throw Finding(Rule::kIdentity,
                      "writes " + describe(data) + " to " + tensor.name + " where " + describe(wanted) + " belongs");
    }
    std::uint8_t& written =
        written_[static_cast<std::size_t>(&tensor - tensors_->data())][page * tensor.own_units() + offset / kUnitBytes];
    require(!is_normalised(tensor) || !overflowed_.contains(redone) || read_again_.contains(redone) ||
                (written == 0 && !is_written_over_),
            Rule::kCoverage, "writes a row that overflowed before it has been read again");
    require(written < wanted_writes(tensor, redone).most, Rule::kCoverage, "writes bytes of an output a second time");
    ++written;
}

void Memory::note_look(std::uint32_t row, bool is_finite) {
    // Once: later it is seen where a block has fewer rows than there is room for.
    if (looked_at_.insert(row).second && !is_finite) {
        overflowed_.insert(output().redone_with_row(row));
    }
}

void Memory::note_read(const TensorRange& range, std::uint64_t bytes) {
    if (overflowed_.empty() || range.tensor->content != Content::kRow) {
        return;
    }
    for (std::uint64_t byte = 0; byte < bytes; byte += kUnitBytes) {
        if (overflowed_.contains(range.redone_with(byte))) {
            read_again_.insert(range.redone_with(byte));
        }
    }
}

const Tensor& Memory::output() const { return *std::ranges::find_if(*tensors_, is_normalised); }

Memory::Writes Memory::wanted_writes(const Tensor& tensor, std::uint64_t redone) const {
    const bool is_sum = tensor.content == Content::kRow && !is_normalised(tensor);
    if (is_sum || (is_normalised(tensor) && is_written_over_)) {
        return {.least = 1, .most = 1};
    }
    constexpr std::size_t kMostMarked = 16;  // kernels/writer.cpp
    return {
        .least = static_cast<std::uint8_t>(overflowed_.contains(redone) ? 2 : 1),
        .most = static_cast<std::uint8_t>(overflowed_.contains(redone) || overflowed_.size() > kMostMarked ? 2 : 1)};
}

// Whether something has been written where the range begins.
bool Memory::is_rewritten(const TensorRange& range) const {
    const auto& written = written_[static_cast<std::size_t>(range.tensor - tensors_->data())];
    return written[range.page(0) * range.tensor->own_units() + range.offset(0) / kUnitBytes] != 0;
}

void Memory::check_is_complete(const Tensor& tensor, std::uint64_t unit, std::uint8_t written) const {
    const std::uint64_t page = unit / tensor.own_units();
    const auto offset = static_cast<std::uint32_t>(unit % tensor.own_units() * kUnitBytes);
    if (tensor.own_bytes(page, offset) == 0) {
        return;
    }
    if (written < wanted_writes(tensor, tensor.redone_with(page, offset)).least) {
        throw Finding(Rule::kCoverage, (tensor.form == Form::kRowsInTiles ? "tile " : "row ") + std::to_string(page) +
                                           " of " + tensor.name + " is not written, or not redone, from byte " +
                                           std::to_string(offset));
    }
    const Tag tag = tensor.tag(page, offset);
    require(
        !is_normalised(tensor) || !tensor.is_redone || tag.content == Content::kNothing || looked_at_.contains(tag.row),
        Rule::kCoverage, "nobody has looked whether a row is to be redone");
}

void Memory::check_outputs_are_complete() const {
    for (std::size_t i = 0; i < tensors_->size(); ++i) {
        for (std::uint64_t unit = 0; unit < written_[i].size(); ++unit) {
            check_is_complete((*tensors_)[i], unit, written_[i][unit]);
        }
    }
}

}  // namespace protocol
