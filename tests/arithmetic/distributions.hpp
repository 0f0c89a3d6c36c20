// Kinds of rows for the property tests, each drawn from a seed.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "row_feed.hpp"

namespace layernorm_fused_rm::arithmetic {

using Random = std::mt19937_64;

struct Distribution {
    std::string_view name;
    void (*draw_row)(Random& random, std::span<float> row);
};

[[nodiscard]] std::span<const Distribution> distributions();

// Tensors that own their elements.
struct Rows {
    std::vector<Half> x;      // [rows, width]
    std::vector<Half> gamma;  // [width]
    std::vector<Half> beta;

    [[nodiscard]] Operands operands() const { return {x, gamma, beta}; }
};

// gamma ~ N(1, 0.2), beta ~ N(0, 0.5), all rounded to bf16.
[[nodiscard]] Rows draw_rows(const Distribution& distribution, std::size_t rows, std::uint32_t width,
                             std::uint64_t seed);

// The seed of this run: --seed=N, or 1. Every test draws from it, so a failure repeats with the seed printed at the
// start.
[[nodiscard]] std::uint64_t& run_seed();

}  // namespace layernorm_fused_rm::arithmetic
