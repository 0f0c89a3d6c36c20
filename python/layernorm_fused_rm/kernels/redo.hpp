// Rows that are redone: what reader and writer do with finite rows whose sums left fp32's range.
//
// Such a row comes out without one finite element, so the writer sees it by its first. It marks the row, and does not write
// it where that would overwrite what it came from. Once all rows are through, the marked ones are redone, one at a time: the
// writer tells the reader which (contract::Semaphore::kRedo), the reader tells compute that there is one (contract::Redo)
// and brings the row's elements times 2^-s, the largest in [2^50, 2^51). Compute normalises it as any other, and its y is
// that of the row itself:
//
//     (2^-s x - 2^-s mean) / sqrt(2^-2s variance + epsilon) = (x - mean) / sqrt(variance + 2^2s epsilon)
//
// where neither epsilon counts beside the variance: of 300,000 fp32 elements below 2^51 one at least lies 2^27 off the mean,
// so it is beyond 2^35, or 0. Scaling is exact but for elements that are less than 2^-176 of the row's largest. With a
// residual elements are below 2^52 and 2^53 once centred, and 300,000 squares below 2^125. A row that was marked for another
// reason, say an infinite gamma, has s = 0 and comes out as before.
#pragma once

#include <stdint.h>

#include "api/core_local_mem.h"
#include "api/dataflow/dataflow_api.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// fp32's bits.
inline constexpr uint32_t kExponentPosition = 23;
inline constexpr uint32_t kSpecialExponent = 255;  // of infinities and of what is no number
inline constexpr uint32_t kExponentOfOne = 127;
inline constexpr uint32_t kLargestExponent = kExponentOfOne + 50;  // of a scaled element, which is below 2^51
inline constexpr uint32_t kSignBit = 1u << 31;
inline uint32_t exponent_of(uint32_t bits) { return (bits >> kExponentPosition) & kSpecialExponent; }

// fp32 bits times 2^-s, or times 2^s; what becomes too small is zero, what becomes too large infinite.
inline uint32_t scaled_down(uint32_t bits, uint32_t s) {
    return exponent_of(bits) > s ? bits - (s << kExponentPosition) : bits & kSignBit;
}
inline uint32_t scaled_up(uint32_t bits, uint32_t s) {
    const uint32_t exponent = exponent_of(bits);
    if (exponent == 0) {
        return bits & kSignBit;
    }
    return exponent + s < kSpecialExponent ? bits + (s << kExponentPosition)
                                           : (bits & kSignBit) | (kSpecialExponent << kExponentPosition);
}

// A word of this core's L1 memory. A store is waited for: what tells others of it must not overtake it (ISA documents,
// "Memory Ordering").
inline uint32_t load(uint32_t address) { return *CoreLocalMem<volatile uint32_t>(address); }
inline void store_and_wait(uint32_t address, uint32_t word) {
    *CoreLocalMem<volatile uint32_t>(address) = word;
    while (load(address) != word) {
    }
}

// Row `position` of this core, in the order of its runs, as a block.
template <typename Common>
inline Block row_at(uint32_t position) {
    uint32_t index = 0;
    Run run = read_run<Common>(0);
    while (position >= run.rows) {
        position -= run.rows;
        run = read_run<Common>(++index);
    }
    return {run.bank, run.first_page + position, 1};
}

}  // namespace layernorm_fused_rm
