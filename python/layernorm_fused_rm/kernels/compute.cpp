// Compute of layernorm_fused_rm: normalises rows in fp32, from L1 through DEST and back to L1. Three threads: unpack,
// math, pack.
//
//     y = (x - mean(x)) * rsqrt(variance(x) + epsilon) * gamma + beta        over the kWidth elements of each row
//     y = x * rsqrt(mean(x^2) + epsilon) * gamma + beta                      where kCentring is kNone
//
// shapes   kInput, kResidual, kOutput, kSum: a page is kRowsPerBlock rows kRowStride elements apart, or one segment of
//          one row; kStatistics: a block's means and rstds; linear, never tiles
// in       kInput, kResidual; kGamma, kBeta (one page each, or a page with each last step)
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
#include "tensix/fill.hpp"
#include "tensix/zones.hpp"
#include "work.hpp"

namespace layernorm_fused_rm {

// Sets the three threads up.
inline void start() {
    compute_kernel_hw_startup(kFirstOperand.buffer, kOutput);
    copy_init(kFirstOperand.buffer);
    tensix::start_zones<kIsResident ? contract::kZones : contract::kZones - 1>();
    tensix::start_fill<kDestRowsPerStep>();
    MATH((sfpu::issue<SetConstants>()));
}

// Leaves the core as the next kernel expects it.
inline void finish() {
    MATH((sfpu::issue<RestoreConstant>()));
    tensix::end_fill();
}

// Whether a row comes once more. All threads wait here until the writer has looked at all that it was given.
inline bool is_row_redone() {
    wait_for_rows(kPagesOfWord);
    const auto word = static_cast<contract::Redo>(read_tile_value(kInput, 0, 0));
    pop_rows(kPagesOfWord);
    return word == contract::Redo::kRow;
}

}  // namespace layernorm_fused_rm

void kernel_main() {
    using namespace layernorm_fused_rm;
    start();
    State state;
    // Behind the core's runs come the rows that are redone, each a block (dataflow/redo.hpp).
    const uint32_t runs = count_runs<contract::ComputeArgument>();
    for (uint32_t index = 0; index < runs || is_row_redone(); ++index) {
        const uint32_t rows = index < runs ? read_run<contract::ComputeArgument>(index).rows : 1;
        for (uint32_t row = 0; row < rows; row += kRowsPerBlock) {
            if constexpr (kIsResident) {
                normalise_resident_block(rows - row < kRowsPerBlock ? rows - row : kRowsPerBlock, state);
            } else {
                normalise_streamed_block(state);
            }
        }
    }
    drop_affine(state);
    finish();
}
