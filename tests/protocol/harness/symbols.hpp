// SPDX-License-Identifier: Apache-2.0
// Places in the kernels' sources, by the symbol in whose definition they are, whichever file that is in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace protocol {

struct Source {
    std::filesystem::path file;  // within the folder of all
    std::string text;
};

// The kernels as one chip has them: of their folder `arch` that chip's alone.
[[nodiscard]] std::vector<Source> read_sources(const std::filesystem::path& folder, const std::string& chip);

// What sources define: functions, classes, enumerations, variables, types. No parser: it knows what kernels use of C++.
//
// A symbol is called by its name, or by as much of its full name as it takes: "look_at", "RedoList::look_at". What a
// .cpp defines has the kernel before that: "writer::kernel_main". Overloads are one symbol.
class Symbols {
public:
    explicit Symbols(const std::vector<Source>& sources);

    // The source that defines `symbol`, with `to` in the place of `from` in its definition, wherever spaces, line ends
    // and comments are. Throws a std::runtime_error unless there is exactly one such symbol and one such place.
    [[nodiscard]] Source replaced(const std::string& symbol, const std::string& from, const std::string& to) const;

private:
    struct Definition {
        std::string name;  // the full one
        std::size_t source;
        std::size_t begin;  // in the source
        std::string code;   // without comments
    };

    // Those of one symbol; `from` is for the error.
    [[nodiscard]] std::vector<Definition> definitions_of(const std::string& symbol, const std::string& from) const;

    std::vector<Source> sources_;
    std::vector<Definition> definitions_;
};

}  // namespace protocol
