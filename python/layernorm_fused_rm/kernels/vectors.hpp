// How gamma and beta [kWidth] reach kGamma and kBeta of every core. For the reader.
//
// Both lie in one page of one bank: read by every core, they would queue there (64 cores x 4 KB at 24 B/cycle are
// 11,000 cycles). So where it pays (the plan says so) one core, the source, reads them and multicasts them to all
// others: every receiver reserves its pages and counts itself ready at the source; the source waits for all,
// multicasts, and sets every receiver's semaphore behind the data, on the same virtual channel, which keeps the order.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"

namespace layernorm_fused_rm {

// Transaction ids of the reader's reads, to wait for each kind on its own. 0 is everyone else's.
inline constexpr uint32_t kVectorsId = 1;
inline constexpr uint32_t kFirstStepId = 2;

inline constexpr uint32_t kVectorBytes = kWidth * contract::kBytesPerBfloat16;

inline uint32_t common_argument(contract::ReaderArgument argument) {
    return get_common_arg_val<uint32_t>(static_cast<int>(argument));
}

inline volatile tt_l1_ptr uint32_t* semaphore_pointer(contract::Semaphore semaphore) {
    return reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(static_cast<uint32_t>(semaphore)));
}

inline bool is_vector_source() {
    return get_arg_val<uint32_t>(static_cast<uint32_t>(contract::CoreArgument::kIsVectorSource)) != 0;
}

// Starts the read of gamma or beta: page 0 of its tensor, in bank 0.
template <bool in_dram>
inline void start_reading_vector(uint32_t buffer, uint32_t address) {
    noc_async_read(get_noc_addr_from_bank_id<in_dram>(0, address), get_write_ptr(buffer), kVectorBytes);
}

// The NoC address of `l1_address` on all cores of the program.
inline uint64_t everywhere(uint32_t l1_address) {
    using contract::ReaderArgument;
    return get_noc_multicast_addr(common_argument(ReaderArgument::kFirstX), common_argument(ReaderArgument::kFirstY),
                                  common_argument(ReaderArgument::kLastX), common_argument(ReaderArgument::kLastY),
                                  l1_address);
}

// First part: reserves both pages, and starts the reads or tells the source that there is room.
inline void ask_for_vectors() {
    using contract::ReaderArgument;
    cb_reserve_back(kGamma, 1);
    cb_reserve_back(kBeta, 1);
    if (!kSharesVectors || is_vector_source()) {
        noc_async_read_set_trid(kVectorsId);
        start_reading_vector<kGammaInDram>(kGamma, common_argument(ReaderArgument::kGammaAddress));
        start_reading_vector<kBetaInDram>(kBeta, common_argument(ReaderArgument::kBetaAddress));
    } else {
        const uint32_t ready = get_semaphore(static_cast<uint32_t>(contract::Semaphore::kReceiversReady));
        noc_semaphore_inc(
            get_noc_addr(common_argument(ReaderArgument::kSourceX), common_argument(ReaderArgument::kSourceY), ready),
            1);
    }
}

// The source's second part, its reads complete: multicasts both vectors and the news of it.
inline void share_vectors() {
    const uint32_t receivers = common_argument(contract::ReaderArgument::kReceivers);
    volatile tt_l1_ptr uint32_t* ready = semaphore_pointer(contract::Semaphore::kReceiversReady);
    noc_semaphore_wait(ready, receivers);
    noc_semaphore_set(ready, 0);
    noc_async_write_multicast(get_write_ptr(kGamma), everywhere(get_write_ptr(kGamma)), kVectorBytes, receivers);
    noc_async_write_multicast(get_write_ptr(kBeta), everywhere(get_write_ptr(kBeta)), kVectorBytes, receivers);
    volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(contract::Semaphore::kVectorsArrived);
    const uint32_t arrived_address = get_semaphore(static_cast<uint32_t>(contract::Semaphore::kVectorsArrived));
    noc_semaphore_set(arrived, 1);
    noc_semaphore_set_multicast(arrived_address, everywhere(arrived_address), receivers);
    noc_async_write_barrier();
    noc_semaphore_set(arrived, 0);
}

// Second part: passes both pages to compute once they are there.
inline void push_vectors() {
    noc_async_read_barrier_with_trid(kVectorsId);
    if constexpr (kSharesVectors) {
        if (is_vector_source()) {
            share_vectors();
        } else {
            volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(contract::Semaphore::kVectorsArrived);
            noc_semaphore_wait(arrived, 1);
            noc_semaphore_set(arrived, 0);
        }
    }
    cb_push_back(kGamma, 1);
    cb_push_back(kBeta, 1);
}

}  // namespace layernorm_fused_rm
