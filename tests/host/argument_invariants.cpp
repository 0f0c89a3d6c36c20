// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "contract.hpp"
#include "outputs.hpp"
#include "promises.hpp"

namespace layernorm_fused_rm::tests {
namespace {

using contract::Call;
using contract::Tensor;
using contract::TensorLayout;

[[nodiscard]] std::int64_t bytes_of(DataType dtype) { return dtype == DataType::kFloat32 ? 4 : 2; }

// Rows that DEST holds at a time beside a residual's and the statistics, as contract.hpp shares it out.
[[nodiscard]] std::int64_t most_elements_of_a_zone(const Problem& problem) {
    if (problem.residual) {
        return contract::kElementsPerChunk;
    }
    return (contract::kChunksPerZone - (problem.options.return_statistics ? 1U : 0U)) *
           std::int64_t{contract::kElementsPerChunk};
}

[[nodiscard]] contract::Centring centring_of(const Problem& problem) {
    if (problem.options.norm == Norm::kRms) {
        return contract::Centring::kNone;
    }
    return problem.input.dtype == DataType::kFloat32 || problem.residual || has_parts(problem)
               ? contract::Centring::kShifted
               : contract::Centring::kScaled;
}

// In the SFPU's vectors: four of a strip, two narrow ones, or one.
[[nodiscard]] std::int64_t rows_side_by_side(const Problem& problem) {
    return has_strips(problem) ? 4 : (problem.input.shape.back() <= 32 && !has_parts(problem) ? 2 : 1);
}

// A chunk holds 1,024 elements of a row, or 256 of each row of a strip.
[[nodiscard]] std::int64_t columns_of_chunk(const Problem& problem) {
    return has_strips(problem) ? contract::kElementsPerChunk / 4 : contract::kElementsPerChunk;
}

[[nodiscard]] std::int64_t most_vectors_of_a_batch(const Problem& problem, bool is_resident) {
    if (has_strips(problem) || has_parts(problem)) {
        return 1;
    }
    if (is_resident) {
        return contract::kMaxVectorsPerBatch;
    }
    if (problem.residual || centring_of(problem) == contract::Centring::kShifted) {
        return contract::kMaxShiftedStreamedRowsPerBatch;
    }
    return problem.options.activation == Activation::kNone ? contract::kMaxStreamedRowsPerBatch
                                                           : contract::kMaxActivatedStreamedRowsPerBatch;
}

// As kernels/arguments.hpp promises, and as the buffers are.
void check_cut(const Problem& problem, const Call& call) {
    const std::int64_t segments = call.segments;
    const std::int64_t stride = call.row_stride_elements;
    const std::int64_t rows = call.rows_per_block;
    const std::int64_t batch = call.rows_per_batch;
    const std::int64_t columns = columns_of_chunk(problem);
    require(segments == (call.width_elements + columns - 1) / columns, "a row has as many segments as chunks");
    const std::int64_t side_by_side = rows_side_by_side(problem);
    require(call.rows_per_vector == side_by_side, "kernels know which rows share vectors");
    require(call.pads_rows == (has_strips(problem) && rows_of_matrix(problem) % 32 != 0 ? 1U : 0U),
            "and whether rows are padding");
    require(side_by_side * stride % contract::kElementsPerVectorPair == 0,
            "a row starts at a vector pair, or half way through one");
    require(batch % side_by_side == 0, "a batch is whole vectors of rows");
    const bool is_resident = segments == 1 && call.slices == 1 && !has_parts(problem);
    require(!tells_stats(problem) || call.slices == 1, "stats are those of all that a chip has of a row");
    require(is_resident ? call.width_elements <= stride : stride == columns, "a row fits in its stride");
    require(call.slices == 1 || (std::has_single_bit(call.segments) && call.width_elements == segments * columns),
            "a slice is pieces of a row's sums, as many as a power of two");
    require(batch >= 1 && rows >= batch && rows % batch == 0, "a block is whole batches");
    require(batch / side_by_side <= most_vectors_of_a_batch(problem, is_resident),
            "a batch is as large as the registers and DEST allow");
    require(!is_resident || rows * stride <= most_elements_of_a_zone(problem),
            "a block of resident rows fits in a zone of DEST");
    require(is_resident || rows == batch, "a block of streamed rows is a batch");
    require(!problem.options.return_statistics || rows / side_by_side <= contract::kMaxVectorsWithStatistics,
            "the statistics of a block fit in a chunk");
    const std::int64_t page_elements = is_resident ? rows * stride : side_by_side * stride;
    require(call.buffer_page_elements >= page_elements, "a page holds its rows");
}

// Room to work ahead in the input buffers, as kernels/reader.cpp uses it.
void check_steps(const Problem& problem, const Plan& plan, const Call& call) {
    const std::int64_t segments = call.segments;
    const std::int64_t steps = call.steps_in_flight;
    require(call.reads_again == 0 || (segments > 1 && !plan.sharing),
            "only rows of several segments are read again, and then no core has all of gamma to share");
    const std::int64_t kept = call.reads_again != 0 ? 1 : segments;  // steps that stay until the row's last pass
    const std::int64_t pages_per_step =
        segments == 1 && call.slices == 1 && !has_parts(problem) ? 1 : call.rows_per_block / call.rows_per_vector;
    const std::int64_t pages = call.input_pages;
    const std::int64_t pages_kept = pages_per_step * kept;
    require(pages_kept >= 1 && pages % pages_kept == 0, "no block straddles the end of the input buffer");
    require(steps >= 1 && steps <= 14, "transaction ids tell the steps in flight apart");
    require(pages / pages_per_step >= kept + steps - 1, "the reader has room for the steps in flight");
}

[[nodiscard]] bool is_one_of(const CircularBuffer& buffer, std::initializer_list<contract::Buffer> all) {
    return std::ranges::any_of(
        all, [&](contract::Buffer index) { return static_cast<std::uint32_t>(index) == buffer.index; });
}

void check_pages(const Problem& problem, const Plan& plan, const Call& call) {
    const std::int64_t page_elements = call.buffer_page_elements;
    const std::int64_t pages_per_step =
        call.segments == 1 && call.slices == 1 && !has_parts(problem) ? 1 : call.rows_per_block / call.rows_per_vector;
    for (const CircularBuffer& buffer : plan.buffers) {
        const std::int64_t elements = buffer.page_bytes / bytes_of(buffer.dtype);
        if (is_one_of(buffer, {contract::Buffer::kInput, contract::Buffer::kResidual})) {
            require(elements == page_elements, "row buffers have the kernels' page size");
            require(buffer.pages == call.input_pages, "input buffers have the kernels' number of pages");
        } else if (is_one_of(buffer, {contract::Buffer::kOutput, contract::Buffer::kSum})) {
            require(elements == page_elements, "row buffers have the kernels' page size");
            require(buffer.pages % pages_per_step == 0, "no step straddles the end of an output buffer");
        } else if (is_one_of(buffer, {contract::Buffer::kStatistics})) {
            require(elements == contract::kElementsPerChunk, "a page of statistics is a chunk");
        } else if (is_one_of(buffer, {contract::Buffer::kPartial})) {
            require(elements == contract::kElementsPerChunk, "a page of partial sums is a chunk");
        } else if (is_one_of(buffer, {contract::Buffer::kStats})) {
            const std::int64_t in_pair = has_strips(problem) ? 16 : 64;  // numbers of a row
            const std::int64_t pairs = (problem.stats.value().shape.back() + in_pair - 1) / in_pair;
            require(elements == pairs * contract::kElementsPerVectorPair && buffer.pages == call.steps_in_flight,
                    "a page of stats has a place for those of each chip, and each step under way a page");
        } else if (is_one_of(buffer, {contract::Buffer::kJoined})) {
            require(buffer.pages == 2 && elements == std::int64_t{call.slices} * contract::kElementsPerVectorPair,
                    "a page of joined sums has a place for each slice, of this exchange and the next");
        } else {
            const bool is_gamma = is_one_of(buffer, {contract::Buffer::kGamma});
            const TensorLayout& tensor = call[is_gamma ? Tensor::kGamma : Tensor::kBeta];
            const std::int64_t halves = tensor.has_short_pieces() ? 2 : 1;
            const std::int64_t needed =
                halves *
                (call.reads_again != 0 ? contract::columns_per_chunk(call.rows_per_vector) : call.row_elements());
            require(buffer.pages == 1 && elements >= needed, "gamma and beta, or a segment, fit in their buffers");
        }
    }
}

[[nodiscard]] std::int64_t alignment_of(const Problem& problem, BufferType memory) {
    return memory == BufferType::kDram ? problem.device.dram_alignment_bytes : problem.device.l1_alignment_bytes;
}

[[nodiscard]] std::int64_t aligned(std::int64_t bytes, std::int64_t alignment) {
    return (bytes + alignment - 1) / alignment * alignment;
}

[[nodiscard]] bool is_statistic(Tensor tensor) { return tensor == Tensor::kMean || tensor == Tensor::kRstd; }

[[nodiscard]] std::int64_t stored_elements(const TensorSpec& spec) {
    return spec.padded_shape.empty() ? spec.shape.back() : spec.padded_shape.back();
}

void check_is_nowhere(const TensorLayout& layout) {
    TensorLayout::for_each_word(layout, [](const std::string&, std::uint32_t word) {
        require(word == 0, "a tensor that the call does not have is all zeros");
    });
}

void check_place(const Problem& problem, const TensorLayout& layout, DataType dtype, BufferType memory) {
    require(layout.element_bytes == bytes_of(dtype), "kernels know the size of a tensor's elements");
    require(layout.in_dram == (memory == BufferType::kDram ? 1U : 0U), "kernels know the memory of each tensor");
    require(layout.alignment_bytes == alignment_of(problem, memory), "kernels know the alignment of each tensor");
}

// Pages go round the banks of their memory.
void check_is_interleaved(const Problem& problem, const TensorLayout& layout, BufferType memory) {
    require(layout.banks == banks_of(problem, memory), "kernels know the banks of each tensor");
    require(layout.shard_rows == 0 && layout.shard_pages == 0 && layout.shards_per_row == 0 && layout.first_place == 0,
            "a tensor that is interleaved has no shards");
}

// Of a page, or a shard, and in it.
struct Place {
    std::int64_t page = 0;
    std::int64_t byte = 0;

    bool operator==(const Place&) const = default;
};

// Where ttnn keeps an element of a tensor in shards, or of one in tiles its tile: a shard's rows lie one behind the
// other, aligned, or its tiles do, row by row.
[[nodiscard]] Place place_in_shards(const Rows& rows, std::int64_t alignment, std::int64_t row, std::int64_t column) {
    const std::int64_t bytes = bytes_of(*rows.dtype);
    const Shards& shards = rows.memory.shards;
    const std::int64_t shard = row / shards.height * rows.shards_of_row() + column / shards.width;
    const std::int64_t below = row % shards.height;
    const std::int64_t beside = column % shards.width;
    if (rows.layout == Layout::kTile) {
        return {.page = shard, .byte = (below / 32 * (shards.width / 32) + beside / 32) * 1024 * bytes};
    }
    return {.page = shard, .byte = below * aligned(shards.width * bytes, alignment) + beside * bytes};
}

// Where kernels look for it (kernels/dataflow/pages.hpp).
[[nodiscard]] Place place_for_kernels(const TensorLayout& layout, std::int64_t row, std::int64_t column) {
    if (layout.is_in_tiles()) {
        const std::int64_t tile = row / 32 % layout.shard_rows * layout.shard_pages + column / 32 % layout.shard_pages;
        return {.page = row / 32 / layout.shard_rows * layout.shards_per_row + column / 32 / layout.shard_pages,
                .byte = tile * layout.page_bytes};
    }
    if (!layout.has_cut_rows()) {
        const contract::Distribution banks = layout.distribution();
        const auto word = static_cast<std::uint32_t>(row);
        return {.page = banks.bank_of(word),
                .byte = std::int64_t{banks.row_in_bank(word)} * layout.page_bytes + column * layout.element_bytes};
    }
    const std::int64_t columns = layout.page_bytes / layout.element_bytes;
    return {.page = row / layout.shard_rows * layout.shards_per_row + column / columns,
            .byte = row % layout.shard_rows * layout.page_bytes + column % columns * layout.element_bytes};
}

void check_shards(const Problem& problem, const Plan& plan, const Rows& rows) {
    const TensorLayout& layout = plan.call[rows.tensor];
    const Shards& shards = rows.memory.shards;
    const bool is_tiled = rows.layout == Layout::kTile;
    const std::int64_t alignment = problem.device.l1_alignment_bytes;
    require(layout.in_dram == 0, "shards lie in L1");
    require(layout.shard_rows >= 1 && layout.shard_pages >= 1 && layout.shards_per_row >= 1, "shards have rows");
    require(layout.shards_per_row == rows.shards_of_row(), "kernels know how many shards a row lies in");
    require(layout.shard_pages == (is_tiled ? shards.width / 32 : 1), "kernels know what a shard has of a row");
    require(is_tiled || !layout.has_cut_rows() || layout.page_bytes % alignment == 0,
            "parts of rows begin where the NoC reaches them");
    require(shards.height / (is_tiled ? 32 : 1) <= kMax32Bits / (std::int64_t{layout.shard_pages} * layout.page_bytes),
            "an offset in a shard fits in 32 bits");
    const std::int64_t all = is_tiled ? rows_with_padding(problem, plan.rows) : plan.rows;
    for (const std::int64_t row : {std::int64_t{0}, std::int64_t{1}, shards.height - 1, shards.height, all - 1}) {
        for (const std::int64_t column : {std::int64_t{0}, std::int64_t{1}, shards.width - 1, shards.width,
                                          std::int64_t{plan.call.row_elements()} - 1}) {
            if (row >= 0 && row < all && column < plan.call.row_elements()) {
                require(place_for_kernels(layout, row, column) == place_in_shards(rows, alignment, row, column),
                        "kernels find each element of a tensor in shards");
            }
        }
    }
}

void check_rows(const Problem& problem, const Plan& plan, const Rows& rows) {
    const TensorLayout& layout = plan.call[rows.tensor];
    if (!rows.dtype) {
        check_is_nowhere(layout);
        return;
    }
    const BufferType memory = rows.memory.buffer_type;
    check_place(problem, layout, *rows.dtype, memory);
    const bool is_tiled = rows.layout == Layout::kTile;
    require(layout.tiles_per_row == (is_tiled ? (plan.call.row_elements() + 31) / 32 : 0),
            "kernels know the tiles of a row, which a row that is a page has not");
    const std::int64_t in_page = rows.is_sharded() ? rows.memory.shards.width : rows.elements;
    const std::int64_t page_bytes = is_tiled ? 1024 * bytes_of(*rows.dtype)
                                             : aligned(in_page * bytes_of(*rows.dtype), alignment_of(problem, memory));
    require(layout.page_bytes == page_bytes, "a page of a tensor is a row, or its part in a shard, aligned, or a tile");
    if (rows.tensor == Tensor::kStats) {
        const std::uint32_t numbers =
            tells_stats(problem) ? 4 : static_cast<std::uint32_t>(problem.stats->shape.back());
        require(
            layout.piece_elements == numbers && layout.pieces_per_page == 1 && layout.piece_stride_bytes == 4 * numbers,
            "a row's stats are one piece");
    } else if (!is_tiled) {
        require(layout.piece_elements == contract::kElementsPerChunk &&
                    layout.piece_stride_bytes == contract::kElementsPerChunk * layout.element_bytes &&
                    (is_statistic(rows.tensor) || has_strips(problem) || layout.has_cut_rows() ||
                     layout.pieces_per_page == plan.call.slices * plan.call.segments),
                "the pieces of a row are its segments");
    }
    if (rows.is_sharded()) {
        check_shards(problem, plan, rows);
        return;
    }
    check_is_interleaved(problem, layout, memory);
    const std::int64_t banks = banks_of(problem, memory);
    const std::int64_t pages = is_tiled ? rows_with_padding(problem, plan.rows) / 32 * layout.tiles_per_row : plan.rows;
    require((pages + banks - 1) / banks <= kMax32Bits / page_bytes, "an offset in a bank fits in 32 bits");
}

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

void check_affine(const Problem& problem, const Call& call, Tensor tensor, const std::optional<TensorSpec>& spec) {
    const TensorLayout& layout = call[tensor];
    if (!spec) {
        check_is_nowhere(layout);
        return;
    }
    check_place(problem, layout, spec->dtype, spec->buffer_type);
    check_is_interleaved(problem, layout, spec->buffer_type);
    require(layout.tiles_per_row == 0, "gamma and beta are no rows in tiles");
    const std::int64_t bytes = bytes_of(spec->dtype);
    const bool is_tiled = spec->layout == Layout::kTile;
    const bool is_one_page = !is_tiled && spec->shape.back() == call.row_elements();
    const std::int64_t row_elements = is_one_page ? spec->shape.back() : stored_elements(*spec);
    const std::int64_t page_elements = is_tiled ? spec->tile.height * spec->tile.width : row_elements;
    require(layout.page_bytes == aligned(page_elements * bytes, alignment_of(problem, spec->buffer_type)),
            "kernels know the pages of gamma and beta");
    const std::uint32_t piece = layout.piece_elements;
    require(piece >= 1 && layout.pieces_per_page >= 1 && contract::kElementsPerChunk % piece == 0,
            "segments are whole pieces");
    for (const std::uint32_t i : {0U, 1U, 15U, 16U, 17U, 31U, 32U, 33U, 100U, 1023U, 1024U, 1025U, 5000U, 70000U}) {
        for (const std::uint32_t element : {i, call.row_elements() - 1 - i}) {
            if (element < call.row_elements()) {
                const Place read{.page = layout.page_of(element / piece),
                                 .byte = layout.offset_of(element / piece) + element % piece * bytes};
                require(read == place_in_tensor(*spec, element), "kernels find each element of gamma and beta");
            }
        }
    }
}

void check_tensors(const Problem& problem, const Plan& plan, const Call& call) {
    require(call.centring == centring_of(problem), "the mean is taken out as the rows' precision asks");
    require(call.zero_centered_gamma == (problem.options.zero_centered_gamma ? 1U : 0U), "gamma's centre is passed on");
    require(static_cast<std::uint32_t>(call.activation) == static_cast<std::uint32_t>(problem.options.activation),
            "the activation is passed on");
    require(call.returns_statistics() == problem.options.return_statistics, "kernels return statistics");
    require(call.affine_share_elements == (plan.sharing ? plan.sharing->share_elements : 0),
            "kernels know whether vectors are shared, and how much of each a core reads");
    require(call.readers_read_affine == (plan.sharing && plan.sharing->is_by_readers ? 1U : 0U),
            "and whether readers read what is shared out");
    const std::vector<Rows> tensors = tensors_of_rows(problem);
    const bool has_shards = std::ranges::any_of(tensors, &Rows::is_sharded);
    require(call.one_core == (plan.cores.size() == 1 && !has_shards ? 1U : 0U),
            "kernels know where their arguments are");
    for (const Rows& rows : tensors) {
        check_rows(problem, plan, rows);
    }
    check_affine(problem, call, Tensor::kGamma, problem.gamma);
    check_affine(problem, call, Tensor::kBeta, problem.beta);
}

void check_constants(const Problem& problem, const Plan& plan, const Call& call) {
    for (const std::uint32_t bits : {call.negative_sum_scale_bits, call.centre_scale_bits,
                                     call.negative_mean_square_scale_bits, call.rstd_scale_bits}) {
        require(std::isnormal(std::bit_cast<float>(bits)), "constants are normal float32 numbers");
    }
    require(plan.compute_arguments.size() == static_cast<std::size_t>(contract::ComputeArgument::kCount),
            "compute has its arguments");
    require(std::bit_cast<float>(plan.compute_arguments[0]) == -static_cast<float>(problem.options.epsilon),
            "epsilon is used as given");
    require(plan.rows == 0 ||
                (plan.compute_arguments[1] == plan.rows_per_matrix && plan.rows_per_matrix == rows_of_matrix(problem)),
            "kernels know the rows of a matrix");
}

}  // namespace

void check_compile_time_arguments(const Problem& problem, const Plan& plan) {
    check_cut(problem, plan.call);
    check_steps(problem, plan, plan.call);
    check_pages(problem, plan, plan.call);
    check_tensors(problem, plan, plan.call);
    check_constants(problem, plan, plan.call);
}

}  // namespace layernorm_fused_rm::tests
