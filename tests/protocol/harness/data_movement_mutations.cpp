// SPDX-License-Identifier: Apache-2.0
#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> piece_mutations() {
    return {
        {"gamma read in place of beta", "start_reading", "tensor_address(vector.tensor)",
         "tensor_address(Tensor::kGamma)"},
        {"a piece less of a vector", "for_each_piece", "piece * layout", "(piece + 1) * layout", kRichResident},
        {"a piece too many of a vector", "for_each_piece", "< columns.last", "<= columns.last + layout.piece_elements",
         kReadAgain},
        {"pieces of a page side by side", "TensorLayout::offset_of", "piece_stride_bytes",
         "piece_elements * element_bytes", kRichResident},
        {"short pieces of all pages from the first", "start_reading_short_pieces", "pages.go_on();", "", kRichResident},
        {"a page for each short piece", "start_reading_short_pieces", "offset != 0", "false", kRichResident},
        {"short pieces of a page from its start", "start_reading_short_pieces", "in_bank + offset", "in_bank",
         kRichResident},
        {"short pieces read while those before are on their way", "start_reading_short_pieces", "Reads::wait(is_free);",
         "", kRichResident},
        {"a short piece not counted", "start_reading_short_pieces", "Reads::count(commands)",
         "Reads::count(commands - 1)", kRichResident},
        {"short pieces of a segment from the vector's first page", "start_reading_short_pieces",
         "layout.page_of(first_piece)", "0", kReadAgain},
        {"pieces over each other", "for_each_piece", "before + (piece - first_piece) * layout.piece_bytes()", "before",
         kRichResident},
        {"pieces counted from the vector's start", "for_each_piece", "(piece - first_piece)", "piece", kReadAgain},
        {"last chunk of a vector read whole", "start_reading_chunks", "left < layout.piece_bytes() ? left :", "",
         kRichStreamed},
        {"pages in one bank", "Distribution::bank_of", "row % banks", "0", kRichResident},
        {"vectors read short", "start_reading_chunks", "left < layout.piece_bytes() ?",
         "left < layout.piece_bytes() ? left - 32 : true ?"},
        {"short pieces read to where they belong", "place_to_read_to", "(offset & kWithin) == (at & kWithin)", "true",
         kShortPieces},
        {"short pieces read over those that belong there", "place_to_read_to", "kSecondHalf +", "", kShortPieces},
        {"short pieces left where they were read to", "move_read", "from != at", "false", kShortPieces},
        {"short pieces moved before they are there", "finish_reading_own", "noc_async_read_barrier();", "",
         kShortPieces},
        {"short pieces passed on before they are moved", "move_read", "noc_async_read_barrier();", "", kShortPieces},
        {"gamma beneath a pair's first row only", "start_reading", "kAffineCopies", "1", kPaired},
        {"gamma of both rows of a pair at one place", "for_each_piece", "row * stride_bytes(layout)", "0", kPaired},
        {"pairs' statistics side by side elsewhere", "mean_offset", "(kElementsPerVectorPair / rows_per_vector)",
         "kElementsPerVectorPair", kPaired},
        {"vectors never pushed", "layernorm_fused_rm::push", "cb_push_back(vector.buffer, 1);", ""},
        {"beta's segment pushed twice", "finish_reading_affine", "push<kBetaVector>();",
         "push<kBetaVector>(); push<kBetaVector>();", kReadAgain},
        {"barrier of a vectors' segment removed", "finish_reading_affine", "noc_async_read_barrier();", "", kReadAgain},
        {"vectors' segment read from the start", "bring_affine_segment", "segment * kColumnsPerChunk", "0", kReadAgain},
        {"gamma's segment not reserved", "start_reading_affine", "reserve<kGammaVector>();", "", kReadAgain},
        {"beta's segment not pushed", "finish_reading_affine", "push<kBetaVector>();", "", kReadAgain},
    };
}

[[nodiscard]] std::vector<Mutation> sharing_mutations() {
    return {
        {"a source multicasts before it has read", "finish_reading_own", "noc_async_read_barrier();", "", kMulticast},
        {"a core receives without room", "prepare_to_receive", "reserve<vector>();", "", kMulticast},
        {"a source receives what is its own", "receive", "!own.is_source<vector>()", "true", kMulticast},
        {"nobody shares beta out", "for_own_share", "beta(own.index);", "", kMulticast},
        {"what comes is not waited for", "receive", "noc_semaphore_wait(arrived, 1);", "", kMulticast},
        {"semaphore of what has come not put back", "receive", "noc_semaphore_set(arrived, 0);", "", kMulticast},
        {"beta's news waited for as gamma's", "receive", "semaphore_pointer(vector.arrived)",
         "semaphore_pointer(kGammaVector.arrived)", kMulticast},
        {"news multicast before it is set", "multicast", "noc_semaphore_set(arrived, 1);", "", kMulticast},
        {"news multicast before the vector", "multicast",
         "noc_async_write_multicast(page, cores + page, kAffineElements * kLayout<vector>.element_bytes, receivers); "
         "noc_semaphore_set_multicast(arrived_address, cores + arrived_address, receivers);",
         "noc_semaphore_set_multicast(arrived_address, cores + arrived_address, receivers); "
         "noc_async_write_multicast(page, cores + page, kAffineElements * kLayout<vector>.element_bytes, receivers);",
         kMulticast},
        {"news not flushed before they are taken back", "multicast", "noc_async_writes_flushed();", "", kMulticast},
        {"multicast to one too many", "multicast", "element_bytes, receivers", "element_bytes, receivers + 1",
         kMulticast},
        {"multicast an element short", "multicast", "kAffineElements", "(kAffineElements - 1)", kMulticast},
        {"vector not multicast", "multicast",
         "noc_async_write_multicast(page, cores + page, kAffineElements * kLayout<vector>.element_bytes, receivers);",
         "", kMulticast},
        {"the rectangle of the other NoC", "everywhere",
         "common_argument(DataMovementArgument::kLastX), common_argument(DataMovementArgument::kLastY), "
         "common_argument(DataMovementArgument::kFirstX), common_argument(DataMovementArgument::kFirstY)",
         "common_argument(DataMovementArgument::kFirstX), common_argument(DataMovementArgument::kFirstY), "
         "common_argument(DataMovementArgument::kLastX), common_argument(DataMovementArgument::kLastY)",
         kMulticast},
        {"the rectangle begins and ends with its first column", "everywhere", "DataMovementArgument::kLastX",
         "DataMovementArgument::kFirstX", kMulticast},
        {"a source does not push its own", "multicast", "push<vector>();", "", kMulticast},
        {"a source starts to read late", "request_affine",
         "for_own_share(own, start_reading_own<kGammaVector>, start_reading_own<kBetaVector>);", "", kMulticast},
        {"a source reads without room", "start_reading_own", "reserve<vector>();", "", kMulticast},
        // Read by helpers.
        {"a source does not wait for its helpers", "multicast", "noc_semaphore_wait(read, kSharesReadByOthers);", "",
         kHelped},
        {"a source waits for one helper less", "multicast", "noc_semaphore_wait(read, kSharesReadByOthers);",
         "noc_semaphore_wait_min(read, kSharesReadByOthers - 1);", kHelped},
        {"what helpers have told not put back", "multicast", "noc_semaphore_set(read, 0);", "", kHelped},
        {"every helper reads the first share", "columns_of_share", "index * kAffineShareElements", "0", kHelped},
        {"the last share is as long as the others", "columns_of_share", "last < kRowElements ? last : kRowElements",
         "last", kHelpedUnevenly},
        {"a helper's share at the page's start", "columns_of_share", "kRowElements, first}", "kRowElements, 0}",
         kHelped},
        {"a helper sends from the page's start", "send_to_source", "columns.before * ", "0 * ", kHelped},
        {"a helper sends a share an element short", "send_to_source", "(columns.last - columns.first)",
         "(columns.last - columns.first - 1)", kHelped},
        {"a helper sends before it has read", "finish_reading_own", "noc_async_read_barrier();", "", kHelped},
        {"a helper counts twice", "send_to_source", "kVectorRead)), 1);", "kVectorRead)), 2);", kHelped},
        {"a helper does not tell", "send_to_source",
         "noc_semaphore_inc(at_source<vector>(semaphore_address(Semaphore::kVectorRead)), 1);", "", kHelped},
        {"a helper sends nothing", "send_to_source",
         "noc_async_write(place, at_source<vector>(place), (columns.last - columns.first) * "
         "kLayout<vector>.element_bytes);",
         "", kHelped},
        {"gamma's source for both", "at_source", "vector.source", "DataMovementArgument::kGammaSource", kHelped},
        {"a helper takes itself for a source", "share", "kAffineShares == 1 || index == 0", "true", kHelped},
        {"beta's shares counted behind gamma's", "own_share", "share - kAffineShares", "share", kHelped},
        {"gamma's helpers take themselves for beta's", "own_share", "share < kAffineShares", "share == 0", kHelped},
        {"a helper does not receive", "OwnShare::is_source", "&& index == 0", "", kHelped},
        {"a helper's atomics not waited for at the end", "writer::kernel_main", "|| kAffineShares > 1", "", kHelped},
        // Read by readers.
        {"a writer does not wait for its reader", "multicast", "noc_semaphore_wait(read, kSharesReadByOthers);", "",
         kReadByReader},
        {"a reader is not told that its vector was multicast", "multicast", "noc_semaphore_set(read, 0);", "",
         kReadByReader},
        {"a reader does not say that it has read", "read_for_writer", "noc_semaphore_set(read, 1);", "", kReadByReader},
        {"a reader says that it has read before it has", "finish_reading_own", "noc_async_read_barrier();", "",
         kReadByReader},
        {"a reader pushes what is still to be multicast", "read_for_writer", "noc_semaphore_wait(read, 0);", "",
         kReadByReader},
        {"a reader does not push", "read_for_writer", "push<vector>();", "", kReadByReader},
        {"no reader reads", "reader::kernel_main",
         "for_own_share(own_share(), read_for_writer<kGammaVector>, read_for_writer<kBetaVector>);", "", kReadByReader},
        {"readers and writers read", "request_affine", "!kReadersReadAffine", "true", kReadByReader},
    };
}

[[nodiscard]] std::vector<Mutation> writer_mutations() {
    return {
        {"writer waits for one page more", "wait_for_output", "kPagesPerStep", "kPagesPerStep + 1"},
        {"writer does not wait", "wait_for_output", "cb_wait_front(kOutput, kPagesPerStep);", ""},
        {"output pop dropped", "pop_step", "cb_pop_front(kOutput, kPagesPerStep);", ""},
        {"flush removed", "pop_step", "noc_async_writes_flushed();", ""},
        {"pop before the flush", "pop_step", "noc_async_writes_flushed(); cb_pop_front(kOutput, kPagesPerStep);",
         "cb_pop_front(kOutput, kPagesPerStep); noc_async_writes_flushed();"},
        {"write barrier at the end removed", "writer::kernel_main", "noc_async_write_barrier();", ""},
        {"gamma and beta never brought", "writer::kernel_main", "receive_affine();", ""},
        {"gamma and beta brought behind the rows", "writer::kernel_main",
         "request_affine(); team.exchange_ahead([] {}); } receive_affine(); } write_rows(team);",
         "} } write_rows(team); if constexpr (kHasAffine && !kReadsAgain) { request_affine(); receive_affine(); }"},
        {"gamma and beta never asked for", "writer::kernel_main", "request_affine();", ""},
        {"a segment of gamma and beta brought late", "write_rows",
         "bring_affine_of_step(segment); write_step(block, segment, addresses, list, [&]",
         "write_step(block, segment, addresses, list, [] {}); bring_affine_of_step(segment); (void)([&]", kReadAgain},
        {"the first segment of gamma and beta for all", "bring_affine_of_step", "bring_affine_segment(segment)",
         "bring_affine_segment(0)", kReadAgain},
        {"sum not waited for", "wait_for_sum", "cb_wait_front(kSum, kPagesPerStep);", "", kRichResident},
        {"sum not popped", "pop_step", "cb_pop_front(kSum, kPagesPerStep);", "", kRichResident},
        {"sum popped before the flush", "pop_step", "noc_async_writes_flushed();",
         "if constexpr (kSumTensor.is_there()) { cb_pop_front(kSum, kPagesPerStep); } noc_async_writes_flushed();",
         kRichResident},
        {"sum written to the output", "write_step", "addresses.sum", "addresses.output", kRichResident},
        {"statistics not waited for", "write_statistics", "cb_wait_front(kStatistics, 1);", "", kRichResident},
        {"statistics not popped", "write_statistics", "cb_pop_front(kStatistics, 1);", "", kRichResident},
        {"statistics popped before the flush", "write_statistics", "noc_async_writes_flushed();", "", kRichResident},
        {"mean and rstd swapped", "write_statistics", "addresses.mean", "addresses.rstd", kRichResident},
        {"mean of the next row", "write_statistics", "l1_address, row_address",
         "l1_address + 2 * kFromOneToNext, row_address", kRichResident},
        {"statistics of one row for all", "write_statistics", "mean_offset(row", "mean_offset(0", kRichResident},
        {"statistics of one row missing", "write_statistics", "row = 0", "row = 1", kRichResident},
        {"eight bytes of a statistic written", "write_statistics", "contract::kBytesPerFloat32",
         "2 * contract::kBytesPerFloat32", kRichResident},
    };
}

[[nodiscard]] std::vector<Mutation> row_mutations() {
    return {
        {"one row of a block not read", "start_reading_rows", "row = 0", "row = 1"},
        {"one row of a block not written", "start_writing_rows", "row = 0", "row = 1"},
        {"wrong bank", "row_address", "<tensor>(block.bank,", "<tensor>(block.bank + 1,"},
        {"wrong memory", "bank_address", "tensor.in_dram != 0", "tensor.in_dram == 0"},
        {"rows too close in L1", "start_reading_rows", "stride_bytes(tensor)", "(stride_bytes(tensor) - 32)"},
        {"rows read 16 bytes off", "start_reading_rows", "l1_address + row", "l1_address + 16 + row"},
        {"a run reads one row too many", "start_reading_rows", "block.rows * tensor.page_bytes",
         "(block.rows + 1) * tensor.page_bytes", kMulticast},
        {"a run written one row short", "start_writing_rows", "block.rows * tensor.page_bytes",
         "(block.rows - 1) * tensor.page_bytes", kMulticast},
        {"segment offset forgotten", "start_reading_rows", "segment * tensor", "0 * tensor", kStreamed},
        {"write to the next bank", "Distribution::bank_of", "row % banks", "(row + 1) % banks", kStreamed},
        {"write to the wrong page of the bank", "Distribution::row_in_bank", "row / banks", "row / banks + 1",
         kStreamed},
        {"row numbered without its first page", "row_number", "row_at(block.bank, block.first_page + row)",
         "row_at(block.bank, row)", kStreamed},
        {"write with the wrong row stride", "start_writing_rows", "+ row * stride_bytes(tensor)", ""},
        {"write one byte too long", "start_writing_rows", "tensor.element_bytes", "tensor.element_bytes + 1",
         kRichResident},
        {"write one element short", "start_writing_rows", "tensor.element_bytes",
         "tensor.element_bytes - tensor.element_bytes", kRichResident},
        {"padding of a page written", "start_writing_rows", "segment_elements(segment) * tensor.element_bytes",
         "tensor.page_bytes", kRichResident},
        {"padding taken for no gap", "kIsOneTransfer", "tensor.page_bytes == stride_bytes(tensor) &&", ""},
        {"page as long as its row taken for granted", "kIsOneTransfer",
         "tensor.page_bytes == stride_bytes(tensor) && tensor.page_bytes == row_bytes(tensor)", "true", kRichResident},
        {"row read an element short", "start_reading_rows", "last_read_bytes<tensor>()",
         "last_read_bytes<tensor>() - 16"},
        {"padding of a page read beyond a row's room in L1", "last_read_bytes",
         "in_page < stride_bytes(tensor) ? in_page : stride_bytes(tensor)", "in_page", kPadded},
        {"another interleaving taken for the input's", "TensorLayout::distributes_like",
         "&& banks ==", "|| banks !=", kStreamed},
    };
}

[[nodiscard]] std::vector<Mutation> work_mutations() {
    return {
        {"off by one at a run's end", "for_each_block", "row < run.rows", "row + 1 < run.rows"},
        {"off by one at a run's start", "for_each_block", "run.first_page + row", "run.first_page + row + 1"},
        {"last block taken for a full one", "for_each_block", "left < kRowsPerBlock ? left : kRowsPerBlock",
         "kRowsPerBlock"},
        {"last run forgotten", "for_each_block", "index < runs", "index + 1 < runs"},
        {"a run's bank and first page swapped", "read_run", "RunArgument::kFirstPage", "RunArgument::kBank"},
        {"a run too many", "for_each_block", "index < runs", "index < runs + 1"},
        {"endless blocks", "for_each_block", "row += kRowsPerBlock", "row += 0"},
    };
}

}  // namespace

std::vector<Mutation> order_mutations() {
    return {
        {"a helper tells before it has sent", "send_to_source",
         "noc_async_write(place, at_source<vector>(place), (columns.last - columns.first) * "
         "kLayout<vector>.element_bytes); "
         "noc_semaphore_inc(at_source<vector>(semaphore_address(Semaphore::kVectorRead)), 1);",
         "noc_semaphore_inc(at_source<vector>(semaphore_address(Semaphore::kVectorRead)), 1); "
         "noc_async_write(place, at_source<vector>(place), (columns.last - columns.first) * "
         "kLayout<vector>.element_bytes);",
         kHelped},
    };
}

std::vector<Mutation> data_movement_mutations() {
    std::vector<Mutation> all;
    for (const auto& some : {reader_mutations(), piece_mutations(), sharing_mutations(), writer_mutations(),
                             redo_mutations(), row_mutations(), work_mutations()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
