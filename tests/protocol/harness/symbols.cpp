// SPDX-License-Identifier: Apache-2.0
#include "harness/symbols.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <string_view>

namespace protocol {
namespace {

namespace fs = std::filesystem;

const std::regex kComment(R"(//[^\n]*)");
// Where braces and names may be that define nothing.
const std::regex kOther(
    R"(#[^\n]*|"[^"\n]*"|template\s*<[^>]*>|__attribute__\s*\(\([^)]*\)\)|\b(public|private|protected)\s*:)");
// What is defined, or declared, has the first name that one of these follows.
const std::regex kName(R"((operator[^\w\s(]+|(?:\w|::)+)\s*([({=;\[]|:(?!:)))");
const std::regex kKeyword(R"(\b(namespace|struct|class|enum|using)\b)");

[[nodiscard]] std::string read_text(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// The text with spaces for what matches, so that all else stays where it is.
[[nodiscard]] std::string without(const std::regex& what, const std::string& text) {
    std::string rest = text;
    for (std::sregex_iterator match(text.begin(), text.end(), what), end; match != end; ++match) {
        std::fill_n(rest.begin() + match->position(), match->length(), ' ');
    }
    return rest;
}

// Behind what closes the bracket at `open`.
[[nodiscard]] std::size_t behind_bracket(const std::string& code, std::size_t open) {
    int depth = 0;
    do {
        const std::size_t kind = std::string_view("({[)}]").find(code.at(open++));
        depth += kind == std::string_view::npos ? 0 : kind < 3 ? 1 : -1;
    } while (depth != 0);
    return open;
}

// Behind the next semicolon, or the next braces.
[[nodiscard]] std::size_t behind_next(const std::string& code, std::size_t from) {
    const std::size_t at = code.find_first_of("{;", from);
    return code.at(at) == '{' ? behind_bracket(code, at) : at + 1;
}

struct Extent {
    std::size_t begin;
    std::size_t end;
};
using Extents = std::vector<std::pair<std::string, Extent>>;  // by their full names

// Appends all that is defined in code[begin, end), which is inside of `scope`.
void find_extents(const std::string& code, std::size_t begin, std::size_t end, const std::string& scope,
                  Extents& found) {
    std::cmatch match;
    while (std::regex_search(code.data() + begin, code.data() + end, match, kName)) {
        std::smatch keyword;
        const std::string head = match.prefix();
        const std::string kind = std::regex_search(head, keyword, kKeyword) ? keyword.str() : "";
        const std::size_t mark = begin + static_cast<std::size_t>(match.position(2));
        const bool is_function = code[mark] == '(';
        const bool is_scope = kind == "namespace" || kind == "struct" || kind == "class";
        const bool ends_with_brace = is_function || is_scope || kind == "enum";
        std::size_t next = behind_next(code, is_function ? behind_bracket(code, mark) : mark);
        while (!ends_with_brace && code[next - 1] != ';') {
            next = behind_next(code, next);
        }
        if (ends_with_brace ? code[next - 1] == '}' : kind != "using" || code[mark] == '=') {
            const std::string name = scope + match.str(1);
            found.emplace_back(name, Extent{begin, next});
            if (is_scope) {
                find_extents(code, code.find('{', mark) + 1, next - 1, name + "::", found);
            }
        }
        begin = next;
    }
}

// A text without its spaces and line ends, so that a place is found however it is formatted.
struct Packed {
    std::string letters{};
    std::vector<std::size_t> places{};  // of the letters in the text
};

[[nodiscard]] Packed pack(const std::string& text) {
    Packed packed;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != ' ' && text[i] != '\n') {
            packed.letters += text[i];
            packed.places.push_back(i);
        }
    }
    return packed;
}

}  // namespace

std::vector<Source> read_sources(const fs::path& folder, const std::string& chip) {
    std::vector<Source> sources;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
        const fs::path file = entry.path().lexically_relative(folder);
        const bool is_of_another_chip = *file.begin() == "arch" && *std::next(file.begin()) != chip;
        if (entry.is_regular_file() && !is_of_another_chip) {
            sources.push_back({file, read_text(entry.path())});
        }
    }
    return sources;
}

Symbols::Symbols(const std::vector<Source>& sources) : sources_(sources) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
        const fs::path& file = sources[i].file;
        const std::string code = without(kComment, sources[i].text);
        Extents extents;
        find_extents(without(kOther, code), 0, code.size(),
                     file.extension() == ".cpp" ? file.stem().string() + "::" : "", extents);
        for (const auto& [name, extent] : extents) {
            definitions_.push_back({name, i, extent.begin, code.substr(extent.begin, extent.end - extent.begin)});
        }
    }
}

std::vector<Symbols::Definition> Symbols::definitions_of(const std::string& symbol, const std::string& from) const {
    std::vector<Definition> found;
    std::string all;
    bool is_one = true;
    for (const Definition& definition : definitions_) {
        if (("::" + definition.name).ends_with("::" + symbol)) {
            found.push_back(definition);
            all += (all.empty() ? "" : ", ") + definition.name + " in " + sources_[definition.source].file.string();
            is_one = is_one && definition.name == found[0].name && definition.source == found[0].source;
        }
    }
    if (found.empty() || !is_one) {
        throw std::runtime_error(symbol + " (for \"" + from +
                                 "\") is not defined exactly once: " + (found.empty() ? "nowhere" : all));
    }
    return found;
}

Source Symbols::replaced(const std::string& symbol, const std::string& from, const std::string& to) const {
    const std::vector<Definition> definitions = definitions_of(symbol, from);
    const std::string wanted = pack(from).letters;
    std::vector<Extent> places;
    for (const Definition& definition : definitions) {
        const Packed packed = pack(definition.code);
        for (std::size_t at = packed.letters.find(wanted); at != std::string::npos;
             at = packed.letters.find(wanted, at + 1)) {
            places.push_back({definition.begin + packed.places.at(at),
                              definition.begin + packed.places.at(at + wanted.size() - 1) + 1});
        }
    }
    if (places.size() != 1) {
        throw std::runtime_error(symbol + " has not exactly one \"" + from + "\"");
    }
    Source source = sources_[definitions.front().source];
    source.text.replace(places[0].begin, places[0].end - places[0].begin, to);
    return source;
}

}  // namespace protocol
