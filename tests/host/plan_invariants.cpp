#include "plan_invariants.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <tuple>
#include <vector>

#include "contract.hpp"

namespace layernorm_fused_rm::tests {
namespace {

namespace argument = contract::argument;

constexpr std::int64_t kMax32Bits = std::numeric_limits<std::uint32_t>::max();

// Words of runtime arguments that tt-metal gives a kernel (kernel_types.hpp, max_runtime_args).
constexpr std::size_t kMaxRuntimeWords = 341;

// Circular buffers of a core: indices 0 to 31 (tt-metal, NUM_CIRCULAR_BUFFERS); their pages lie at multiples of 16
// bytes (L1 alignment).
constexpr std::uint32_t kMaxBuffers = 32;
constexpr std::int64_t kBufferAlignmentBytes = 16;

// Kernels compare pages pushed and popped modulo 2^16 (ttnn 0.81.1, triage/dump_circular_buffers.py).
constexpr std::int64_t kMaxPages = 65536;

class BrokenPromise : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

void require(bool holds, const std::string& promise) {
    if (!holds) {
        throw BrokenPromise(promise);
    }
}

[[nodiscard]] std::int64_t banks_of(const Problem& problem, Memory memory) {
    return memory == Memory::kDram ? static_cast<std::int64_t>(problem.device.dram_banks.size())
                                   : problem.device.l1_banks;
}

void check_extent(const Problem& problem, const Plan& plan) {
    const std::vector<std::int64_t>& shape = problem.input.shape;
    require(shape.size() >= 2, "only an input of rank 2 or more is planned");
    require(plan.width == shape.back(), "the width is the input's last dimension");
    require(plan.width > 0 && plan.width % 32 == 0, "the width is a positive multiple of 32");
    const bool is_empty = std::find(shape.begin(), shape.end() - 1, 0) != shape.end() - 1;
    // Exact in long double up to 2^64, and what is beyond is too large anyway.
    const long double product = std::accumulate(
        shape.begin(), shape.end() - 1, 1.0L,
        [](long double rows, std::int64_t dimension) { return rows * static_cast<long double>(dimension); });
    require(static_cast<long double>(plan.rows) == (is_empty ? 0.0L : product), "the rows are those of the input");
    require(plan.rows >= 0 && plan.rows <= kMax32Bits, "a row's index fits in 32 bits");
}

// Row-major order, no core twice, all of them on the grid.
void check_cores(const Problem& problem, const Plan& plan) {
    require(plan.rows == 0 ? plan.cores.empty() : !plan.cores.empty(), "there are cores where there are rows");
    std::tuple<std::int32_t, std::int32_t> last{-1, -1};
    for (const CoreWork& work : plan.cores) {
        const auto& [x, y] = work.core;
        require(x >= 0 && y >= 0 && x < problem.device.grid.x && y < problem.device.grid.y, "a core lies on the grid");
        require(std::tuple(y, x) > last, "cores are in row-major order, none of them twice");
        last = {y, x};
        require(!work.runs.empty() || plan.sharing, "a core has rows, unless gamma and beta are multicast to it");
        require(std::ranges::all_of(work.runs, [](const Run& run) { return run.count > 0; }), "no run is empty");
    }
}

[[nodiscard]] std::vector<Run> all_runs(const Plan& plan) {
    std::vector<Run> runs;
    for (const CoreWork& work : plan.cores) {
        runs.insert(runs.end(), work.runs.begin(), work.runs.end());
    }
    std::ranges::sort(runs, {}, [](const Run& run) { return std::tuple(run.bank, run.first_page); });
    return runs;
}

// Page p of an interleaved tensor lies in bank p % banks at index p / banks: the runs, sorted, must join without gaps
// from page 0 of each bank to its last.
void check_rows(const Problem& problem, const Plan& plan) {
    const std::int64_t banks = banks_of(problem, problem.input.memory);
    std::int64_t bank = -1;
    std::int64_t next_page = 0;
    std::int64_t rows = 0;
    for (const Run& run : all_runs(plan)) {
        require(run.bank >= 0 && run.bank < banks, "a run lies in a bank that exists");
        next_page = run.bank == bank ? next_page : 0;
        bank = run.bank;
        require(run.first_page == next_page, "no row is left out and none is taken twice");
        next_page += run.count;
        require(next_page <= plan.rows / banks + (bank < plan.rows % banks ? 1 : 0), "a run ends with its bank");
        rows += run.count;
    }
    require(rows == plan.rows, "all rows are taken");
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
    require(lies_inside(plan.sharing->source), "the source lies inside the rectangle");
}

void check_l1(const Problem& problem, const Plan& plan) {
    const std::map<std::uint32_t, std::pair<std::string, std::string>> ends{
        {static_cast<std::uint32_t>(contract::Buffer::kInput), {"reader", "compute"}},
        {static_cast<std::uint32_t>(contract::Buffer::kGamma), {"reader", "compute"}},
        {static_cast<std::uint32_t>(contract::Buffer::kBeta), {"reader", "compute"}},
        {static_cast<std::uint32_t>(contract::Buffer::kOutput), {"compute", "writer"}}};
    std::set<std::uint32_t> indices;
    std::int64_t bytes = 0;
    for (const CircularBuffer& buffer : plan.buffers) {
        require(buffer.index < kMaxBuffers && indices.insert(buffer.index).second, "a buffer has an index of its own");
        require(buffer.page_bytes > 0 && buffer.page_bytes % kBufferAlignmentBytes == 0, "buffer pages are aligned");
        require(buffer.pages > 0 && buffer.pages < kMaxPages, "16 bits count the pages of a buffer");
        require(buffer.page_bytes <= kMax32Bits && buffer.pages <= kMax32Bits / buffer.page_bytes,
                "the bytes of a buffer fit in 32 bits");
        require(!buffer.purpose.empty(), "a buffer says what it is for");
        require(ends.contains(buffer.index) && ends.at(buffer.index) == std::pair(buffer.producer, buffer.consumer),
                "a buffer goes from its producer to its consumer");
        bytes += buffer.bytes();
    }
    require(indices.size() == ends.size(), "every buffer of the contract is there");
    require(plan.l1_bytes_used == bytes, "the L1 used is that of the buffers");
    require(plan.l1_bytes_budget == problem.device.l1_bytes, "the budget is the device's");
    require(plan.l1_bytes_used <= plan.l1_bytes_budget, "the buffers stay within the L1 budget");
}

// Named compile-time arguments, each read as kernels read them.
class Arguments {
public:
    explicit Arguments(const Plan& plan)
        : values_{plan.compile_time_arguments.begin(), plan.compile_time_arguments.end()} {
        require(values_.size() == plan.compile_time_arguments.size(), "no compile-time argument is there twice");
    }

    [[nodiscard]] std::int64_t operator()(const std::string& name) const {
        require(values_.contains(name), "compile-time argument " + name + " is there");
        return values_.at(name);
    }

    [[nodiscard]] float number(const std::string& name) const {
        return std::bit_cast<float>(static_cast<std::uint32_t>((*this)(name)));
    }

private:
    std::map<std::string, std::uint32_t> values_;
};

[[nodiscard]] const CircularBuffer& buffer_of(const Plan& plan, contract::Buffer index) {
    return *std::ranges::find(plan.buffers, static_cast<std::uint32_t>(index), &CircularBuffer::index);
}

// As kernels/arguments.hpp promises, and as the buffers are.
void check_cut(const Plan& plan, const Arguments& value) {
    const std::int64_t segments = value(argument::kSegments);
    const std::int64_t stride = value(argument::kRowStride);
    const std::int64_t rows = value(argument::kRowsPerBlock);
    const std::int64_t batch = value(argument::kRowsPerBatch);
    const std::int64_t steps = value(argument::kStepsInFlight);
    require(segments >= 1 && rows >= 1, "a row has segments, a block rows");
    require(segments == (plan.width + contract::kElementsPerChunk - 1) / contract::kElementsPerChunk,
            "a row has as many segments as chunks");
    require(stride % contract::kElementsPerVectorPair == 0, "a row starts at a vector pair");
    require(segments == 1 ? plan.width <= stride : stride == contract::kElementsPerChunk, "a row fits in its stride");
    require(batch >= 1 && rows >= batch && rows % batch == 0, "a block is whole batches");
    require(batch <= (segments == 1 ? contract::kMaxRowsPerBatch : contract::kMaxStreamedRowsPerBatch),
            "a batch is as large as the registers allow");
    require(
        segments > 1 || rows * stride <= std::int64_t{contract::kChunksPerResidentZone} * contract::kElementsPerChunk,
        "a block of resident rows fits in a zone of DEST");
    const std::int64_t pages_per_step = segments == 1 ? 1 : rows;
    const std::int64_t page_elements = segments == 1 ? rows * stride : stride;
    require(value(argument::kBufferPageBytes) >= page_elements * contract::kBytesPerBfloat16, "a page holds its rows");
    const std::int64_t pages = value(argument::kInputPages);
    require(pages % (pages_per_step * segments) == 0, "no block straddles the end of the input buffer");
    require(steps >= 1 && steps <= 14, "transaction ids tell the steps in flight apart");
    require(pages / pages_per_step >= segments + steps - 1, "the reader has room for the steps in flight");
}

void check_pages(const Plan& plan, const Arguments& value) {
    const std::int64_t page_bytes = value(argument::kBufferPageBytes);
    const CircularBuffer& input = buffer_of(plan, contract::Buffer::kInput);
    const CircularBuffer& output = buffer_of(plan, contract::Buffer::kOutput);
    require(input.page_bytes == page_bytes && output.page_bytes == page_bytes,
            "row buffers have the kernels' page size");
    require(input.pages == value(argument::kInputPages), "the input buffer has the kernels' number of pages");
    const std::int64_t pages_per_step = value(argument::kSegments) == 1 ? 1 : value(argument::kRowsPerBlock);
    require(output.pages % pages_per_step == 0, "no step straddles the end of the output buffer");
    for (const contract::Buffer index : {contract::Buffer::kGamma, contract::Buffer::kBeta}) {
        const CircularBuffer& buffer = buffer_of(plan, index);
        require(buffer.pages == 1 && buffer.page_bytes >= plan.width * contract::kBytesPerBfloat16,
                "gamma and beta fit in their buffers");
    }
}

void check_places(const Problem& problem, const Plan& plan, const Arguments& value) {
    require(value(argument::kWidth) == plan.width, "kernels know the width");
    for (const char* const name : {argument::kInputPageBytes, argument::kOutputPageBytes}) {
        require(value(name) == plan.width * contract::kBytesPerBfloat16, "a page of a tensor is a row");
    }
    require(value(argument::kInputBanks) == banks_of(problem, problem.input.memory), "kernels know the input's banks");
    require(value(argument::kOutputBanks) == banks_of(problem, problem.output_memory), "and the output's");
    const auto check_memory = [&](const char* name, Memory memory) {
        require(value(name) == (memory == Memory::kDram ? 1 : 0), "kernels know the memory of each tensor");
    };
    check_memory(argument::kInputInDram, problem.input.memory);
    check_memory(argument::kOutputInDram, problem.output_memory);
    check_memory(argument::kGammaInDram, problem.gamma.memory);
    check_memory(argument::kBetaInDram, problem.beta.memory);
    require(value(argument::kSharesVectors) == (plan.sharing ? 1 : 0), "kernels know whether vectors are shared");
    for (const auto& [memory, bytes] : {std::pair(problem.input.memory, value(argument::kInputPageBytes)),
                                        std::pair(problem.output_memory, value(argument::kOutputPageBytes))}) {
        const std::int64_t banks = banks_of(problem, memory);
        require((plan.rows + banks - 1) / banks <= kMax32Bits / bytes, "an offset in a bank fits in 32 bits");
    }
}

void check_constants(const Problem& problem, const Arguments& value) {
    for (const char* const name :
         {argument::kNegativeSumScaleBits, argument::kCentreScaleBits, argument::kNegativeMeanSquareScaleBits,
          argument::kRstdScaleBits, argument::kNegativeEpsilonBits}) {
        require(std::isnormal(value.number(name)), "constants are normal float32 numbers");
    }
    require(value.number(argument::kNegativeEpsilonBits) == -static_cast<float>(problem.epsilon),
            "epsilon is used as given");
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
    const auto padding =
        words.begin() + contract::run_slot(static_cast<std::uint32_t>(work.runs.size()), RunArgument{});
    require(std::all_of(padding, words.end(), [](std::uint32_t word) { return word == 0; }),
            "what follows a core's runs is empty");
}

void check_core_arguments(const Plan& plan) {
    require(plan.core_arguments.size() == plan.cores.size(), "every core has arguments");
    for (std::size_t i = 0; i < plan.cores.size(); ++i) {
        const std::vector<std::uint32_t>& words = plan.core_arguments[i];
        require(words.size() == plan.core_arguments.front().size(), "all cores have equally many arguments");
        require(words.size() >= static_cast<std::size_t>(contract::CoreArgument::kFirstRun) &&
                    words.size() + static_cast<std::size_t>(contract::ReaderArgument::kCount) <= kMaxRuntimeWords,
                "tt-metal has room for the arguments");
        const bool is_source = plan.sharing && plan.sharing->source == plan.cores[i].core;
        require(words[static_cast<std::size_t>(contract::CoreArgument::kIsVectorSource)] == (is_source ? 1U : 0U),
                "the source of gamma and beta knows it, and no other core does");
        check_core_words(plan.cores[i], words);
    }
}

}  // namespace

std::string broken_promise(const Problem& problem, const Plan& plan) {
    try {
        check_extent(problem, plan);
        check_cores(problem, plan);
        check_rows(problem, plan);
        check_sharing(plan);
        check_l1(problem, plan);
        const Arguments value(plan);
        check_cut(plan, value);
        check_pages(plan, value);
        check_places(problem, plan, value);
        check_constants(problem, value);
        check_core_arguments(plan);
    } catch (const BrokenPromise& broken) {
        return broken.what();
    }
    return "";
}

std::string broken_refusal(const std::string& text) {
    if (!text.starts_with("layernorm_fused_rm: ")) {
        return "a refusal starts with the name of the operation";
    }
    return text.find("; ") == std::string::npos ? "a refusal says what to do" : "";
}

}  // namespace layernorm_fused_rm::tests
