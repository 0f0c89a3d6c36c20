// SPDX-License-Identifier: Apache-2.0
// Arithmetic of the device on the host, for comparison from outside. Files are fp32 bits, raw and little-endian.
//
//     interpret rows <width> <rows per batch, or 0> <options, or ""> <folder>
//         files x, gamma, beta, residual that the call has -> y, sum, mean, rstd that it returns; epsilon 1e-5
//     interpret multiply-add <triples> <results>
//         a, b, c -> a * b + c
//     interpret matrix-add <pairs> <results>
//         fp32 a, bf16 b -> a + b as the matrix unit adds
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "configuration.hpp"
#include "matrix_add.hpp"

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
                        .rows_per_batch = static_cast<std::uint32_t>(std::stoul(words.at(2))),
                        .options = words.at(3)};
    const std::string folder = words.at(4) + "/";
    const Configuration& configuration = find_configuration(wanted);
    const Formats& formats = configuration.shape.formats;
    const auto read = [&](const char* name, Format format) {
        return format == Format::kNone ? std::vector<Bits>{} : read_numbers<Bits>(folder + name);
    };
    const std::vector<Bits> x = read("x", formats.input);
    const std::vector<Bits> gamma = read("gamma", formats.gamma);
    const std::vector<Bits> beta = read("beta", formats.beta);
    const std::vector<Bits> residual = read("residual", formats.residual);
    const Results results = normalise(configuration, {x, gamma, beta, residual});
    write_numbers(folder + "y", results.y);
    write_numbers(folder + "sum", results.sum);
    write_numbers(folder + "mean", results.mean);
    write_numbers(folder + "rstd", results.rstd);
}

// Applies a function of `count` numbers to the file's, so many at a time.
template <typename Function>
void interpret_each(const std::vector<std::string>& words, std::size_t count, Function function) {
    const auto numbers = read_numbers<Bits>(words.at(1));
    std::vector<Bits> results;
    for (std::size_t i = 0; i + count <= numbers.size(); i += count) {
        results.push_back(function(&numbers[i]));
    }
    write_numbers(words.at(2), results);
}

}  // namespace

int main(int count, char** values) {
    const std::vector<std::string> words(values + 1, values + count);
    try {
        if (words.size() == 5 && words[0] == "rows") {
            interpret_rows(words);
        } else if (words.size() == 3 && words[0] == "multiply-add") {
            interpret_each(words, 3, [](const Bits* of) { return multiply_add(of[0], of[1], of[2]); });
        } else if (words.size() == 3 && words[0] == "matrix-add") {
            interpret_each(words, 2, [](const Bits* of) { return matrix_add(of[0], of[1]); });
        } else {
            throw std::invalid_argument(
                "use: rows <width> <rows per batch, or 0> <options> <folder>, "
                "or: multiply-add <triples> <results>, or: matrix-add <pairs> <results>");
        }
    } catch (const std::exception& error) {
        std::cerr << "interpret: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
