// SPDX-License-Identifier: Apache-2.0
// The circular buffers of every core.
#pragma once

#include <stdint.h>

namespace layernorm_fused_rm::contract {

// One circular buffer each; the value is its index on the core (0..31). Without gaps, and the buffers that every call
// has first: firmware steps through all indices up to the highest before a kernel starts, six cycles each. A page of
// rows is a whole block where a row is one segment, and one segment of one row where it is several; a page of gamma and
// beta is the whole vector, or one segment of it where rows are read again for each pass.
enum class Buffer : uint32_t {
    kInput = 0,       // reader -> compute: input rows; behind them writer -> compute: those that are redone
    kOutput = 1,      // compute -> writer: output rows
    kGamma = 2,       // writer, or a reader without rows -> compute: gamma, once, or a segment with each last step
    kBeta = 3,        // writer -> compute: beta, likewise
    kResidual = 4,    // reader -> compute: rows added to the input's, page by page with kInput
    kSum = 5,         // compute -> writer: input + residual, page by page with kOutput
    kStatistics = 6,  // compute -> writer: mean and 1 / deviation of a block's rows, a page a block
    kPartial = 7,     // compute -> writer: sums of a slice of a batch's rows, where cores share rows
    kJoined = 8,      // writer -> compute: those of all slices
    kStats = 9,       // reader -> compute: stats of all parts of a block's rows, where chips share rows
};
inline constexpr uint32_t kJoinedPages = 2;  // of kJoined, one of an exchange, one of the next

}  // namespace layernorm_fused_rm::contract
