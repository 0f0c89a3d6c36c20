// SPDX-License-Identifier: Apache-2.0
// Of rows that several cores share: the exchange of their sums, each core's columns, what one does for all.
#include "contract.hpp"
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

namespace contract = layernorm_fused_rm::contract;
using layernorm_fused_rm::Plan;

[[nodiscard]] std::vector<Mutation> exchange_mutations() {
    return {
        {"partial sums not waited for", "Team::send", "cb_wait_front(kPartial, 1);", "", kSliced},
        {"room for the next sums not reserved", "Team::send", "cb_reserve_back(kJoined, kJoinedPages);", "", kSliced},
        {"partial sums to another slice's place", "Team::send", "own_slice() * kPartialBytes",
         "(own_slice() ^ 1) * kPartialBytes", kSliced},
        {"all slices' sums to one place", "Team::send", "own_slice() * kPartialBytes", "0 * kPartialBytes", kSliced},
        {"half of the partial sums", "Team::send", "get_noc_addr(place), kPartialBytes",
         "get_noc_addr(place), kPartialBytes / 2", kSliced},
        {"news before the sums", "Team::send",
         "Writes::move_elsewhere(get_noc_addr(x, y, place), partial); noc_semaphore_inc(get_noc_addr(x, y, "
         "arrived_address), 1);",
         "noc_semaphore_inc(get_noc_addr(x, y, arrived_address), 1); Writes::move_elsewhere(get_noc_addr(x, y, place), "
         "partial);",
         kSliced},
        {"sums sent while those before are there", "Team::send", "Writes::wait(Writes::is_free());", "", kSliced},
        {"sums sent and not counted", "Team::send", "Writes::count(kSlices);", "", kSliced},
        {"sums sent to the same core again", "Team::send", "Writes::move_elsewhere(get_noc_addr(x, y, place),",
         "Writes::move(static_cast<uint32_t>(get_noc_addr(x, y, place)),", kSliced},
        {"news of no sums", "Team::send", "noc_semaphore_inc(get_noc_addr(x, y, arrived_address), 1);", "", kSliced},
        {"partial sums popped before they have left", "Team::send", "noc_async_writes_flushed();", "", kSliced},
        {"partial sums not popped", "Team::send", "cb_pop_front(kPartial, 1);", "", kSliced},
        {"one slice's sums not waited for", "Team::collect",
         "noc_semaphore_wait(semaphore_pointer(arrived()), kSlices)",
         "noc_semaphore_wait_min(semaphore_pointer(arrived()), kSlices - 1)", kSliced},
        {"the count of sums left", "Team::collect", "noc_semaphore_set(semaphore_pointer(arrived()), 0);", "", kSliced},
        {"one semaphore for all exchanges", "Team::collect", "is_odd_ = !is_odd_;", "", kSlicedTurns},
        {"joined sums not pushed", "Team::collect", "cb_push_back(kJoined, 1);", "", kSliced},
        {"an exchange left out", "Team::exchange", "i < kExchangesPerBatch", "i + 1 < kExchangesPerBatch", kSliced},
        {"the first batch exchanged twice", "Team::exchange_ahead", "is_ahead_ = true;", "", kSliced},
        {"gamma and beta not asked for meanwhile", "Team::exchange_ahead", "send(); meanwhile();", "send();",
         kSlicedPlain},
        {"later batches not exchanged", "Team::exchange_for_batch", "is_ahead_ = false;", "", kSlicedTurns},
        {"atomics not waited for at the end", "writer::kernel_main", "noc_async_atomic_barrier();", "", kSlicedPlain},
        {"a team's members counted from the second", "Team::for_each_member", "+ 2 * slice", "+ 2", kSliced},
    };
}

[[nodiscard]] std::vector<Mutation> compute_of_slices() {
    return {
        {"partial sums stored elsewhere", "exchange_sums", "MATH((sfpu::issue<StoreLevel>()));",
         "MATH((point_sfpu_at(zone_row(0) + kChunkRows))); MATH((sfpu::issue<StoreLevel>()));", kSliced},
        {"exchange's zone not acquired", "hand_over", "tensix::acquire_zone();", "", kSlicedTurns},
        {"exchange's zone not committed", "hand_over", "tensix::commit_zone();", "", kSliced},
        {"exchange's zone not waited for", "hand_over", "tensix::wait_zone();", "", kSliced},
        {"exchange's zone not released", "hand_over", "tensix::release_zone();", "", kSliced},
        {"joined sums to the zone that is packed", "hand_over", "state.zone ^= 1;", "", kSliced},
        {"joined sums not waited for", "exchange_sums", "cb_wait_front(kJoined, 1);", "", kSliced},
        {"joined sums not popped", "exchange_sums", "cb_pop_front(kJoined, 1);", "", kSliced},
        {"the last slice's sums not unpacked", "exchange_sums", "kSlices * kVectorsPerBatch",
         "(kSlices - 1) * kVectorsPerBatch", kSliced},
        {"slices' sums not joined", "exchange_sums", "MATH((sfpu::issue<JoinSlices>()));", "", kSliced},
        {"a slice's sums joined twice", "join_slices", "slice * rows + row", "(is_last ? 0 : slice) * rows + row",
         kSliced},
        {"a slice's sums left out", "join_slices", "if (left % 2 != 0) {", "if (left % 2 != 0 && slice != 1) {",
         kSliced},
        {"no exchange before centres and deviations", "StreamedBlock::find", "exchange_sums(state);", "", kSliced},
        {"shifts not exchanged", "find_shifts", "exchange_sums(state);", "", kSlicedShifted},
        {"each slice's own first element", "find_shifts", "own_slice() == 0", "true", kSlicedShifted},
        {"another slice's first element", "find_shifts", "own_slice() == 0", "own_slice() == 1", kSlicedShifted},
        {"shifts not given to the exchange", "find_shifts", "MATH((sfpu::issue<GiveShift>()));", "", kSlicedShifted},
        {"shifts not taken from the exchange", "find_shifts", "MATH((sfpu::issue<TakeShift>()));", "", kSlicedShifted},
        {"gamma and beta of the first slice", "fill_affine_segment", "first_affine_column() + segment", "segment",
         kSliced},
        {"each core's own gamma and beta looked for behind others'", "first_affine_column",
         "kSharesAffine ? first_column() : 0", "first_column()", kSlicedRows},
        {"statistics not handed over", "normalise_streamed_block", "kHandsOverStatistics", "kReturnsStatistics",
         kSlicedPlain},
    };
}

[[nodiscard]] std::vector<Mutation> columns_of_slices() {
    return {
        {"every core reads the first slice", "read_rows", "segment_of_row(segment)", "segment", kSliced},
        {"every core writes the first slice", "write_output", "segment = segment_of_row(segment);", "", kSliced},
        {"every core writes the first slice's sum", "write_step", "segment_of_row(segment)", "segment", kSlicedShifted},
        {"the first slice redone by all", "RowFeed::push_scaled", "segment_of_row(segment)", "segment", kSlicedRedone},
        {"the first slice written again by all", "write_redone_step", "segment_of_row(segment)", "segment",
         kSlicedRedone},
        {"statistics written by every core", "write_statistics", "own_slice() != 0", "false", kSliced},
        {"statistics written by none", "write_statistics", "own_slice() != 0", "true", kSliced},
        {"rows that overflow looked for in a core's own output", "write_output", "segment == 0 && !kIsSliced",
         "segment == 0", kSlicedRedone},
        {"deviations not looked at", "write_rows", "list.look_at(block, get_read_ptr(kStatistics));", "",
         kSlicedRedone},
        {"means looked at", "RedoList::carry_if_special", "contract::rstd_offset", "contract::mean_offset",
         kSlicedRedone},
        {"redone rows not exchanged", "redo_rows", "team.exchange_for_batch();", "", kSlicedRedone},
        {"redone rows exchanged before they are brought", "redo_rows", "step + 1 == kSegments",
         "step == 0 && kSegments > 1", kSlicedRedone},
        {"every core reads the first slice of gamma and beta", "request_affine", "start_reading_affine(own_columns());",
         "start_reading_affine(Columns{0, kWidth});", kSlicedRows},
        {"half of gamma and beta multicast", "multicast", "kAffineElements * kLayout", "kWidth * kLayout", kSliced},
    };
}

[[nodiscard]] Mutation on_plan(const char* name, std::function<void(Plan&)> change) {
    return {.name = name, .kind = kSliced, .plan = {.plan = std::move(change), .layout = {}}};
}

[[nodiscard]] std::vector<Mutation> plans_of_slices() {
    return {
        on_plan("two cores with the same slice",
                [](Plan& plan) {
                    for (auto& words : plan.core_arguments) {
                        words.at(contract::team_slot(contract::TeamArgument::kSlice)) = 0;
                    }
                }),
        on_plan("a team with a core of another",
                [](Plan& plan) { std::swap(plan.cores[0].team, plan.cores.back().team); }),
    };
}

}  // namespace

std::vector<Mutation> slice_mutations() {
    std::vector<Mutation> all;
    for (const auto& some : {exchange_mutations(), compute_of_slices(), columns_of_slices(), plans_of_slices()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
