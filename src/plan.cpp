// SPDX-License-Identifier: Apache-2.0
#include "layernorm_fused_rm/plan.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "blocking.hpp"
#include "buffers.hpp"
#include "call.hpp"
#include "chip.hpp"
#include "contract.hpp"
#include "device.hpp"
#include "error.hpp"
#include "numbers.hpp"
#include "placement.hpp"
#include "sharing.hpp"
#include "slicing.hpp"
#include "tensors.hpp"
#include "validate.hpp"

namespace layernorm_fused_rm {
namespace {

// tt-metal gives a kernel 341 words of runtime arguments, those common to all cores included (kernel_types.hpp,
// max_runtime_args).
constexpr std::int64_t kMaxRuntimeWords = 341 - static_cast<std::int64_t>(contract::DataMovementArgument::kCount);

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

// Which share of a vector a core reads; none of one that is not there, or where it is not among its readers.
[[nodiscard]] std::optional<std::uint32_t> find_share(Coordinate core, Coordinate source,
                                                      const std::vector<Coordinate>& helpers) {
    if (core == source) {
        return 0;
    }
    const auto helper = std::ranges::find(helpers, core);
    return helper == helpers.end() ? std::nullopt : std::optional(to_word(1 + std::distance(helpers.begin(), helper)));
}

// contract::CoreArgument::kAffineShare.
[[nodiscard]] std::uint32_t share_of(Coordinate core, const std::optional<AffineSharing>& sharing,
                                     const contract::Call& call) {
    using contract::Tensor;
    const std::uint32_t shares = call.affine_shares();
    if (sharing && call[Tensor::kGamma].is_there()) {
        if (const auto share = find_share(core, sharing->gamma_source, sharing->gamma_helpers)) {
            return *share;
        }
    }
    if (sharing && call[Tensor::kBeta].is_there()) {
        if (const auto share = find_share(core, sharing->beta_source, sharing->beta_helpers)) {
            return shares + *share;
        }
    }
    return 2 * shares;
}

[[nodiscard]] std::vector<std::uint32_t> core_words(const CoreWork& work, std::uint32_t share, std::size_t words) {
    using contract::CoreArgument;
    using contract::RunArgument;
    std::vector<std::uint32_t> values(words, 0);
    values[static_cast<std::size_t>(CoreArgument::kAffineShare)] = share;
    values[static_cast<std::size_t>(CoreArgument::kRuns)] = to_word(static_cast<std::int64_t>(work.runs.size()));
    for (std::size_t i = 0; i < work.runs.size(); ++i) {
        values[slot(i, RunArgument::kBank)] = to_word(work.runs[i].bank);
        values[slot(i, RunArgument::kFirstPage)] = to_word(work.runs[i].first_page);
        values[slot(i, RunArgument::kRows)] = to_word(work.runs[i].count);
    }
    if (!work.team.empty()) {
        values[contract::team_slot(contract::TeamArgument::kSlice)] = to_word(work.slice);
    }
    return values;
}

[[nodiscard]] std::vector<std::vector<std::uint32_t>> make_core_arguments(const std::vector<CoreWork>& cores,
                                                                          const std::optional<AffineSharing>& sharing,
                                                                          const contract::Call& call,
                                                                          std::size_t shards) {
    const std::size_t most_runs = most_runs_of_a_core(cores);
    const std::size_t words = call.shares_rows() ? contract::team_slot(contract::TeamArgument::kFirstMember)
                                                 : slot(most_runs, contract::RunArgument::kBank);
    if (static_cast<std::int64_t>(words) > kMaxRuntimeWords) {
        refuse("a core would take rows of " + std::to_string(most_runs) +
               " banks, more than a kernel's runtime arguments hold; use more cores, or move the input to DRAM with "
               "ttnn.to_memory_config(input, ttnn.DRAM_MEMORY_CONFIG)");
    }
    const std::int64_t room = kMaxRuntimeWords - static_cast<std::int64_t>(words);
    if (static_cast<std::int64_t>(shards) > room) {
        refuse("the tensors of the call lie in " + std::to_string(shards) +
               " shards on different lists of cores, but a kernel's runtime arguments hold " + std::to_string(room) +
               "; shard them over the same cores, or fewer");
    }
    std::vector<std::vector<std::uint32_t>> arguments;
    arguments.reserve(cores.size());
    for (const CoreWork& work : cores) {
        arguments.push_back(core_words(work, share_of(work.core, sharing, call), words));
    }
    return arguments;
}

// The bits of the float32 nearest to a number, which is how kernels take constants.
[[nodiscard]] std::uint32_t float_bits(double value) { return std::bit_cast<std::uint32_t>(static_cast<float>(value)); }

// Of a row's elements, or of its parts, of which stats are taken. Without centring c is 1.
void set_constants(contract::Call& call) {
    const std::uint32_t count = call.takes_stats() ? call.chips() : call.row_elements();
    const double elements = count;
    const double power = std::bit_ceil(count);                                                        // 2^k
    const double centre_scale = call.centring == contract::Centring::kNone ? 1.0 : elements / power;  // c
    call.negative_sum_scale_bits = float_bits(-1.0 / power);
    call.centre_scale_bits = float_bits(centre_scale);
    call.negative_mean_square_scale_bits = float_bits(-1.0 / (elements * centre_scale * centre_scale));
    call.rstd_scale_bits = float_bits(1.0 / centre_scale);
}

void set_buffers(contract::Call& call, const Buffers& fitted) {
    const Blocking& blocking = fitted.blocking;
    call.row_stride_elements = to_word(blocking.row_stride_elements);
    call.segments = to_word(blocking.segments);
    call.reads_again = fitted.reads_again ? 1 : 0;
    call.rows_per_batch = to_word(blocking.rows_per_batch);
    call.rows_per_block = to_word(blocking.rows_per_block);
    call.buffer_page_elements = to_word(blocking.page_elements);
    call.input_pages = to_word(fitted.input_pages);
    call.steps_in_flight = to_word(fitted.steps_in_flight);
}

[[nodiscard]] AffineVectors affine_vectors(const contract::Call& call, const Problem& problem) {
    using contract::Tensor;
    const contract::TensorLayout& gamma = call[Tensor::kGamma];
    const contract::TensorLayout& beta = call[Tensor::kBeta];
    const std::optional<TensorSpec>& read_first = problem.gamma ? problem.gamma : problem.beta;
    return {.bytes = std::int64_t{call.row_elements()} * (gamma.element_bytes + beta.element_bytes),
            .elements = call.row_elements(),
            .piece_elements = std::max(gamma.piece_elements, beta.piece_elements),
            .memory = read_first ? read_first->buffer_type : BufferType::kDram};
}

// Where tensors' shards are, in the order in which kernels are told; tells the call where each list begins.
[[nodiscard]] std::vector<Coordinate> place_shards(contract::Call& call, const Tensors& tensors) {
    std::vector<Coordinate> places;
    for (std::size_t i = 0; i < contract::kTensors; ++i) {
        if (!tensors[i] || !is_sharded(*tensors[i])) {
            continue;
        }
        const std::vector<Coordinate> own = shard_cores(*tensors[i]);
        const auto alike = std::search(places.begin(), places.end(), own.begin(), own.end());
        call.tensors[i].first_place =
            to_word(std::int64_t{static_cast<std::uint32_t>(contract::DataMovementArgument::kCount)} +
                    std::distance(places.begin(), alike));
        if (alike == places.end()) {
            places.insert(places.end(), own.begin(), own.end());
        }
    }
    return places;
}

// Whether each core can take the rows of its shard of the input: whole rows, and where they are strips whole ones.
[[nodiscard]] bool stays_in_shards(const contract::Call& call, const Shards& shards) {
    const contract::TensorLayout& input = call[contract::Tensor::kInput];
    const bool has_whole_strips =
        (input.is_in_tiles() || call.pads_rows == 0) && shards.height % contract::kRowsPerStrip == 0;
    return input.is_sharded() && !input.has_cut_rows() && (!call.has_strips() || has_whole_strips);
}

// Of a tensor of `tensor_rows` rows. Strips count the padding of tiles too.
[[nodiscard]] std::vector<CoreWork> slice_and_place(contract::Call& call, std::int64_t tensor_rows,
                                                    const Problem& problem) {
    const std::int64_t rows = call.has_strips() ? rows_in_tiles(tensor_rows, problem.input) : tensor_rows;
    const std::int64_t at_once = call.has_strips() ? std::int64_t{contract::kRowsPerStrip} : 1;
    if (stays_in_shards(call, problem.input.shards)) {
        return place_in_shards(rows, at_once, problem.input.shards.height, shard_cores(problem.input));
    }
    slice_rows(call, rows, problem.input.buffer_type, problem.device);
    if (call[contract::Tensor::kInput].has_cut_rows()) {
        const CutRows input{.rows = rows,
                            .row_elements = call.row_elements(),
                            .height = problem.input.shards.height,
                            .width = problem.input.shards.width,
                            .across = shard_grid(problem.input).across,
                            .shards = shard_cores(problem.input)};
        return place_near_shards(at_once, input, problem.device, call.slices);
    }
    if (call.has_strips()) {
        return place_evenly(rows, at_once, problem.device, call.slices);
    }
    return place_rows(rows, problem.input.buffer_type, problem.device, call.slices);
}

[[nodiscard]] Plan make_plan(const Problem& problem) {
    const Extent extent = validate(problem);
    Plan result;
    result.tensors = tensors_of(problem);
    const Chip& chip = *find_chip(problem.device.arch);
    result.chip = chip.name;
    result.circular_buffers = chip.circular_buffers;
    result.rows = extent.rows;
    contract::Call& call = result.call = describe_call(problem);
    result.shards = place_shards(call, result.tensors);
    std::vector<CoreWork> cores = slice_and_place(call, extent.rows, problem);
    Buffers fitted = fit_buffers(call, most_rows_of_a_core(cores), problem.device.l1_bytes);
    set_buffers(call, fitted);
    set_constants(call);
    if (!fitted.reads_again) {
        result.sharing = share_affine(cores, affine_vectors(call, problem), problem.device);
    }
    call.affine_share_elements = result.sharing ? to_word(result.sharing->share_elements) : 0;
    call.readers_read_affine = result.sharing && result.sharing->is_by_readers ? 1 : 0;
    call.one_core = cores.size() == 1 && result.shards.empty() ? 1 : 0;
    result.core_arguments = make_core_arguments(cores, result.sharing, call, result.shards.size());
    result.rows_per_matrix = rows_per_matrix(problem.input);
    result.compute_arguments = {float_bits(-problem.options.epsilon), to_word(result.rows_per_matrix)};
    result.cores = std::move(cores);
    result.buffers = std::move(fitted.buffers);
    result.l1_bytes_used = fitted.bytes;
    result.l1_bytes_budget = problem.device.l1_bytes;
    return result;
}

[[nodiscard]] std::string name_of(const Options& options) {
    std::string name = options.norm == Norm::kRms ? "rms_norm_fused_rm" : "layernorm_fused_rm";
    switch (options.stage) {
        case Stage::kPreAllGather: return name + "_pre_all_gather";
        case Stage::kPostAllGather: return name + "_post_all_gather";
        case Stage::kWhole: break;
    }
    return name;
}

// Has refusals say which operation refuses.
template <typename Function>
auto with_name(const Problem& problem, Function function) {
    try {
        return function();
    } catch (const std::invalid_argument& refusal) {
        throw std::invalid_argument(name_of(problem.options) + ": " + refusal.what());
    }
}

}  // namespace

NamedWords Plan::compile_time_arguments() const {
    NamedWords words;
    contract::Call::for_each_word(call, [&](const std::string& tensor, const std::string& name, const auto& word) {
        words.emplace_back(tensor.empty() ? name : tensor + "_" + name, static_cast<std::uint32_t>(word));
    });
    return words;
}

void check(const Problem& problem) {
    with_name(problem, [&] { static_cast<void>(validate(problem)); });
}

Plan plan(const Problem& problem) {
    return with_name(problem, [&] { return make_plan(problem); });
}

}  // namespace layernorm_fused_rm
