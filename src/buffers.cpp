#include "buffers.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>

#include "contract.hpp"
#include "error.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Buffer;

constexpr std::int64_t kBytesPerChunk = std::int64_t{contract::kElementsPerChunk} * contract::kBytesPerBfloat16;

// How much of the row buffers is room to work ahead. Resident rows: input blocks being read, waiting, being computed.
// Streamed rows: a block stays until its last pass, and the next one is read meanwhile where there is room for two.
struct Depth {
    std::int64_t input_blocks = 0;
    std::int64_t output_steps = 0;
    std::int64_t steps_in_flight = 0;
};

// Reads under way hide the latency of DRAM: six of 6 KB a core brought 1024 x 1024 from 17,659 simulated cycles (two
// under way) to 15,887; eight input blocks hold them beside what waits and what is computed (docs/design.md, ladder).
constexpr std::int64_t kStepsInFlight = 6;

[[nodiscard]] std::array<Depth, 2> depths(std::int64_t segments) {
    if (segments == 1) {
        return {{{.input_blocks = 8, .output_steps = 4, .steps_in_flight = kStepsInFlight},
                 {.input_blocks = 2, .output_steps = 2, .steps_in_flight = 2}}};
    }
    return {{{.input_blocks = 2, .output_steps = 4, .steps_in_flight = std::min(kStepsInFlight, segments)},
             {.input_blocks = 1, .output_steps = 2, .steps_in_flight = 1}}};
}

// One row a block at the least depth: a streamed row once, two chunks of output, gamma and beta.
constexpr std::int64_t kLeastRows = 3;
constexpr std::int64_t kLeastOutputChunks = 2;

[[nodiscard]] std::vector<CircularBuffer> make_buffers(std::int64_t width, const Blocking& blocking, Depth depth) {
    const std::int64_t vector_bytes = round_up(width, contract::kElementsPerChunk) * contract::kBytesPerBfloat16;
    const auto index = [](Buffer buffer) { return static_cast<std::uint32_t>(buffer); };
    return {
        {index(Buffer::kInput), "input rows", blocking.page_bytes, depth.input_blocks * blocking.pages_per_block(),
         "reader", "compute"},
        {index(Buffer::kGamma), "gamma", vector_bytes, 1, "reader", "compute"},
        {index(Buffer::kBeta), "beta", vector_bytes, 1, "reader", "compute"},
        {index(Buffer::kOutput), "output rows", blocking.page_bytes, depth.output_steps * blocking.pages_per_step,
         "compute", "writer"},
    };
}

[[nodiscard]] Buffers lay_out(std::int64_t width, const Blocking& blocking, Depth depth) {
    Buffers result{.blocking = blocking,
                   .buffers = make_buffers(width, blocking, depth),
                   .steps_in_flight = depth.steps_in_flight};
    for (const CircularBuffer& buffer : result.buffers) {
        result.bytes += buffer.bytes();
    }
    return result;
}

// In order of preference.
[[nodiscard]] std::array<Buffers, 4> choices(std::int64_t width, std::int64_t most_rows) {
    const Blocking preferred = choose_blocking(width, most_rows);
    const Blocking smallest = smallest_blocking(width);
    const auto [ample, least] = depths(preferred.segments);
    return {lay_out(width, preferred, ample), lay_out(width, preferred, least), lay_out(width, smallest, ample),
            lay_out(width, smallest, least)};
}

// Of streamed rows; resident ones need kLeastRows + 3 chunks at most, as much as two streamed segments.
[[nodiscard]] std::int64_t largest_width(std::int64_t budget_bytes) {
    const std::int64_t chunks = budget_bytes / kBytesPerChunk;
    const std::int64_t streamed = (chunks - kLeastOutputChunks) / kLeastRows;
    const std::int64_t resident = chunks >= kLeastRows + 3 ? 1 : 0;
    return std::max(streamed >= 2 ? streamed : 0, resident) * contract::kElementsPerChunk;
}

void check_width_fits(std::int64_t width, std::int64_t budget_bytes) {
    const std::int64_t largest = largest_width(budget_bytes);
    if (width <= largest) {
        return;
    }
    const std::string remedy = largest == 0 ? "free L1 on the device" : "pass narrower rows";
    refuse("input rows have " + std::to_string(width) + " elements, but the " + std::to_string(budget_bytes) +
           " bytes of L1 for circular buffers hold rows of at most " + std::to_string(largest) + " elements; " +
           remedy);
}

}  // namespace

Buffers fit_buffers(std::int64_t width, std::int64_t most_rows, std::int64_t budget_bytes) {
    check_width_fits(width, budget_bytes);
    const std::array<Buffers, 4> all = choices(width, most_rows);
    const auto* const fitting =
        std::ranges::find_if(all, [=](const Buffers& choice) { return choice.bytes <= budget_bytes; });
    // The last choice needs kLeastRows rows of whole chunks, which check_width_fits has made sure of.
    assert(fitting != all.end());
    return *fitting;
}

}  // namespace layernorm_fused_rm
