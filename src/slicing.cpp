// SPDX-License-Identifier: Apache-2.0
#include "slicing.hpp"

#include <algorithm>

#include "buffers.hpp"
#include "device.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Call;

// Simulated, Wormhole (docs/design.md, ladder): a segment of a row, or of a strip, from its first read to its last
// write, beside those before it; an exchange of sums, and what each core adds to it that they are sent to; what else a
// program takes whose cores share rows.
constexpr std::int64_t kCyclesPerSegmentOfRow = 650;
constexpr std::int64_t kCyclesPerSegmentOfStrip = 1300;
constexpr std::int64_t kCyclesPerExchange = 150;
constexpr std::int64_t kCyclesPerReceiver = 60;
constexpr std::int64_t kCyclesOfSharing = 800;

// Elements of a piece of a sum.
[[nodiscard]] std::int64_t piece_elements(const Call& call) {
    return contract::columns_per_chunk(call.rows_per_vector);
}

[[nodiscard]] Call sliced(Call call, std::int64_t slices) {
    call.width_elements = to_word(call.row_elements() / slices);
    call.slices = to_word(slices);
    return call;
}

// Whether rows may be cut at all. Of several that are no strips two exchanges take as long as they save, and gamma and
// beta come to all cores late (docs/design.md, ladder). In L1 rows stay with the cores that hold them. Stats are those of
// all that a chip has of a row.
[[nodiscard]] bool may_be_cut(const Call& call, std::int64_t rows, BufferType memory) {
    return rows != 0 && !call.tells_stats() && (call.has_strips() || (rows == 1 && memory == BufferType::kDram));
}

// Rows, or strips, that the busiest of so many teams takes.
[[nodiscard]] std::int64_t count_rounds(const Call& call, std::int64_t rows, std::int64_t teams) {
    return divide_up(rows / (call.has_strips() ? contract::kRowsPerStrip : 1), teams);
}

}  // namespace

std::int64_t estimate_cycles(const Call& call, std::int64_t rounds, std::int64_t slices) {
    const std::int64_t segments = divide_up(call.row_elements() / slices, piece_elements(call));
    const std::int64_t segment = call.has_strips() ? kCyclesPerSegmentOfStrip : kCyclesPerSegmentOfRow;
    const std::int64_t exchange =
        slices > 1 && !call.has_parts() ? kCyclesPerExchange + slices * kCyclesPerReceiver : 0;
    return rounds * (segments * segment + contract::count_exchanges(call.centring) * exchange) +
           (slices > 1 ? kCyclesOfSharing : 0);
}

std::vector<std::int64_t> possible_slices(const Call& call, std::int64_t cores) {
    std::vector<std::int64_t> possible{1};
    const std::int64_t most = std::min<std::int64_t>(cores, contract::kMaxSlices);
    for (std::int64_t elements = piece_elements(call); elements < call.row_elements(); elements *= 2) {
        const std::int64_t slices = call.row_elements() / elements;
        if (call.row_elements() % elements == 0 && slices <= most) {
            possible.push_back(slices);
        }
    }
    return possible;
}

void slice_rows(Call& call, std::int64_t rows, BufferType memory, const Device& device) {
    if (!may_be_cut(call, rows, memory)) {
        return;
    }
    // Estimates are rough, and DRAM is none of their matter: it has to pay by an eighth.
    const std::int64_t cores = core_count(device);
    std::int64_t best = 1;
    std::int64_t least = estimate_cycles(call, count_rounds(call, rows, cores), 1) * 7 / 8;
    for (const std::int64_t slices : possible_slices(call, cores)) {
        const std::int64_t rounds = count_rounds(call, rows, cores / slices);
        const std::int64_t cycles = estimate_cycles(call, rounds, slices);
        const Call wanted = sliced(call, slices);
        if (cycles < least && keeps_rows(wanted, rounds * call.rows_per_vector, device.l1_bytes)) {
            best = slices;
            least = cycles;
        }
    }
    call = sliced(call, best);
}

}  // namespace layernorm_fused_rm
