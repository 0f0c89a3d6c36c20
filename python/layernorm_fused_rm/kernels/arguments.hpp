// The compile-time arguments of all three kernels, read once, by the names that contract.hpp gives them.
#pragma once

#include <stdint.h>

#include "api/compile_time_args.h"
#include "contract.hpp"

namespace layernorm_fused_rm {

// A name that the contract does not know is a place behind the array, which does not compile.
constexpr uint32_t read_argument(const char* name) { return kernel_compile_time_args[contract::position_of(name)]; }

// Shape of the work.
inline constexpr uint32_t kWidth = read_argument(contract::argument::kWidth);
inline constexpr uint32_t kRowStride = read_argument(contract::argument::kRowStride);  // elements
inline constexpr uint32_t kSegments = read_argument(contract::argument::kSegments);
inline constexpr uint32_t kRowsPerVector = contract::rows_per_vector(kRowStride);  // side by side
inline constexpr bool kRowsArePaired = kRowsPerVector > 1;
// gamma and beta in L1 and DEST: beneath each of the rows side by side.
inline constexpr uint32_t kVectorElements = (kRowsPerVector - 1) * kRowStride + kWidth;
inline constexpr uint32_t kRowsPerBatch = read_argument(contract::argument::kRowsPerBatch);
inline constexpr uint32_t kRowsPerBlock = read_argument(contract::argument::kRowsPerBlock);
inline constexpr bool kIsResident = kSegments == 1;  // a row stays in DEST from its first pass to its last
inline constexpr bool kReadsAgain = read_argument(contract::argument::kReadsAgain) != 0;

// The norm.
inline constexpr contract::Centring kCentring =
    static_cast<contract::Centring>(read_argument(contract::argument::kCentring));
inline constexpr bool kCentres = kCentring != contract::Centring::kNone;
inline constexpr bool kShifts = kCentring == contract::Centring::kShifted;
inline constexpr bool kGammaIsZeroCentred = read_argument(contract::argument::kGammaIsZeroCentred) != 0;
inline constexpr bool kReturnsStatistics = read_argument(contract::argument::kReturnsStatistics) != 0;

// A tensor of rows, a row a page, and one of gamma and beta. Without elements it is not there.
struct RowTensor {
    uint32_t element_bytes;
    uint32_t page_bytes;
    bool in_dram;
    uint32_t banks;

    constexpr bool is_there() const { return element_bytes != 0; }
    constexpr uint32_t row_bytes() const { return kWidth * element_bytes; }
    constexpr uint32_t stride_bytes() const { return kRowStride * element_bytes; }  // from row to row in L1
    constexpr bool interleaves_like(const RowTensor& other) const {
        return in_dram == other.in_dram && banks == other.banks;
    }
};
struct Vector {
    uint32_t element_bytes;
    uint32_t page_bytes;
    bool in_dram;
    uint32_t banks;
    uint32_t piece_elements;
    uint32_t pieces_per_page;
    uint32_t piece_stride_bytes;

    constexpr bool is_there() const { return element_bytes != 0; }
};

constexpr RowTensor read_row_tensor(contract::RowTensorArguments names) {
    return {read_argument(names.element_bytes), read_argument(names.page_bytes), read_argument(names.in_dram) != 0,
            read_argument(names.banks)};
}
constexpr Vector read_vector(contract::VectorArguments names) {
    return {read_argument(names.element_bytes),     read_argument(names.page_bytes),
            read_argument(names.in_dram) != 0,      read_argument(names.banks),
            read_argument(names.piece_elements),    read_argument(names.pieces_per_page),
            read_argument(names.piece_stride_bytes)};
}

// Where the tensors lie.
inline constexpr RowTensor kInputTensor = read_row_tensor(contract::kInputArguments);
inline constexpr RowTensor kResidualTensor = read_row_tensor(contract::kResidualArguments);
inline constexpr RowTensor kOutputTensor = read_row_tensor(contract::kOutputArguments);
inline constexpr RowTensor kSumTensor = read_row_tensor(contract::kSumArguments);
inline constexpr RowTensor kStatisticsTensor = read_row_tensor(contract::kStatisticsArguments);
inline constexpr Vector kGammaVector = read_vector(contract::kGammaArguments);
inline constexpr Vector kBetaVector = read_vector(contract::kBetaArguments);
inline constexpr bool kSharesVectors = read_argument(contract::argument::kSharesVectors) != 0;
inline constexpr bool kOneCore = read_argument(contract::argument::kOneCore) != 0;

// A step is what reader and writer move at a time: a block, or one segment of each of a block's rows.
inline constexpr uint32_t kPagesPerStep = kIsResident ? 1 : kRowsPerBlock;
inline constexpr uint32_t kPageElements = read_argument(contract::argument::kBufferPageElements);
inline constexpr uint32_t kInputPages = read_argument(contract::argument::kInputPages);
inline constexpr uint32_t kStepsInFlight = read_argument(contract::argument::kStepsInFlight);
inline constexpr uint32_t kPasses = contract::count_passes(kCentring);
inline constexpr uint32_t kReadsPerRow = kReadsAgain ? kPasses : 1;
// Of a block whose first word alone counts (contract::Redo): one that is kept, so that none straddles the end of kInput.
inline constexpr uint32_t kPagesOfWord = kPagesPerStep * (kReadsAgain ? 1 : kSegments);
constexpr uint32_t page_bytes(RowTensor tensor) { return kPageElements * tensor.element_bytes; }

inline constexpr uint32_t kInput = static_cast<uint32_t>(contract::Buffer::kInput);
inline constexpr uint32_t kGamma = static_cast<uint32_t>(contract::Buffer::kGamma);
inline constexpr uint32_t kBeta = static_cast<uint32_t>(contract::Buffer::kBeta);
inline constexpr uint32_t kResidual = static_cast<uint32_t>(contract::Buffer::kResidual);
inline constexpr uint32_t kOutput = static_cast<uint32_t>(contract::Buffer::kOutput);
inline constexpr uint32_t kSum = static_cast<uint32_t>(contract::Buffer::kSum);
inline constexpr uint32_t kStatistics = static_cast<uint32_t>(contract::Buffer::kStatistics);

// What the plan promises; a plan that breaks it does not compile.
static_assert(kWidth != 0 && (kWidth <= kRowStride || kSegments > 1), "a row must fit in its stride");
static_assert(kRowStride % contract::kElementsPerVectorPair == 0 || kRowsArePaired, "a row starts at a vector pair");
static_assert(kIsResident || kRowStride == contract::kElementsPerChunk, "a streamed row's page is one chunk");
static_assert(kInputPages % kPagesPerStep == 0, "no step may straddle the end of kInput");
static_assert(kReadsAgain || kInputPages % (kPagesPerStep * kSegments) == 0, "nor a block that is kept");
static_assert(kStepsInFlight >= 1 && kStepsInFlight <= 15, "transaction ids 1 to 15 tell the steps apart");
// A block is popped once all of it is there. While its last step is under way, kStepsInFlight - 1 later ones may be
// too, and the reader reserves room for all of them before it pushes the first.
static_assert(kInputPages / kPagesPerStep >= (kReadsAgain ? 1 : kSegments) + kStepsInFlight - 1,
              "a reader that is ahead must not wait for pages that only the steps under way can free");
static_assert(kSegments == (kWidth + contract::kElementsPerChunk - 1) / contract::kElementsPerChunk, "chunks of a row");
static_assert(kRowsPerBatch >= 1 && kRowsPerBlock % kRowsPerBatch == 0, "a block is whole batches");
static_assert(kRowsPerBatch % kRowsPerVector == 0, "and a batch whole vectors");
static_assert(!kReadsAgain || (!kIsResident && !kSharesVectors), "rows that fit are read once");
static_assert(!kOneCore || !kSharesVectors, "one core has nobody to share with");
static_assert(kInputTensor.is_there() && kOutputTensor.is_there(), "there is no norm without input and output");
static_assert(!kSumTensor.is_there() || kResidualTensor.is_there(), "only a sum is returned");
static_assert(kReturnsStatistics == kStatisticsTensor.is_there(), "statistics go to tensors");

}  // namespace layernorm_fused_rm
