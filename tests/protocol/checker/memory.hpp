// Device memory: the tensors of a call, what their bytes hold and which of the outputs' have been written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checker/tag.hpp"
#include "recorder.hpp"

namespace protocol {

// How a tensor's pages hold its elements: a row each; or a vector in one page, in pages of 32 elements, or in row 0 of
// tiles.
enum class Form : std::uint8_t { kRows, kWhole, kCut, kTiles };

// An interleaved tensor: page p lies in bank p % banks as that bank's page p / banks.
struct Tensor {
    std::string name;
    Content content = Content::kNothing;
    Halves done{};           // to the elements it has, or must get
    bool is_output = false;  // else it is only read
    Form form = Form::kRows;
    std::uint32_t width = 0;          // elements of a row or of the vector
    std::uint32_t element_bytes = 0;  // 0: the call has no such tensor
    bool in_dram = true;
    std::uint32_t banks = 1;
    std::uint32_t address = 0;  // of the first page in each bank
    std::uint32_t page_bytes = 0;
    std::uint64_t pages = 0;
    std::uint32_t alignment_bytes = 32;  // of NoC reads from it
    std::uint32_t check_sum = 0;         // of statistics

    // What a unit of a page holds, and how many of its bytes are elements'.
    [[nodiscard]] Tag tag(std::uint64_t page, std::uint32_t offset) const;
    [[nodiscard]] std::uint32_t own_bytes(std::uint32_t offset) const;
    [[nodiscard]] std::uint64_t units_in_row() const {
        return (std::uint64_t{width} * element_bytes + kUnitBytes - 1) / kUnitBytes;
    }
};

// A range of a tensor, within one bank.
struct TensorRange {
    const Tensor* tensor = nullptr;
    std::uint32_t bank = 0;
    std::uint64_t first_byte = 0;  // within the bank

    [[nodiscard]] std::uint64_t page(std::uint64_t byte) const {
        return (first_byte + byte) / tensor->page_bytes * tensor->banks + bank;
    }
    [[nodiscard]] std::uint32_t offset(std::uint64_t byte) const {
        return static_cast<std::uint32_t>((first_byte + byte) % tensor->page_bytes);
    }
    [[nodiscard]] Tag tag(std::uint64_t byte) const { return tensor->tag(page(byte), offset(byte)); }
};

class Memory {
public:
    explicit Memory(std::vector<Tensor> tensors);

    // Finds the tensor that holds all `bytes` bytes at `address`.
    [[nodiscard]] TensorRange locate(std::uint64_t address, std::uint64_t bytes) const;
    // Marks the bytes of an output as written, with what is written there, a tag a unit.
    void write(const TensorRange& range, std::uint64_t bytes, const Tag* data);
    void check_outputs_are_complete() const;

private:
    void write_unit(const TensorRange& range, std::uint64_t first, std::uint32_t bytes, const Tag& data);

    std::vector<Tensor> tensors_;
    std::vector<std::vector<std::uint8_t>> written_;  // by tensor: [rows, units of a row]
};

}  // namespace protocol
