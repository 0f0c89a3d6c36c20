// Accuracy of every kind of row at every width: what the tests require, and what `arithmetic_test --report` prints.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>

#include "accuracy.hpp"
#include "distributions.hpp"

namespace layernorm_fused_rm::arithmetic {

inline constexpr std::array<std::uint32_t, 9> kTestedWidths = {32, 64, 96, 384, 768, 992, 1024, 1056, 2048};

// Elements drawn for each kind at each width; 32 to 2,048 elements a row make this 12,000 to 190 rows.
inline constexpr std::size_t kElementsPerCase = 390'000;

[[nodiscard]] constexpr std::size_t rows_per_case(std::uint32_t width) { return kElementsPerCase / width; }

// Rows of one kind and width, normalised by the kernel and compared with the reference.
[[nodiscard]] Accuracy measure(const Distribution& distribution, std::uint32_t width);

// One line for each kind and width, the worst of each kind, and the sum of rows.
void print_report(std::ostream& output);

}  // namespace layernorm_fused_rm::arithmetic
