// SPDX-License-Identifier: Apache-2.0
// What the tests of refusals share: a good problem, which a test spoils, and the text that it is to be refused with.
#pragma once

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "builders.hpp"

namespace layernorm_fused_rm::tests {

// input [64, 1024], gamma [1024], beta [1, 1, 1, 1024]
class Refusals : public testing::Test {
protected:
    Problem problem = make_problem(64, 1024);

    void expect_error(const std::string& text) const {
        EXPECT_EQ(error_of(problem), text.empty() ? "" : "layernorm_fused_rm: " + text);
    }

    // Spoils one tensor at a time; in `text` "NAME" is its name.
    void expect_error_of_each(const std::vector<std::string>& names, void (*spoil)(TensorSpec&),
                              const std::string& text) {
        problem.residual = problem.output_tensor = problem.input;
        const Problem good = problem;
        for (const std::string& name : names) {
            spoil(name == "input"      ? problem.input
                  : name == "gamma"    ? *problem.gamma
                  : name == "beta"     ? *problem.beta
                  : name == "residual" ? *problem.residual
                                       : *problem.output_tensor);
            expect_error(std::regex_replace(text, std::regex("NAME"), name));
            problem = good;
        }
    }
};

}  // namespace layernorm_fused_rm::tests
