// SPDX-License-Identifier: Apache-2.0
// How gamma and beta [kRowElements] reach kGamma and kBeta of every core. For the writer, which has nothing else to do before
// the first row is normalised, and whose NoC is free until then.
//
// Read by every core, one page would queue at its bank (64 cores x 4 KB at 24 B/cycle are 11,000 cycles). So where it pays
// (the plan says so) each is read by one core, its source, and multicast to all others, whose page for it is empty from
// the start (contract/runtime.hpp, Semaphore); the source sets their semaphores behind the data, on the same virtual
// channel, which keeps the order. A source that has no rows may leave the reading to its reader: where that starts first,
// its read is at the bank before those of rows. Of many short pieces, each a command of its own, the source reads only the
// first share of columns: helpers read one each, and write it to its place in the source's page.
#pragma once

#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "dataflow/affine_pieces.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

inline uint32_t common_argument(DataMovementArgument argument) {
    return get_common_arg_val<uint32_t>(static_cast<int>(argument));
}

inline uint32_t semaphore_address(Semaphore semaphore) { return get_semaphore(static_cast<uint32_t>(semaphore)); }
inline volatile tt_l1_ptr uint32_t* semaphore_pointer(Semaphore semaphore) {
    return reinterpret_cast<volatile tt_l1_ptr uint32_t*>(semaphore_address(semaphore));
}

// Share `index` of a vector.
inline Columns columns_of_share(uint32_t index) {
    if constexpr (kAffineShares == 1) {
        return {0, kRowElements};
    }
    const uint32_t first = index * kAffineShareElements;
    const uint32_t last = first + kAffineShareElements;
    return {first, last < kRowElements ? last : kRowElements, first};
}

// What this core reads for all: a share of a vector, whose source it is if that is the first. Tensor::kCount: nothing.
struct OwnShare {
    Tensor vector;
    uint32_t index;

    template <const Vector& of>
    bool is_source() const {
        return vector == of.tensor && index == 0;
    }
};
inline OwnShare own_share() {
    const uint32_t share =
        core_argument<DataMovementArgument>(static_cast<uint32_t>(contract::CoreArgument::kAffineShare));
    if (share < kAffineShares) {
        return {Tensor::kGamma, share};
    }
    if (share < 2 * kAffineShares) {
        return {Tensor::kBeta, share - kAffineShares};
    }
    return {Tensor::kCount, 0};
}

// The NoC address of L1 address 0 on all cores of the program. NoC 1 goes left and up, so its rectangles begin with the
// last corner (ISA documents, "Coordinates").
inline uint64_t everywhere() {
    return get_noc_multicast_addr(
        common_argument(DataMovementArgument::kLastX), common_argument(DataMovementArgument::kLastY),
        common_argument(DataMovementArgument::kFirstX), common_argument(DataMovementArgument::kFirstY), 0);
}

// The NoC address of L1 address `address` on the source of a vector.
template <const Vector& vector>
inline uint64_t at_source(uint32_t address) {
    const uint32_t place = common_argument(vector.source);
    return get_noc_addr(place & 0xffff, place >> 16, address);
}

// Starts to read this core's share, and waits for it.
template <const Vector& vector>
inline void start_reading_own(uint32_t index) {
    reserve<vector>();
    start_reading<vector>(columns_of_share(index));
}
template <const Vector& vector>
inline void finish_reading_own(uint32_t index) {
    noc_async_read_barrier();
    move_read<vector>(columns_of_share(index));
}

// A source: multicasts its vector and the news of it, once it is read, by this writer and its helpers or by the core's
// reader. Where it goes is worked out before it is there.
template <const Vector& vector>
inline void multicast() {
    const uint32_t receivers = common_argument(DataMovementArgument::kReceivers);
    const uint64_t cores = everywhere();
    const uint32_t page = get_write_ptr(vector.buffer);
    volatile tt_l1_ptr uint32_t* read = semaphore_pointer(Semaphore::kVectorRead);
    volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(vector.arrived);
    const uint32_t arrived_address = semaphore_address(vector.arrived);
    noc_semaphore_set(arrived, 1);
    if constexpr (!kReadersReadAffine) {
        finish_reading_own<vector>(0);
    }
    if constexpr (kSharesReadByOthers != 0) {
        noc_semaphore_wait(read, kSharesReadByOthers);
    }
    noc_async_write_multicast(page, cores + page, kAffineElements * kLayout<vector>.element_bytes, receivers);
    noc_semaphore_set_multicast(arrived_address, cores + arrived_address, receivers);
    noc_async_writes_flushed();  // what confirms them all takes a while, and is waited for at the end
    noc_semaphore_set(arrived, 0);
    if constexpr (kSharesReadByOthers != 0) {
        noc_semaphore_set(read, 0);
    }
    if constexpr (!kReadersReadAffine) {
        push<vector>();
    }
}

// A helper: its share -> the source's page, and the news of it behind that. It has left this page when the source multicasts.
template <const Vector& vector>
inline void send_to_source(uint32_t index) {
    const Columns columns = columns_of_share(index);
    const uint32_t place = get_write_ptr(vector.buffer) + columns.before * kLayout<vector>.element_bytes;
    finish_reading_own<vector>(index);
    noc_async_write(place, at_source<vector>(place), (columns.last - columns.first) * kLayout<vector>.element_bytes);
    noc_semaphore_inc(at_source<vector>(semaphore_address(Semaphore::kVectorRead)), 1);
}

template <const Vector& vector>
inline void share(uint32_t index) {
    if (kAffineShares == 1 || index == 0) {
        multicast<vector>();
    } else {
        send_to_source<vector>(index);
    }
}

// The reader of a source without rows: reads for its writer, and pushes once that has multicast.
template <const Vector& vector>
inline void read_for_writer(uint32_t index) {
    start_reading_own<vector>(index);
    volatile tt_l1_ptr uint32_t* read = semaphore_pointer(Semaphore::kVectorRead);
    finish_reading_own<vector>(index);
    noc_semaphore_set(read, 1);
    noc_semaphore_wait(read, 0);
    push<vector>();
}

// Any other core: reserves its page, before anything is waited for; and waits for it, as helpers do, who have reserved it.
template <const Vector& vector>
inline void prepare_to_receive(OwnShare own) {
    if (own.vector != vector.tensor) {
        reserve<vector>();
    }
}
template <const Vector& vector>
inline void receive(OwnShare own) {
    if (kLayout<vector>.is_there() && !own.is_source<vector>()) {
        volatile tt_l1_ptr uint32_t* arrived = semaphore_pointer(vector.arrived);
        noc_semaphore_wait(arrived, 1);
        push<vector>();
        noc_semaphore_set(arrived, 0);
    }
}

// Calls gamma(index) or beta(index) where share `index` of it is this core's.
template <typename Gamma, typename Beta>
inline void for_own_share(OwnShare own, Gamma gamma, Beta beta) {
    if (kLayout<kGammaVector>.is_there() && own.vector == Tensor::kGamma) {
        gamma(own.index);
    } else if (kLayout<kBetaVector>.is_there() && own.vector == Tensor::kBeta) {
        beta(own.index);
    }
}

// Columns of gamma and beta that a core needs which reads them itself: those of its slice.
inline Columns own_columns() { return {first_column(), first_column() + kWidth}; }

// Both, as far as it takes nobody else; then, whoever brings them -> kGamma, kBeta: whole where they are shared, else what
// belongs to this core's slice.
inline void request_affine() {
    if constexpr (!kSharesAffine) {
        start_reading_affine(own_columns());
    } else {
        const OwnShare own = own_share();
        if constexpr (!kReadersReadAffine) {
            for_own_share(own, start_reading_own<kGammaVector>, start_reading_own<kBetaVector>);
        }
        prepare_to_receive<kGammaVector>(own);
        prepare_to_receive<kBetaVector>(own);
        for_own_share(own, share<kGammaVector>, share<kBetaVector>);
    }
}
inline void receive_affine() {
    if constexpr (!kSharesAffine) {
        finish_reading_affine(own_columns());
    } else {
        const OwnShare own = own_share();
        receive<kGammaVector>(own);
        receive<kBetaVector>(own);
    }
}

}  // namespace layernorm_fused_rm
