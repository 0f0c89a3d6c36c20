// The compile-time arguments of all three kernels, read once, by the names that contract.hpp gives them.
#pragma once

#include <stdint.h>

#include "api/compile_time_args.h"
#include "contract.hpp"

namespace layernorm_fused_rm {

// Shape of the work.
inline constexpr uint32_t kWidth = get_named_compile_time_arg_val(contract::argument::kWidth);
inline constexpr uint32_t kRowStride = get_named_compile_time_arg_val(contract::argument::kRowStride);  // elements
inline constexpr uint32_t kSegments = get_named_compile_time_arg_val(contract::argument::kSegments);
inline constexpr uint32_t kRowsPerBatch = get_named_compile_time_arg_val(contract::argument::kRowsPerBatch);
inline constexpr uint32_t kRowsPerBlock = get_named_compile_time_arg_val(contract::argument::kRowsPerBlock);
inline constexpr uint32_t kRowStrideBytes = kRowStride * contract::kBytesPerBfloat16;
inline constexpr bool kIsResident = kSegments == 1;  // a row stays in DEST from its first pass to its last

// A step is what reader and writer move at a time: a block, or one segment of each of a block's rows.
inline constexpr uint32_t kPagesPerStep = kIsResident ? 1 : kRowsPerBlock;
inline constexpr uint32_t kBufferPageBytes = get_named_compile_time_arg_val(contract::argument::kBufferPageBytes);
inline constexpr uint32_t kInputPages = get_named_compile_time_arg_val(contract::argument::kInputPages);
inline constexpr uint32_t kStepsInFlight = get_named_compile_time_arg_val(contract::argument::kStepsInFlight);

// Where the tensors lie.
inline constexpr uint32_t kInputPageBytes = get_named_compile_time_arg_val(contract::argument::kInputPageBytes);
inline constexpr bool kInputInDram = get_named_compile_time_arg_val(contract::argument::kInputInDram) != 0;
inline constexpr uint32_t kInputBanks = get_named_compile_time_arg_val(contract::argument::kInputBanks);
inline constexpr uint32_t kOutputPageBytes = get_named_compile_time_arg_val(contract::argument::kOutputPageBytes);
inline constexpr bool kOutputInDram = get_named_compile_time_arg_val(contract::argument::kOutputInDram) != 0;
inline constexpr uint32_t kOutputBanks = get_named_compile_time_arg_val(contract::argument::kOutputBanks);
inline constexpr bool kGammaInDram = get_named_compile_time_arg_val(contract::argument::kGammaInDram) != 0;
inline constexpr bool kBetaInDram = get_named_compile_time_arg_val(contract::argument::kBetaInDram) != 0;

inline constexpr bool kSharesVectors = get_named_compile_time_arg_val(contract::argument::kSharesVectors) != 0;

inline constexpr uint32_t kInput = static_cast<uint32_t>(contract::Buffer::kInput);
inline constexpr uint32_t kGamma = static_cast<uint32_t>(contract::Buffer::kGamma);
inline constexpr uint32_t kBeta = static_cast<uint32_t>(contract::Buffer::kBeta);
inline constexpr uint32_t kOutput = static_cast<uint32_t>(contract::Buffer::kOutput);

// What the plan promises; a plan that breaks it does not compile.
static_assert(kWidth != 0 && (kWidth <= kRowStride || kSegments > 1), "a row must fit in its stride");
static_assert(kRowStride % contract::kElementsPerVectorPair == 0, "a row starts at a vector pair");
static_assert(kIsResident || kRowStride == contract::kElementsPerChunk, "a streamed row's page is one chunk");
static_assert(kInputPages % (kPagesPerStep * kSegments) == 0, "no block may straddle the end of kInput");
static_assert(kStepsInFlight >= 1 && kStepsInFlight <= 14, "transaction ids 2 to 15 tell the steps apart");
// A block is popped once all of it is there. While its last step is under way, kStepsInFlight - 1 later ones may be
// too, and the reader reserves room for all of them before it pushes the first.
static_assert(kInputPages / kPagesPerStep >= kSegments + kStepsInFlight - 1,
              "a reader that is ahead must not wait for pages that only the steps under way can free");
static_assert(kSegments == (kWidth + contract::kElementsPerChunk - 1) / contract::kElementsPerChunk, "chunks of a row");
static_assert(kRowsPerBatch >= 1 && kRowsPerBlock % kRowsPerBatch == 0, "a block is whole batches");

}  // namespace layernorm_fused_rm
