// SPDX-License-Identifier: Apache-2.0
// Activations as the vector unit carries them out, against the C library's exp and erfc in double.
#include "norm/activation.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "accuracy.hpp"
#include "activations.hpp"
#include "distributions.hpp"
#include "exact.hpp"
#include "formats.hpp"

namespace layernorm_fused_rm::arithmetic {
namespace {

using contract::Activation;

// Of |x|: what a result may be off by beside an ULP, and the least that is counted whether correctly rounded. exp has a
// limit, and products near fp32's least number lose their bits.
constexpr double kAllowed = 0x1p-112;
constexpr double kCounted = 0x1p-96;
constexpr double kLeastNormal = 0x1p-126;  // less is zero

// The |x| that are counted: nearer to zero f is a multiple of x, further away x or next to nothing.
constexpr double kLeastCounted = 0x1p-6;
constexpr double kLargestCounted = 64;

[[nodiscard]] Bits bits_of(double value) { return std::bit_cast<Bits>(static_cast<float>(value)); }

// Every number of bfloat16, but for those that the device takes for zero.
[[nodiscard]] std::vector<Bits> all_bfloat16() {
    std::vector<Bits> numbers;
    for (Bits half = 0; half <= 0xffff; ++half) {
        const Bits bits = half << 16;
        const Bits exponent = bits & kInfinity;
        if (exponent != kInfinity && (exponent != 0 || half == 0)) {
            numbers.push_back(bits);
        }
    }
    return numbers;
}

class EveryActivation : public testing::TestWithParam<Activation> {
protected:
    [[nodiscard]] double exact(Bits x) const { return activated(GetParam(), to_double(x)); }
    [[nodiscard]] std::vector<Bits> interpret(const std::vector<Bits>& x) const {
        return interpret_activation(GetParam(), x);
    }
    // The number nearest to the exact value, but for one in a thousand, which is next to it.
    void expect_correctly_rounded(const std::vector<Bits>& x) const;
};

INSTANTIATE_TEST_SUITE_P(All, EveryActivation,
                         testing::Values(Activation::kRelu, Activation::kSilu, Activation::kGelu,
                                         Activation::kGeluApprox),
                         [](const auto& info) { return std::to_string(static_cast<std::uint32_t>(info.param)); });

void EveryActivation::expect_correctly_rounded(const std::vector<Bits>& x) const {
    const std::vector<Bits> y = interpret(x);
    std::size_t counted = 0;
    std::size_t correct = 0;
    double largest = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double magnitude = std::abs(to_double(x[i]));
        const double expected = exact(x[i]);
        const Bits rounded = pack_as(Format::kBfloat16, y[i]);
        const Bits wanted = nearest(Format::kBfloat16, expected);
        const std::int64_t ulp = std::abs(static_cast<std::int64_t>(rounded >> 16) - (wanted >> 16));
        EXPECT_TRUE(ulp <= 1 || std::abs(to_double(y[i]) - expected) <= kAllowed * magnitude + kLeastNormal)
            << to_double(x[i]) << " -> " << to_double(y[i]) << ", not " << expected;
        if (kLeastCounted <= magnitude && magnitude <= kLargestCounted && std::abs(expected) > kCounted * magnitude) {
            largest = std::max(largest, std::abs(to_double(y[i]) / expected - 1));
            correct += ulp == 0 ? 1 : 0;
            ++counted;
        }
    }
    std::cout << "correctly rounded " << correct << " of " << counted << ", relative error 2^" << std::log2(largest)
              << "\n";
    EXPECT_GT(counted, 1000U);
    EXPECT_GE(static_cast<double>(correct), 0.999 * static_cast<double>(counted));
}
TEST_P(EveryActivation, IsCorrectlyRoundedOfEveryBfloat16Number) { expect_correctly_rounded(all_bfloat16()); }

// Of numbers as a norm gives them, which bfloat16 has not.
TEST_P(EveryActivation, IsCorrectlyRoundedOfFloat32Numbers) {
    std::mt19937_64 generator(run_seed());
    std::normal_distribution<double> normal(0, 3);
    std::vector<Bits> x;
    for (int i = 0; i < 200'000; ++i) {
        x.push_back(bits_of(normal(generator)));
    }
    expect_correctly_rounded(x);
}

// Of fp32 numbers as a norm gives them, relative to |x|; near zero too.
TEST_P(EveryActivation, KeepsFloat32) {
    std::mt19937_64 generator(run_seed());
    std::normal_distribution<double> normal(0, 3);
    std::vector<Bits> x;
    for (int i = 0; i < 100'000; ++i) {
        x.push_back(bits_of(normal(generator) * std::exp2(-(i % 24))));
    }
    const std::vector<Bits> y = interpret(x);
    double largest = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        largest = std::max(largest, std::abs(to_double(y[i]) - exact(x[i])) / std::abs(to_double(x[i])));
    }
    std::cout << "error 2^" << std::log2(largest) << " of |x|\n";
    EXPECT_LE(largest, 0x1p-21);
}

// So the padding of tiles may be cleared before.
TEST_P(EveryActivation, LeavesZeros) { EXPECT_EQ(interpret({0}), std::vector<Bits>{0}); }

// What is no finite number is none behind it.
TEST_P(EveryActivation, LeavesNoNumberFinite) {
    const std::vector<Bits> x = {0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001};
    for (const Bits y : interpret(x)) {
        EXPECT_EQ(y & kInfinity, kInfinity) << std::hex << y;
    }
}

}  // namespace
}  // namespace layernorm_fused_rm::arithmetic
