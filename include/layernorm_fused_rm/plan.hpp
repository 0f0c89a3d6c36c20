// SPDX-License-Identifier: Apache-2.0
// How a call runs: which core takes which rows, the circular buffers, every kernel's arguments. Everything a tt-metal
// program needs, as plain values.
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contract.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// The unit of placement: `count` pages of one bank of the input tensor, side by side in that bank. Where rows are taken
// as strips, `count` rows from row `first_page` on, both with the padding of their tiles, and no bank.
struct Run {
    std::int64_t bank = 0;
    std::int64_t first_page = 0;  // counted within the bank
    std::int64_t count = 0;       // rows

    bool operator==(const Run&) const = default;
};

// What one core does. One run where the tensor has at most as many banks as the device has cores; else as many as
// needed for an equal share, in the order the core takes them.
struct CoreWork {
    Coordinate core{};  // logical
    std::vector<Run> runs{};
    std::int64_t slice = 0;          // of its rows that it has
    std::vector<Coordinate> team{};  // logical: the cores that share its rows, in the order of slices; none: it alone

    [[nodiscard]] std::int64_t rows() const {
        return std::accumulate(runs.begin(), runs.end(), std::int64_t{0},
                               [](std::int64_t sum, const Run& run) { return sum + run.count; });
    }

    bool operator==(const CoreWork&) const = default;
};

// One circular buffer, the same on every core.
struct CircularBuffer {
    std::uint32_t index = 0;
    std::string purpose;
    std::int64_t page_bytes = 0;
    std::int64_t pages = 0;
    std::string producer;  // "reader", "compute" or "writer"
    std::string consumer;
    DataType dtype = DataType::kBfloat16;  // of its elements

    [[nodiscard]] std::int64_t bytes() const { return page_bytes * pages; }
};

using NamedWords = std::vector<std::pair<std::string, std::uint32_t>>;

// One core each reads gamma and beta and multicasts them to the other cores of a rectangle, all of which take part. Of
// vectors in many short pieces it reads the first share, and helpers one each.
struct AffineSharing {
    Coordinate gamma_source{};  // logical, like helpers and corners
    Coordinate beta_source{};   // another core, needed or not
    std::vector<Coordinate> gamma_helpers{};
    std::vector<Coordinate> beta_helpers{};  // as many, needed or not
    std::int64_t share_elements = 0;
    Coordinate first{};          // least x and y
    Coordinate last{};           // greatest x and y
    bool is_by_readers = false;  // the sources have no rows, so their readers read; else their writers

    [[nodiscard]] std::int64_t receivers() const {
        return std::int64_t{last.x - first.x + 1} * std::int64_t{last.y - first.y + 1} - 1;
    }

    bool operator==(const AffineSharing&) const = default;
};

// A tensor each, in the order of contract::Tensor; none where a call does not have it.
using Tensors = std::array<std::optional<TensorSpec>, contract::kTensors>;

struct Plan {
    std::string chip;                   // whose kernels it is for: their folder in kernels/arch
    std::int64_t circular_buffers = 0;  // that a core of it may have
    Tensors tensors;
    std::int64_t rows = 0;
    std::int64_t rows_per_matrix = 0;  // of the last two dimensions
    // Row-major order of the grid; none if there are no rows. Only cores that have rows, and, where vectors are shared,
    // those between them.
    std::vector<CoreWork> cores;
    std::optional<AffineSharing> sharing;  // none: every core reads gamma and beta itself
    std::vector<CircularBuffer> buffers;
    std::vector<Coordinate> shards;  // logical cores: of each tensor in shards a list, or one for all that are alike
    contract::Call call{};           // what all three kernels are compiled for
    std::vector<std::uint32_t> compute_arguments;  // of compute, common to all cores: contract::ComputeArgument
    std::vector<std::vector<std::uint32_t>> core_arguments;  // per entry of `cores`, of all three kernels
    std::int64_t l1_bytes_used = 0;
    std::int64_t l1_bytes_budget = 0;

    // Whether cores tell each other anything.
    [[nodiscard]] bool has_semaphores() const { return sharing || call.shares_rows(); }

    // The call's words by name, in the order in which kernels are given them.
    [[nodiscard]] NamedWords compile_time_arguments() const;

    // The table of circular buffers, the cores and their rows, the L1 use against the budget, as text.
    [[nodiscard]] std::string describe() const;
};

// Checks a call as plan() does.
void check(const Problem& problem);

// Plans one call. Throws std::invalid_argument with a message that says what was given, what is needed and what to do.
[[nodiscard]] Plan plan(const Problem& problem);

}  // namespace layernorm_fused_rm
