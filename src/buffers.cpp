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

// Input blocks: one filled, one waiting, one computed. Two of each still overlap, fewer would serialise the kernels.
constexpr std::int64_t kInputPages = 3;
constexpr std::int64_t kLeastInputPages = 2;
constexpr std::int64_t kOutputPages = 2;

constexpr std::int64_t kBytesPerChunk = std::int64_t{contract::kElementsPerChunk} * contract::kBytesPerBfloat16;

// With one row a block every page is one row of whole chunks: two of input, two of output, gamma and beta.
constexpr std::int64_t kLeastRows = kLeastInputPages + kOutputPages + 2;

[[nodiscard]] std::vector<CircularBuffer> make_buffers(const Blocking& blocking, std::int64_t input_pages) {
    const std::int64_t block_bytes = blocking.block_stride_bytes;
    const std::int64_t row_bytes =
        round_up(blocking.row_stride_elements, contract::kElementsPerChunk) * contract::kBytesPerBfloat16;
    const auto index = [](Buffer buffer) { return static_cast<std::uint32_t>(buffer); };
    return {
        {index(Buffer::kInput), "input rows", block_bytes, input_pages, "reader", "compute"},
        {index(Buffer::kGamma), "gamma", row_bytes, 1, "reader", "compute"},
        {index(Buffer::kBeta), "beta", row_bytes, 1, "reader", "compute"},
        {index(Buffer::kOutput), "output rows", block_bytes, kOutputPages, "compute", "writer"},
    };
}

[[nodiscard]] Buffers lay_out(const Blocking& blocking, std::int64_t input_pages) {
    Buffers result{.blocking = blocking, .buffers = make_buffers(blocking, input_pages)};
    for (const CircularBuffer& buffer : result.buffers) {
        result.bytes += buffer.bytes();
    }
    return result;
}

// In order of preference.
[[nodiscard]] std::array<Buffers, 4> choices(std::int64_t width, std::int64_t most_rows) {
    const Blocking preferred = choose_blocking(width, most_rows);
    const Blocking smallest = smallest_blocking(width);
    return {lay_out(preferred, kInputPages), lay_out(preferred, kLeastInputPages), lay_out(smallest, kInputPages),
            lay_out(smallest, kLeastInputPages)};
}

[[nodiscard]] std::int64_t largest_width(std::int64_t budget_bytes) {
    return budget_bytes / (kLeastRows * kBytesPerChunk) * contract::kElementsPerChunk;
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
