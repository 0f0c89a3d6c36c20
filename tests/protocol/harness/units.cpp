// SPDX-License-Identifier: Apache-2.0
#include "harness/units.hpp"

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "checker/finding.hpp"

namespace protocol {
namespace {

namespace fs = std::filesystem;

struct UnitKind {
    const char* source;
    const char* thread_define;
    const char* noc_define;
};

// By Thread. Reader on NoC 0, writer on NoC 1, as ttnn's ReaderConfigDescriptor and WriterConfigDescriptor have it.
constexpr std::array<UnitKind, kThreads> kUnits = {{
    {"reader.cpp", "-DPROTOCOL_DATA_THREAD", "-DPROTOCOL_NOC=0"},
    {"writer.cpp", "-DPROTOCOL_DATA_THREAD", "-DPROTOCOL_NOC=1"},
    {"compute.cpp", "-DTRISC_UNPACK", "-DPROTOCOL_NOC=0"},
    {"compute.cpp", "-DTRISC_MATH", "-DPROTOCOL_NOC=0"},
    {"compute.cpp", "-DTRISC_PACK", "-DPROTOCOL_NOC=0"},
}};

[[nodiscard]] std::string read_text(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

constexpr std::string_view kInclude = "#include \"";

// The files that a text includes in quotes, found beside it or in one of the folders.
[[nodiscard]] std::vector<fs::path> included_files(const std::string& text, const std::vector<fs::path>& folders) {
    std::vector<fs::path> found;
    for (std::size_t at = text.find(kInclude); at != std::string::npos; at = text.find(kInclude, at + 1)) {
        const std::size_t begin = at + kInclude.size();
        const std::string name = text.substr(begin, text.find('"', begin) - begin);
        const auto folder =
            std::ranges::find_if(folders, [&](const fs::path& path) { return fs::exists(path / name); });
        if (folder != folders.end()) {
            found.push_back((*folder / name).lexically_normal());
        }
    }
    return found;
}

// Appends a file and all it includes to `text`, each once.
void collect(const fs::path& path, std::vector<fs::path> folders, std::set<fs::path>& seen, std::string& text) {
    if (!seen.insert(path).second) {
        return;
    }
    const std::string own = read_text(path);
    text += own;
    folders.front() = path.parent_path();
    for (const fs::path& included : included_files(own, folders)) {
        collect(included, folders, seen, text);
    }
}

// FNV-1a, 64 bits.
[[nodiscard]] std::string hash_of(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char letter : text) {
        hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
    }
    std::ostringstream digits;
    digits << std::hex << hash;
    return digits.str();
}

[[nodiscard]] std::string argument_list(const layernorm_fused_rm::NamedWords& arguments) {
    std::string text = "-DKERNEL_COMPILE_TIME_ARGS=";
    for (const auto& [name, value] : arguments) {
        text += std::to_string(value) + "u,";
    }
    text.pop_back();
    return text;
}

// Unique symbols would be shared by all configurations; nothing but run_unit is visible for the same reason.
[[nodiscard]] std::vector<std::string> command_for(const Toolchain& toolchain, const UnitKind& unit,
                                                   const std::vector<fs::path>& folders, const std::string& list,
                                                   const fs::path& output) {
    std::vector<std::string> command = {toolchain.compiler};
    for (const fs::path& folder : folders) {
        command.push_back("-I" + folder.string());
    }
    const std::vector<std::string> rest = {"-std=c++20",
                                           "-O0",
                                           "-fPIC",
                                           "-shared",
                                           "-pipe",
                                           "-s",
                                           "-fvisibility=hidden",
                                           "-fno-gnu-unique",
                                           unit.thread_define,
                                           unit.noc_define,
                                           "-DPROTOCOL_KERNEL=\"" + std::string(unit.source) + "\"",
                                           list,
                                           (toolchain.protocol / "units/unit.cpp").string(),
                                           "-o",
                                           output.string()};
    command.insert(command.end(), rest.begin(), rest.end());
    return command;
}

// Runs a command with its error output in `log`; true on exit code 0.
[[nodiscard]] bool run_command(const std::vector<std::string>& command, const fs::path& log) {
    const pid_t child = fork();
    if (child == 0) {
        if (std::freopen(log.c_str(), "w", stderr) == nullptr) {
            _exit(126);
        }
        std::vector<char*> words;
        words.reserve(command.size() + 1);
        for (const std::string& word : command) {
            words.push_back(const_cast<char*>(word.c_str()));
        }
        words.push_back(nullptr);
        execvp(words[0], words.data());
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

[[nodiscard]] std::string first_error(const fs::path& log) {
    std::ifstream stream(log);
    std::string line;
    while (std::getline(stream, line)) {
        if (line.find("error") != std::string::npos) {
            return line.substr(line.rfind('/', line.find("error")) + 1);
        }
    }
    return "no message";
}

// Where a chip's units find what they include, in this order.
[[nodiscard]] std::vector<fs::path> include_folders(const Toolchain& toolchain, const std::string& chip) {
    const fs::path api = toolchain.protocol / "api";
    return {api, api / "arch" / chip, toolchain.kernels, toolchain.kernels / "arch" / chip};
}

[[nodiscard]] fs::path compile(const Toolchain& toolchain, const UnitKind& unit, const std::vector<fs::path>& include,
                               const std::string& list) {
    std::set<fs::path> seen;
    std::string text;
    // Without folders: what lies in them counts, not where they are.
    for (const std::string& word : command_for({toolchain.compiler, "", "", ""}, unit, {}, list, "")) {
        text += word + ' ';
    }
    std::vector<fs::path> folders = {""};
    folders.insert(folders.end(), include.begin(), include.end());
    collect(toolchain.protocol / "units/unit.cpp", folders, seen, text);
    collect(toolchain.kernels / unit.source, folders, seen, text);
    fs::path library = toolchain.cache / (hash_of(text) + ".so");
    if (fs::exists(library)) {
        return library;
    }
    fs::create_directories(toolchain.cache);
    const std::string own = "." + std::to_string(getpid());
    const fs::path temporary = library.string() + own;
    const fs::path log = library.string() + own + ".log";
    const bool is_compiled = run_command(command_for(toolchain, unit, include, list, temporary), log);
    const std::string error = is_compiled ? "" : first_error(log);
    fs::remove(log);
    if (!is_compiled) {
        throw Finding(Rule::kCompilation, std::string(unit.source) + ": " + error);
    }
    fs::rename(temporary, library);  // at once, so that nobody sees half of it
    return library;
}

}  // namespace

Units::Units(const Toolchain& toolchain, const std::string& chip, const layernorm_fused_rm::NamedWords& arguments) {
    const std::string list = argument_list(arguments);
    const std::vector<fs::path> include = include_folders(toolchain, chip);
    for (std::size_t i = 0; i < kThreads; ++i) {
        void* const library = dlopen(compile(toolchain, kUnits[i], include, list).c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) {
            throw std::runtime_error(dlerror());
        }
        libraries_.push_back(library);
        runs_[i] = reinterpret_cast<Run>(dlsym(library, "run_unit"));
    }
}

Units::~Units() {
    for (void* const library : libraries_) {
        dlclose(library);
    }
}

}  // namespace protocol
