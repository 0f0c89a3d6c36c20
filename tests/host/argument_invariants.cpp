#include <algorithm>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <map>
#include <optional>

#include "contract.hpp"
#include "promises.hpp"

namespace layernorm_fused_rm::tests {
namespace {

namespace argument = contract::argument;

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

[[nodiscard]] std::int64_t bytes_of(DataType dtype) { return dtype == DataType::kFloat32 ? 4 : 2; }

// Rows that DEST holds at a time beside a residual's and the statistics, as contract.hpp shares it out.
[[nodiscard]] std::int64_t most_elements_of_a_zone(const Problem& problem) {
    if (problem.residual) {
        return contract::kElementsPerChunk;
    }
    return (contract::kChunksPerZone - (problem.returns_statistics ? 1 : 0)) *
           std::int64_t{contract::kElementsPerChunk};
}

[[nodiscard]] contract::Centring centring_of(const Problem& problem) {
    if (problem.norm == Norm::kRms) {
        return contract::Centring::kNone;
    }
    return problem.input.dtype == DataType::kFloat32 || problem.residual ? contract::Centring::kShifted
                                                                         : contract::Centring::kScaled;
}

[[nodiscard]] std::int64_t most_vectors_of_a_batch(const Problem& problem, std::int64_t segments) {
    if (segments == 1) {
        return contract::kMaxVectorsPerBatch;
    }
    return problem.residual || centring_of(problem) == contract::Centring::kShifted
               ? contract::kMaxShiftedStreamedRowsPerBatch
               : contract::kMaxStreamedRowsPerBatch;
}

// As kernels/arguments.hpp promises, and as the buffers are.
void check_cut(const Problem& problem, const Plan& plan, const Arguments& value) {
    const std::int64_t segments = value(argument::kSegments);
    const std::int64_t stride = value(argument::kRowStride);
    const std::int64_t rows = value(argument::kRowsPerBlock);
    const std::int64_t batch = value(argument::kRowsPerBatch);
    require(segments == (plan.width + contract::kElementsPerChunk - 1) / contract::kElementsPerChunk,
            "a row has as many segments as chunks");
    const std::int64_t side_by_side = contract::rows_per_vector(static_cast<std::uint32_t>(stride));
    require(side_by_side * stride % contract::kElementsPerVectorPair == 0,
            "a row starts at a vector pair, or half way through one");
    require(batch % side_by_side == 0, "a batch is whole vectors of rows");
    require(segments == 1 ? plan.width <= stride : stride == contract::kElementsPerChunk, "a row fits in its stride");
    require(batch >= 1 && rows >= batch && rows % batch == 0, "a block is whole batches");
    require(batch / side_by_side <= most_vectors_of_a_batch(problem, segments),
            "a batch is as large as the registers and DEST allow");
    require(segments > 1 || rows * stride <= most_elements_of_a_zone(problem),
            "a block of resident rows fits in a zone of DEST");
    require(segments == 1 || rows == batch, "a block of streamed rows is a batch");
    require(!problem.returns_statistics || rows / side_by_side <= contract::kMaxVectorsWithStatistics,
            "the statistics of a block fit in a chunk");
    const std::int64_t page_elements = segments == 1 ? rows * stride : stride;
    require(value(argument::kBufferPageElements) >= page_elements, "a page holds its rows");
}

// Room to work ahead in the input buffers, as kernels/reader.cpp uses it.
void check_steps(const Plan& plan, const Arguments& value) {
    const std::int64_t segments = value(argument::kSegments);
    const std::int64_t steps = value(argument::kStepsInFlight);
    require(value(argument::kReadsAgain) == (plan.reads_again ? 1 : 0), "kernels know whether rows are read again");
    require(!plan.reads_again || (segments > 1 && !plan.sharing),
            "only rows of several segments are read again, and then no core has all of gamma to share");
    const std::int64_t kept = plan.reads_again ? 1 : segments;  // steps that stay until the row's last pass
    const std::int64_t pages_per_step = segments == 1 ? 1 : value(argument::kRowsPerBlock);
    const std::int64_t pages = value(argument::kInputPages);
    const std::int64_t pages_kept = pages_per_step * kept;
    require(pages_kept >= 1 && pages % pages_kept == 0, "no block straddles the end of the input buffer");
    require(steps >= 1 && steps <= 14, "transaction ids tell the steps in flight apart");
    require(pages / pages_per_step >= kept + steps - 1, "the reader has room for the steps in flight");
}

[[nodiscard]] bool is_one_of(const CircularBuffer& buffer, std::initializer_list<contract::Buffer> all) {
    return std::ranges::any_of(
        all, [&](contract::Buffer index) { return static_cast<std::uint32_t>(index) == buffer.index; });
}

void check_pages(const Plan& plan, const Arguments& value) {
    const std::int64_t page_elements = value(argument::kBufferPageElements);
    const std::int64_t pages_per_step = value(argument::kSegments) == 1 ? 1 : value(argument::kRowsPerBlock);
    for (const CircularBuffer& buffer : plan.buffers) {
        const std::int64_t elements = buffer.page_bytes / bytes_of(buffer.dtype);
        if (is_one_of(buffer, {contract::Buffer::kInput, contract::Buffer::kResidual})) {
            require(elements == page_elements, "row buffers have the kernels' page size");
            require(buffer.pages == value(argument::kInputPages), "input buffers have the kernels' number of pages");
        } else if (is_one_of(buffer, {contract::Buffer::kOutput, contract::Buffer::kSum})) {
            require(elements == page_elements, "row buffers have the kernels' page size");
            require(buffer.pages % pages_per_step == 0, "no step straddles the end of an output buffer");
        } else if (is_one_of(buffer, {contract::Buffer::kStatistics})) {
            require(elements == contract::kElementsPerChunk, "a page of statistics is a chunk");
        } else {
            const std::int64_t needed = plan.reads_again ? contract::kElementsPerChunk : plan.width;
            require(buffer.pages == 1 && elements >= needed, "gamma and beta, or a segment, fit in their buffers");
        }
    }
}

[[nodiscard]] std::int64_t alignment_of(const Problem& problem, Memory memory) {
    return memory == Memory::kDram ? problem.device.dram_alignment_bytes : problem.device.l1_alignment_bytes;
}

[[nodiscard]] std::int64_t aligned(std::int64_t bytes, std::int64_t alignment) {
    return (bytes + alignment - 1) / alignment * alignment;
}

// A tensor of rows as a call has it; without a dtype it has none.
struct Rows {
    contract::RowTensorArguments names;
    std::optional<DataType> dtype;
    Memory memory = Memory::kDram;
    std::int64_t elements = 0;  // of a row, its padding included
};

[[nodiscard]] std::int64_t stored_elements(const TensorSpec& spec) {
    return spec.padded_shape.empty() ? spec.shape.back() : spec.padded_shape.back();
}

void check_row_tensor(const Problem& problem, const Plan& plan, const Arguments& value, const Rows& rows) {
    const contract::RowTensorArguments& names = rows.names;
    if (!rows.dtype) {
        for (const char* const name : {names.element_bytes, names.page_bytes, names.in_dram, names.banks}) {
            require(value(name) == 0, "a tensor that the call does not have is all zeros");
        }
        return;
    }
    const std::int64_t banks = banks_of(problem, rows.memory);
    const std::int64_t page_bytes = aligned(rows.elements * bytes_of(*rows.dtype), alignment_of(problem, rows.memory));
    require(value(names.element_bytes) == bytes_of(*rows.dtype), "kernels know the size of a tensor's elements");
    require(value(names.page_bytes) == page_bytes, "a page of a tensor is a row, aligned");
    require(value(names.in_dram) == (rows.memory == Memory::kDram ? 1 : 0), "kernels know the memory of each tensor");
    require(value(names.banks) == banks, "kernels know the banks of each tensor");
    require((plan.rows + banks - 1) / banks <= kMax32Bits / page_bytes, "an offset in a bank fits in 32 bits");
}

struct Place {
    std::int64_t page = 0;
    std::int64_t byte = 0;

    bool operator==(const Place&) const = default;
};

// Where ttnn keeps element i of a vector: a row of the tensor is a page; in TILE layout a tile is, whose row 0 lies in
// its first faces, of at most 16 x 16.
[[nodiscard]] Place place_in_tensor(const TensorSpec& spec, std::int64_t i) {
    const std::int64_t bytes = bytes_of(spec.dtype);
    if (spec.layout == Layout::kTile) {
        const auto& [height, width, is_transposed] = spec.tile;
        const std::int64_t face_elements = height < 16 ? height * 16 : 256;
        return {.page = i / width, .byte = (i % width / 16 * face_elements + i % 16) * bytes};
    }
    return {.page = i / spec.shape.back(), .byte = i % spec.shape.back() * bytes};
}

void check_vector(const Problem& problem, const Arguments& value, const contract::VectorArguments& names,
                  const std::optional<TensorSpec>& spec) {
    if (!spec) {
        require(value(names.element_bytes) == 0, "a vector that the call does not have has no elements");
        return;
    }
    const std::int64_t bytes = bytes_of(spec->dtype);
    const bool is_tiled = spec->layout == Layout::kTile;
    const bool is_one_page = !is_tiled && spec->shape.back() == value(argument::kWidth);
    const std::int64_t row_elements = is_one_page ? spec->shape.back() : stored_elements(*spec);
    const std::int64_t page_elements = is_tiled ? spec->tile.height * spec->tile.width : row_elements;
    require(value(names.element_bytes) == bytes, "kernels know the size of a vector's elements");
    require(value(names.page_bytes) == aligned(page_elements * bytes, alignment_of(problem, spec->memory)),
            "kernels know the pages of a vector");
    require(value(names.in_dram) == (spec->memory == Memory::kDram ? 1 : 0), "kernels know the memory of each vector");
    require(value(names.banks) == banks_of(problem, spec->memory), "kernels know the banks of each vector");
    const std::int64_t piece = value(names.piece_elements);
    const std::int64_t pieces = value(names.pieces_per_page);
    require(piece >= 1 && pieces >= 1 && contract::kElementsPerChunk % piece == 0, "segments are whole pieces");
    for (const std::int64_t i : {0, 1, 15, 16, 17, 31, 32, 33, 100, 1023, 1024, 1025, 5000, 70000}) {
        for (const std::int64_t element : {i, value(argument::kWidth) - 1 - i}) {
            if (element >= 0 && element < value(argument::kWidth)) {
                const Place read{
                    .page = element / piece / pieces,
                    .byte = element / piece % pieces * value(names.piece_stride_bytes) + element % piece * bytes};
                require(read == place_in_tensor(*spec, element), "kernels find each element of gamma and beta");
            }
        }
    }
}

void check_tensors(const Problem& problem, const Plan& plan, const Arguments& value) {
    require(value(argument::kWidth) == plan.width, "kernels know the width");
    require(value(argument::kCentring) == static_cast<std::int64_t>(centring_of(problem)),
            "the mean is taken out as the "
            "rows' precision asks");
    require(value(argument::kGammaIsZeroCentred) == (problem.gamma_is_zero_centred ? 1 : 0),
            "gamma's centre is passed on");
    require(value(argument::kReturnsStatistics) == (problem.returns_statistics ? 1 : 0), "kernels return statistics");
    require(value(argument::kSharesVectors) == (plan.sharing ? 1 : 0), "kernels know whether vectors are shared");
    require(value(argument::kOneCore) == (plan.cores.size() == 1 ? 1 : 0), "kernels know where their arguments are");
    const auto check = [&](const Rows& rows) { check_row_tensor(problem, plan, value, rows); };
    const Memory out = problem.output_memory;
    check({contract::kInputArguments, problem.input.dtype, problem.input.memory, stored_elements(problem.input)});
    check({contract::kOutputArguments, problem.output_dtype, out,
           problem.output ? stored_elements(*problem.output) : plan.width});
    check({contract::kSumArguments, problem.sum_dtype, out, plan.width});
    const std::optional<DataType> statistics =
        problem.returns_statistics ? std::optional(DataType::kFloat32) : std::nullopt;
    check({contract::kStatisticsArguments, statistics, out, 1});
    if (problem.residual) {
        check({contract::kResidualArguments, problem.residual->dtype, problem.residual->memory,
               stored_elements(*problem.residual)});
    } else {
        check({contract::kResidualArguments, std::nullopt, Memory::kDram, plan.width});
    }
    check_vector(problem, value, contract::kGammaArguments, problem.gamma);
    check_vector(problem, value, contract::kBetaArguments, problem.beta);
}

void check_constants(const Problem& problem, const Plan& plan, const Arguments& value) {
    for (const char* const name : {argument::kNegativeSumScaleBits, argument::kCentreScaleBits,
                                   argument::kNegativeMeanSquareScaleBits, argument::kRstdScaleBits}) {
        require(std::isnormal(value.number(name)), "constants are normal float32 numbers");
    }
    require(plan.compute_arguments.size() == static_cast<std::size_t>(contract::ComputeArgument::kCount),
            "compute has its arguments");
    require(std::bit_cast<float>(plan.compute_arguments[0]) == -static_cast<float>(problem.epsilon),
            "epsilon is used as given");
}

}  // namespace

void check_compile_time_arguments(const Problem& problem, const Plan& plan) {
    const Arguments value(plan);
    check_cut(problem, plan, value);
    check_steps(plan, value);
    check_pages(plan, value);
    check_tensors(problem, plan, value);
    check_constants(problem, plan, value);
}

}  // namespace layernorm_fused_rm::tests
