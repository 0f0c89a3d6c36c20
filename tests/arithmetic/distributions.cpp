// SPDX-License-Identifier: Apache-2.0
#include "distributions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "accuracy.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

void draw_normal(Random& random, std::span<float> row, float mean, float sigma) {
    std::normal_distribution<float> normal(mean, sigma);
    std::ranges::generate(row, [&] { return normal(random); });
}

[[nodiscard]] float draw_uniform(Random& random, float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(random);
}

[[nodiscard]] std::size_t draw_index(Random& random, std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random);
}

void draw_heavy_tail(Random& random, std::span<float> row) {
    std::cauchy_distribution<float> cauchy;
    std::ranges::generate(row, [&] { return std::clamp(cauchy(random), -1e6F, 1e6F); });
}

void draw_log_normal(Random& random, std::span<float> row) {
    std::lognormal_distribution<float> log_normal(0, 2);
    std::ranges::generate(row, [&] { return log_normal(random); });
}

// One element in twenty is not zero, at least one of the row.
void draw_sparse(Random& random, std::span<float> row) {
    std::ranges::fill(row, 0.0F);
    for (std::size_t i = 0; i < row.size() / 20 + 1; ++i) {
        row[draw_index(random, row.size())] = draw_uniform(random, 0.5F, 2);
    }
}

void draw_signs(Random& random, std::span<float> row) {
    std::ranges::generate(row, [&] { return draw_index(random, 2) == 0 ? -1.0F : 1.0F; });
}

void draw_bytes(Random& random, std::span<float> row) {
    std::ranges::generate(row, [&] { return static_cast<float>(draw_index(random, 256)); });
}

// N(0, 1) with one element beyond all others.
void draw_outlier(Random& random, std::span<float> row) {
    draw_normal(random, row, 0, 1);
    row[draw_index(random, row.size())] = draw_uniform(random, 100, 10000);
}

// Equal elements but for one that is a bf16 step away.
void draw_nearly_constant(Random& random, std::span<float> row) {
    const float value = draw_uniform(random, 64, 127);
    std::ranges::fill(row, value);
    row[draw_index(random, row.size())] = value + 0.5F;
}

void draw_ramp(Random& random, std::span<float> row) {
    const float first = draw_uniform(random, -10, 10);
    const float step = draw_uniform(random, 0.01F, 0.1F);
    for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] = first + step * static_cast<float>(i);
    }
}

constexpr auto kDistributions = std::to_array<Distribution>({
    {"normal_mean_half_sigma_2", [](Random& random, std::span<float> row) { draw_normal(random, row, 0.5F, 2); }},
    {"normal_mean_100_sigma_1", [](Random& random, std::span<float> row) { draw_normal(random, row, 100, 1); }},
    {"normal_mean_1e4_sigma_64", [](Random& random, std::span<float> row) { draw_normal(random, row, 1e4F, 64); }},
    {"normal_sigma_1e_minus_3", [](Random& random, std::span<float> row) { draw_normal(random, row, 0, 1e-3F); }},
    {"normal_sigma_1e4", [](Random& random, std::span<float> row) { draw_normal(random, row, 0, 1e4F); }},
    {"normal_sigma_1e15", [](Random& random, std::span<float> row) { draw_normal(random, row, 0, 1e15F); }},
    {"normal_sigma_1e_minus_15", [](Random& random, std::span<float> row) { draw_normal(random, row, 0, 1e-15F); }},
    {"uniform", [](Random& random,
                   std::span<float> row) { std::ranges::generate(row, [&] { return draw_uniform(random, 0, 1); }); }},
    {"log_normal", draw_log_normal},
    {"heavy_tail", draw_heavy_tail},
    {"sparse", draw_sparse},
    {"signs", draw_signs},
    {"bytes", draw_bytes},
    {"outlier", draw_outlier},
    {"nearly_constant", draw_nearly_constant},
    {"ramp", draw_ramp},
    {"normal_mean_1e6_sigma_64", [](Random& random, std::span<float> row) { draw_normal(random, row, 1e6F, 64); },
     true},
});

// Element i of n of a row is kElement(i, n), times a number from 1/2 to 2.
template <auto kElement>
[[nodiscard]] Distribution by_index(std::string_view name) {
    return {name, [](Random& random, std::span<float> row) {
                const float scale = std::uniform_real_distribution<float>(0.5F, 2)(random);
                for (std::size_t i = 0; i < row.size(); ++i) {
                    row[i] = scale * static_cast<float>(kElement(i, row.size()));
                }
            }};
}

void draw_any_normal(Random& random, std::span<float> row) {
    std::normal_distribution<float> draw;
    std::ranges::generate(row, [&] { return draw(random); });
}
void draw_one_sided(Random& random, std::span<float> row) {
    draw_any_normal(random, row);
    std::ranges::transform(row, row.begin(), [](float value) { return std::abs(value); });
}

}  // namespace

const Distribution kNormal{"normal", draw_any_normal};

std::span<const Distribution> distributions() { return kDistributions; }

Rows draw_rows(const Distribution& distribution, const Configuration& configuration, std::size_t rows,
               std::uint64_t seed) {
    Random random(seed);
    const Formats& formats = configuration.shape.formats;
    std::vector<float> row(configuration.shape.width);
    const auto append_row = [&](std::vector<Bits>& values, Format format) {
        if (format != Format::kNone) {
            std::ranges::transform(row, std::back_inserter(values),
                                   [=](float value) { return nearest(format, value); });
        }
    };
    Rows drawn;
    draw_normal(random, row, 1, 0.2F);
    append_row(drawn.gamma, formats.gamma);
    draw_normal(random, row, 0, 0.5F);
    append_row(drawn.beta, formats.beta);
    for (std::size_t i = 0; i < rows; ++i) {
        distribution.draw_row(random, row);
        append_row(drawn.x, formats.input);
        if (formats.residual != Format::kNone) {
            distribution.draw_row(random, row);
            append_row(drawn.residual, formats.residual);
        }
    }
    return drawn;
}

std::uint64_t& run_seed() {
    static std::uint64_t seed = 1;
    return seed;
}

std::vector<Distribution> rows_that_are_not_random() {
    using Index = std::size_t;
    return {
        by_index<[](Index, Index) { return 1.0 / 3; }>("constant"),
        by_index<[](Index i, Index) { return i % 2; }>("ones and zeros"),
        by_index<[](Index i, Index) { return i % 2 == 0 ? 1.3 : -0.7; }>("alternating"),
        by_index<[](Index i, Index) { return i % 3 == 0 ? 1.7 : 0.1; }>("one in three"),
        by_index<[](Index i, Index n) { return static_cast<double>(i) / static_cast<double>(n); }>("ramp"),
        by_index<[](Index i, Index n) { return 5 - 9 * static_cast<double>(i) / static_cast<double>(n); }>("fall"),
        by_index<[](Index i, Index) { return i / 1024 % 2 == 0 ? 0.3 : 1.4; }>("steps"),
        by_index<[](Index i, Index n) { return i == n / 2 ? 1000 : 1.1; }>("one large"),
        {"one-sided", draw_one_sided},
        kNormal,
    };
}

bool sits_on_ties(const Distribution& distribution) {
    return distribution.name == "ones and zeros" || distribution.name == "alternating" || distribution.name == "steps";
}

}  // namespace layernorm_fused_rm::arithmetic
