// Device memory: the four tensors of a call, what their bytes hold and which of the output's have been written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checker/tag.hpp"
#include "recorder.hpp"

namespace protocol {

// An interleaved tensor: page p lies in bank p % banks as that bank's page p / banks.
struct Tensor {
    std::string name;
    Content content = Content::kNothing;
    bool in_dram = true;
    std::uint32_t banks = 1;
    std::uint32_t address = 0;  // of the first page in each bank
    std::uint32_t page_bytes = 0;
    std::uint64_t pages = 0;
    std::uint32_t alignment_bytes = 32;  // of NoC reads from it
};

// A range of a tensor, within one bank.
struct TensorRange {
    const Tensor* tensor = nullptr;
    std::uint32_t bank = 0;
    std::uint64_t first_unit = 0;  // within the bank

    [[nodiscard]] Tag tag(std::uint64_t unit) const;
};

class Memory {
public:
    Memory(std::vector<Tensor> tensors, std::size_t output);

    // Finds the tensor that holds all `bytes` bytes at `address`.
    [[nodiscard]] TensorRange locate(std::uint64_t address, std::uint64_t bytes) const;
    // Marks one unit of the output as written, with what is written there.
    void write(const TensorRange& range, std::uint64_t unit, const Tag& data);
    void check_output_is_complete() const;

private:
    std::vector<Tensor> tensors_;
    std::size_t output_;
    std::uint64_t units_in_row_;
    std::vector<std::uint8_t> written_;  // [rows, units of a row]
};

}  // namespace protocol
