// SPDX-License-Identifier: Apache-2.0
// Compute of layernorm_fused_rm: normalises rows in fp32, from L1 through DEST and back to L1. Three threads: unpack,
// math, pack.
//
//     y = (x - mean(x)) * rsqrt(variance(x) + epsilon) * gamma + beta        over the kWidth elements of each row
//     y = x * rsqrt(mean(x^2) + epsilon) * gamma + beta                      where kCentring is kNone
//     where chips share rows either half of it: the stats of a part, or y by the stats of all parts (compute/stats.hpp)
//
// shapes   kInput, kResidual, kOutput, kSum: a page is kRowsPerBlock rows kRowStride elements apart, or one segment of
//          one row; kStatistics: a block's means and rstds; linear, never tiles
// in       kInput, kResidual, kStats (a page a block); kGamma, kBeta (one page each, or a page with each last step)
// out      kOutput, kSum, kStatistics
// invariant: per step kPagesPerStep pages of kInput are popped and as many of kOutput pushed, and of kResidual and kSum
//            where there are any; a page of kStatistics per block; a zone is acquired, committed, waited for and
//            released once per step, and once more for the statistics of streamed rows
// a block:  compute/resident.hpp where a row is one segment, else compute/streamed.hpp; the arithmetic is in norm/
// numerics: bf16 or fp32 in, fp32 in DEST and on the SFPU, one rounding to the output's format at the packer
#include <stdint.h>

#include "api/compute/common.h"
#include "api/compute/tile_move_copy.h"
#include "arguments.hpp"
#include "compute/operands.hpp"
#include "compute/resident.hpp"
#include "compute/streamed.hpp"
#include "contract.hpp"
#include "norm/normalise.hpp"
#include "tensix/circular_buffers.hpp"
#include "tensix/fill.hpp"
#include "tensix/zones.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Takes FPU and SFPU, and leaves them as the next kernel expects them.
inline void begin() {
    tensix::start_fill<kDestRowsPerStep>();
    MATH((sfpu::issue<SetConstants>()));
}
inline void end() {
    MATH((sfpu::issue<RestoreConstant>()));
    tensix::end_fill();
}

// Sets the three threads up.
inline void start() {
    compute_kernel_hw_startup(kFirstOperand.buffer, kFirstPacked.buffer);
    copy_init(kFirstOperand.buffer);
    tensix::start_zones<kIsResident ? contract::kZones : contract::kZones - 1>();
    begin();
}

// What the blocks of a core have taken so far, in pages since the kernel began.
struct Progress {
    uint32_t of_input = 0;
    uint32_t of_output = 0;

    void add_block() {
        of_input += kReadsPerRow * kSegments * kPagesPerStep;
        of_output += kSegments * kPagesPerStep;
    }
};

// Whether a row comes once more. The writer announces it before it pops the last output that it has been given, so each
// thread finds out for itself (dataflow/redo.hpp).
inline bool is_row_redone(Progress& progress) {
    tensix::wait_until_popped(kOutput, progress.of_output);
    if (tensix::pages_pushed(kInput) == static_cast<uint16_t>(progress.of_input)) {
        return false;
    }
    wait_for_rows(kPagesOfAnnouncement);
    pop_rows(kPagesOfAnnouncement);
    progress.of_input += kPagesOfAnnouncement;
    return true;
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    start();
    State state;
    Progress progress;
    const uint32_t runs = count_runs<contract::ComputeArgument>();
    for (uint32_t index = 0;; ++index) {
        // Behind the core's runs come the rows that are redone, each a block. Hardly ever, so this kernel has ended but
        // for them.
        if (index >= runs) {
            end();
            if (!kRedoes || !is_row_redone(progress)) {
                break;
            }
            begin();
        }
        const bool is_redone = index >= runs;
        const Run run = is_redone ? Run{0, 0, kRowsRedone} : read_run<contract::ComputeArgument>(index);
        for (uint32_t row = 0; row < run.rows; row += kRowsPerBlock) {
            const uint32_t first_row = is_redone ? kNoPadding : run.first_page + row;
            if constexpr (kIsResident) {
                const uint32_t left = run.rows - row;
                normalise_resident_block(left < kRowsPerBlock ? left : kRowsPerBlock, first_row, state);
            } else {
                normalise_streamed_block(first_row, state);
            }
            progress.add_block();
        }
    }
    drop_affine(state);
}
