// SPDX-License-Identifier: Apache-2.0
#include "plan_invariants.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <tuple>
#include <vector>

#include "contract.hpp"
#include "outputs.hpp"
#include "promises.hpp"

namespace layernorm_fused_rm::tests {
namespace {

// Words of runtime arguments that tt-metal gives a kernel (kernel_types.hpp, max_runtime_args).
constexpr std::size_t kMaxRuntimeWords = 341;

// Circular buffers of a core: indices 0 to 31 (tt-metal, NUM_CIRCULAR_BUFFERS); their pages lie at multiples of 16
// bytes (L1 alignment).
constexpr std::uint32_t kMaxBuffers = 32;
constexpr std::int64_t kBufferAlignmentBytes = 16;

// Kernels compare pages pushed and popped modulo 2^16 (ttnn 0.81.1, triage/dump_circular_buffers.py).
constexpr std::int64_t kMaxPages = 65536;

void check_extent(const Problem& problem, const Plan& plan) {
    const std::vector<std::int64_t>& shape = problem.input.shape;
    require(shape.size() >= 1 && shape.size() <= 8, "only an input of rank 1 to 8 is planned");
    require(plan.call.row_elements() == shape.back(), "a row's slices are the input's last dimension");
    require(plan.call.width_elements > 0, "a row has elements");
    const bool is_empty = std::find(shape.begin(), shape.end() - 1, 0) != shape.end() - 1;
    // Exact in long double up to 2^64, and what is beyond is too large anyway.
    const long double product = std::accumulate(
        shape.begin(), shape.end() - 1, 1.0L,
        [](long double rows, std::int64_t dimension) { return rows * static_cast<long double>(dimension); });
    require(static_cast<long double>(plan.rows) == (is_empty ? 0.0L : product), "the rows are those of the input");
    require(plan.rows >= 0 && plan.rows <= kMax32Bits, "a row's index fits in 32 bits");
}

[[nodiscard]] bool lies_on_grid(Coordinate core, Coordinate grid) {
    return core.x >= 0 && core.y >= 0 && core.x < grid.x && core.y < grid.y;
}

// Row-major order, no core twice, all of them on the grid.
void check_cores(const Problem& problem, const Plan& plan) {
    require(plan.rows == 0 ? plan.cores.empty() : !plan.cores.empty(), "there are cores where there are rows");
    std::tuple<std::int32_t, std::int32_t> last{-1, -1};
    for (const CoreWork& work : plan.cores) {
        const auto& [x, y] = work.core;
        require(lies_on_grid(work.core, problem.device.grid), "a core lies on the grid");
        require(std::tuple(y, x) > last, "cores are in row-major order, none of them twice");
        last = {y, x};
        require(!work.runs.empty() || plan.sharing, "a core has rows, unless gamma and beta are multicast to it");
        require(std::ranges::all_of(work.runs, [](const Run& run) { return run.count > 0; }), "no run is empty");
    }
}

// Of cores that share rows, those of the first slice.
[[nodiscard]] std::vector<Run> all_runs(const Plan& plan) {
    std::vector<Run> runs;
    for (const CoreWork& work : plan.cores) {
        if (work.slice != 0) {
            continue;
        }
        runs.insert(runs.end(), work.runs.begin(), work.runs.end());
    }
    std::ranges::sort(runs, {}, [](const Run& run) { return std::tuple(run.bank, run.first_page); });
    return runs;
}

// Whether shards of the input hold rows whole, and where they are strips whole ones: those of a matrix lie one behind
// the other then, as they do in tiles.
[[nodiscard]] bool has_rows_in_shards(const Problem& problem) {
    const Rows input = rows_of(contract::Tensor::kInput, problem.input);
    if (!input.is_sharded() || input.shards_of_row() != 1) {
        return false;
    }
    const bool lies_as_in_tiles = input.layout == Layout::kTile || rows_of_matrix(problem) % 32 == 0;
    return !has_strips(problem) || (lies_as_in_tiles && input.memory.shards.height % 4 == 0);
}

// How the input's rows are numbered: page p of an interleaved tensor lies in bank p % banks at index p / banks, and row
// r of one in shards in bank r / height. Strips are as one bank of rows with the padding of their tiles, and rows that
// shards cut as one bank too.
struct Numbering {
    std::int64_t rows = 0;
    std::int64_t banks = 1;
    std::int64_t height = 0;  // of a bank; 0: rows go round

    [[nodiscard]] std::int64_t rows_in(std::int64_t bank) const {
        return height == 0 ? rows / banks + (bank < rows % banks ? 1 : 0) : std::min(height, rows - bank * height);
    }
};

[[nodiscard]] Numbering numbering_of(const Problem& problem, std::int64_t rows) {
    if (has_strips(problem)) {
        return {.rows = rows_with_padding(problem, rows)};
    }
    const Rows input = rows_of(contract::Tensor::kInput, problem.input);
    if (!input.is_sharded()) {
        return {.rows = rows, .banks = banks_of(problem, problem.input.buffer_type)};
    }
    if (input.shards_of_row() > 1) {
        return {.rows = rows};
    }
    const std::int64_t height = input.memory.shards.height;
    return {.rows = rows, .banks = (rows + height - 1) / height, .height = height};
}

// The runs, sorted, must join without gaps from the first row of each bank to its last.
void check_rows(const Problem& problem, const Plan& plan) {
    const Numbering numbering = numbering_of(problem, plan.rows);
    std::int64_t bank = -1;
    std::int64_t next_page = 0;
    std::int64_t rows = 0;
    for (const Run& run : all_runs(plan)) {
        require(run.bank >= 0 && run.bank < numbering.banks, "a run lies in a bank that exists");
        next_page = run.bank == bank ? next_page : 0;
        bank = run.bank;
        require(run.first_page == next_page, "no row is left out and none is taken twice");
        next_page += run.count;
        require(next_page <= numbering.rows_in(bank), "a run ends with its bank");
        require(!has_strips(problem) || run.count % 4 == 0, "strips are taken whole");
        rows += run.count;
    }
    require(rows == numbering.rows, "all rows are taken");
}

void check_rows_in_shards(const Problem& problem, const Plan& plan) {
    const Rows input = rows_of(contract::Tensor::kInput, problem.input);
    const std::int64_t height = input.memory.shards.height;
    require(plan.call.slices == 1, "rows stay whole with the core that holds them");
    for (const CoreWork& work : plan.cores) {
        for (const Run& run : work.runs) {
            const std::int64_t first = (has_strips(problem) ? 0 : run.bank * height) + run.first_page;
            require(first / height == (first + run.count - 1) / height && input.core_of(first, 0) == work.core,
                    "a core takes the rows of its own shard");
        }
    }
}

// One row, or strip, more than another at most.
void check_rows_are_spread(const Problem& problem, const Plan& plan) {
    std::int64_t most = 0;
    std::int64_t least = kMax32Bits;
    for (const CoreWork& work : plan.cores) {
        most = std::max(most, work.rows());
        least = work.runs.empty() ? least : std::min(least, work.rows());
    }
    require(most - least <= (has_strips(problem) ? 4 : 1), "rows that no core is near are spread evenly");
}

void check_who_takes_rows(const Problem& problem, const Plan& plan) {
    const Rows input = rows_of(contract::Tensor::kInput, problem.input);
    if (has_rows_in_shards(problem)) {
        check_rows_in_shards(problem, plan);
    } else if (has_strips(problem) || input.is_sharded()) {
        check_rows_are_spread(problem, plan);
    }
}

// Kernels are told where each shard is, lists that are alike once, and nothing else.
void check_places(const Problem& problem, const Plan& plan) {
    std::set<std::size_t> told;
    std::set<std::vector<Coordinate>> lists;
    for (const Rows& rows : tensors_of_rows(problem)) {
        if (!rows.is_sharded()) {
            continue;
        }
        const std::uint32_t first = plan.call[rows.tensor].first_place;
        constexpr auto kFirst = static_cast<std::uint32_t>(contract::DataMovementArgument::kCount);
        require(first >= kFirst, "places of shards are behind the other arguments");
        const std::int64_t all = rows.layout == Layout::kTile ? rows_with_padding(problem, plan.rows) : plan.rows;
        std::size_t next = first - kFirst;
        std::vector<Coordinate> own;
        for (std::int64_t row = 0; row < all; row += rows.memory.shards.height) {
            for (std::int64_t column = 0; column < rows.elements; column += rows.memory.shards.width) {
                own.push_back(rows.core_of(row, column));
                require(next < plan.shards.size() && plan.shards[next] == own.back(), "kernels find each shard");
                require(lies_on_grid(own.back(), problem.device.grid), "a shard lies on the grid");
                told.insert(next++);
            }
        }
        require(std::set<Coordinate>(own.begin(), own.end()).size() == own.size(), "a core has one shard of a tensor");
        lists.insert(own);
    }
    const std::size_t words = std::accumulate(lists.begin(), lists.end(), std::size_t{0},
                                              [](std::size_t sum, const auto& list) { return sum + list.size(); });
    require(told.size() == plan.shards.size() && plan.shards.size() <= words, "places are told once, and no others");
}

// Cores that share rows know of each other, and have the same ones.
void check_teams(const Plan& plan) {
    const std::int64_t slices = plan.call.slices;
    for (const CoreWork& work : plan.cores) {
        if (slices == 1 || work.runs.empty()) {
            require(work.team.empty() && work.slice == 0, "only a core that shares rows has a team");
            continue;
        }
        require(static_cast<std::int64_t>(work.team.size()) == slices, "a team has a core for each slice");
        require(work.slice >= 0 && work.slice < slices && work.team[static_cast<std::size_t>(work.slice)] == work.core,
                "a core has its slice's place in its team");
        for (const Coordinate member : work.team) {
            const auto found = std::ranges::find(plan.cores, member, &CoreWork::core);
            require(found != plan.cores.end() && found->runs == work.runs && found->team == work.team,
                    "the cores of a team have the same rows, and know the same team");
        }
    }
}

// In the order of shares, gamma's first.
[[nodiscard]] std::vector<Coordinate> readers_of_affine(const AffineSharing& sharing) {
    std::vector<Coordinate> readers{sharing.gamma_source};
    readers.insert(readers.end(), sharing.gamma_helpers.begin(), sharing.gamma_helpers.end());
    readers.push_back(sharing.beta_source);
    readers.insert(readers.end(), sharing.beta_helpers.begin(), sharing.beta_helpers.end());
    return readers;
}

void check_sharing(const Plan& plan) {
    if (!plan.sharing) {
        return;
    }
    const Coordinate first = plan.sharing->first;
    const Coordinate last = plan.sharing->last;
    require(first.x <= last.x && first.y <= last.y, "the corners of the rectangle are in order");
    require(plan.sharing->receivers() >= 1, "a multicast has a receiver");
    require(static_cast<std::int64_t>(plan.cores.size()) == plan.sharing->receivers() + 1,
            "every core of the rectangle takes part");
    const auto lies_inside = [&](Coordinate core) {
        return core.x >= first.x && core.x <= last.x && core.y >= first.y && core.y <= last.y;
    };
    require(std::ranges::all_of(plan.cores, lies_inside, &CoreWork::core), "no core lies outside the rectangle");
    const std::vector<Coordinate> readers = readers_of_affine(*plan.sharing);
    require(std::set(readers.begin(), readers.end()).size() == readers.size(), "a core reads one share of a vector");
    require(std::ranges::all_of(readers, lies_inside), "who reads a share lies inside the rectangle");
    for (const Coordinate source : {plan.sharing->gamma_source, plan.sharing->beta_source}) {
        const auto work = std::ranges::find(plan.cores, source, &CoreWork::core);
        require(!plan.sharing->is_by_readers || work->runs.empty(), "a reader that reads a vector has no rows");
    }
    const std::int64_t shares = std::ssize(readers) / 2;
    const std::int64_t elements = plan.call.row_elements();
    const std::int64_t share = plan.sharing->share_elements;
    require(shares == 1 || share % contract::kTileSide == 0, "a share is of whole pages");
    require(share * (shares - 1) < elements && elements <= share * shares, "shares are all of a vector");
    require(shares == 1 || !plan.sharing->is_by_readers, "readers read whole vectors");
}

// What the call's tensors make of a buffer; none if the call has no use for it.
struct BufferUse {
    std::string producer;
    std::string consumer;
    DataType dtype;
};

[[nodiscard]] std::map<std::uint32_t, BufferUse> uses_of(const Problem& problem, bool exchanges_sums) {
    const Outputs outputs = outputs_of(problem);
    std::map<std::uint32_t, BufferUse> uses;
    const auto use = [&uses](contract::Buffer index, const char* producer, const char* consumer, DataType dtype) {
        uses.insert({static_cast<std::uint32_t>(index), {producer, consumer, dtype}});
    };
    use(contract::Buffer::kInput, "reader", "compute", problem.input.dtype);
    if (!tells_stats(problem)) {
        use(contract::Buffer::kOutput, "compute", "writer", outputs.dtype);
    }
    if (problem.gamma) {
        use(contract::Buffer::kGamma, "writer", "compute", problem.gamma->dtype);
    }
    if (problem.beta) {
        use(contract::Buffer::kBeta, "writer", "compute", problem.beta->dtype);
    }
    if (problem.residual) {
        use(contract::Buffer::kResidual, "reader", "compute", problem.residual->dtype);
    }
    if (outputs.sum_dtype) {
        use(contract::Buffer::kSum, "compute", "writer", *outputs.sum_dtype);
    }
    if (problem.options.return_statistics || exchanges_sums || tells_stats(problem)) {
        use(contract::Buffer::kStatistics, "compute", "writer", DataType::kFloat32);
    }
    if (problem.stats) {
        use(contract::Buffer::kStats, "reader", "compute", DataType::kFloat32);
    }
    if (exchanges_sums) {
        use(contract::Buffer::kPartial, "compute", "writer", DataType::kFloat32);
        use(contract::Buffer::kJoined, "writer", "compute", DataType::kFloat32);
    }
    return uses;
}

void check_l1(const Problem& problem, const Plan& plan) {
    const std::map<std::uint32_t, BufferUse> uses = uses_of(problem, plan.call.slices > 1 && !has_parts(problem));
    std::set<std::uint32_t> indices;
    std::int64_t bytes = 0;
    for (const CircularBuffer& buffer : plan.buffers) {
        require(buffer.index < kMaxBuffers && indices.insert(buffer.index).second, "a buffer has an index of its own");
        require(buffer.page_bytes > 0 && buffer.page_bytes % kBufferAlignmentBytes == 0, "buffer pages are aligned");
        require(buffer.pages > 0 && buffer.pages < kMaxPages, "16 bits count the pages of a buffer");
        require(buffer.page_bytes <= kMax32Bits && buffer.pages <= kMax32Bits / buffer.page_bytes,
                "the bytes of a buffer fit in 32 bits");
        require(!buffer.purpose.empty(), "a buffer says what it is for");
        require(uses.contains(buffer.index), "a buffer is there for a tensor of the call");
        const BufferUse& use = uses.at(buffer.index);
        require(use.producer == buffer.producer && use.consumer == buffer.consumer,
                "a buffer goes from its producer to its consumer");
        require(use.dtype == buffer.dtype, "a buffer holds elements of its tensor's dtype");
        bytes += buffer.bytes();
    }
    require(indices.size() == uses.size(), "every tensor of the call has its buffer");
    require(plan.l1_bytes_used == bytes, "the L1 used is that of the buffers");
    require(plan.l1_bytes_budget == problem.device.l1_bytes, "the budget is the device's");
    require(plan.l1_bytes_used <= plan.l1_bytes_budget, "the buffers stay within the L1 budget");
}

// Reads a core's arguments back as kernels do.
void check_core_words(const CoreWork& work, const std::vector<std::uint32_t>& words) {
    using contract::RunArgument;
    require(words[static_cast<std::size_t>(contract::CoreArgument::kRuns)] == work.runs.size(),
            "a core knows how many runs it has");
    for (std::size_t i = 0; i < work.runs.size(); ++i) {
        const auto word = [&](RunArgument which) {
            return std::int64_t{words.at(contract::run_slot(static_cast<std::uint32_t>(i), which))};
        };
        const Run read{word(RunArgument::kBank), word(RunArgument::kFirstPage), word(RunArgument::kRows)};
        require(read == work.runs[i], "a core's arguments are its runs");
    }
    auto padding = words.begin() + contract::run_slot(static_cast<std::uint32_t>(work.runs.size()), RunArgument{});
    if (!work.team.empty()) {
        require(words.at(contract::team_slot(contract::TeamArgument::kSlice)) == work.slice, "a core knows its slice");
        padding = words.begin() + contract::team_slot(contract::TeamArgument::kFirstMember);
    }
    require(std::all_of(padding, words.end(), [](std::uint32_t word) { return word == 0; }),
            "what follows a core's runs is empty");
}

// What a core reads of a vector that the call has.
[[nodiscard]] std::int64_t wanted_share(const Plan& plan, Coordinate core) {
    using contract::Tensor;
    if (!plan.sharing) {
        return 2;
    }
    const std::vector<Coordinate> readers = readers_of_affine(*plan.sharing);
    const std::int64_t share = std::distance(readers.begin(), std::ranges::find(readers, core));
    const Tensor vector = share < std::ssize(readers) / 2 ? Tensor::kGamma : Tensor::kBeta;
    return plan.call[vector].is_there() ? share : std::ssize(readers);
}

void check_core_arguments(const Plan& plan) {
    require(plan.core_arguments.size() == plan.cores.size(), "every core has arguments");
    for (std::size_t i = 0; i < plan.cores.size(); ++i) {
        const std::vector<std::uint32_t>& words = plan.core_arguments[i];
        require(words.size() == plan.core_arguments.front().size(), "all cores have equally many arguments");
        require(
            words.size() >= static_cast<std::size_t>(contract::CoreArgument::kFirstRun) &&
                words.size() + static_cast<std::size_t>(contract::DataMovementArgument::kCount) + plan.shards.size() <=
                    kMaxRuntimeWords,
            "tt-metal has room for the arguments");
        require(words[static_cast<std::size_t>(contract::CoreArgument::kAffineShare)] ==
                    wanted_share(plan, plan.cores[i].core),
                "each core knows which share of gamma or beta it reads, if any");
        check_core_words(plan.cores[i], words);
    }
}

}  // namespace

std::string broken_promise(const Problem& problem, const Plan& plan) {
    try {
        check_extent(problem, plan);
        check_cores(problem, plan);
        check_rows(problem, plan);
        check_who_takes_rows(problem, plan);
        check_places(problem, plan);
        check_teams(plan);
        check_sharing(plan);
        check_l1(problem, plan);
        check_compile_time_arguments(problem, plan);
        check_core_arguments(plan);
    } catch (const BrokenPromise& broken) {
        return broken.what();
    }
    return "";
}

std::string broken_refusal(const Options& options, const std::string& text) {
    std::string name = options.norm == Norm::kRms ? "rms_norm_fused_rm" : "layernorm_fused_rm";
    name += options.stage == Stage::kPreAllGather    ? "_pre_all_gather"
            : options.stage == Stage::kPostAllGather ? "_post_all_gather"
                                                     : "";
    if (!text.starts_with(name + ": ")) {
        return "a refusal starts with the name of the operation";
    }
    return text.find("; ") == std::string::npos ? "a refusal says what to do" : "";
}

}  // namespace layernorm_fused_rm::tests
