// SPDX-License-Identifier: Apache-2.0
// Plans random problems, and stops at the first that ends in anything but a sound plan or a proper refusal:
//
//     plan_random_problems [--executions N] [--seed S] [--first N]
//
// Execution n of a seed is the same whatever came before it, so `--first n --executions 1` replays it.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <random>
#include <set>
#include <stdexcept>
#include <string>

#include "arbitrary_problem.hpp"
#include "try_plan.hpp"

namespace {

using namespace layernorm_fused_rm::tests;

struct Options {
    std::uint64_t executions = 200'000;
    std::uint64_t seed = 1;
    std::uint64_t first = 0;
};

struct Tally {
    std::uint64_t plans = 0;
    std::uint64_t refusals = 0;
    std::set<std::string> kinds{};
    double most_seconds = 0;
};

[[nodiscard]] Options parse(int count, char** words) {
    Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string name = words[i];
        std::uint64_t& value = name == "--executions" ? options.executions
                               : name == "--seed"     ? options.seed
                               : name == "--first"    ? options.first
                                                      : throw std::invalid_argument("unknown option " + name);
        value = std::stoull(words[i + 1]);
    }
    return options;
}

// A refusal without its numbers and tensor names is of a kind.
[[nodiscard]] std::string kind_of(std::string text) {
    text = text.substr(0, text.find(';'));
    std::erase_if(text,
                  [](char letter) { return std::string("-0123456789.,[] einfa+").find(letter) != std::string::npos; });
    return text;
}

void add(Tally& tally, const Outcome& outcome) {
    tally.most_seconds = std::max(tally.most_seconds, outcome.seconds);
    if (outcome.refusal.empty()) {
        ++tally.plans;
        return;
    }
    ++tally.refusals;
    tally.kinds.insert(kind_of(outcome.refusal));
}

[[nodiscard]] bool run_one(const Options& options, std::uint64_t execution, Tally& tally) {
    std::seed_seq stream{options.seed, options.seed >> 32U, execution, execution >> 32U};
    const auto problem = arbitrary_problem(std::mt19937_64(stream));
    const Outcome outcome = try_plan(problem);
    add(tally, outcome);
    if (outcome.fault.empty()) {
        return true;
    }
    std::printf("broken: %s\n%s", outcome.fault.c_str(), describe_problem(problem).c_str());
    if (!outcome.refusal.empty()) {
        std::printf("  refused: %s\n", outcome.refusal.c_str());
    }
    std::printf("replay: plan_random_problems --seed %llu --first %llu --executions 1\n",
                static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(execution));
    return false;
}

[[nodiscard]] bool run_all(const Options& options) {
    const auto start = std::chrono::steady_clock::now();
    Tally tally;
    for (std::uint64_t i = 0; i < options.executions; ++i) {
        if (!run_one(options, options.first + i, tally)) {
            return false;
        }
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    std::printf(
        "plan fuzz: %llu executions (seed %llu): %llu plans, %llu refusals of %zu kinds, all sound; "
        "slowest %.3f s, %.1f s together\n",
        static_cast<unsigned long long>(options.executions), static_cast<unsigned long long>(options.seed),
        static_cast<unsigned long long>(tally.plans), static_cast<unsigned long long>(tally.refusals),
        tally.kinds.size(), tally.most_seconds, elapsed.count());
    return true;
}

}  // namespace

int main(int count, char** words) {
    try {
        return run_all(parse(count, words)) ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "plan_random_problems: %s\n", error.what());
        return 2;
    }
}
