// Arithmetic of the device on the host, for comparison from outside. Files are raw little-endian numbers.
//
//     interpret rows <width> <rows per batch> <x> <gamma> <beta> <y>        bf16: y = LayerNorm of x's rows, epsilon
//     1e-5 interpret multiply-add <triples> <results>                            fp32 bits: a, b, c -> a * b + c
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "configuration.hpp"

namespace {

using namespace layernorm_fused_rm::arithmetic;

template <typename Number>
[[nodiscard]] std::vector<Number> read_numbers(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        throw std::runtime_error("cannot read " + path);
    }
    std::vector<Number> numbers(static_cast<std::size_t>(file.tellg()) / sizeof(Number));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(Number)));
    return numbers;
}

template <typename Number>
void write_numbers(const std::string& path, const std::vector<Number>& numbers) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(numbers.data()),
               static_cast<std::streamsize>(numbers.size() * sizeof(Number)));
    if (!file.flush()) {
        throw std::runtime_error("cannot write " + path);
    }
}

void interpret_rows(const std::vector<std::string>& words) {
    const Wanted wanted{.width = static_cast<std::uint32_t>(std::stoul(words.at(1))),
                        .rows_per_batch = static_cast<std::uint32_t>(std::stoul(words.at(2)))};
    const auto x = read_numbers<Half>(words.at(3));
    const auto gamma = read_numbers<Half>(words.at(4));
    const auto beta = read_numbers<Half>(words.at(5));
    write_numbers(words.at(6), normalise(find_configuration(wanted), {x, gamma, beta}));
}

void interpret_multiply_add(const std::vector<std::string>& words) {
    const auto triples = read_numbers<Bits>(words.at(1));
    std::vector<Bits> results;
    for (std::size_t i = 0; i + 2 < triples.size(); i += 3) {
        results.push_back(multiply_add(triples[i], triples[i + 1], triples[i + 2]));
    }
    write_numbers(words.at(2), results);
}

}  // namespace

int main(int count, char** values) {
    const std::vector<std::string> words(values + 1, values + count);
    try {
        if (words.size() == 7 && words[0] == "rows") {
            interpret_rows(words);
        } else if (words.size() == 3 && words[0] == "multiply-add") {
            interpret_multiply_add(words);
        } else {
            throw std::invalid_argument(
                "use: rows <width> <rows per batch> <x> <gamma> <beta> <y>, "
                "or: multiply-add <triples> <results>");
        }
    } catch (const std::exception& error) {
        std::cerr << "interpret: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
