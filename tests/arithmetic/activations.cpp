// SPDX-License-Identifier: Apache-2.0
#include "activations.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "norm/activation.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

using contract::Activation;

void execute(VectorUnit& unit, const sfpu::Sequence& sequence) {
    for (std::uint32_t i = 0; i < sequence.size; ++i) {
        unit.execute(sequence.instructions[i].word);
    }
}

}  // namespace

double activated(Activation activation, double x) {
    const double cube = x + 0.044715 * x * x * x;
    switch (activation) {
        case Activation::kNone: return x;
        case Activation::kRelu: return std::max(x, 0.0);
        case Activation::kSilu: return x / (1 + std::exp(-x));
        case Activation::kGelu: return x * std::erfc(-x / std::numbers::sqrt2) / 2;
        case Activation::kGeluApprox: return x / (1 + std::exp(-2 * std::sqrt(2 / std::numbers::pi) * cube));
    }
    return x;
}

double largest_slope(Activation activation) {
    switch (activation) {
        case Activation::kNone:
        case Activation::kRelu: return 1;
        case Activation::kSilu:
        case Activation::kGelu:
        case Activation::kGeluApprox: return 1.25;
    }
    return 1;
}

std::vector<Bits> interpret_activation(Activation activation, const std::vector<Bits>& x) {
    if (activation == Activation::kNone) {
        return x;
    }
    const auto dest = std::make_unique<Dest>();
    RowCursor cursor;
    VectorUnit unit(*dest, cursor);
    const auto place = [&](std::size_t i) -> Bits& { return (*dest)[i / kDestColumns][i % kDestColumns]; };
    execute(unit, sfpu::set_activation_constants(activation));
    std::vector<Bits> y(x.size());
    constexpr std::size_t kPair = contract::kElementsPerVectorPair;
    for (std::size_t first = 0; first < x.size(); first += kPair) {
        const std::size_t count = std::min(kPair, x.size() - first);
        for (std::size_t i = 0; i < kPair; ++i) {
            place(i) = i < count ? x[first + i] : 0;
        }
        const std::uint32_t vectors = sfpu::vectors_per_activation_step(activation);
        for (std::uint32_t vector = 0; vector < 2; vector += vectors) {
            cursor.base = vector * sfpu::kDestRowsPerVector;
            execute(unit, sfpu::activation_step(activation));
        }
        for (std::size_t i = 0; i < count; ++i) {
            y[first + i] = place(i);
        }
    }
    return y;
}

}  // namespace layernorm_fused_rm::arithmetic
