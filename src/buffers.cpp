// SPDX-License-Identifier: Apache-2.0
#include "buffers.hpp"

#include <algorithm>
#include <string>

#include "contract.hpp"
#include "error.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Buffer;
using contract::Call;
using contract::Tensor;
using contract::TensorLayout;

// How much of the row buffers is room to work ahead. Resident rows: input blocks being read, waiting, being computed.
// Streamed rows: a block stays until its last pass, and the next one is read meanwhile where there is room for two; of
// a row that is read again for each pass only steps stay.
struct Depth {
    std::int64_t input_steps = 0;
    std::int64_t output_steps = 0;
    std::int64_t steps_in_flight = 0;
};

// Reads under way hide the latency of DRAM: six of 6 KB a core brought 1024 x 1024 from 17,659 simulated cycles (two
// under way) to 15,887; eight input blocks hold them beside what waits and what is computed (docs/design.md, ladder).
constexpr std::int64_t kStepsInFlight = 6;

// A strip's segment is many short reads, which take as long to start as the first of them takes to come.
constexpr std::int64_t kStepsOfStripsInFlight = 2;

[[nodiscard]] Depth ample_depth(const Call& call, std::int64_t segments) {
    if (segments == 1 && !call.shares_rows()) {
        return {.input_steps = 8, .output_steps = 4, .steps_in_flight = kStepsInFlight};
    }
    const std::int64_t in_flight = call.has_strips() ? kStepsOfStripsInFlight : kStepsInFlight;
    return {.input_steps = 2 * segments, .output_steps = 4, .steps_in_flight = std::min(in_flight, segments)};
}

[[nodiscard]] Depth least_depth(std::int64_t segments) {
    if (segments == 1) {
        return {.input_steps = 2, .output_steps = 2, .steps_in_flight = 2};
    }
    return {.input_steps = segments, .output_steps = 2, .steps_in_flight = 1};
}

constexpr Depth kDepthOfReadingAgain = {.input_steps = 4, .output_steps = 2, .steps_in_flight = 3};
constexpr std::int64_t kStatisticsPages = 2;

// Collects the buffers that there are: those without elements are not.
class Layout {
public:
    Layout(const Blocking& blocking, Depth depth) : blocking_(blocking), depth_(depth) {}

    void add_input(Buffer index, const std::string& purpose, const TensorLayout& tensor) {
        const std::int64_t pages = depth_.input_steps * blocking_.pages_per_step;
        add({index, purpose, blocking_.page_elements, pages, "reader", "compute"}, tensor.element_bytes);
    }
    void add_affine(Buffer index, const std::string& purpose, std::int64_t elements, const TensorLayout& tensor) {
        // dataflow/affine_pieces.hpp has use for a second half.
        add({index, purpose, tensor.has_short_pieces() ? 2 * elements : elements, 1, "writer", "compute"},
            tensor.element_bytes);
    }
    void add_output(Buffer index, const std::string& purpose, const TensorLayout& tensor) {
        const std::int64_t pages = depth_.output_steps * blocking_.pages_per_step;
        add({index, purpose, blocking_.page_elements, pages, "compute", "writer"}, tensor.element_bytes);
    }
    void add_statistics(const Call& call) {
        if (call.hands_over_statistics()) {
            add({Buffer::kStatistics, "statistics", contract::kElementsPerChunk, kStatisticsPages, "compute", "writer"},
                contract::kBytesPerFloat32);
        }
    }
    void add_stats(const Call& call) {
        if (call.takes_stats()) {
            add({Buffer::kStats, "stats of all chips",
                 contract::stats_page_elements(call.stats_numbers(), call.rows_per_vector), depth_.steps_in_flight,
                 "reader", "compute"},
                contract::kBytesPerFloat32);
        }
    }
    void add_exchange(const Call& call) {
        if (call.exchanges_sums()) {
            const std::int64_t elements =
                call.slices * blocking_.rows_per_batch / call.rows_per_vector * contract::kElementsPerVectorPair;
            add({Buffer::kPartial, "partial sums", contract::kElementsPerChunk, 1, "compute", "writer"},
                contract::kBytesPerFloat32);
            add({Buffer::kJoined, "sums of all slices", elements, contract::kJoinedPages, "writer", "compute"},
                contract::kBytesPerFloat32);
        }
    }
    [[nodiscard]] std::vector<CircularBuffer> take() { return std::move(buffers_); }

private:
    struct Wanted {
        Buffer index;
        std::string purpose;
        std::int64_t page_elements;
        std::int64_t pages;
        std::string producer;
        std::string consumer;
    };

    void add(const Wanted& wanted, std::int64_t element_bytes) {
        if (element_bytes != 0) {
            const DataType dtype =
                element_bytes == contract::kBytesPerFloat32 ? DataType::kFloat32 : DataType::kBfloat16;
            buffers_.push_back({static_cast<std::uint32_t>(wanted.index), wanted.purpose,
                                wanted.page_elements * element_bytes, wanted.pages, wanted.producer, wanted.consumer,
                                dtype});
        }
    }

    Blocking blocking_;
    Depth depth_;
    std::vector<CircularBuffer> buffers_;
};

[[nodiscard]] Buffers lay_out(const Call& call, const Blocking& blocking, Depth depth, bool reads_again) {
    Call in_use = call;
    in_use.reads_again = reads_again ? 1 : 0;
    Layout layout(blocking, depth);
    layout.add_input(Buffer::kInput, "input rows", call[Tensor::kInput]);
    layout.add_output(Buffer::kOutput, "output rows", call[Tensor::kOutput]);
    layout.add_affine(Buffer::kGamma, "gamma", in_use.affine_elements(), call[Tensor::kGamma]);
    layout.add_affine(Buffer::kBeta, "beta", in_use.affine_elements(), call[Tensor::kBeta]);
    layout.add_input(Buffer::kResidual, "residual rows", call[Tensor::kResidual]);
    layout.add_output(Buffer::kSum, "sum rows", call[Tensor::kSum]);
    layout.add_statistics(call);
    layout.add_exchange(call);
    layout.add_stats(call);
    Buffers result{.blocking = blocking,
                   .buffers = layout.take(),
                   .input_pages = depth.input_steps * blocking.pages_per_step,
                   .steps_in_flight = depth.steps_in_flight,
                   .reads_again = reads_again};
    for (const CircularBuffer& buffer : result.buffers) {
        result.bytes += buffer.bytes();
    }
    return result;
}

// In order of preference. What cores share is never read again.
[[nodiscard]] std::vector<Buffers> choices(const Call& call, std::int64_t most_rows) {
    const Blocking preferred = choose_blocking(call, most_rows);
    const Blocking smallest = smallest_blocking(call);
    const Depth ample = ample_depth(call, preferred.segments);
    const Depth least = least_depth(preferred.segments);
    std::vector<Buffers> all = {lay_out(call, preferred, ample, false), lay_out(call, preferred, least, false),
                                lay_out(call, smallest, ample, false), lay_out(call, smallest, least, false)};
    if (preferred.segments > 1 && !call.shares_rows()) {
        all.push_back(lay_out(call, preferred, kDepthOfReadingAgain, true));
        all.push_back(lay_out(call, smallest, kDepthOfReadingAgain, true));
    }
    return all;
}

}  // namespace

bool keeps_rows(const contract::Call& call, std::int64_t most_rows, std::int64_t budget_bytes) {
    return std::ranges::any_of(choices(call, most_rows), [=](const Buffers& choice) {
        return choice.bytes <= budget_bytes && !choice.reads_again;
    });
}

Buffers fit_buffers(const contract::Call& call, std::int64_t most_rows, std::int64_t budget_bytes) {
    std::vector<Buffers> all = choices(call, most_rows);
    const auto fitting = std::ranges::find_if(all, [=](const Buffers& choice) { return choice.bytes <= budget_bytes; });
    if (fitting == all.end()) {
        refuse("rows of " + std::to_string(call.width_elements) + " elements need " + std::to_string(all.back().bytes) +
               " bytes of each core's L1 for circular buffers, but " + std::to_string(budget_bytes) +
               " are free below the tensors that lie in L1; deallocate some of them, or move them to DRAM with "
               "ttnn.to_memory_config(tensor, ttnn.DRAM_MEMORY_CONFIG)");
    }
    return *fitting;
}

}  // namespace layernorm_fused_rm
