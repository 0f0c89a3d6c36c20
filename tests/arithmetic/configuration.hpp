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

namespace layernorm_fused_rm::arithmetic {

// A compile-time argument as the planner gives it.
struct NamedArgument {
    std::string_view name;
    std::uint32_t value;
};

// The argument's value. Not a constant expression, and so an error of the compiler, where there is none of that name.
[[nodiscard]] constexpr std::uint32_t find_argument(std::span<const NamedArgument> arguments, std::string_view name) {
    for (const NamedArgument& argument : arguments) {
        if (argument.name == name) {
            return argument.value;
        }
    }
    throw name;
}

struct Configuration {
    Shape shape;
    std::uint32_t rows_per_batch;
    double epsilon;
    void (*kernel)();
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
};

// Those that fit, as they were listed in CMakeLists.txt; and the first of them. Throws std::invalid_argument if none
// does.
[[nodiscard]] std::vector<const Configuration*> find_configurations(const Wanted& wanted);
[[nodiscard]] const Configuration& find_configuration(const Wanted& wanted);

// y = LayerNorm of x's rows on one simulated core, bf16 bits of shape [rows, width].
[[nodiscard]] std::vector<Half> normalise(const Configuration& configuration, const Operands& operands);

}  // namespace layernorm_fused_rm::arithmetic
