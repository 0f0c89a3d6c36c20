// SPDX-License-Identifier: Apache-2.0
// Writes the sources that compile kernels/compute.cpp for the host: one for each "<width>x<rows>[:<option>]..." asked
// for, with the arguments that the planner gives a device of one core, or of more where these share the rows, and a
// table of them all. An option is one of kOptions, an epsilon, a core's bytes of L1, columns and rows of cores, or of so
// many chips that share the rows the half of a call behind an all_gather; the half before it is one of kOptions.
//
//     generate_configurations <folder> 96x3 384x48 384x4:1e-12 257x6:f32:residual:sum 4096x2:l1=18000 1024x1:tile:cores=8x2
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "contract.hpp"
#include "layernorm_fused_rm/plan.hpp"

namespace {

using layernorm_fused_rm::Activation;
using layernorm_fused_rm::CircularBuffer;
using layernorm_fused_rm::DataType;
using layernorm_fused_rm::Layout;
using layernorm_fused_rm::Norm;
using layernorm_fused_rm::Plan;
using layernorm_fused_rm::Problem;
using layernorm_fused_rm::Stage;
using layernorm_fused_rm::TensorSpec;
using layernorm_fused_rm::contract::Buffer;
using layernorm_fused_rm::contract::Call;
using layernorm_fused_rm::contract::Tensor;

struct Request {
    std::string name{};     // "384x4:f32:1e-12"
    std::string options{};  // "f32"
    std::int64_t width = 0;
    std::int64_t rows = 0;
    Problem problem{};

    // "configuration_384x4_f32_1e_12", as a file and a namespace.
    [[nodiscard]] std::string identifier() const {
        std::string text = "configuration_" + name;
        std::replace_if(
            text.begin(), text.end(), [](char c) { return c == ':' || c == '-' || c == '.' || c == '='; }, '_');
        return text;
    }
};

// One worker core and one bank, so that all rows are one run of that core. All bf16 in rows, LayerNorm, gamma and beta.
[[nodiscard]] Problem plain_problem(std::int64_t rows, std::int64_t width) {
    return {.input = {.shape = {rows, width}},
            .gamma = TensorSpec{.shape = {width}},
            .beta = TensorSpec{.shape = {width}},
            .options = {.dtype = DataType::kBfloat16, .layout = Layout::kRowMajor},
            .device = {.grid = {1, 1}, .dram_banks = {{0, 0}}, .l1_banks = 1, .l1_bytes = 1'400'000}};
}

void make_all_float32(Problem& problem) {
    problem.input.dtype = DataType::kFloat32;
    problem.gamma->dtype = DataType::kFloat32;
    problem.beta->dtype = DataType::kFloat32;
    problem.options.dtype = DataType::kFloat32;
}

void return_sum(Problem& problem, DataType dtype) {
    problem.options.return_sum = true;
    problem.options.sum_dtype = dtype;
    problem.options.sum_layout = Layout::kRowMajor;
}

void put_all_in_tiles(Problem& problem) {
    problem.input.layout = Layout::kTile;
    problem.options.layout = Layout::kTile;
    if (problem.residual) {
        problem.residual->layout = Layout::kTile;
    }
    if (problem.options.return_sum) {
        problem.options.sum_layout = Layout::kTile;
    }
}

// This core's part of rows that chips share: what is told of it, and what is made of it by what all have told.
void tell_stats(Problem& problem) {
    problem.gamma.reset();
    problem.beta.reset();
    problem.options = {.norm = problem.options.norm, .stage = Stage::kPreAllGather};
}
void take_stats(Problem& problem, std::int64_t chips) {
    problem.options.stage = Stage::kPostAllGather;
    problem.stats = TensorSpec{.shape = {problem.input.shape.front(), 4 * chips}, .dtype = DataType::kFloat32};
}

// The options by name. Those that concern a residual, the sum, gamma or beta come behind what brings or takes it.
using Change = void (*)(Problem&);
const std::map<std::string, Change, std::less<>> kOptions = {
    {"f32", make_all_float32},
    {"input32", [](Problem& problem) { problem.input.dtype = DataType::kFloat32; }},
    {"gamma32", [](Problem& problem) { problem.gamma->dtype = DataType::kFloat32; }},
    {"beta32", [](Problem& problem) { problem.beta->dtype = DataType::kFloat32; }},
    {"output32", [](Problem& problem) { problem.options.dtype = DataType::kFloat32; }},
    {"residual", [](Problem& problem) { problem.residual = problem.input; }},
    {"residual32",
     [](Problem& problem) {
         problem.residual = TensorSpec{.shape = problem.input.shape, .dtype = DataType::kFloat32};
     }},
    {"sum", [](Problem& problem) { return_sum(problem, problem.input.dtype); }},
    {"sum32", [](Problem& problem) { return_sum(problem, DataType::kFloat32); }},
    {"statistics", [](Problem& problem) { problem.options.return_statistics = true; }},
    {"rms", [](Problem& problem) { problem.options.norm = Norm::kRms; }},
    {"no-gamma", [](Problem& problem) { problem.gamma.reset(); }},
    {"no-beta", [](Problem& problem) { problem.beta.reset(); }},
    {"zero-centered", [](Problem& problem) { problem.options.zero_centered_gamma = true; }},
    {"relu", [](Problem& problem) { problem.options.activation = Activation::kRelu; }},
    {"silu", [](Problem& problem) { problem.options.activation = Activation::kSilu; }},
    {"gelu", [](Problem& problem) { problem.options.activation = Activation::kGelu; }},
    {"gelu-approx", [](Problem& problem) { problem.options.activation = Activation::kGeluApprox; }},
    {"tile", put_all_in_tiles},
    {"tile-input", [](Problem& problem) { problem.input.layout = Layout::kTile; }},
    {"tile-residual", [](Problem& problem) { problem.residual->layout = Layout::kTile; }},
    {"tile-output", [](Problem& problem) { problem.options.layout = Layout::kTile; }},
    {"tile-sum", [](Problem& problem) { problem.options.sum_layout = Layout::kTile; }},
    {"before", tell_stats},
};

[[nodiscard]] Request parse(const std::string& name) {
    std::istringstream words(name);
    std::string word;
    std::getline(words, word, ':');
    const std::size_t cross = word.find('x');
    if (cross == std::string::npos) {
        throw std::invalid_argument("asked for " + name + "; ask for <width>x<rows>[:<option>]...");
    }
    Request request{.name = name, .width = std::stoll(word), .rows = std::stoll(word.substr(cross + 1))};
    request.problem = plain_problem(request.rows, request.width);
    constexpr std::string_view kL1 = "l1=";
    constexpr std::string_view kCores = "cores=";
    constexpr std::string_view kAfter = "after=";
    while (std::getline(words, word, ':')) {
        if (const auto option = kOptions.find(word); option != kOptions.end()) {
            option->second(request.problem);
            request.options += (request.options.empty() ? "" : ":") + word;
        } else if (word.starts_with(kL1)) {
            request.problem.device.l1_bytes = std::stoll(word.substr(kL1.size()));
        } else if (word.starts_with(kCores)) {
            const std::size_t rows = word.find('x') + 1;
            request.problem.device.grid = {std::stoi(word.substr(kCores.size())), std::stoi(word.substr(rows))};
        } else if (word.starts_with(kAfter)) {
            take_stats(request.problem, std::stoll(word.substr(kAfter.size())));
            request.options += (request.options.empty() ? "" : ":") + word;
        } else {
            request.problem.options.epsilon = std::stod(word);
        }
    }
    return request;
}

[[nodiscard]] std::int64_t pages_of(const Plan& plan, Buffer buffer) {
    const auto found = std::ranges::find(plan.buffers, static_cast<std::uint32_t>(buffer), &CircularBuffer::index);
    return found == plan.buffers.end() ? 0 : found->pages;
}

// A double that reads back as the same value.
[[nodiscard]] std::string to_text(double value) {
    std::string text(32, '\0');
    text.resize(
        static_cast<std::size_t>(std::to_chars(text.data(), text.data() + text.size(), value).ptr - text.data()));
    return text;
}

[[nodiscard]] std::string format_of(const Call& call, Tensor tensor) {
    return "static_cast<Format>(" + std::to_string(call[tensor].element_bytes) + ")";
}

[[nodiscard]] std::string describe_formats(const Call& call) {
    std::ostringstream text;
    text << "{.input = " << format_of(call, Tensor::kInput) << ", .residual = " << format_of(call, Tensor::kResidual)
         << ",\n        .gamma = " << format_of(call, Tensor::kGamma) << ", .beta = " << format_of(call, Tensor::kBeta)
         << ", .output = " << format_of(call, Tensor::kOutput) << ",\n        .sum = " << format_of(call, Tensor::kSum)
         << ", .mean = " << format_of(call, Tensor::kMean) << ", .rstd = " << format_of(call, Tensor::kRstd) << "}";
    return text.str();
}

[[nodiscard]] std::string describe_layouts(const Call& call) {
    std::ostringstream text;
    const auto is_in_tiles = [&](Tensor tensor) { return call[tensor].is_in_tiles() ? "true" : "false"; };
    text << "{.input = " << is_in_tiles(Tensor::kInput) << ", .residual = " << is_in_tiles(Tensor::kResidual)
         << ", .output = " << is_in_tiles(Tensor::kOutput) << ", .sum = " << is_in_tiles(Tensor::kSum) << "}";
    return text.str();
}

// The aggregate initialiser of a Configuration.
[[nodiscard]] std::string describe(const Request& request, const Plan& plan) {
    const Call& call = plan.call;
    const std::uint32_t passes = call.reads_again != 0 ? call.passes() : 1;
    std::ostringstream text;
    text << "{.name = \"" << request.name << "\", .options = \"" << request.options
         << "\",\n     .shape = {.width = " << request.width << ", .rows_per_vector = " << call.rows_per_vector
         << ", .pads_rows = " << (call.pads_rows != 0 ? "true" : "false")
         << ", .row_stride = " << call.row_stride_elements << ",\n        .segments = " << call.segments
         << ", .rows_per_block = " << call.rows_per_block << ",\n        .page_elements = " << call.buffer_page_elements
         << ", .input_pages = " << pages_of(plan, Buffer::kInput)
         << ", .output_pages = " << pages_of(plan, Buffer::kOutput)
         << ",\n        .negative_epsilon = " << plan.compute_arguments.front() << ", .reads_per_row = " << passes
         << ",\n        .formats = " << describe_formats(call) << ",\n        .in_tiles = " << describe_layouts(call)
         << ",\n        .slices = " << call.slices << ", .partial_elements = "
         << call.rows_per_batch / call.rows_per_vector * layernorm_fused_rm::contract::kElementsPerVectorPair
         << ", .shares_affine = " << (call.shares_affine() ? "true" : "false")
         << ",\n        .stats_numbers = " << call.stats_numbers()
         << ", .tells_stats = " << (call.tells_stats() ? "true" : "false")
         << "},\n     .rows_per_batch = " << call.rows_per_batch
         << ", .centring = static_cast<::layernorm_fused_rm::contract::Centring>("
         << static_cast<std::uint32_t>(call.centring)
         << "), .zero_centered_gamma = " << (request.problem.options.zero_centered_gamma ? "true" : "false")
         << ",\n     .activation = static_cast<::layernorm_fused_rm::contract::Activation>("
         << static_cast<std::uint32_t>(call.activation) << ")"
         << ",\n     .epsilon = " << to_text(request.problem.options.epsilon) << ", .kernel = kernel_main}";
    return text.str();
}

void write_configuration(const std::filesystem::path& folder, const Request& request) {
    const Plan plan = layernorm_fused_rm::plan(request.problem);
    const auto grid = request.problem.device.grid;
    if (plan.call.shares_rows() != (grid.x * grid.y > 1)) {
        throw std::invalid_argument(request.name + ": the planner does not share these rows among so many cores");
    }
    std::ofstream file(folder / (request.identifier() + ".cpp"));
    file << "// Generated by generate_configurations: the plan of " << request.name << " on one core, or a team.\n"
         << "#include <stdint.h>\n\n#include <utility>\n\n#include \"configuration.hpp\"\n#include \"core_api.hpp\"\n\n"
         << "namespace " << request.identifier() << " {\nnamespace {\n\n"
         << "constexpr uint32_t kernel_compile_time_args[] = {\n";
    for (const auto& [name, value] : plan.compile_time_arguments()) {
        file << "    " << value << "u,  // " << name << "\n";
    }
    file << "};\n\n"
         << "#include \"compute.cpp\"\n\n}  // namespace\n\n"
         << "using ::layernorm_fused_rm::arithmetic::Format;\n\n"
         << "extern const ::layernorm_fused_rm::arithmetic::Configuration kConfiguration;\n"
         << "const ::layernorm_fused_rm::arithmetic::Configuration kConfiguration =\n    " << describe(request, plan)
         << ";\n\n}  // namespace " << request.identifier() << "\n";
}

void write_table(const std::filesystem::path& folder, const std::vector<Request>& requests) {
    std::ofstream file(folder / "configurations.cpp");
    file << "// Generated by generate_configurations.\n#include \"configuration.hpp\"\n\n";
    for (const Request& request : requests) {
        file << "namespace " << request.identifier()
             << " { extern const ::layernorm_fused_rm::arithmetic::Configuration kConfiguration; }\n";
    }
    file << "\nnamespace layernorm_fused_rm::arithmetic {\n\nstd::span<const Configuration* const> configurations() {\n"
         << "    static constexpr const Configuration* kAll[] = {\n";
    for (const Request& request : requests) {
        file << "        &" << request.identifier() << "::kConfiguration,\n";
    }
    file << "    };\n    return kAll;\n}\n\n}  // namespace layernorm_fused_rm::arithmetic\n";
}

}  // namespace

int main(int count, char** words) {
    try {
        const std::filesystem::path folder = count > 1 ? words[1] : ".";
        std::filesystem::create_directories(folder);
        std::vector<Request> requests;
        for (int i = 2; i < count; ++i) {
            requests.push_back(parse(words[i]));
            write_configuration(folder, requests.back());
        }
        write_table(folder, requests);
    } catch (const std::exception& error) {
        std::cerr << "generate_configurations: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
