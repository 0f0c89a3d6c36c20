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
static_assert(kWidth != 0 && kWidth <= kRowStride, "a row must fit in its stride");
static_assert(kRowStride % contract::kElementsPerVectorPair == 0, "a row starts at a vector pair");
static_assert(kSegments == (kWidth + contract::kElementsPerChunk - 1) / contract::kElementsPerChunk, "chunks of a row");
static_assert(kRowsPerBatch >= 1 && kRowsPerBlock % kRowsPerBatch == 0, "a block is whole batches");

}  // namespace layernorm_fused_rm
