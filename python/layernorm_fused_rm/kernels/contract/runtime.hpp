// SPDX-License-Identifier: Apache-2.0
// Runtime arguments and semaphores.
#pragma once

#include <stdint.h>

#include "contract/tensors.hpp"

namespace layernorm_fused_rm::contract {

// Runtime arguments of one core, the same for all three kernels: which share of gamma or of beta it reads for all
// (Call::affine_shares; gamma's count first, then beta's, and what comes behind them is none), how many runs it has, then
// the runs, padded with empty ones to the same length on every core. A run is `rows` pages of one input bank, side by side (Distribution). Of strips it is rows first_page and on, counted with
// the padding that tiles have below each matrix; the bank is 0. A program of one core has them behind the common
// arguments instead, so that the host has one block of arguments to send to each kernel.
enum class CoreArgument : uint32_t { kAffineShare, kRuns, kFirstRun };
enum class RunArgument : uint32_t { kBank, kFirstPage, kRows, kCount };

// Where cores share rows each has one run, and behind it which slice of its rows it has, and x and y on the NoC of each
// of the cores that share them, in the order of their slices.
enum class TeamArgument : uint32_t { kSlice, kFirstMember };

// Where a word of a run stands among the arguments of its core.
[[nodiscard]] constexpr uint32_t run_slot(uint32_t run, RunArgument word) {
    return static_cast<uint32_t>(CoreArgument::kFirstRun) + run * static_cast<uint32_t>(RunArgument::kCount) +
           static_cast<uint32_t>(word);
}

[[nodiscard]] constexpr uint32_t team_slot(TeamArgument word) {
    return run_slot(1, RunArgument::kBank) + static_cast<uint32_t>(word);
}

// Runtime arguments common to all cores of one kernel, the same for reader and writer. Theirs begin with the addresses
// of all tensors, in the order of Tensor, 0 for one that the call does not have. NoC places are those that ttnn gives
// for logical cores, that of a source x + y * 2^16; the rectangle is that of all cores of the program, of which
// kReceivers is all but one.
// -epsilon is an fp32 number's bits: a new epsilon is no new kernel, nor is another number of a matrix's rows. Behind
// them, of each tensor in shards the place of each shard (TensorLayout::first_place), in the order of Tensor.
enum class ComputeArgument : uint32_t { kNegativeEpsilonBits, kRowsPerMatrix, kCount };
enum class DataMovementArgument : uint32_t {
    kFirstX = kTensors,
    kFirstY,
    kLastX,
    kLastY,
    kReceivers,
    kGammaSource,
    kBetaSource,
    kRowsPerMatrix,
    kCount
};

// Semaphores, on every core, 0 at the start and at the end. Used where gamma and beta are shared, and where rows are.
//
// What a program sends to another of its cores may come before that core's kernels have begun: its buffers are empty
// and its semaphores set. For the dispatcher lets no core start before all cores have ended the program before, and all
// that it has written for the new one is there (tt_metal/impl/dispatch/kernels in ttnn's wheel: cq_dispatch.cpp,
// process_notify_dispatch_s_go_signal_cmd; cq_dispatch_subordinate.cpp, wait_for_workers_and_send_go_signal). So nobody
// waits for others to be there.
enum class Semaphore : uint32_t {
    kGammaArrived,  // at every core but its source: 1 once gamma is there
    kBetaArrived,   // likewise beta
    kVectorRead,    // at a source: shares that its helpers have brought, or the one that its reader has read
    kEvenPartials,  // cores of the team whose partial sums have come, of every other exchange
    kOddPartials,
    kCount
};

}  // namespace layernorm_fused_rm::contract
