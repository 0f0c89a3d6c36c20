// SPDX-License-Identifier: Apache-2.0
// Circular buffers of one core, with reader and writer played on demand: rows in, normalised rows out.
//
// A step is what kernels/work.hpp calls one: a page with a block of rows, or a page for each row's segment. Whatever a
// page holds beside its rows is poison (NaN, unless a test says otherwise), so that padding which counts anywhere is
// found out. Padding that tiles have is written too, and has to be zeros.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "formats.hpp"
#include "team.hpp"

namespace layernorm_fused_rm::arithmetic {

// Formats of a call's tensors; kNone: the call has no such tensor.
struct Formats {
    Format input = Format::kBfloat16;
    Format residual = Format::kNone;
    Format gamma = Format::kBfloat16;
    Format beta = Format::kBfloat16;
    Format output = Format::kBfloat16;
    Format sum = Format::kNone;
    Format mean = Format::kNone;
    Format rstd = Format::kNone;  // and of the pages that both are packed to
};

// Tensors of rows in TILE layout; the others are in ROW_MAJOR.
struct InTiles {
    bool input = false;
    bool residual = false;
    bool output = false;
    bool sum = false;
};

// What of a plan decides how rows travel.
struct Shape {
    std::uint32_t width = 0;            // elements of a row
    std::uint32_t rows_per_vector = 1;  // side by side: a pair's 2, a strip's 4
    bool pads_rows = false;             // the run counts rows with the padding that tiles have below each matrix
    std::uint32_t row_stride = 0;       // elements, from row to row in a page
    std::uint32_t segments = 0;         // of a row
    std::uint32_t rows_per_block = 0;
    std::uint32_t page_elements = 0;  // of row buffers
    std::uint32_t input_pages = 0;
    std::uint32_t output_pages = 0;
    Bits negative_epsilon = 0;
    std::uint32_t reads_per_row = 1;  // more: rows, and segments of gamma and beta, come anew for each pass
    Formats formats{};
    InTiles in_tiles{};
    std::uint32_t slices = 1;            // cores that share a row
    std::uint32_t partial_elements = 0;  // that each sends the others for an exchange
    bool shares_affine = false;          // L1 has gamma and beta of whole rows, not of a slice
    std::uint32_t stats_numbers = 0;     // of a row that chips share: those that are told, or taken; 0: none share it
    bool tells_stats = false;

    // Elements of a row that a core has, and of gamma and beta.
    [[nodiscard]] std::uint32_t own_width() const { return width / slices; }
    [[nodiscard]] std::uint32_t affine_width() const { return shares_affine ? width : own_width(); }
    [[nodiscard]] bool has_strips() const { return rows_per_vector == 4; }
    [[nodiscard]] bool takes_stats() const { return stats_numbers != 0 && !tells_stats; }
};

inline constexpr Half kPoison = 0x7fc1;  // a NaN, and two of them an fp32 NaN

// The tensors, fp32 bits: x and residual [rows, width], gamma and beta [width]. One that the call does not have is empty.
// What a core of a team is given are its columns of them.
struct Operands {
    std::span<const Bits> x;
    std::span<const Bits> gamma{};
    std::span<const Bits> beta{};
    std::span<const Bits> residual{};
    Half poison = kPoison;
    Half noise = 0;                     // bits of the poison that are drawn anew for each
    std::uint32_t rows_per_matrix = 0;  // 0: all are one matrix's
    std::span<const Bits> stats{};      // of all chips that share the rows: [rows, numbers]
};

// fp32 bits: y and sum [rows, width], mean and rstd [rows], stats [rows, 4]; empty where the call does not return them.
struct Results {
    std::vector<Bits> y{};
    std::vector<Bits> sum{};
    std::vector<Bits> mean{};
    std::vector<Bits> rstd{};
    std::vector<Bits> stats{};

    bool operator==(const Results&) const = default;
};

class RowFeed {
public:
    RowFeed(const Shape& shape, const Operands& operands, const Place& place = {});

    // A runtime argument of the compute kernel: a common one, or one of the core's own, which has one run of all rows.
    // Where a core has its rows to itself, its own stand behind the common ones.
    [[nodiscard]] std::uint32_t common_argument(std::uint32_t slot) const;
    [[nodiscard]] std::uint32_t own_argument(std::uint32_t slot) const;

    [[nodiscard]] Format format_of(std::uint32_t buffer) const { return rings_.at(buffer).format; }

    // Pages of a buffer, ever.
    [[nodiscard]] const std::uint32_t* pages_pushed(std::uint32_t buffer) const { return &rings_.at(buffer).pushed; }
    [[nodiscard]] const std::uint32_t* pages_popped(std::uint32_t buffer) const { return &rings_.at(buffer).popped; }

    // Byte addresses of a buffer's front and back page.
    [[nodiscard]] std::uint32_t front_address(std::uint32_t buffer) const;
    [[nodiscard]] std::uint32_t back_address(std::uint32_t buffer) const;

    void wait_front(std::uint32_t buffer, std::uint32_t pages);
    void pop_front(std::uint32_t buffer, std::uint32_t pages);
    void reserve_back(std::uint32_t buffer, std::uint32_t pages) const;
    void push_back(std::uint32_t buffer, std::uint32_t pages);

    // `count` elements of L1 from `address`, as they stand there. Throws std::logic_error outside the buffers, and for
    // elements of another format than the buffer's.
    [[nodiscard]] std::vector<Bits> read(std::uint32_t address, std::uint32_t count, Format format) const;
    void write(std::uint32_t address, std::span<const Bits> values, Format format);

    // Throws std::logic_error unless every row was pushed and every input page popped.
    [[nodiscard]] Results take_results();

private:
    // The next step of a buffer. Its first row is counted as the run counts rows.
    struct Step {
        std::size_t first_row = 0;
        std::uint32_t pass = 0;
        std::uint32_t segment = 0;
    };
    struct Ring {
        std::uint32_t first_byte = 0;
        std::uint32_t page_bytes = 0;
        std::uint32_t pages = 0;
        Format format = Format::kNone;
        bool is_in_tiles = false;
        std::uint32_t pushed = 0;  // ever
        std::uint32_t popped = 0;
        Step next{};

        [[nodiscard]] std::uint32_t address_of(std::uint32_t page) const {
            return first_byte + page % pages * page_bytes;
        }
        [[nodiscard]] std::uint32_t end() const { return first_byte + pages * page_bytes; }
    };
    // Consecutive elements of a row's segment: where in L1, and which.
    struct Piece {
        std::uint32_t address = 0;
        std::uint32_t column = 0;
        std::uint32_t elements = 0;
    };

    void check_operands() const;
    void lay_out();
    [[nodiscard]] const Ring& ring_at(std::uint32_t address) const;
    [[nodiscard]] std::uint32_t rows_of(const Step& step) const;
    [[nodiscard]] std::uint32_t pages_per_step() const {
        return shape_.segments == 1 ? 1 : shape_.rows_per_block / shape_.rows_per_vector;
    }
    [[nodiscard]] bool reads_again() const { return shape_.reads_per_row > 1; }
    [[nodiscard]] std::size_t rows_of_run() const;
    [[nodiscard]] std::optional<std::size_t> row_of_tensor(std::size_t row_of_run) const;
    [[nodiscard]] std::uint32_t first_column(std::uint32_t segment) const;
    [[nodiscard]] std::uint32_t columns_of(std::uint32_t segment, std::uint32_t width) const;
    template <typename Visit>
    void for_each_piece(const Ring& ring, std::uint32_t row, std::uint32_t columns, Visit visit) const;
    void check_padding(const Ring& ring, std::uint32_t row, std::uint32_t columns) const;
    void advance(Step& step, std::uint32_t passes) const;
    void read_step(Ring& ring, std::span<const Bits> tensor);
    void read_affine(Ring& ring, std::span<const Bits> values);
    void write_step(Ring& ring, std::vector<Bits>& tensor);
    void write_statistics(Ring& ring);
    void tell_stats(Ring& ring);
    void take_stats(Ring& ring);
    void give_sums(Ring& ring);
    void take_sums(Ring& ring);

    // L1 without checks.
    [[nodiscard]] Bits element(std::uint32_t address, Format format) const;
    void put(std::uint32_t address, std::span<const Bits> values, Format format);
    void poison(std::uint32_t address, std::uint32_t bytes);

    Shape shape_;
    Operands operands_;
    Place place_;
    std::size_t rows_;
    std::size_t rows_per_matrix_;
    std::vector<std::uint32_t> common_arguments_;
    std::vector<std::uint32_t> own_arguments_;
    std::array<Ring, 32> rings_{};
    std::vector<Half> l1_;
    Bits drawn_ = 1;
    Results results_;
};

}  // namespace layernorm_fused_rm::arithmetic
