#include "harness/mutation_list.hpp"

namespace protocol {
namespace {

[[nodiscard]] std::vector<Mutation> reader_mutations() {
    const std::string file = "reader.cpp";
    return {
        {"input push dropped", file, "cb_push_back(kInput, kPagesPerStep);", ""},
        {"input pushed a page short", file, "cb_push_back(kInput, kPagesPerStep);",
         "cb_push_back(kInput, kPagesPerStep - 1);"},
        {"input reserve dropped", file, "cb_reserve_back(kInput, (under_way_ + 1) * kPagesPerStep);", ""},
        {"input reserved for one step only", file, "cb_reserve_back(kInput, (under_way_ + 1) * kPagesPerStep);",
         "cb_reserve_back(kInput, kPagesPerStep);"},
        {"read barrier removed", file,
         "noc_async_read_barrier_with_trid(kFirstStepId + (next_ - under_way_) % kStepsInFlight);", ""},
        {"barrier of the newest step instead of the oldest", file, "(next_ - under_way_) % kStepsInFlight",
         "(next_ - 1) % kStepsInFlight"},
        {"transaction id of the other step", file, "noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);",
         "noc_async_read_set_trid(kFirstStepId + (next_ + 1) % kStepsInFlight);"},
        {"a step's slot never changes", file, "next_ % kSlots * kPagesPerStep", "0 * kPagesPerStep"},
        {"a step's slot is the next one", file, "next_ % kSlots * kPagesPerStep",
         "(next_ + 1) % kSlots * kPagesPerStep"},
        {"last steps never finished", file, "while (steps.under_way() != 0) {", "while (steps.under_way() > 1) {"},
        {"one row of a block not read", file, "for (uint32_t row = 0; row < block.rows; ++row) {",
         "for (uint32_t row = 1; row < block.rows; ++row) {"},
        {"wrong bank read", file, "(block.bank, first + row * kInputPageBytes)",
         "(block.bank + 1, first + row * kInputPageBytes)"},
        {"wrong memory read", file, "get_noc_addr_from_bank_id<kInputInDram>(block.bank, first + row",
         "get_noc_addr_from_bank_id<!kInputInDram>(block.bank, first + row"},
        {"rows too close in L1", file, "l1_address + row * kRowStrideBytes, segment_bytes",
         "l1_address + row * (kRowStrideBytes - 32), segment_bytes"},
        {"rows read 16 bytes off", file, "l1_address + row * kRowStrideBytes, segment_bytes",
         "l1_address + 16 + row * kRowStrideBytes, segment_bytes"},
        {"a run reads one row too many", file, "block.rows * kInputPageBytes);",
         "(block.rows + 1) * kInputPageBytes);"},
        {"segment offset forgotten", file, "block.first_page * kInputPageBytes + segment_offset(segment);",
         "block.first_page * kInputPageBytes;"},
        {"vectors pushed with every step", file, "vectors_are_pushed = true;", ""},
        {"transaction id left behind", file, "noc_async_read_set_trid(0);", ""},
        {"transaction ids beyond 15", file, "noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);",
         "noc_async_read_set_trid(kFirstStepId + next_);"},
        {"atomic barrier removed", file, "noc_async_atomic_barrier();", ""},
    };
}

[[nodiscard]] std::vector<Mutation> vector_mutations() {
    const std::string file = "vectors.hpp";
    return {
        {"gamma never pushed", file, "cb_push_back(kGamma, 1);", ""},
        {"beta pushed twice", file, "cb_push_back(kBeta, 1);", "cb_push_back(kBeta, 1); cb_push_back(kBeta, 1);"},
        {"gamma read in place of beta", file, "common_argument(ReaderArgument::kBetaAddress)",
         "common_argument(ReaderArgument::kGammaAddress)"},
        {"barrier of gamma and beta removed", file, "noc_async_read_barrier_with_trid(kVectorsId);", ""},
        {"vectors read short", file, "get_write_ptr(buffer), kVectorBytes);",
         "get_write_ptr(buffer), kVectorBytes - 32);"},
        {"source does not wait for receivers", file, "noc_semaphore_wait(ready, receivers);", ""},
        {"source waits for one receiver too few", file, "noc_semaphore_wait(ready, receivers);",
         "noc_semaphore_wait_min(ready, receivers - 1);"},
        {"receivers counted twice", file, "kSourceY), ready), 1);", "kSourceY), ready), 2);"},
        {"receiver does not reserve", file, "    cb_reserve_back(kBeta, 1);\n",
         "    if (!kSharesVectors || is_vector_source()) { cb_reserve_back(kBeta, 1); }\n"},
        {"receiver does not wait", file, "noc_semaphore_wait(arrived, 1);", ""},
        {"receiver's semaphore not put back", file,
         "noc_semaphore_wait(arrived, 1);\n            noc_semaphore_set(arrived, 0);",
         "noc_semaphore_wait(arrived, 1);"},
        {"source's semaphore not put back", file, "noc_semaphore_set(ready, 0);", ""},
        {"news multicast before it is set", file, "noc_semaphore_set(arrived, 1);", ""},
        {"write barrier behind the news removed", file, "noc_async_write_barrier();", ""},
        {"multicast to one receiver too many", file, "everywhere(get_write_ptr(kGamma)), kVectorBytes, receivers);",
         "everywhere(get_write_ptr(kGamma)), kVectorBytes, receivers + 1);"},
        {"gamma not multicast", file,
         "noc_async_write_multicast(get_write_ptr(kGamma), everywhere(get_write_ptr(kGamma)), kVectorBytes, "
         "receivers);",
         ""},
        {"corners of the rectangle swapped", file,
         "common_argument(ReaderArgument::kFirstX), common_argument(ReaderArgument::kFirstY),",
         "common_argument(ReaderArgument::kLastX), common_argument(ReaderArgument::kLastY),"},
    };
}

[[nodiscard]] std::vector<Mutation> writer_mutations() {
    const std::string file = "writer.cpp";
    const std::string flush_and_pop = "noc_async_writes_flushed();\n        cb_pop_front(kOutput, kPagesPerStep);";
    return {
        {"writer waits for one page more", file, "cb_wait_front(kOutput, kPagesPerStep);",
         "cb_wait_front(kOutput, kPagesPerStep + 1);"},
        {"writer does not wait", file, "cb_wait_front(kOutput, kPagesPerStep);", ""},
        {"output pop dropped", file, "cb_pop_front(kOutput, kPagesPerStep);", ""},
        {"flush removed", file, "noc_async_writes_flushed();", ""},
        {"pop before the flush", file, flush_and_pop,
         "cb_pop_front(kOutput, kPagesPerStep);\n        noc_async_writes_flushed();"},
        {"write barrier at the end removed", file, "noc_async_write_barrier();", ""},
        {"write to the next bank", file, "(page % kOutputBanks,", "((page + 1) % kOutputBanks,"},
        {"write to the wrong page of the bank", file, "page / kOutputBanks * kOutputPageBytes",
         "(page / kOutputBanks + 1) * kOutputPageBytes"},
        {"row numbered without its first page", file, "(block.first_page + row) * kInputBanks", "row * kInputBanks"},
        {"write with the wrong row stride", file, "l1_address + row * kRowStrideBytes,", "l1_address,"},
        {"a run written one row short", file, "block.rows * kOutputPageBytes);",
         "(block.rows - 1) * kOutputPageBytes);"},
    };
}

[[nodiscard]] std::vector<Mutation> work_mutations() {
    const std::string file = "work.hpp";
    return {
        {"off by one at a run's end", file, "row < run.rows;", "row + 1 < run.rows;"},
        {"off by one at a run's start", file, "run.first_page + row,", "run.first_page + row + 1,"},
        {"last block taken for a full one", file, "left < kRowsPerBlock ? left : kRowsPerBlock", "kRowsPerBlock"},
        {"last run forgotten", file, "index < runs;", "index + 1 < runs;"},
        {"a run's bank and first page swapped", file, "run_slot(index, RunArgument::kFirstPage)",
         "run_slot(index, RunArgument::kBank)"},
        {"a run too many", file, "index < runs;", "index < runs + 1;"},
        {"endless blocks", file, "row += kRowsPerBlock", "row += 0"},
    };
}

}  // namespace

std::vector<Mutation> data_movement_mutations() {
    std::vector<Mutation> all;
    for (const auto& some : {reader_mutations(), vector_mutations(), writer_mutations(), work_mutations()}) {
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

}  // namespace protocol
