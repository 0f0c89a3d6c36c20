// SPDX-License-Identifier: Apache-2.0
// kernels/compute.cpp compiled for the host, once for each of a set of plans.
//
// generate_configurations.cpp asks the planner for the compile-time arguments and writes one source a plan; each
// includes the kernel in a namespace of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core.hpp"

// Declared, not included: each kernel includes contract.hpp within its own namespace.
namespace layernorm_fused_rm::contract {
enum class Centring : std::uint32_t;
enum class Activation : std::uint32_t;
}  // namespace layernorm_fused_rm::contract

namespace layernorm_fused_rm::arithmetic {

struct Configuration {
    std::string_view name;     // as it is listed: "384x4:f32:1e-12"
    std::string_view options;  // what of the name is neither size, epsilon nor L1
    Shape shape;
    std::uint32_t rows_per_batch;
    contract::Centring centring;
    bool zero_centered_gamma;
    contract::Activation activation;
    double epsilon;
    void (*kernel)();

    [[nodiscard]] bool is_plain() const { return options.empty(); }  // LayerNorm, gamma and beta, all bf16
    [[nodiscard]] bool has_residual() const { return shape.formats.residual != Format::kNone; }
};

// All that have been compiled; defined in the generated configurations.cpp.
[[nodiscard]] std::span<const Configuration* const> configurations();

inline constexpr double kUsualEpsilon = 1e-5;

// What a test looks for; zero rows: any number.
struct Wanted {
    std::uint32_t width = 0;
    std::uint32_t rows_per_batch = 0;
    std::uint32_t rows_per_block = 0;
    double epsilon = kUsualEpsilon;
    std::string_view options{};
};

// Those that fit, as they were listed in CMakeLists.txt; and the first of them. Throws std::invalid_argument if none
// does.
[[nodiscard]] std::vector<const Configuration*> find_configurations(const Wanted& wanted);
[[nodiscard]] const Configuration& find_configuration(const Wanted& wanted);

// One of each width and options, with padding below its rows and without, of the usual epsilon, the last that is
// listed: of the plain ones, of all others, and of both.
[[nodiscard]] std::vector<const Configuration*> plain_kinds();
[[nodiscard]] std::vector<const Configuration*> other_kinds();
[[nodiscard]] std::vector<const Configuration*> all_kinds();

// What the call of a configuration returns for x's rows, on one interpreted core, or on a team of them.
[[nodiscard]] Results normalise(const Configuration& configuration, const Operands& operands);

// Whole rows that chips share, each with `after`'s width of them: what each tells of its part, and y of all parts by what
// all have told, one chip after the other. `stats` are what all have told.
[[nodiscard]] Results normalise_in_parts(const Configuration& before, const Configuration& after,
                                         const Operands& operands);

}  // namespace layernorm_fused_rm::arithmetic
