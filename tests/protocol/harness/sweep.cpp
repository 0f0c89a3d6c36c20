// SPDX-License-Identifier: Apache-2.0
#include "harness/sweep.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>
#include <string_view>
#include <vector>

#include "checker/finding.hpp"
#include "harness/collection.hpp"
#include "harness/program.hpp"

namespace protocol {
namespace {

using layernorm_fused_rm::NamedWords;
using layernorm_fused_rm::Plan;

constexpr int kTriesForVariation = 12;
constexpr int kMostShrinkingSteps = 60;
constexpr unsigned long long kMostFailures = 3;  // of a worker, which then stops

struct Failure {
    Case value;
    Rule rule;
    std::string text;
};

[[nodiscard]] std::optional<Failure> find_failure(const Toolchain& toolchain, const Case& value) {
    const std::optional<Plan> plan = to_plan(value);
    if (!plan) {
        return std::nullopt;
    }
    try {
        const Units units(toolchain, plan->chip, plan->compile_time_arguments());
        run_case(value, *plan, units);
    } catch (const Finding& finding) {
        return Failure{value, finding.rule(), finding.what()};
    }
    return std::nullopt;
}

// The first case that is simpler in one respect and breaks the same rule.
[[nodiscard]] std::optional<Failure> simplify(const Toolchain& toolchain, const Failure& failure, int& steps_left) {
    for (const Case& simpler : simpler_cases(failure.value)) {
        if (steps_left-- <= 0) {
            break;
        }
        auto found = find_failure(toolchain, simpler);
        if (found && found->rule == failure.rule) {
            return found;
        }
    }
    return std::nullopt;
}

[[nodiscard]] Failure shrink(const Toolchain& toolchain, Failure failure) {
    int steps_left = kMostShrinkingSteps;
    while (auto simpler = simplify(toolchain, failure, steps_left)) {
        failure = *simpler;
    }
    return failure;
}

void print(const Failure& failure) {
    std::printf("FAILED %s: %s\n  replay: protocol_test %s\n", name_of(failure.rule), failure.text.c_str(),
                to_options(failure.value).c_str());
    std::fflush(stdout);
}

struct Configuration {
    Case value;
    NamedWords arguments;
};

// The same for every worker: cases whose compile-time arguments all differ.
[[nodiscard]] std::vector<Configuration> choose_configurations(const Sweep& sweep) {
    Random random(sweep.seed);
    std::set<std::pair<std::string, NamedWords>> seen;
    std::vector<Configuration> chosen;
    while (chosen.size() < sweep.configurations) {
        const Case value = random_case(random);
        const std::optional<Plan> plan = to_plan(value);
        if (plan && !plan->cores.empty() && seen.emplace(plan->chip, plan->compile_time_arguments()).second) {
            chosen.push_back({value, plan->compile_time_arguments()});
        }
    }
    return chosen;
}

struct PlannedCase {
    Case value;
    Plan plan;
};

[[nodiscard]] PlannedCase choose_variation(const Configuration& configuration, Random& random) {
    for (int i = 0; i < kTriesForVariation; ++i) {
        const Case value = random_variation(configuration.value, random);
        std::optional<Plan> plan = to_plan(value);
        if (plan && plan->compile_time_arguments() == configuration.arguments) {
            return {value, std::move(*plan)};
        }
    }
    Case value = configuration.value;  // the same plan under another schedule, with other addresses
    value.seed = random.next() >> 1;
    return {value, to_plan(value).value()};
}

// The case at hand, for a worker that a kernel brings down.
std::array<char, 512> current_case;

void print_raw(std::string_view text) { static_cast<void>(write(STDOUT_FILENO, text.data(), text.size()) == 0); }

void report_crash(int) {
    print_raw("FAILED a kernel crashed\n  replay: protocol_test ");
    print_raw(current_case.data());
    print_raw("\n");
    _exit(1);
}

// True if nothing was found.
[[nodiscard]] bool run_planned(const Toolchain& toolchain, const PlannedCase& planned, const Units& units) {
    std::snprintf(current_case.data(), current_case.size(), "%s", to_options(planned.value).c_str());
    try {
        run_case(planned.value, planned.plan, units);
    } catch (const Finding& finding) {
        print(shrink(toolchain, {planned.value, finding.rule(), finding.what()}));
        return false;
    }
    return true;
}

struct Share {
    std::uint64_t plans;
    Random random;
};

// Runs a configuration's share of the plans, up to the first failure.
void run_configuration(const Toolchain& toolchain, const Configuration& configuration, Share share, Counts& counts) {
    try {
        const Units units(toolchain, configuration.value.chip, configuration.arguments);
        ++counts.configurations;
        bool is_good = true;
        for (std::uint64_t i = 0; is_good && i < share.plans; ++i) {
            const PlannedCase planned = choose_variation(configuration, share.random);
            counts.add(planned.plan);
            is_good = run_planned(toolchain, planned, units);
        }
        counts.failures += is_good ? 0 : 1;
    } catch (const Finding& finding) {  // it does not compile
        ++counts.failures;
        print({configuration.value, finding.rule(), finding.what()});
    }
}

void run_worker(const Toolchain& toolchain, const Sweep& sweep, std::uint64_t worker, int home) {
    const std::vector<Configuration> all = choose_configurations(sweep);
    Counts counts;
    for (std::uint64_t i = worker; i < all.size() && counts.failures < kMostFailures; i += sweep.workers) {
        const Random random(sweep.seed * 1'000'003 + i);
        const std::uint64_t plans = sweep.plans / all.size() + (i < sweep.plans % all.size() ? 1 : 0);
        run_configuration(toolchain, all[i], {plans, random}, counts);
        send(home, {counts, false});
    }
    send(home, {counts, true});
}

// Starts a worker; its messages come through the descriptor.
[[nodiscard]] int start_worker(const Toolchain& toolchain, const Sweep& sweep, std::uint64_t worker) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) {
        throw std::runtime_error("no pipe for a worker");
    }
    std::fflush(stdout);
    if (fork() == 0) {
        close(ends[0]);
        for (const int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT}) {
            std::signal(fatal, report_crash);
        }
        run_worker(toolchain, sweep, worker, ends[1]);
        std::fflush(stdout);
        _exit(0);
    }
    close(ends[1]);
    return ends[0];
}

}  // namespace

bool run_sweep(const Toolchain& toolchain, const Sweep& sweep) {
    std::printf("seed %llu, %llu plans, %llu configurations\n", static_cast<unsigned long long>(sweep.seed),
                static_cast<unsigned long long>(sweep.plans), static_cast<unsigned long long>(sweep.configurations));
    std::vector<int> workers;
    for (std::uint64_t worker = 0; worker < sweep.workers; ++worker) {
        workers.push_back(start_worker(toolchain, sweep, worker));
    }
    Collection collection(sweep.plans, workers);
    const Counts total = collection.run();
    while (wait(nullptr) > 0) {
    }
    collection.print(total);
    if (collection.has_lost_worker()) {
        std::printf("a worker ended early\n");
    }
    return total.failures == 0 && !collection.has_lost_worker() && total.plans == sweep.plans;
}

bool replay(const Toolchain& toolchain, const Case& value) {
    if (!to_plan(value)) {
        std::printf("the planner refuses this problem\n");
        return true;
    }
    const std::optional<Failure> failure = find_failure(toolchain, value);
    if (failure) {
        print(*failure);
    } else {
        std::printf("nothing found: %s\n", to_options(value).c_str());
    }
    return !failure;
}

}  // namespace protocol
