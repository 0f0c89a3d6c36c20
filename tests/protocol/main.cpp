// SPDX-License-Identifier: Apache-2.0
// protocol_test: random plans (the default), one case (--rows, --width, ...), or mutations of the kernels
// (--mutations).
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>

#include "harness/exhaustive.hpp"
#include "harness/mutations.hpp"
#include "harness/sweep.hpp"

namespace {

constexpr const char* kUsage = R"(protocol_test [options]
  --plans N --configurations N --seed S --workers N   how many random plans, of how many sets of compile-time arguments
  --soak                                              a million plans of 2,000 configurations
  --every-schedule                                    one case (below), or some small ones, under every schedule
  --mutations [NAME]                                  broken kernels, each of which must be found
  --every N                                           one of N of these
  --chip wormhole|blackhole --rows N --width N --grid XxY --dram-banks N --l1-banks N --memories DDDDD
  --dtypes BBBBBB --layouts RRRR --matrix-rows N --vectors WW --options rstmz --activation RSGA
  --l1-bytes N --dram-alignment N --places 0|1
                                                      one case (with --seed): what a failure prints
  --kernels FOLDER --cache FOLDER                     other kernel sources; where compiled units are kept
)";

enum class Mode { kSweep, kReplay, kMutations };

struct Options {
    Mode mode = Mode::kSweep;
    bool takes_every_schedule = false;  // of one case, or of the small ones
    protocol::Sweep sweep{};
    protocol::Case value{};
    std::string mutation{};
    std::size_t every = 1;  // one mutation of so many
    protocol::Toolchain toolchain{PROTOCOL_COMPILER, PROTOCOL_KERNELS, PROTOCOL_FOLDER, PROTOCOL_CACHE};
};

void apply(Options& options, const std::string& name, const std::string& text) {
    if (name == "--plans") {
        options.sweep.plans = std::stoull(text);
    } else if (name == "--configurations") {
        options.sweep.configurations = std::stoull(text);
    } else if (name == "--workers") {
        options.sweep.workers = std::stoull(text);
    } else if (name == "--every") {
        options.every = std::stoull(text);
        options.mode = Mode::kMutations;
    } else if (name == "--kernels") {
        options.toolchain.kernels = text;
    } else if (name == "--cache") {
        options.toolchain.cache = text;
    } else {
        protocol::set_option(options.value, name, text);
        options.sweep.seed = options.value.seed;
        options.mode = name == "--seed" ? options.mode : Mode::kReplay;
    }
}

[[nodiscard]] Options parse(int count, char** words) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string name = words[i];
        if (name == "--soak") {
            options.sweep.plans = 1'000'000;
            options.sweep.configurations = 2'000;
        } else if (name == "--every-schedule") {
            options.takes_every_schedule = true;
        } else if (name == "--mutations") {
            options.mode = Mode::kMutations;
            options.mutation = i + 1 < count ? words[++i] : "";
        } else if (i + 1 == count) {
            throw std::invalid_argument(name + " needs a value");
        } else {
            apply(options, name, words[++i]);
        }
    }
    return options;
}

[[nodiscard]] bool run(const Options& options) {
    switch (options.mode) {
        case Mode::kSweep:
            return options.takes_every_schedule ? protocol::run_small_cases_exhaustively(options.toolchain)
                                                : protocol::run_sweep(options.toolchain, options.sweep);
        case Mode::kReplay:
            return options.takes_every_schedule ? protocol::run_exhaustively(options.toolchain, options.value)
                                                : protocol::replay(options.toolchain, options.value);
        case Mode::kMutations: return protocol::run_mutations(options.toolchain, options.mutation, options.every);
    }
    return false;
}

}  // namespace

int main(int count, char** words) {
    try {
        return run(parse(count, words)) ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n%s", error.what(), kUsage);
        return 2;
    }
}
