// Circular buffers of one core, with reader and writer played on demand: rows in, normalised rows out.
//
// A step is what kernels/work.hpp calls one: a page with a block of rows, or a page for each row's segment. Whatever a
// page holds beside its rows is poison (NaN), so that padding which counts anywhere is found out.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "formats.hpp"

namespace layernorm_fused_rm::arithmetic {

// What of a plan decides how rows travel.
struct Shape {
    std::uint32_t width = 0;       // elements
    std::uint32_t row_stride = 0;  // elements, from row to row in a page
    std::uint32_t segments = 0;    // of a row
    std::uint32_t rows_per_block = 0;
    std::uint32_t page_bytes = 0;  // of input and output
    std::uint32_t input_pages = 0;
    std::uint32_t output_pages = 0;
};

// The tensors, bf16: x [rows, width], gamma [width], beta [width].
struct Operands {
    std::span<const Half> x;
    std::span<const Half> gamma;
    std::span<const Half> beta;
};

class RowFeed {
public:
    RowFeed(const Shape& shape, const Operands& operands);

    // A runtime argument of the core: one run of all rows.
    [[nodiscard]] std::uint32_t argument(std::uint32_t slot) const { return arguments_.at(slot); }

    // Byte addresses of a buffer's front and back page.
    [[nodiscard]] std::uint32_t front_address(std::uint32_t buffer) const;
    [[nodiscard]] std::uint32_t back_address(std::uint32_t buffer) const;

    void wait_front(std::uint32_t buffer, std::uint32_t pages);
    void pop_front(std::uint32_t buffer, std::uint32_t pages);
    void reserve_back(std::uint32_t buffer, std::uint32_t pages) const;
    void push_back(std::uint32_t buffer, std::uint32_t pages);

    // L1 from `address`, `count` elements. Throws std::logic_error outside the buffers.
    [[nodiscard]] std::span<const Half> read(std::uint32_t address, std::uint32_t count) const;
    [[nodiscard]] std::span<Half> write(std::uint32_t address, std::uint32_t count);

    // y, bf16 [rows, width]. Throws std::logic_error unless every row was pushed and every input page popped.
    [[nodiscard]] std::vector<Half> take_result();

private:
    struct Ring {
        std::uint32_t first_byte = 0;
        std::uint32_t page_bytes = 0;
        std::uint32_t pages = 0;
        std::uint32_t pushed = 0;  // ever
        std::uint32_t popped = 0;

        [[nodiscard]] std::uint32_t address_of(std::uint32_t page) const {
            return first_byte + page % pages * page_bytes;
        }
    };
    // The next step of one direction.
    struct Step {
        std::size_t first_row = 0;
        std::uint32_t segment = 0;
    };
    // A row's part in a step: where in the tensor it begins, how long it is.
    struct Piece {
        std::size_t first = 0;
        std::uint32_t elements = 0;
    };

    [[nodiscard]] std::uint32_t rows_of(const Step& step) const;
    [[nodiscard]] std::uint32_t pages_per_step() const { return shape_.segments == 1 ? 1 : shape_.rows_per_block; }
    [[nodiscard]] Piece piece_of(const Step& step, std::uint32_t row) const;
    void advance(Step& step) const;
    void read_step();
    void read_vector(std::uint32_t buffer, std::span<const Half> values);
    void write_step();

    Shape shape_;
    Operands operands_;
    std::vector<std::uint32_t> arguments_;
    std::size_t rows_;
    std::array<Ring, 32> rings_{};
    std::vector<Half> l1_;
    Step next_read_;
    Step next_write_;
    std::vector<Half> y_;
};

}  // namespace layernorm_fused_rm::arithmetic
