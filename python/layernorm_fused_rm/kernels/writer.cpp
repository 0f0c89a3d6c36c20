// Writer of layernorm_fused_rm: brings gamma and beta, then takes normalised rows from L1 to where they belong in the
// outputs. NoC 1, BRISC.
//
// shapes   output, sum [rows, kWidth], a row a page; mean, rstd [rows, 1], an element a page; all interleaved; gamma and
//          beta [kWidth]
// out      kGamma, kBeta: one page, pushed once before all else, or a segment before each step
// in       kOutput, kSum: a step is a block of rows kRowStride elements apart (one page), or a segment of each row (a
//          page each); kStatistics: a page a block
// per step: waits for and pops kPagesPerStep pages of kOutput and of kSum; per block: one page of kStatistics, before
//          the block's steps
// invariant: every row is written once, and once more if it is redone; a page is popped only when its writes have left L1
#include <stdint.h>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "redo.hpp"
#include "rows.hpp"
#include "vectors.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Addresses of what is written, of the first page in each bank.
struct Addresses {
    uint32_t output = common_argument(contract::WriterArgument::kOutputAddress);
    uint32_t sum = common_argument(contract::WriterArgument::kSumAddress);
    uint32_t mean = common_argument(contract::WriterArgument::kMeanAddress);
    uint32_t rstd = common_argument(contract::WriterArgument::kRstdAddress);
    // Whether the output is the input or the residual. (Addresses in DRAM and in L1 may be equal by chance.)
    bool are_written_over = output == common_argument(contract::WriterArgument::kInputAddress) ||
                            output == common_argument(contract::WriterArgument::kResidualAddress);
};

// Which of the core's rows are to be redone, found as they come. The first kMost of them; where there are more, all rows from
// the next one on, for redoing changes none. What is done for every block is short: the last one's is waited for.
class RedoList {
public:
    // What to give to note(): more than is finite if that is so of the first element of a row of the block at
    // `l1_address`, be it one that the block lacks. The loads are there when they are needed.
    static uint32_t peek(uint32_t l1_address) {
        asm volatile("" ::: "memory");  // none of them is from before
        uint32_t specials = 0;
#pragma GCC unroll 8
        for (uint32_t row = 0; row < kRowsPerBlock; ++row) {
            specials |= carry_if_special(l1_address, row);
        }
        return specials;
    }

    // Marks those of the block's rows whose first element is no finite number.
    void note(uint32_t specials, uint32_t rows, uint32_t l1_address) {
        if (specials >= kCarry) {
            mark(rows, l1_address);
        }
        seen_ += rows;
    }

    bool is_empty() const { return count_ == 0; }
    // Whether row `row` of the block of `rows` rows that was last looked at is to be redone.
    bool has_marked(uint32_t row, uint32_t rows) const {
        const uint32_t position = seen_ - rows + row;
        bool is_marked = position >= all_from_;
        for (uint32_t i = 0; i < count_; ++i) {
            is_marked = is_marked || marked_[i] == position;
        }
        return is_marked;
    }

    // Calls redo(position among the core's rows) for each of them.
    template <typename Visit>
    void for_each_row(Visit redo) const {
        for (uint32_t i = 0; i < count_; ++i) {
            redo(marked_[i]);
        }
        for (uint32_t position = all_from_; position < seen_; ++position) {
            redo(position);
        }
    }

private:
    static constexpr uint32_t kMost = 16;
    // The upper half of the fp32 bits of a row's first element -> kCarry or more if all bits of its exponent are ones.
    static constexpr uint32_t kCarry = 1u << 15;
    static uint32_t carry_if_special(uint32_t l1_address, uint32_t row) {
        constexpr uint32_t kUpperHalf = kOutputTensor.element_bytes - sizeof(uint16_t);
        const uint32_t half = *CoreLocalMem<uint16_t>(l1_address + row * kOutputTensor.stride_bytes() + kUpperHalf);
        return (half & 0x7f80u) + 0x80u;
    }

    __attribute__((noinline, cold)) void mark(uint32_t rows, uint32_t l1_address) {
        for (uint32_t row = 0; row < rows; ++row) {
            if (carry_if_special(l1_address, row) < kCarry) {
                continue;
            }
            const uint32_t position = seen_ + row;
            if (count_ < kMost) {
                marked_[count_++] = position;
            } else if (position < all_from_) {
                all_from_ = position;
            }
        }
    }

    uint32_t seen_ = 0;  // rows looked at
    uint32_t all_from_ = contract::kNoRow;
    uint32_t count_ = 0;
    uint32_t marked_[kMost];  // positions among the core's rows, rising
};

// kStatistics -> mean and rstd of the block's rows, an element each. Calls prepare() once they are there.
template <typename Prepare>
inline void write_statistics(Block block, const Addresses& addresses, Prepare prepare) {
    constexpr uint32_t kBytes = contract::kBytesPerFloat32;
    constexpr uint32_t kFromOneToNext = contract::kElementsPerVectorPair * kBytes;
    cb_wait_front(kStatistics, 1);
    prepare();
    for (uint32_t row = 0; row < block.rows; ++row) {
        const uint32_t l1_address = get_read_ptr(kStatistics) + contract::mean_offset(row, kRowsPerVector) * kBytes;
        if constexpr (kCentres) {
            noc_async_write(l1_address, row_address<kStatisticsTensor>(block, row, addresses.mean), kBytes);
        }
        noc_async_write(l1_address + kFromOneToNext, row_address<kStatisticsTensor>(block, row, addresses.rstd),
                        kBytes);
    }
    noc_async_writes_flushed();
    cb_pop_front(kStatistics, 1);
}

// One step's rows of the output that are not marked.
inline __attribute__((noinline, cold)) void start_writing_unmarked_rows(Block block, uint32_t segment, uint32_t address,
                                                                        uint32_t l1_address, const RedoList& list) {
    for (uint32_t row = 0; row < block.rows; ++row) {
        if (!list.has_marked(row, block.rows)) {
            start_writing_rows<kOutputTensor>(Block{block.bank, block.first_page + row, 1}, segment, address,
                                              l1_address + row * kOutputTensor.stride_bytes());
        }
    }
}

// gamma and beta for one step, where they do not stay.
inline void bring_vectors_of_step(uint32_t segment) {
    if constexpr (kHasVectors && kReadsAgain) {
        bring_vector_segment(segment);
    }
}

// A step of kOutput, and of kSum with it.
inline void wait_for_output() { cb_wait_front(kOutput, kPagesPerStep); }
inline void wait_for_sum() {
    if constexpr (kSumTensor.is_there()) {
        cb_wait_front(kSum, kPagesPerStep);
    }
}
inline void pop_step() {
    noc_async_writes_flushed();
    cb_pop_front(kOutput, kPagesPerStep);
    if constexpr (kSumTensor.is_there()) {
        cb_pop_front(kSum, kPagesPerStep);
    }
}

// kOutput, kSum -> one step of the tensors. Rows are looked at while they are under way, but where they would be written
// over what they came from, before.
inline void write_step(Block block, uint32_t segment, const Addresses& addresses, RedoList& list) {
    wait_for_output();
    const uint32_t l1_address = get_read_ptr(kOutput);
    const uint32_t specials = segment == 0 ? RedoList::peek(l1_address) : 0;
    if (addresses.are_written_over && segment == 0) {
        list.note(specials, block.rows, l1_address);
    }
    if (addresses.are_written_over && !list.is_empty()) {
        start_writing_unmarked_rows(block, segment, addresses.output, l1_address, list);
    } else {
        start_writing_rows<kOutputTensor>(block, segment, addresses.output, l1_address);
    }
    wait_for_sum();
    if constexpr (kSumTensor.is_there()) {
        start_writing_rows<kSumTensor>(block, segment, addresses.sum, get_read_ptr(kSum));
    }
    if (!addresses.are_written_over && segment == 0) {
        list.note(specials, block.rows, l1_address);
    }
    pop_step();
}

// The statistics of a row that was scaled -> its own. A constant row's variance is 0 and its rstd 1 / sqrt(epsilon) whatever
// the scale; any other's deviation is beyond 2^17, for one element differs by a unit in the last place at least.
inline void scale_statistics_back() {
    const uint32_t scale = load(semaphore_address(contract::Semaphore::kScale));
    noc_semaphore_set(semaphore_pointer(contract::Semaphore::kScale), 0);
    constexpr uint32_t kLargestRstdExponent = kExponentOfOne - 16;
    const uint32_t mean_address = get_read_ptr(kStatistics);
    const uint32_t rstd_address = mean_address + contract::kElementsPerVectorPair * contract::kBytesPerFloat32;
    if constexpr (kCentres) {
        store_and_wait(mean_address, scaled_up(load(mean_address), scale));
    }
    const uint32_t rstd = load(rstd_address);
    if (exponent_of(rstd) <= kLargestRstdExponent) {
        store_and_wait(rstd_address, scaled_down(rstd, scale));
    }
}

// Tells the reader which row comes next, counted from 1, or that none does.
inline void tell_reader(uint32_t row) { noc_semaphore_set(semaphore_pointer(contract::Semaphore::kRedo), row); }

// The marked rows, as they come again. Their sums have been written.
inline __attribute__((noinline, cold)) void write_redone_rows(const Addresses& addresses, const RedoList& list) {
    noc_async_write_barrier();  // what was written of them is there before
    list.for_each_row([&](uint32_t position) {
        const Block row = row_at<contract::WriterArgument>(position);
        tell_reader(position + 1);
        if constexpr (kReturnsStatistics) {
            write_statistics(row, addresses, scale_statistics_back);
        }
        for (uint32_t segment = 0; segment < kSegments; ++segment) {
            bring_vectors_of_step(segment);
            wait_for_output();
            start_writing_rows<kOutputTensor>(row, segment, addresses.output, get_read_ptr(kOutput));
            wait_for_sum();
            pop_step();
        }
    });
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    if constexpr (kHasVectors && !kReadsAgain) {
        bring_vectors();
    }
    const Addresses addresses;
    RedoList list;
    for_each_block<contract::WriterArgument>([&](Block block) {
        if constexpr (kReturnsStatistics) {
            write_statistics(block, addresses, [] {});
        }
        for (uint32_t segment = 0; segment < kSegments; ++segment) {
            bring_vectors_of_step(segment);
            write_step(block, segment, addresses, list);
        }
    });
    if (!list.is_empty()) {
        write_redone_rows(addresses, list);
    }
    tell_reader(contract::kNoRow);
    noc_async_write_barrier();
}
