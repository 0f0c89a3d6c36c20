// SPDX-License-Identifier: Apache-2.0
#include "harness/exhaustive.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

#include "checker/schedules.hpp"
#include "harness/mutations.hpp"
#include "harness/program.hpp"

namespace protocol {

std::vector<Case> small_cases() {
    return {
        {.rows = 1, .width = 8192, .grid_x = 2, .options = "m"},
        {.rows = 1, .width = 8192, .grid_x = 2},
        {.rows = 1, .width = 8192, .grid_x = 2, .dtypes = "FBBBFB", .vectors = "TW", .options = "rsto"},
        {.rows = 9, .width = 1024, .grid_x = 4, .grid_y = 4, .layouts = "TRTR", .vectors = "--"},
        // Three strips a team: exchanges take turns.
        {.rows = 64, .width = 2048, .grid_x = 7, .grid_y = 2, .layouts = "TTTT", .vectors = "--", .options = "m"},
        {.rows = 64, .width = 2048, .grid_x = 7, .grid_y = 2, .layouts = "TRTR", .vectors = "--"},
        // No team, but gamma and beta segment by segment from a source.
        {.rows = 7, .width = 2100, .grid_x = 2, .grid_y = 2, .options = "r"},
        // A source of gamma with two helpers.
        {.rows = 6, .width = 768, .grid_x = 6, .vectors = "T-"},
        {.rows = 1, .width = 6144, .grid_x = 3, .options = "m"},
        {.chip = "blackhole", .rows = 1, .width = 6144, .grid_x = 3, .dram_alignment = 64},
    };
}

bool run_exhaustively(const Toolchain& toolchain, const Case& value) {
    const auto plan = to_plan(value);
    if (!plan) {
        std::printf("the planner refuses this problem\n");
        return false;
    }
    try {
        const Units units(toolchain, plan->chip, plan->compile_time_arguments());
        const std::size_t states = run_every_schedule(make_program(value, *plan, units), kMostStates);
        std::printf("%zu states of %zu cores, nothing found: %s\n", states, plan->cores.size(),
                    to_options(value).c_str());
    } catch (const Finding& finding) {
        std::printf("FAILED %s: %s\n  replay: protocol_test --every-schedule %s\n", name_of(finding.rule()),
                    finding.what(), to_options(value).c_str());
        return false;
    }
    std::fflush(stdout);
    return true;
}

bool run_small_cases_exhaustively(const Toolchain& toolchain) {
    std::set<std::uint32_t> slices;
    bool is_good = true;
    for (const Case& value : small_cases()) {
        is_good = run_exhaustively(toolchain, value) && is_good;
        slices.insert(to_plan(value).value().call.slices);
    }
    if (!slices.contains(2) || !slices.contains(3)) {
        std::printf("no case has teams of two cores, or none has teams of three\n");
        return false;
    }
    return find_exchange_mutations_exhaustively(toolchain) && is_good;
}

}  // namespace protocol
