// SPDX-License-Identifier: Apache-2.0
// Accuracy of every kind of row at every width: what the tests require, and what `arithmetic_test --report` prints.
#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <vector>

#include "accuracy.hpp"
#include "distributions.hpp"

namespace layernorm_fused_rm::arithmetic {

inline constexpr std::array<std::uint32_t, 9> kTestedWidths = {32, 64, 96, 384, 768, 992, 1024, 1056, 2048};

// Elements drawn for each kind at each width of the plain call; 32 to 2,048 elements a row make this 12,000 to 190
// rows.
inline constexpr std::size_t kElementsPerCase = 390'000;

[[nodiscard]] constexpr std::size_t rows_per_case(std::uint32_t width) { return kElementsPerCase / width; }

// Of every other kind of call: with one to 64 elements a row at most 1,000 rows.
inline constexpr std::size_t kElementsPerOtherCase = 30'000;
inline constexpr std::size_t kMostRowsPerOtherCase = 1'000;

[[nodiscard]] std::size_t rows_per_case(const Configuration& configuration);

// Kinds of rows that a call's formats can tell apart.
[[nodiscard]] std::vector<Distribution> distributions_for(const Configuration& configuration);

// Rows of one kind, normalised by the kernel and compared with the reference.
[[nodiscard]] Accuracy measure(const Distribution& distribution, const Configuration& configuration);

// Calls of one to 300,000 elements a row, and rows that are not random, normalised by them.
[[nodiscard]] std::vector<const Configuration*> configurations_of_any_width();
[[nodiscard]] Accuracy measure_any_width(const Distribution& distribution, const Configuration& configuration);

// One line for each kind and width, the worst of each kind, and the sum of rows.
void print_report(std::ostream& output);

// The worst of rows that are not random, a line a width, in Markdown.
void print_table_of_widths(std::ostream& output);

}  // namespace layernorm_fused_rm::arithmetic
