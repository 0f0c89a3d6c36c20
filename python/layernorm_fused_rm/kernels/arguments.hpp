// SPDX-License-Identifier: Apache-2.0
// The call that the kernels are compiled for, read once from their compile-time arguments, and what follows from it.
#pragma once

#include <stdint.h>

#include <type_traits>

#include "api/compile_time_args.h"
#include "contract.hpp"

namespace layernorm_fused_rm {

constexpr contract::Call read_call() {
    static_assert(sizeof(kernel_compile_time_args) == sizeof(contract::Call), "one word for each of the contract's");
    contract::Call call{};
    uint32_t next = 0;
    contract::Call::for_each_word(call, [&](const char*, const char*, auto& word) {
        word = static_cast<std::remove_reference_t<decltype(word)>>(kernel_compile_time_args[next++]);
    });
    return call;
}
inline constexpr contract::Call kCall = read_call();

// Shape of the work.
inline constexpr uint32_t kWidth = kCall.width_elements;  // of a row, or of a core's slice of it
inline constexpr uint32_t kSlices = kCall.slices;
inline constexpr bool kIsSliced = kCall.shares_rows();
inline constexpr bool kExchangesSums = kCall.exchanges_sums();
inline constexpr uint32_t kRowElements = kCall.row_elements();
inline constexpr uint32_t kRowStride = kCall.row_stride_elements;  // elements
inline constexpr uint32_t kSegments = kCall.segments;
inline constexpr uint32_t kRowsPerVector = kCall.rows_per_vector;  // side by side
inline constexpr bool kRowsArePaired = kRowsPerVector == contract::kRowsPerPair;
inline constexpr bool kRowsAreStrips = kCall.has_strips();
inline constexpr bool kPadsRows = kCall.pads_rows != 0;
inline constexpr uint32_t kColumnsPerChunk = contract::columns_per_chunk(kRowsPerVector);
// gamma and beta in L1: beneath each row of a pair.
inline constexpr uint32_t kAffineCopies = kRowsArePaired ? contract::kRowsPerPair : 1;
inline constexpr uint32_t kAffineElements = (kAffineCopies - 1) * kRowStride + kRowElements;
inline constexpr uint32_t kRowsPerBatch = kCall.rows_per_batch;
inline constexpr uint32_t kRowsPerBlock = kCall.rows_per_block;
// A row stays in DEST from its first pass to its last. Slices never do: their sums are pieces of a row's (norm/pieces.hpp).
// Nor do parts of rows that chips share.
inline constexpr bool kIsResident = kSegments == 1 && !kIsSliced && !kCall.has_parts();
inline constexpr bool kReadsAgain = kCall.reads_again != 0;

// The norm.
inline constexpr contract::Centring kCentring = kCall.centring;
inline constexpr bool kCentres = kCentring != contract::Centring::kNone;
inline constexpr bool kShifts = kCentring == contract::Centring::kShifted;
inline constexpr bool kZeroCenteredGamma = kCall.zero_centered_gamma != 0;
inline constexpr contract::Activation kActivation = kCall.activation;
inline constexpr bool kActivates = kActivation != contract::Activation::kNone;
inline constexpr bool kReturnsStatistics = kCall.returns_statistics();
inline constexpr bool kHandsOverStatistics = kCall.hands_over_statistics();
// Rows that chips share: their stats are told, or taken. Which elements a row overflows by, no chip knows of another, so
// none is redone (dataflow/redo.hpp).
inline constexpr bool kTellsStats = kCall.tells_stats();
inline constexpr bool kTakesStats = kCall.takes_stats();
inline constexpr uint32_t kChips = kCall.chips();
inline constexpr uint32_t kStatsNumbers = kCall.stats_numbers();
inline constexpr bool kRedoes = !kCall.has_parts();

// Where the tensors lie.
using contract::Tensor;
using contract::TensorLayout;
inline constexpr TensorLayout kInputTensor = kCall[Tensor::kInput];
inline constexpr TensorLayout kResidualTensor = kCall[Tensor::kResidual];
inline constexpr TensorLayout kGammaTensor = kCall[Tensor::kGamma];
inline constexpr TensorLayout kBetaTensor = kCall[Tensor::kBeta];
inline constexpr TensorLayout kOutputTensor = kCall[Tensor::kOutput];
inline constexpr TensorLayout kSumTensor = kCall[Tensor::kSum];
inline constexpr TensorLayout kStatisticsTensor = kCall[Tensor::kRstd];  // of means too
inline constexpr TensorLayout kStatsTensor = kCall[Tensor::kStats];
inline constexpr bool kSharesAffine = kCall.shares_affine();
inline constexpr bool kReadersReadAffine = kCall.readers_read_affine != 0;
inline constexpr uint32_t kAffineShareElements = kCall.affine_share_elements;
inline constexpr uint32_t kAffineShares = kCall.affine_shares();
// That a source's writer waits for: those of helpers, or the one of its reader.
inline constexpr uint32_t kSharesReadByOthers = kReadersReadAffine ? kAffineShares : kAffineShares - 1;
inline constexpr bool kOneCore = kCall.one_core != 0;

// A step is what reader and writer move at a time: a block, or one segment of each of a block's rows.
inline constexpr uint32_t kPagesPerStep = kIsResident ? 1 : kRowsPerBlock / kRowsPerVector;
inline constexpr uint32_t kPageElements = kCall.buffer_page_elements;
inline constexpr uint32_t kInputPages = kCall.input_pages;
inline constexpr uint32_t kStepsInFlight = kCall.steps_in_flight;
inline constexpr uint32_t kReadsPerRow = kReadsAgain ? kCall.passes() : 1;
// What announces a row that is redone (dataflow/redo.hpp): as much of kInput as a block that is kept, so that none
// straddles its end.
inline constexpr uint32_t kPagesOfAnnouncement = kPagesPerStep * (kReadsAgain ? 1 : kSegments);
// Of a page of a tensor's row buffer; of a row, and from row to row, in L1.
constexpr uint32_t page_bytes(const TensorLayout& tensor) { return kPageElements * tensor.element_bytes; }
constexpr uint32_t row_bytes(const TensorLayout& tensor) { return kWidth * tensor.element_bytes; }
constexpr uint32_t stride_bytes(const TensorLayout& tensor) { return kRowStride * tensor.element_bytes; }

inline constexpr uint32_t kInput = static_cast<uint32_t>(contract::Buffer::kInput);
inline constexpr uint32_t kGamma = static_cast<uint32_t>(contract::Buffer::kGamma);
inline constexpr uint32_t kBeta = static_cast<uint32_t>(contract::Buffer::kBeta);
inline constexpr uint32_t kResidual = static_cast<uint32_t>(contract::Buffer::kResidual);
inline constexpr uint32_t kOutput = static_cast<uint32_t>(contract::Buffer::kOutput);
inline constexpr uint32_t kSum = static_cast<uint32_t>(contract::Buffer::kSum);
inline constexpr uint32_t kStatistics = static_cast<uint32_t>(contract::Buffer::kStatistics);
inline constexpr uint32_t kPartial = static_cast<uint32_t>(contract::Buffer::kPartial);
inline constexpr uint32_t kJoined = static_cast<uint32_t>(contract::Buffer::kJoined);
inline constexpr uint32_t kStats = static_cast<uint32_t>(contract::Buffer::kStats);

// What the plan promises; a plan that breaks it does not compile.
static_assert(kWidth != 0 && (kWidth <= kRowStride || kSegments > 1), "a row must fit in its stride");
static_assert(kRowStride % contract::kElementsPerVectorPair == 0 || kRowsArePaired, "a row starts at a vector pair");
static_assert(kIsResident || kRowStride == kColumnsPerChunk, "a streamed row's page is one chunk, or a strip's is");
static_assert(kRowsAreStrips || !kInputTensor.is_in_tiles(), "rows in tiles are taken as strips");
static_assert(kInputPages % kPagesPerStep == 0, "no step may straddle the end of kInput");
static_assert(kReadsAgain || kInputPages % (kPagesPerStep * kSegments) == 0, "nor a block that is kept");
static_assert(kStepsInFlight >= 1 && kStepsInFlight <= 15, "transaction ids 1 to 15 tell the steps apart");
// A block is popped once all of it is there. While its last step is under way, kStepsInFlight - 1 later ones may be
// too, and the reader reserves room for all of them before it pushes the first.
static_assert(kInputPages / kPagesPerStep >= (kReadsAgain ? 1 : kSegments) + kStepsInFlight - 1,
              "a reader that is ahead must not wait for pages that only the steps under way can free");
static_assert(kSegments == (kWidth + kColumnsPerChunk - 1) / kColumnsPerChunk, "chunks of a row");
static_assert(kRowsPerBatch >= 1 && kRowsPerBlock % kRowsPerBatch == 0, "a block is whole batches");
static_assert(kRowsPerBatch % kRowsPerVector == 0, "and a batch whole vectors");
static_assert(!kReadsAgain || (!kIsResident && !kSharesAffine), "rows that fit are read once");
static_assert(!kOneCore || !kSharesAffine, "one core has nobody to share with");
static_assert(kSharesAffine || !kReadersReadAffine, "what is not shared out, each writer reads");
static_assert(kAffineShares == 1 || (kAffineShareElements % contract::kLongestShortPiece == 0 && kAffineCopies == 1),
              "shares are whole pages of short pieces");
static_assert(kAffineShares == 1 || !kReadersReadAffine, "helpers' writers read");
static_assert(!kIsSliced || (!kRowsArePaired && !kReadsAgain && kRowsPerBatch == kRowsPerVector),
              "a row is shared, or a strip, one at a time");
static_assert(!kIsSliced || (kWidth % kColumnsPerChunk == 0 && kSlices <= contract::kMaxSlices), "slices are pieces");
static_assert(kInputTensor.is_there() && (kOutputTensor.is_there() || kTellsStats), "a call has input and output");
static_assert(!kCall.has_parts() || (kRowsPerBatch == kRowsPerVector && !kRowsArePaired),
              "a part of a row is taken, or a strip's, one at a time");
static_assert(!kTellsStats || !kIsSliced, "stats are those of all that a chip has of a row");
static_assert(!kCall.has_parts() || !kCentres || kShifts, "means of parts are told by their first elements");
static_assert(kStatsNumbers == kChips * contract::kNumbersOfStats && kChips <= contract::kMaxChips, "stats of chips");
static_assert(!kSumTensor.is_there() || kResidualTensor.is_there(), "only a sum is returned");

}  // namespace layernorm_fused_rm
