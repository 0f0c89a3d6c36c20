// SPDX-License-Identifier: Apache-2.0
#include "blocking.hpp"

#include <algorithm>

#include "contract.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Call;
using contract::Centring;
using contract::kElementsPerChunk;
using contract::Tensor;

// With about four blocks a core reads one, computes one and writes one at a time.
constexpr std::int64_t kBlocksToOverlap = 4;
// A batch costs about as much besides its rows as this many elements do; narrow rows are taken together.
constexpr std::int64_t kElementsOfABatch = 384;
// And not too many: the first block is computed when all of it is there, and the last one written after all of it.
constexpr std::int64_t kMostVectors = 2 * std::int64_t{contract::kMaxVectorsPerBatch};

// Elements of a row in a chunk.
[[nodiscard]] std::int64_t columns_per_chunk(const Call& call) {
    return contract::columns_per_chunk(call.rows_per_vector);
}
[[nodiscard]] std::int64_t count_segments(const Call& call) {
    return divide_up(call.width_elements, columns_per_chunk(call));
}

// Rows stay in DEST from their first pass to their last; slices and parts of them never do (kernels/arguments.hpp).
[[nodiscard]] bool is_resident(const Call& call) {
    return count_segments(call) == 1 && !call.shares_rows() && !call.has_parts();
}

// A row starts at whole vectors, or lies beside others in them; a segment of a row of several is a chunk.
[[nodiscard]] std::int64_t row_stride(const Call& call) {
    if (call.rows_per_vector == contract::kRowsPerPair) {
        return contract::kElementsPerPairedRow;
    }
    return is_resident(call) ? round_up(call.width_elements, contract::kElementsPerVectorPair)
                             : columns_per_chunk(call);
}

// Batches and blocks are chosen in vectors of rows: in rows, or pairs, or strips of them.
[[nodiscard]] std::int64_t vector_stride(const Call& call) { return call.rows_per_vector * row_stride(call); }

// What one zone of DEST holds beside a residual's and the statistics; of rows of several segments a segment each.
[[nodiscard]] std::int64_t vectors_in_zone(const Call& call) {
    const bool has_residual = call[Tensor::kResidual].is_there();
    if (!is_resident(call)) {
        const bool is_shifted = call.centring == Centring::kShifted;
        const bool is_alone = is_shifted || has_residual || call.has_strips() || call.shares_rows() ||
                              call.has_parts() || count_segments(call) > contract::kMaxSegmentsOfRowsTogether;
        if (is_alone) {
            return contract::kMaxShiftedStreamedRowsPerBatch;
        }
        return call.activation == contract::Activation::kNone ? contract::kMaxStreamedRowsPerBatch
                                                              : contract::kMaxActivatedStreamedRowsPerBatch;
    }
    const bool has_statistics = call.returns_statistics();
    const std::int64_t chunks = has_residual ? 1 : contract::kChunksPerZone - (has_statistics ? 1 : 0);
    const std::int64_t vectors = chunks * kElementsPerChunk / vector_stride(call);
    return has_statistics ? std::min<std::int64_t>(vectors, contract::kMaxVectorsWithStatistics) : vectors;
}

// A block's, where there are so many.
[[nodiscard]] std::int64_t least_vectors(const Call& call) {
    return !is_resident(call) ? vectors_in_zone(call) : divide_up(kElementsOfABatch, vector_stride(call));
}

// Batches are always computed whole, so a larger one may compute rows that there are not: 5 rows are 3 + 2 rather than
// 4 + 1, and 10 wide ones 2 each rather than 3 + 3 + 3 + 1. `elements` of a row, or of a pair; gamma and beta, loaded
// once a batch, cost as much as a third of them.
[[nodiscard]] std::int64_t choose_batch(std::int64_t largest_batch, std::int64_t vectors, std::int64_t elements) {
    const auto cost = [=](std::int64_t batch) {
        return divide_up(vectors, batch) * (kElementsOfABatch + elements / 3 + batch * elements);
    };
    std::int64_t best = largest_batch;
    for (std::int64_t batch = largest_batch - 1; batch >= 1; --batch) {
        best = cost(batch) < cost(best) ? batch : best;
    }
    return best;
}

[[nodiscard]] Blocking make_blocking(const Call& call, std::int64_t batch, std::int64_t block) {
    const std::int64_t vectors_in_page = is_resident(call) ? block : 1;
    return {.row_stride_elements = row_stride(call),
            .segments = count_segments(call),
            .rows_per_batch = batch * call.rows_per_vector,
            .rows_per_block = block * call.rows_per_vector,
            .page_elements = round_up(vectors_in_page * vector_stride(call), kElementsPerChunk),
            .pages_per_step = is_resident(call) ? 1 : block};
}

}  // namespace

Blocking choose_blocking(const contract::Call& call, std::int64_t most_rows) {
    const std::int64_t capacity = vectors_in_zone(call);
    const std::int64_t all = divide_up(std::max<std::int64_t>(most_rows, 1), call.rows_per_vector);
    const std::int64_t to_overlap = divide_up(all, kBlocksToOverlap);
    const std::int64_t wanted = std::min({std::max(to_overlap, least_vectors(call)), all, capacity, kMostVectors});
    const std::int64_t most_in_batch = call.has_strips() ? 1 : std::int64_t{contract::kMaxVectorsPerBatch};
    const std::int64_t batch =
        choose_batch(std::min(most_in_batch, wanted), all, count_segments(call) * vector_stride(call));
    const std::int64_t batches = !is_resident(call) ? 1 : std::min(divide_up(wanted, batch), capacity / batch);
    return make_blocking(call, batch, batches * batch);
}

Blocking smallest_blocking(const contract::Call& call) { return make_blocking(call, 1, 1); }

}  // namespace layernorm_fused_rm
