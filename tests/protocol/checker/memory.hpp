// SPDX-License-Identifier: Apache-2.0
// Device memory: the tensors of a call, what their bytes hold and which of the outputs' have been written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "checker/tag.hpp"
#include "recorder.hpp"

namespace protocol {

// How a tensor's pages hold its elements: a row each, or a tile of rows; or a vector in one page, in pages of 32
// elements, or in row 0 of tiles.
enum class Form : std::uint8_t { kRows, kRowsInTiles, kWhole, kCut, kTiles };

// Blocks of pages, each in the L1 of a core: `rows` of pages and `columns` of each, row by row; `across` beside each other.
struct ShardedPages {
    std::uint32_t rows = 0;  // 0: the tensor is not sharded
    std::uint32_t columns = 0;
    std::uint32_t across = 0;
    std::vector<std::uint64_t> places{};  // of the cores (core_place), in the order of the blocks
};

// An interleaved tensor: page p lies in bank p % banks as that bank's page p / banks. Of one in shards, each is a bank.
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
    std::uint32_t pages_per_row = 1;  // of pages: tiles of a row of tiles, or what several shards have of a row
    ShardedPages shards{};
    std::uint32_t alignment_bytes = 32;  // of NoC reads from it
    std::uint32_t check_sum = 0;         // of statistics
    std::uint32_t rows_per_matrix = 1;   // tiles pad each matrix to whole ones
    bool has_strips = false;             // four rows, counted with that padding, are redone together
    bool is_redone = true;               // rows that overflow are, unless chips share them

    // What a unit of a page holds, and how many of its bytes are the tensor's.
    [[nodiscard]] Tag tag(std::uint64_t page, std::uint32_t offset) const;
    [[nodiscard]] std::uint32_t own_bytes(std::uint64_t page, std::uint32_t offset) const;
    // Of a page, the most that any has.
    [[nodiscard]] std::uint64_t own_units() const {
        return form == Form::kRowsInTiles || has_cut_rows()
                   ? page_bytes / kUnitBytes
                   : (std::uint64_t{width} * element_bytes + kUnitBytes - 1) / kUnitBytes;
    }
    [[nodiscard]] bool is_sharded() const { return shards.rows != 0; }
    [[nodiscard]] bool has_cut_rows() const { return form == Form::kRows && pages_per_row > 1; }
    // Which page is page `index` of a bank.
    [[nodiscard]] std::uint64_t page_at(std::uint64_t bank, std::uint64_t index) const;
    // The row, or the strip, that is redone where this is.
    [[nodiscard]] std::uint64_t redone_with(std::uint64_t page, std::uint32_t offset) const;
    [[nodiscard]] std::uint64_t redone_with_row(std::uint64_t row) const;
};

// A range of a tensor, within one bank.
struct TensorRange {
    const Tensor* tensor = nullptr;
    std::uint32_t bank = 0;
    std::uint64_t first_byte = 0;  // within the bank

    [[nodiscard]] std::uint64_t page(std::uint64_t byte) const {
        return tensor->page_at(bank, (first_byte + byte) / tensor->page_bytes);
    }
    [[nodiscard]] std::uint32_t offset(std::uint64_t byte) const {
        return static_cast<std::uint32_t>((first_byte + byte) % tensor->page_bytes);
    }
    [[nodiscard]] Tag tag(std::uint64_t byte) const { return tensor->tag(page(byte), offset(byte)); }
    [[nodiscard]] std::uint64_t redone_with(std::uint64_t byte) const {
        return tensor->redone_with(page(byte), offset(byte));
    }
};

class Memory {
public:
    // `is_written_over`: the output lies where what it is made of does.
    Memory(std::vector<Tensor> tensors, bool is_written_over);

    // Finds the tensor that holds all `bytes` bytes at `address`: of an output and what it is written over, the one or
    // the other.
    [[nodiscard]] TensorRange locate(std::uint64_t address, std::uint64_t bytes, bool is_output) const;
    // Whether an address in a core's L1 is that of a shard.
    [[nodiscard]] bool is_in_shard(std::uint64_t address) const;
    // Marks the bytes of an output as written, with what is written there, a tag a unit.
    void write(const TensorRange& range, std::uint64_t bytes, const Tag* data);
    // The first element of a row of the output has been looked at, as is wanted of every row. If it is not finite, the
    // row, or its strip, is to be redone: its output and its statistics are written once more, but the output where it
    // is written over the row must not have been written before.
    void note_look(std::uint32_t row, bool is_finite);
    // A row of the input is read. One that overflowed is so a second time, and may then be written.
    void note_read(const TensorRange& range, std::uint64_t bytes);
    [[nodiscard]] bool is_rewritten(const TensorRange& range) const;
    void check_outputs_are_complete() const;
    [[nodiscard]] const Tensor& output() const;

private:
    // The fewest and the most writes: a row may be redone without need, behind so many that there was.
    struct Writes {
        std::uint8_t least;
        std::uint8_t most;
    };
    [[nodiscard]] Writes wanted_writes(const Tensor& tensor, std::uint64_t redone) const;
    void check_is_complete(const Tensor& tensor, std::uint64_t unit, std::uint8_t written) const;
    void write_unit(const TensorRange& range, std::uint64_t first, std::uint32_t bytes, const Tag& data);

    // The same ones for all copies, since TensorRange points at them.
    std::shared_ptr<const std::vector<Tensor>> tensors_;
    std::vector<std::vector<std::uint8_t>> written_;  // how often; by tensor: [pages, units of a page]
    std::unordered_set<std::uint64_t> looked_at_;     // rows of the output
    std::unordered_set<std::uint64_t> overflowed_;    // rows, or strips
    std::unordered_set<std::uint64_t> read_again_;
    bool is_written_over_;
};

}  // namespace protocol
