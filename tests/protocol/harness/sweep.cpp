#include "harness/sweep.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <set>
#include <string_view>
#include <vector>

#include "checker/finding.hpp"
#include "harness/program.hpp"

namespace protocol {
namespace {

using layernorm_fused_rm::NamedArguments;
using layernorm_fused_rm::Plan;

constexpr int kTriesForVariation = 12;
constexpr int kMostShrinkingSteps = 60;

struct Failure {
    Case value;
    Rule rule;
    std::string text;
};

// What a worker sends home, as text: one line of counts.
struct Counts {
    unsigned long long plans = 0;
    unsigned long long configurations = 0;
    unsigned long long cores = 0;
    unsigned long long rows = 0;
    unsigned long long failures = 0;
};

[[nodiscard]] std::optional<Failure> find_failure(const Toolchain& toolchain, const Case& value) {
    const std::optional<Plan> plan = to_plan(value);
    if (!plan) {
        return std::nullopt;
    }
    try {
        const Units units(toolchain, plan->compile_time_arguments);
        run_case(value, *plan, units);
    } catch (const Finding& finding) {
        return Failure{value, finding.rule(), finding.what()};
    }
    return std::nullopt;
}

// Takes the simplest case that still breaks the same rule.
[[nodiscard]] Failure shrink(const Toolchain& toolchain, Failure failure) {
    int steps = 0;
    bool is_simpler = true;
    while (is_simpler) {
        is_simpler = false;
        for (const Case& simpler : simpler_cases(failure.value)) {
            if (++steps > kMostShrinkingSteps) {
                return failure;
            }
            const std::optional<Failure> found = find_failure(toolchain, simpler);
            if (found && found->rule == failure.rule) {
                failure = *found;
                is_simpler = true;
                break;
            }
        }
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
    NamedArguments arguments;
};

// The same for every worker: cases whose compile-time arguments all differ.
[[nodiscard]] std::vector<Configuration> choose_configurations(const Sweep& sweep) {
    Random random(sweep.seed);
    std::set<NamedArguments> seen;
    std::vector<Configuration> chosen;
    while (chosen.size() < sweep.configurations) {
        const Case value = random_case(random);
        const std::optional<Plan> plan = to_plan(value);
        if (plan && !plan->cores.empty() && seen.insert(plan->compile_time_arguments).second) {
            chosen.push_back({value, plan->compile_time_arguments});
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
        if (plan && plan->compile_time_arguments == configuration.arguments) {
            return {value, std::move(*plan)};
        }
    }
    Case value = configuration.value;  // the same plan under another schedule, with other addresses
    value.seed = random.next() >> 1;
    return {value, to_plan(value).value()};
}

// The case at hand, for a worker that a kernel brings down.
char current_case[512];

void report_crash(int) {
    constexpr std::string_view kText = "FAILED a kernel crashed\n  replay: protocol_test ";
    static_cast<void>(!write(STDOUT_FILENO, kText.data(), kText.size()));
    static_cast<void>(!write(STDOUT_FILENO, current_case, std::strlen(current_case)));
    static_cast<void>(!write(STDOUT_FILENO, "\n", 1));
    _exit(1);
}

void run_configuration(const Toolchain& toolchain, const Configuration& configuration, std::uint64_t plans,
                       Random& random, Counts& counts) {
    try {
        const Units units(toolchain, configuration.arguments);
        ++counts.configurations;
        for (std::uint64_t i = 0; i < plans; ++i) {
            const PlannedCase planned = choose_variation(configuration, random);
            ++counts.plans;
            counts.cores += planned.plan.cores.size();
            counts.rows += static_cast<unsigned long long>(planned.plan.rows);
            std::snprintf(current_case, sizeof current_case, "%s", to_options(planned.value).c_str());
            try {
                run_case(planned.value, planned.plan, units);
            } catch (const Finding& finding) {
                ++counts.failures;
                print(shrink(toolchain, {planned.value, finding.rule(), finding.what()}));
                return;
            }
        }
    } catch (const Finding& finding) {  // it does not compile
        ++counts.failures;
        print({configuration.value, finding.rule(), finding.what()});
    }
}

[[nodiscard]] Counts run_worker(const Toolchain& toolchain, const Sweep& sweep, std::uint64_t worker) {
    const std::vector<Configuration> all = choose_configurations(sweep);
    Counts counts;
    for (std::uint64_t i = worker; i < all.size(); i += sweep.workers) {
        Random random(sweep.seed * 1'000'003 + i);
        const std::uint64_t plans = sweep.plans / all.size() + (i < sweep.plans % all.size() ? 1 : 0);
        run_configuration(toolchain, all[i], plans, random, counts);
    }
    return counts;
}

// Starts a worker; its counts come through the descriptor.
[[nodiscard]] int start_worker(const Toolchain& toolchain, const Sweep& sweep, std::uint64_t worker) {
    int ends[2];
    if (pipe(ends) != 0) {
        throw std::runtime_error("no pipe for a worker");
    }
    std::fflush(stdout);
    if (fork() == 0) {
        close(ends[0]);
        for (const int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT}) {
            std::signal(fatal, report_crash);
        }
        const Counts counts = run_worker(toolchain, sweep, worker);
        const bool is_sent = write(ends[1], &counts, sizeof counts) == sizeof counts;
        std::fflush(stdout);
        _exit(is_sent ? 0 : 1);
    }
    close(ends[1]);
    return ends[0];
}

}  // namespace

bool run_sweep(const Toolchain& toolchain, const Sweep& sweep) {
    const auto start = std::chrono::steady_clock::now();
    std::printf("seed %llu, %llu plans, %llu configurations\n", static_cast<unsigned long long>(sweep.seed),
                static_cast<unsigned long long>(sweep.plans), static_cast<unsigned long long>(sweep.configurations));
    std::vector<int> workers;
    for (std::uint64_t worker = 0; worker < sweep.workers; ++worker) {
        workers.push_back(start_worker(toolchain, sweep, worker));
    }
    Counts total;
    bool has_lost_worker = false;
    for (const int descriptor : workers) {
        Counts counts;
        has_lost_worker = read(descriptor, &counts, sizeof counts) != sizeof counts || has_lost_worker;
        close(descriptor);
        total.plans += counts.plans;
        total.configurations += counts.configurations;
        total.cores += counts.cores;
        total.rows += counts.rows;
        total.failures += counts.failures;
    }
    while (wait(nullptr) > 0) {
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%llu plans of %llu configurations, %llu cores, %llu rows: %llu failures, %.0f s, %.0f plans/s%s\n",
                total.plans, total.configurations, total.cores, total.rows, total.failures, seconds,
                static_cast<double>(total.plans) / seconds, has_lost_worker ? ", a worker ended early" : "");
    return total.failures == 0 && !has_lost_worker && total.plans == sweep.plans;
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
