// SPDX-License-Identifier: Apache-2.0
#include "harness/mutations.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

#include "checker/finding.hpp"
#include "checker/schedules.hpp"
#include "harness/case.hpp"
#include "harness/exhaustive.hpp"
#include "harness/mutation_list.hpp"
#include "harness/program.hpp"
#include "harness/symbols.hpp"

namespace protocol {
namespace {

namespace fs = std::filesystem;

constexpr int kWorkers = 2;
constexpr std::uint64_t kSchedules = 6;  // of each case

// What the kernels define, by the chip that they are for.
using Kernels = std::map<std::string, Symbols>;

[[nodiscard]] Kernels read_kernels(const Toolchain& toolchain) {
    Kernels kernels;
    for (const Case& value : mutation_cases()) {
        kernels.try_emplace(value.chip, read_sources(toolchain.kernels, value.chip));
    }
    return kernels;
}

[[nodiscard]] Source broken_source(const Kernels& kernels, const Mutation& mutation) {
    const std::string chip = mutation_cases().at(mutation.kind).chip;
    return kernels.at(chip).replaced(mutation.symbol, mutation.from, mutation.to);
}

// Every place of a mutation is still there; of a sample this is said of those left out too.
[[nodiscard]] bool all_apply(const Kernels& kernels, const std::vector<Mutation>& mutations) {
    bool is_good = true;
    for (const Mutation& mutation : mutations) {
        try {
            if (!mutation.symbol.empty()) {
                static_cast<void>(broken_source(kernels, mutation));
            }
        } catch (const std::runtime_error& error) {
            std::printf("%s: %s\n", mutation.name.c_str(), error.what());
            is_good = false;
        }
    }
    return is_good;
}

// One of every `every`.
[[nodiscard]] std::vector<Mutation> sample(const std::vector<Mutation>& mutations, std::size_t every) {
    std::vector<Mutation> chosen;
    for (std::size_t i = 0; i < mutations.size(); i += every) {
        chosen.push_back(mutations[i]);
    }
    return chosen;
}

// How a mutation is looked for: in which cases, the likeliest first, and what runs one of them.
struct Search {
    std::function<std::vector<Case>(const Mutation&)> cases;
    std::function<void(Case, const layernorm_fused_rm::Plan&, const Units&, const Mutation&)> run;
};

[[nodiscard]] Search by_drawn_schedules() {
    const auto cases = [](const Mutation& mutation) {
        std::vector<Case> all = mutation_cases();
        std::swap(all.front(), all.at(mutation.kind));
        return all;
    };
    return {cases, [](Case value, const auto& plan, const Units& units, const Mutation& mutation) {
                for (value.seed = 1; value.seed <= kSchedules; ++value.seed) {
                    run_case(value, plan, units, mutation.plan.layout);
                }
            }};
}

[[nodiscard]] Search by_every_schedule() {
    const auto cases = [](const Mutation& mutation) {
        std::vector<Case> all = small_cases();
        std::ranges::stable_partition(all, [&](const Case& value) {
            return (to_plan(value).value().call.affine_shares() > 1) == (mutation.kind == kHelped);
        });
        return all;
    };
    return {cases, [](const Case& value, const auto& plan, const Units& units, const Mutation& mutation) {
                const Program program = make_program(value, plan, units, mutation.plan.layout);
                static_cast<void>(run_every_schedule(program, kMostStates));
            }};
}

struct Detection {
    Rule rule;
    std::string text;
    Case value;
};

[[nodiscard]] std::optional<Detection> detect_with(const Toolchain& toolchain, const Search& search,
                                                   const Mutation& mutation, const Case& value) {
    auto plan = to_plan(value).value();
    if (mutation.plan.plan) {
        mutation.plan.plan(plan);
    }
    try {
        const Units units(toolchain, plan.chip, plan.compile_time_arguments());
        search.run(value, plan, units, mutation);
    } catch (const Finding& finding) {
        return Detection{finding.rule(), finding.what(), value};
    }
    return std::nullopt;
}

[[nodiscard]] std::optional<Detection> detect(const Toolchain& toolchain, const Search& search,
                                              const Mutation& mutation) {
    for (const Case& value : search.cases(mutation)) {
        if (auto detection = detect_with(toolchain, search, mutation, value)) {
            return detection;
        }
    }
    return std::nullopt;
}

[[nodiscard]] std::string first_line(const std::string& text) {
    const std::size_t end = text.find('\n');
    const std::size_t next = text.find_first_not_of(' ', end == std::string::npos ? end : end + 1);
    return end == std::string::npos ? text
                                    : text.substr(0, end) + " " + text.substr(next, text.find('\n', next) - next);
}

// Runs one mutation in this process; true if it is found.
[[nodiscard]] bool run_mutation(Toolchain toolchain, const Search& search, const Kernels& kernels,
                                const Mutation& mutation) {
    const fs::path copy = toolchain.cache / ("mutant." + std::to_string(getpid()));
    std::optional<Detection> detection;
    std::string error = "NOT FOUND";
    try {
        if (!mutation.symbol.empty()) {
            fs::create_directories(toolchain.cache);
            fs::copy(toolchain.kernels, copy, fs::copy_options::recursive);
            const Source broken = broken_source(kernels, mutation);
            std::ofstream(copy / broken.file, std::ios::binary) << broken.text;
            toolchain.kernels = copy;
        }
        detection = detect(toolchain, search, mutation);
    } catch (const std::exception& failure) {
        error = std::string("ERROR ") + failure.what();
    }
    fs::remove_all(copy);
    const std::string place = mutation.symbol.empty() ? "plan" : mutation.symbol;
    const std::string how =
        detection ? std::string(name_of(detection->rule)) + ": " + first_line(detection->text) : error;
    std::printf("%-27s %-48s -> %s\n", place.c_str(), mutation.name.c_str(), how.c_str());
    std::fflush(stdout);
    return detection.has_value();
}

// The kernels as they are must pass, or nothing that follows means anything.
[[nodiscard]] bool unchanged_kernels_pass(const Toolchain& toolchain, const Search& search) {
    const std::optional<Detection> detection = detect(toolchain, search, {.name = "none"});
    if (detection) {
        std::printf("the kernels as they are fail: %s: %s\n  replay: protocol_test %s\n", name_of(detection->rule),
                    detection->text.c_str(), to_options(detection->value).c_str());
    }
    return !detection;
}

[[nodiscard]] bool wait_for_one() {
    int status = 0;
    wait(&status);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// A process each, since a broken kernel may crash.
[[nodiscard]] int count_missed(const Toolchain& toolchain, const Search& search, const Kernels& kernels,
                               const std::vector<Mutation>& mutations) {
    int running = 0;
    int missed = 0;
    for (const Mutation& mutation : mutations) {
        if (running == kWorkers) {
            missed += wait_for_one() ? 0 : 1;
            --running;
        }
        std::fflush(stdout);
        if (fork() == 0) {
            _exit(run_mutation(toolchain, search, kernels, mutation) ? 0 : 1);
        }
        ++running;
    }
    for (; running > 0; --running) {
        missed += wait_for_one() ? 0 : 1;
    }
    return missed;
}

// True if each one is found, and the places of all of them are still there.
[[nodiscard]] bool find_all(const Toolchain& toolchain, const Search& search, std::vector<Mutation> mutations,
                            std::size_t every) {
    const Kernels kernels = read_kernels(toolchain);
    if (mutations.empty() || !all_apply(kernels, mutations) || !unchanged_kernels_pass(toolchain, search)) {
        return false;
    }
    mutations = sample(mutations, every);
    const int missed = count_missed(toolchain, search, kernels, mutations);
    std::printf("%zu mutations, %zu found, %d not\n", mutations.size(),
                mutations.size() - static_cast<std::size_t>(missed), missed);
    return missed == 0;
}

}  // namespace

bool run_mutations(const Toolchain& toolchain, const std::string& only, std::size_t every) {
    std::vector<Mutation> mutations = data_movement_mutations();
    for (const auto& some : {compute_mutations(), strip_mutations(), activation_mutations(), slice_mutations(),
                             shard_mutations(), part_mutations(), plan_mutations()}) {
        mutations.insert(mutations.end(), some.begin(), some.end());
    }
    std::erase_if(mutations, [&](const Mutation& mutation) { return mutation.name.find(only) == std::string::npos; });
    return find_all(toolchain, by_drawn_schedules(), std::move(mutations), every);
}

bool find_exchange_mutations_exhaustively(const Toolchain& toolchain) {
    std::vector<Mutation> mutations = slice_mutations();
    std::erase_if(mutations, [](const Mutation& mutation) { return !mutation.symbol.starts_with("Team::"); });
    const std::vector<Mutation> of_order = order_mutations();
    mutations.insert(mutations.end(), of_order.begin(), of_order.end());
    return find_all(toolchain, by_every_schedule(), std::move(mutations), 1);
}

}  // namespace protocol
