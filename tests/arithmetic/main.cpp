// SPDX-License-Identifier: Apache-2.0
// arithmetic_test [--report | --widths] [--seed=N] [GoogleTest's options]
#include <gtest/gtest.h>

#include <iostream>
#include <string>
#include <string_view>

#include "accuracy_table.hpp"

int main(int count, char** words) {
    using namespace layernorm_fused_rm::arithmetic;
    testing::InitGoogleTest(&count, words);
    bool reports = false;
    bool shows_widths = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        constexpr std::string_view kSeed = "--seed=";
        if (word == "--report") {
            reports = true;
        } else if (word == "--widths") {
            shows_widths = true;
        } else if (word.starts_with(kSeed)) {
            run_seed() = std::stoull(std::string(word.substr(kSeed.size())));
        } else {
            std::cerr << "use: arithmetic_test [--report | --widths] [--seed=N]\n";
            return 2;
        }
    }
    if (shows_widths) {
        print_table_of_widths(std::cout);
        return 0;
    }
    if (!GTEST_FLAG_GET(list_tests)) {
        std::cout << "seed " << run_seed() << " (--seed=N for another)\n";
    }
    if (reports) {
        print_report(std::cout);
        return 0;
    }
    return RUN_ALL_TESTS();
}
