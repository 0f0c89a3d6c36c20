// SPDX-License-Identifier: Apache-2.0
// Kernel units: the kernel sources compiled for one set of compile-time arguments, one shared object for each thread.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "layernorm_fused_rm/plan.hpp"
#include "recorder.hpp"

namespace protocol {

// Where things are, from the build.
struct Toolchain {
    std::string compiler;
    std::filesystem::path kernels;   // the kernel sources, or a mutated copy
    std::filesystem::path protocol;  // tests/protocol
    std::filesystem::path cache;
};

class Units {
public:
    using Run = void (*)(Recorder*);

    // Those of a chip; compiles what the cache does not hold. Throws a Finding where a unit does not compile.
    Units(const Toolchain& toolchain, const std::string& chip, const layernorm_fused_rm::NamedWords& arguments);
    ~Units();
    Units(const Units&) = delete;
    Units& operator=(const Units&) = delete;

    [[nodiscard]] Run run(Thread thread) const { return runs_[static_cast<std::size_t>(thread)]; }

private:
    std::vector<void*> libraries_;
    std::array<Run, kThreads> runs_{};
};

}  // namespace protocol
