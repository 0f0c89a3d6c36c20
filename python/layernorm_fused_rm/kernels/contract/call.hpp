// SPDX-License-Identifier: Apache-2.0
// One call: every number and choice that its kernels are compiled for. The planner fills a Call in, and each kernel is
// given its words as compile-time arguments and reads the same Call back, constexpr. A new word is a member and its
// line below.
#pragma once

#include <stdint.h>

#include "contract/dest.hpp"
#include "contract/stats.hpp"
#include "contract/tensors.hpp"

namespace layernorm_fused_rm::contract {

// How a row's mean is taken out of it (norm/steps.hpp).
enum class Centring : uint32_t {
    kNone,     // RMSNorm
    kScaled,   // c x - sum / 2^k: exact where sums of x are, as those of bfloat16 rows
    kShifted,  // the same of x - K, where K is the row's first element: float32 rows, and rows with a residual
};

// What is applied to y, behind gamma and beta (norm/activation.hpp).
enum class Activation : uint32_t { kNone, kRelu, kSilu, kGelu, kGeluApprox };

// Passes over a row, each over DEST where a row stays there, else over L1 or device memory.
[[nodiscard]] constexpr uint32_t count_passes(Centring centring) { return centring == Centring::kNone ? 2 : 3; }
// Exchanges of sums for rows that cores share: of shifts, centres, deviations, as far as there are any.
[[nodiscard]] constexpr uint32_t count_exchanges(Centring centring) {
    return (centring == Centring::kShifted ? 1 : 0) + (centring == Centring::kNone ? 0 : 1) + 1;
}

struct Call {
    // Shape of the work.
    uint32_t width_elements = 0;         // of a row, or of the slice of it that each core has
    uint32_t slices = 1;                 // cores that share a row
    uint32_t rows_per_vector = 1;        // side by side: 1, a pair's 2, or a strip's 4
    uint32_t pads_rows = 0;              // 1: of strips, some rows are padding between matrices
    uint32_t row_stride_elements = 0;    // from row to row in a page; a chunk if several segments
    uint32_t segments = 0;               // a row's pieces of at most one chunk
    uint32_t reads_again = 0;            // 1: L1 holds no whole row, so each pass reads it anew
    uint32_t rows_per_batch = 0;         // normalised together on the SFPU
    uint32_t rows_per_block = 0;         // computed in one zone of DEST, or streamed through
    uint32_t buffer_page_elements = 0;   // of a page of a row buffer
    uint32_t input_pages = 0;            // of kInput, and of kResidual
    uint32_t steps_in_flight = 0;        // reads under way at a time, one step each
    uint32_t affine_share_elements = 0;  // of gamma, of beta, that one core reads for all; 0: each core reads both
    uint32_t readers_read_affine = 0;    // 1: their sources' readers do, having no rows to read; else writers
    uint32_t one_core = 0;               // 1: the program runs on one core only
    // The norm.
    Centring centring = Centring::kScaled;
    uint32_t zero_centered_gamma = 0;  // 1: gamma + 1 is the factor
    Activation activation = Activation::kNone;
    // fp32 constants as bits. 2^k is the least power of two >= W and c = W / 2^k (norm/steps.hpp says what for).
    uint32_t negative_sum_scale_bits = 0;          // -2^-k
    uint32_t centre_scale_bits = 0;                // c
    uint32_t negative_mean_square_scale_bits = 0;  // -1 / (W c^2)
    uint32_t rstd_scale_bits = 0;                  // 1 / c
    TensorLayout tensors[kTensors]{};

    [[nodiscard]] constexpr TensorLayout& operator[](Tensor tensor) { return tensors[static_cast<uint32_t>(tensor)]; }
    [[nodiscard]] constexpr const TensorLayout& operator[](Tensor tensor) const {
        return tensors[static_cast<uint32_t>(tensor)];
    }
    // Rows are taken four at a time; several cores share each.
    [[nodiscard]] constexpr bool has_strips() const { return rows_per_vector == kRowsPerStrip; }
    [[nodiscard]] constexpr bool shares_rows() const { return slices > 1; }
    // And tell each other their sums, unless they have been told those of whole rows.
    [[nodiscard]] constexpr bool exchanges_sums() const { return shares_rows() && !has_parts(); }
    // Elements of a row, all of them.
    [[nodiscard]] constexpr uint32_t row_elements() const { return width_elements * slices; }
    // Elements of gamma, or of beta, in L1: all, or a segment.
    [[nodiscard]] constexpr uint32_t affine_elements() const {
        const uint32_t elements = reads_again != 0 ? columns_per_chunk(rows_per_vector) : row_elements();
        return (elements + kElementsPerChunk - 1) / kElementsPerChunk * kElementsPerChunk;
    }
    // Cores read gamma and beta for each other; so many read a share of each.
    [[nodiscard]] constexpr bool shares_affine() const { return affine_share_elements != 0; }
    [[nodiscard]] constexpr uint32_t affine_shares() const {
        return shares_affine() ? (row_elements() + affine_share_elements - 1) / affine_share_elements : 1;
    }
    // Mean, but for RMSNorm, and 1 / deviation are returned.
    [[nodiscard]] constexpr bool returns_statistics() const { return (*this)[Tensor::kRstd].is_there(); }
    // Chips share rows, of which each has a part: this call tells the stats of its part, and nothing else; or takes those
    // of all parts, and normalises its own.
    [[nodiscard]] constexpr bool has_parts() const { return (*this)[Tensor::kStats].is_there(); }
    [[nodiscard]] constexpr bool tells_stats() const { return has_parts() && !(*this)[Tensor::kOutput].is_there(); }
    [[nodiscard]] constexpr bool takes_stats() const { return has_parts() && (*this)[Tensor::kOutput].is_there(); }
    // Numbers of a row's stats; chips that have told them.
    [[nodiscard]] constexpr uint32_t stats_numbers() const { return (*this)[Tensor::kStats].piece_elements; }
    [[nodiscard]] constexpr uint32_t chips() const { return stats_numbers() / kNumbersOfStats; }
    // Passes over a row's elements.
    [[nodiscard]] constexpr uint32_t passes() const {
        return takes_stats() ? 1 : count_passes(centring) - (tells_stats() ? 1 : 0);
    }
    // From compute to the writer, which knows rows that cores share by them (dataflow/redo_list.hpp).
    [[nodiscard]] constexpr bool hands_over_statistics() const {
        return returns_statistics() || exchanges_sums() || tells_stats();
    }

    // Calls field(tensor's name or "", name, word) for each word, in the order in which kernels are given them.
    template <typename Self, typename Field>
    static constexpr void for_each_word(Self& self, Field&& field) {
        field("", "width_elements", self.width_elements);
        field("", "slices", self.slices);
        field("", "rows_per_vector", self.rows_per_vector);
        field("", "pads_rows", self.pads_rows);
        field("", "row_stride_elements", self.row_stride_elements);
        field("", "segments", self.segments);
        field("", "reads_again", self.reads_again);
        field("", "rows_per_batch", self.rows_per_batch);
        field("", "rows_per_block", self.rows_per_block);
        field("", "buffer_page_elements", self.buffer_page_elements);
        field("", "input_pages", self.input_pages);
        field("", "steps_in_flight", self.steps_in_flight);
        field("", "affine_share_elements", self.affine_share_elements);
        field("", "readers_read_affine", self.readers_read_affine);
        field("", "one_core", self.one_core);
        field("", "centring", self.centring);
        field("", "zero_centered_gamma", self.zero_centered_gamma);
        field("", "activation", self.activation);
        field("", "negative_sum_scale_bits", self.negative_sum_scale_bits);
        field("", "centre_scale_bits", self.centre_scale_bits);
        field("", "negative_mean_square_scale_bits", self.negative_mean_square_scale_bits);
        field("", "rstd_scale_bits", self.rstd_scale_bits);
        for (uint32_t i = 0; i < kTensors; ++i) {
            TensorLayout::for_each_word(self.tensors[i],
                                        [&](const char* name, auto& word) { field(kTensorNames[i], name, word); });
        }
    }
};

[[nodiscard]] constexpr uint32_t count_words() {
    const Call call{};
    uint32_t count = 0;
    Call::for_each_word(call, [&](const char*, const char*, const auto&) { ++count; });
    return count;
}
inline constexpr uint32_t kCallWords = count_words();
static_assert(sizeof(Call) == kCallWords * sizeof(uint32_t), "each member is one of the words");

}  // namespace layernorm_fused_rm::contract
