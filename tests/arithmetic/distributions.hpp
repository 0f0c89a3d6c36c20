// SPDX-License-Identifier: Apache-2.0
// Kinds of rows for the property tests, each drawn from a seed.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "configuration.hpp"

namespace layernorm_fused_rm::arithmetic {

using Random = std::mt19937_64;

struct Distribution {
    std::string_view name;
    void (*draw_row)(Random& random, std::span<float> row);
    bool needs_float32 = false;  // bf16 has too few numbers there
};

extern const Distribution kNormal;  // N(0, 1)
[[nodiscard]] std::span<const Distribution> distributions();

// What fp32 sums of long rows are worst at: rounding errors that all go one way.
[[nodiscard]] std::vector<Distribution> rows_that_are_not_random();

// Rows of two values, as many of each: xhat is 1 or -1 but for epsilon, and gamma * xhat + beta lies next to the border
// between two bf16 numbers far more often than chance has it, nearer than fp32 can tell (share down to 95.5 %).
[[nodiscard]] bool sits_on_ties(const Distribution& distribution);

// Tensors that own their elements.
struct Rows {
    std::vector<Bits> x{};      // [rows, width]
    std::vector<Bits> gamma{};  // [width]
    std::vector<Bits> beta{};
    std::vector<Bits> residual{};

    [[nodiscard]] Operands operands() const { return {x, gamma, beta, residual}; }
};

// gamma ~ N(1, 0.2), beta ~ N(0, 0.5), a residual of the rows' kind; those that the call has, rounded to its formats.
[[nodiscard]] Rows draw_rows(const Distribution& distribution, const Configuration& configuration, std::size_t rows,
                             std::uint64_t seed);

// The seed of this run: --seed=N, or 1. Every test draws from it, so a failure repeats with the seed printed at the
// start.
[[nodiscard]] std::uint64_t& run_seed();

}  // namespace layernorm_fused_rm::arithmetic
