#include "checker/memory.hpp"

#include <algorithm>

#include "checker/finding.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::uint64_t pages_in_bank(const Tensor& tensor, std::uint64_t bank) {
    return tensor.pages / tensor.banks + (bank < tensor.pages % tensor.banks ? 1 : 0);
}

struct BankRange {
    Target target;
    std::uint64_t bank;
    std::uint64_t local;  // address within the bank
    std::uint64_t bytes;
};

[[nodiscard]] bool holds(const Tensor& tensor, const BankRange& range) {
    const Target own = tensor.in_dram ? Target::kDramBank : Target::kL1Bank;
    return range.target == own && range.bank < tensor.banks && range.local >= tensor.address &&
           range.local + range.bytes <= tensor.address + pages_in_bank(tensor, range.bank) * tensor.page_bytes;
}

}  // namespace

Tag TensorRange::tag(std::uint64_t unit) const {
    const std::uint64_t units_in_page = tensor->page_bytes / kUnitBytes;
    const std::uint64_t page = (first_unit + unit) / units_in_page * tensor->banks + bank;
    return {.row = static_cast<std::uint32_t>(page),
            .unit = static_cast<std::uint16_t>((first_unit + unit) % units_in_page),
            .content = tensor->content};
}

Memory::Memory(std::vector<Tensor> tensors, std::size_t output)
    : tensors_(std::move(tensors)),
      output_(output),
      units_in_row_(tensors_[output].page_bytes / kUnitBytes),
      written_(tensors_[output].pages * units_in_row_, 0) {}

TensorRange Memory::locate(std::uint64_t address, std::uint64_t bytes) const {
    const auto target = static_cast<Target>(address >> (kLocalBits + kPlaceBits));
    const std::uint64_t bank = (address >> kLocalBits) & ((1U << kPlaceBits) - 1);
    const std::uint64_t local = address & kLocalMask;
    const auto found = std::ranges::find_if(tensors_, [&](const Tensor& tensor) {
        return holds(tensor, {target, bank, local, bytes});
    });
    if (found == tensors_.end()) {
        throw Finding(Rule::kNocAddress, std::to_string(bytes) + " bytes at address " + std::to_string(local) +
                                             " of bank " + std::to_string(bank) + " lie in no tensor");
    }
    const std::uint64_t offset = local - found->address;
    require(offset % kUnitBytes == 0 && bytes % kUnitBytes == 0, Rule::kAlignment,
            "a transfer does not begin or end at a multiple of 32 bytes of its tensor");
    return {.tensor = &*found, .bank = static_cast<std::uint32_t>(bank), .first_unit = offset / kUnitBytes};
}

void Memory::write(const TensorRange& range, std::uint64_t unit, const Tag& data) {
    require(range.tensor == &tensors_[output_], Rule::kNocAddress, "writes into a tensor that is not the output");
    Tag wanted = range.tag(unit);
    wanted.applied = kFinished;
    if (data != wanted) {
        throw Finding(Rule::kIdentity, "writes " + describe(data) + " where " + describe(wanted) + " belongs");
    }
    std::uint8_t& written = written_[wanted.row * units_in_row_ + wanted.unit];
    require(written == 0, Rule::kCoverage, "writes bytes of the output a second time");
    written = 1;
}

void Memory::check_output_is_complete() const {
    const auto missing = std::ranges::find(written_, 0);
    if (missing != written_.end()) {
        const auto unit = static_cast<std::uint64_t>(missing - written_.begin());
        throw Finding(Rule::kCoverage, "row " + std::to_string(unit / units_in_row_) +
                                           " of the output is not written from element " +
                                           std::to_string(unit % units_in_row_ * kUnitElements));
    }
}

}  // namespace protocol
