#include "layernorm_fused_rm/plan.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

#include "blocking.hpp"
#include "buffers.hpp"
#include "contract.hpp"
#include "device.hpp"
#include "error.hpp"
#include "operands.hpp"
#include "placement.hpp"
#include "sharing.hpp"
#include "validate.hpp"

namespace layernorm_fused_rm {
namespace {

namespace argument = contract::argument;

// tt-metal gives a kernel 341 words of runtime arguments, those common to all cores included (kernel_types.hpp,
// max_runtime_args).
constexpr std::int64_t kMaxRuntimeWords = 341 - static_cast<std::int64_t>(contract::WriterArgument::kCount);

[[nodiscard]] std::uint32_t to_word(std::int64_t value) { return static_cast<std::uint32_t>(value); }

[[nodiscard]] std::int64_t most_rows_of_a_core(const std::vector<CoreWork>& cores) {
    std::int64_t most = 0;
    for (const CoreWork& work : cores) {
        most = std::max(most, work.rows());
    }
    return most;
}

[[nodiscard]] std::size_t most_runs_of_a_core(const std::vector<CoreWork>& cores) {
    std::size_t most = 0;
    for (const CoreWork& work : cores) {
        most = std::max(most, work.runs.size());
    }
    return most;
}

[[nodiscard]] std::size_t slot(std::size_t run, contract::RunArgument word) {
    return contract::run_slot(static_cast<std::uint32_t>(run), word);
}

[[nodiscard]] std::vector<std::uint32_t> core_words(const CoreWork& work, bool is_source, std::size_t words) {
    using contract::CoreArgument;
    using contract::RunArgument;
    std::vector<std::uint32_t> values(words, 0);
    values[static_cast<std::size_t>(CoreArgument::kIsVectorSource)] = is_source ? 1 : 0;
    values[static_cast<std::size_t>(CoreArgument::kRuns)] = to_word(static_cast<std::int64_t>(work.runs.size()));
    for (std::size_t i = 0; i < work.runs.size(); ++i) {
        values[slot(i, RunArgument::kBank)] = to_word(work.runs[i].bank);
        values[slot(i, RunArgument::kFirstPage)] = to_word(work.runs[i].first_page);
        values[slot(i, RunArgument::kRows)] = to_word(work.runs[i].count);
    }
    return values;
}

[[nodiscard]] std::vector<std::vector<std::uint32_t>> make_core_arguments(const std::vector<CoreWork>& cores,
                                                                          const std::optional<VectorSharing>& sharing) {
    const std::size_t most_runs = most_runs_of_a_core(cores);
    const std::size_t words = slot(most_runs, contract::RunArgument::kBank);
    if (static_cast<std::int64_t>(words) > kMaxRuntimeWords) {
        refuse("a core would take rows of " + std::to_string(most_runs) +
               " banks, more than a kernel's runtime arguments hold; use more cores, or move the input to DRAM with "
               "ttnn.to_memory_config(input, ttnn.DRAM_MEMORY_CONFIG)");
    }
    std::vector<std::vector<std::uint32_t>> arguments;
    arguments.reserve(cores.size());
    for (const CoreWork& work : cores) {
        arguments.push_back(core_words(work, sharing && sharing->source == work.core, words));
    }
    return arguments;
}

// The bits of the float32 nearest to a number, which is how kernels take constants.
[[nodiscard]] std::uint32_t float_bits(double value) { return std::bit_cast<std::uint32_t>(static_cast<float>(value)); }

void append(NamedArguments& arguments, const contract::RowTensorArguments& names, const RowTensor& tensor) {
    arguments.insert(arguments.end(), {{names.element_bytes, to_word(tensor.element_bytes)},
                                       {names.page_bytes, to_word(tensor.page_bytes)},
                                       {names.in_dram, tensor.in_dram ? 1U : 0U},
                                       {names.banks, to_word(tensor.banks)}});
}

void append(NamedArguments& arguments, const contract::VectorArguments& names, const Vector& vector) {
    arguments.insert(arguments.end(), {{names.element_bytes, to_word(vector.element_bytes)},
                                       {names.page_bytes, to_word(vector.page_bytes)},
                                       {names.in_dram, vector.in_dram ? 1U : 0U},
                                       {names.banks, to_word(vector.banks)},
                                       {names.piece_elements, to_word(vector.piece_elements)},
                                       {names.pieces_per_page, to_word(vector.pieces_per_page)},
                                       {names.piece_stride_bytes, to_word(vector.piece_stride_bytes)}});
}

void append_tensors(NamedArguments& arguments, const Operands& operands) {
    append(arguments, contract::kInputArguments, operands.input);
    append(arguments, contract::kResidualArguments, operands.residual);
    append(arguments, contract::kOutputArguments, operands.output);
    append(arguments, contract::kSumArguments, operands.sum);
    append(arguments, contract::kStatisticsArguments, operands.statistics);
    append(arguments, contract::kGammaArguments, operands.gamma);
    append(arguments, contract::kBetaArguments, operands.beta);
}

// Without centring c is 1.
void append_constants(NamedArguments& arguments, const Operands& operands) {
    const double elements = static_cast<double>(operands.width);
    const double power = static_cast<double>(std::bit_ceil(static_cast<std::uint64_t>(operands.width)));  // 2^k
    const double centre_scale = operands.centring == contract::Centring::kNone ? 1.0 : elements / power;  // c
    arguments.insert(arguments.end(), {{argument::kNegativeSumScaleBits, float_bits(-1.0 / power)},
                                       {argument::kCentreScaleBits, float_bits(centre_scale)},
                                       {argument::kNegativeMeanSquareScaleBits,
                                        float_bits(-1.0 / (elements * centre_scale * centre_scale))},
                                       {argument::kRstdScaleBits, float_bits(1.0 / centre_scale)}});
}

// `placed` has its cores and their sharing already.
[[nodiscard]] NamedArguments make_compile_time_arguments(const Problem& problem, const Operands& operands,
                                                         const Buffers& fitted, const Plan& placed) {
    const Blocking& blocking = fitted.blocking;
    NamedArguments arguments = {
        {argument::kWidth, to_word(operands.width)},
        {argument::kRowStride, to_word(blocking.row_stride_elements)},
        {argument::kSegments, to_word(blocking.segments)},
        {argument::kReadsAgain, fitted.reads_again ? 1U : 0U},
        {argument::kRowsPerBatch, to_word(blocking.rows_per_batch)},
        {argument::kRowsPerBlock, to_word(blocking.rows_per_block)},
        {argument::kBufferPageElements, to_word(blocking.page_elements)},
        {argument::kInputPages, to_word(fitted.input_pages)},
        {argument::kStepsInFlight, to_word(fitted.steps_in_flight)},
        {argument::kCentring, static_cast<std::uint32_t>(operands.centring)},
        {argument::kGammaIsZeroCentred, problem.gamma_is_zero_centred ? 1U : 0U},
        {argument::kReturnsStatistics, problem.returns_statistics ? 1U : 0U},
        {argument::kSharesVectors, placed.sharing ? 1U : 0U},
        {argument::kOneCore, placed.cores.size() == 1 ? 1U : 0U},
    };
    append_tensors(arguments, operands);
    append_constants(arguments, operands);
    return arguments;
}

[[nodiscard]] std::int64_t bytes_of_vectors(const Operands& operands) {
    return operands.width * (operands.gamma.element_bytes + operands.beta.element_bytes);
}

[[nodiscard]] Plan make_plan(const Problem& problem) {
    const Extent extent = validate(problem);
    const Operands operands = describe_operands(problem, extent.width);
    std::vector<CoreWork> cores = place_rows(extent.rows, problem.input.memory, problem.device);
    Buffers fitted = fit_buffers(operands, most_rows_of_a_core(cores), problem.device.l1_bytes);
    Plan result;
    result.rows = extent.rows;
    result.width = extent.width;
    result.reads_again = fitted.reads_again;
    if (!fitted.reads_again) {
        result.sharing = share_vectors(cores, bytes_of_vectors(operands));
    }
    result.core_arguments = make_core_arguments(cores, result.sharing);
    result.compute_arguments = {float_bits(-problem.epsilon)};
    result.cores = std::move(cores);
    result.compile_time_arguments = make_compile_time_arguments(problem, operands, fitted, result);
    result.buffers = std::move(fitted.buffers);
    result.l1_bytes_used = fitted.bytes;
    result.l1_bytes_budget = problem.device.l1_bytes;
    return result;
}

[[nodiscard]] std::string name_of(Norm norm) { return norm == Norm::kRms ? "rms_norm_fused_rm" : "layernorm_fused_rm"; }

}  // namespace

Plan plan(const Problem& problem) {
    try {
        return make_plan(problem);
    } catch (const std::invalid_argument& refusal) {
        throw std::invalid_argument(name_of(problem.norm) + ": " + refusal.what());
    }
}

}  // namespace layernorm_fused_rm
