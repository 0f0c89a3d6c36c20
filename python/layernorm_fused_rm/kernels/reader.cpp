// Reader of layernorm_fused_rm: brings a core's rows from device memory into L1. NoC 0, NCRISC.
//
// shapes   input, residual [rows, kWidth], a row a page
// out      kInput, kResidual: a step is a block of rows kRowStride elements apart (one page), or a segment of each row
//          (a page each); rows too wide for L1 once a pass
// per step: reserves and pushes kPagesPerStep pages of kInput and of kResidual, kStepsInFlight steps under way at a
//          time, told apart by transaction ids
//          and once all rows are through, for each that is to be redone (redo.hpp) a block that says so, and its steps again
// invariant: what a page holds beyond block.rows rows and kWidth elements is never read by anyone who trusts it
#include <stdint.h>

#include <type_traits>

#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "redo.hpp"
#include "rows.hpp"
#include "semaphores.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Transaction ids tell the steps under way apart. 0 is everyone else's.
inline constexpr uint32_t kFirstStepId = 1;

inline uint32_t common_argument(contract::ReaderArgument argument) {
    return get_common_arg_val<uint32_t>(static_cast<int>(argument));
}

// Addresses of what is read, of the first page in each bank.
struct Addresses {
    uint32_t input = common_argument(contract::ReaderArgument::kInputAddress);
    uint32_t residual = common_argument(contract::ReaderArgument::kResidualAddress);
};

// Steps under way: started in turn, finished in turn. Slots of the buffers and transaction ids go round.
class Steps {
public:
    // Reserves the next step's pages behind those under way; reads from here on are its own.
    void begin() {
        reserve((under_way_ + 1) * kPagesPerStep);
        noc_async_read_set_trid(kFirstStepId + next_ % kStepsInFlight);
    }

    // L1 addresses of the step that has begun.
    uint32_t input_address() const { return first_input_ + slot() * page_bytes(kInputTensor); }
    uint32_t residual_address() const { return first_residual_ + slot() * page_bytes(kResidualTensor); }

    // All reads of the step have been started.
    void end() {
        ++next_;
        ++under_way_;
    }

    // Waits for all reads of the step that has begun.
    void wait_for_begun() { noc_async_read_barrier_with_trid(kFirstStepId + next_ % kStepsInFlight); }

    // Waits for the oldest step and pushes its pages.
    void finish_oldest() {
        noc_async_read_barrier_with_trid(kFirstStepId + (next_ - under_way_) % kStepsInFlight);
        push(kPagesPerStep);
        --under_way_;
    }

    // Pushes a block of which the first word alone counts. None is under way.
    void push_word(uint32_t word) {
        reserve(kPagesOfWord);
        store_and_wait(input_address(), word);
        push(kPagesOfWord);
        next_ += kPagesOfWord / kPagesPerStep;
    }

    uint32_t under_way() const { return under_way_; }

private:
    static void reserve(uint32_t pages) {
        cb_reserve_back(kInput, pages);
        if constexpr (kResidualTensor.is_there()) {
            cb_reserve_back(kResidual, pages);
        }
    }
    static void push(uint32_t pages) {
        cb_push_back(kInput, pages);
        if constexpr (kResidualTensor.is_there()) {
            cb_push_back(kResidual, pages);
        }
    }
    uint32_t slot() const { return next_ % (kInputPages / kPagesPerStep) * kPagesPerStep; }

    uint32_t first_input_ = get_write_ptr(kInput);
    uint32_t first_residual_ = kResidualTensor.is_there() ? get_write_ptr(kResidual) : 0;
    uint32_t next_ = 0;  // step to be started
    uint32_t under_way_ = 0;
};

// Begins a step: starts the reads of its rows.
inline __attribute__((always_inline)) void begin_reading_step(Block block, uint32_t segment, const Addresses& addresses,
                                                              Steps& steps) {
    steps.begin();
    start_reading_rows<kInputTensor>(block, segment, addresses.input, steps.input_address());
    if constexpr (kResidualTensor.is_there()) {
        start_reading_rows<kResidualTensor>(block, segment, addresses.residual, steps.residual_address());
    }
}

// Rows are kept in L1, and each is read once; else they are too wide for it, and each is read once a pass.
inline __attribute__((always_inline)) void read_rows(const Addresses& addresses, Steps& steps) {
    for_each_block<contract::ReaderArgument>([&](Block block) {
        for (uint32_t pass = 0; pass < kReadsPerRow; ++pass) {
            for (uint32_t segment = 0; segment < kSegments; ++segment) {
                begin_reading_step(block, segment, addresses, steps);
                steps.end();
                if (steps.under_way() == kStepsInFlight) {
                    steps.finish_oldest();
                }
            }
        }
    });
    while (steps.under_way() != 0) {
        steps.finish_oldest();
    }
}

// A row's elements in L1, as fp32 bits. bf16's are the upper half of these.
template <const RowTensor& tensor>
class Elements {
public:
    explicit Elements(uint32_t address) : elements_(address) {}
    uint32_t get(uint32_t index) const { return static_cast<uint32_t>(elements_[index]) << kLowerBits; }
    void set(uint32_t index, uint32_t bits) { elements_[index] = static_cast<Element>(bits >> kLowerBits); }

private:
    using Element = std::conditional_t<tensor.element_bytes == contract::kBytesPerBfloat16, uint16_t, uint32_t>;
    static constexpr uint32_t kLowerBits = 8 * (sizeof(uint32_t) - sizeof(Element));

    CoreLocalMem<volatile Element> elements_;
};

inline constexpr uint32_t kSizeOfInfinity = kSpecialExponent << (kExponentPosition + 1);

// A row's segment, there but not pushed. Once in the program: all of a reader's text is copied before it starts.
inline __attribute__((noinline)) void fetch_step(Block row, uint32_t segment, const Addresses& addresses,
                                                 Steps& steps) {
    begin_reading_step(row, segment, addresses, steps);
    steps.wait_for_begun();
}

// The largest exponent in a row of the step that has begun; of elements that a residual takes away, none.
inline uint32_t find_largest_exponent(uint32_t segment, const Steps& steps) {
    const Elements<kInputTensor> input(steps.input_address());
    uint32_t largest = 0;  // size, an fp32 number's bits without its sign and in the upper 31
    for (uint32_t i = 0; i < segment_elements(segment); ++i) {
        const uint32_t bits = input.get(i);
        uint32_t size = bits << 1;
        if constexpr (kResidualTensor.is_there()) {
            const uint32_t other = Elements<kResidualTensor>(steps.residual_address()).get(i);
            const bool cancel = (bits ^ other) == kSignBit && size < kSizeOfInfinity;
            size = cancel ? 0 : size < other << 1 ? other << 1 : size;
        }
        largest = largest < size ? size : largest;
    }
    return exponent_of(largest >> 1);
}

// The power of two that is to be taken out of a row: none where it has elements that are not finite.
inline uint32_t find_scale(Block row, const Addresses& addresses, Steps& steps) {
    uint32_t largest = 0;
    for (uint32_t segment = 0; segment < kSegments; ++segment) {
        fetch_step(row, segment, addresses, steps);
        const uint32_t exponent = find_largest_exponent(segment, steps);
        largest = largest < exponent ? exponent : largest;
    }
    return largest == kSpecialExponent || largest < kLargestExponent ? 0 : largest - kLargestExponent;
}

template <const RowTensor& tensor>
inline void scale_elements_down(uint32_t address, uint32_t count, uint32_t scale) {
    Elements<tensor> elements(address);
    for (uint32_t i = 0; i < count; ++i) {
        elements.set(i, scaled_down(elements.get(i), scale));
    }
}

// One row, scaled, once a pass.
inline void read_scaled_row(Block row, uint32_t scale, const Addresses& addresses, Steps& steps) {
    for (uint32_t pass = 0; pass < kReadsPerRow; ++pass) {
        for (uint32_t segment = 0; segment < kSegments; ++segment) {
            fetch_step(row, segment, addresses, steps);
            scale_elements_down<kInputTensor>(steps.input_address(), segment_elements(segment), scale);
            if constexpr (kResidualTensor.is_there()) {
                scale_elements_down<kResidualTensor>(steps.residual_address(), segment_elements(segment), scale);
            }
            steps.end();
            steps.finish_oldest();
        }
    }
}

// The next row that the writer has found to be redone, counted from 1, or kNoRow.
inline uint32_t wait_for_row_to_redo() {
    volatile tt_l1_ptr uint32_t* const semaphore = semaphore_pointer(contract::Semaphore::kRedo);
    noc_semaphore_wait_min(semaphore, 1);
    const uint32_t row = load(semaphore_address(contract::Semaphore::kRedo));
    noc_semaphore_set(semaphore, 0);
    return row;
}

inline __attribute__((noinline)) void reread_rows(const Addresses& addresses, Steps& steps) {
    for (uint32_t row = wait_for_row_to_redo(); row != contract::kNoRow; row = wait_for_row_to_redo()) {
        const Block block = row_at<contract::ReaderArgument>(row - 1);
        steps.push_word(static_cast<uint32_t>(contract::Redo::kRow));
        const uint32_t scale = find_scale(block, addresses, steps);
        if constexpr (kReturnsStatistics) {
            noc_semaphore_set(semaphore_pointer(contract::Semaphore::kScale), scale);
        }
        read_scaled_row(block, scale, addresses, steps);
    }
    steps.push_word(static_cast<uint32_t>(contract::Redo::kNone));
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    const Addresses addresses;
    Steps steps;
    read_rows(addresses, steps);
    reread_rows(addresses, steps);
    noc_async_read_set_trid(0);
}
