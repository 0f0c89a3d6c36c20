// What host and device must agree on: circular buffers, argument names and slots, the sizes of the Tensix tile
// registers.
//
// Included by the planner (host C++20) and by every kernel (device C++17 and newer), so it needs <stdint.h> only.
// Nothing in it is typed a second time anywhere: src/ writes what kernels/ read, both through these names.
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
    kGamma = 2,       // writer -> compute: gamma, pushed once, never popped before the end
    kBeta = 3,        // writer -> compute: beta, likewise
    kResidual = 4,    // reader -> compute: rows added to the input's, page by page with kInput
    kSum = 5,         // compute -> writer: input + residual, page by page with kOutput
    kStatistics = 6,  // compute -> writer: mean and 1 / deviation of a block's rows, a page a block
};

// Behind a core's last block the writer pushes a block of kInput of which the first word alone counts: whether there is one
// more row, which is to be redone and is the next block, or none.
enum class Redo : uint32_t { kNone, kRow };

// DEST in 32-bit mode: 512 rows of 16 elements (ISA documents, "Dst"; DST_ACCESS_STRIDED is off). A chunk is 1,024
// consecutive elements, the most that one UNPACR can place in SrcA (64 rows of 16; ISA documents, "SrcA SrcB").
inline constexpr uint32_t kElementsPerDestRow = 16;
inline constexpr uint32_t kElementsPerChunk = 1024;
inline constexpr uint32_t kChunksInDest = 8;
inline constexpr uint32_t kBytesPerBfloat16 = 2;
inline constexpr uint32_t kBytesPerFloat32 = 4;

// Two SFPU vectors (even columns, odd columns) cover four DEST rows: 64 consecutive elements (ISA documents,
// "SFPLOAD"). A row starts at a multiple of this in L1 and in DEST, but rows of at most half of it lie in pairs, side by
// side in the same two vectors.
inline constexpr uint32_t kElementsPerVectorPair = 64;
inline constexpr uint32_t kElementsPerPairedRow = kElementsPerVectorPair / 2;
[[nodiscard]] constexpr uint32_t rows_per_vector(uint32_t row_stride) {
    return row_stride == kElementsPerPairedRow ? 2 : 1;
}

// DEST is shared out in two zones of three chunks, one computed while the other is packed; gamma and beta lie in the last
// two chunks, for good where a row is one segment (width <= 1,024), else those of the segment at hand. A residual's rows
// lie one chunk behind the input's; the statistics of a block of short rows in its zone's last chunk.
inline constexpr uint32_t kZones = 2;
inline constexpr uint32_t kChunksPerZone = 3;
inline constexpr uint32_t kMaxVectorsPerBatch = 4;       // of rows: one LREG each in the reduction over lanes
inline constexpr uint32_t kMaxStreamedRowsPerBatch = 3;  // a chunk each; one if rows are shifted (sfpu/steps.hpp)
inline constexpr uint32_t kMaxShiftedStreamedRowsPerBatch = 1;
// Rows of so many segments at most are streamed together: sums of their pieces must fit beside them (sfpu/pieces.hpp).
inline constexpr uint32_t kMaxSegmentsOfRowsTogether = 1024;

// A row's statistics in DEST and in a page of kStatistics: its mean fills the even elements of one vector pair, its
// 1 / deviation those of the next. Paired rows have a half of each.
inline constexpr uint32_t kStatisticsPerRow = 2;
inline constexpr uint32_t kMaxVectorsWithStatistics = kElementsPerChunk / (kStatisticsPerRow * kElementsPerVectorPair);
// Where a block's row has its mean, in elements from the start of the page.
[[nodiscard]] constexpr uint32_t mean_offset(uint32_t row, uint32_t rows_per_vector) {
    return row / rows_per_vector * kStatisticsPerRow * kElementsPerVectorPair +
           row % rows_per_vector * kElementsPerPairedRow;
}

// How a row's mean is taken out of it (sfpu/steps.hpp).
enum class Centring : uint32_t {
    kNone,     // RMSNorm
    kScaled,   // c x - sum / 2^k: exact where sums of x are, as those of bfloat16 rows
    kShifted,  // the same of x - K, where K is the row's first element: float32 rows, and rows with a residual
};

// Passes over a row, each over DEST where a row stays there, else over L1 or device memory.
[[nodiscard]] constexpr uint32_t count_passes(Centring centring) { return centring == Centring::kNone ? 2 : 3; }

// Names of the compile-time arguments, which are the same for all three kernels.
namespace argument {
inline constexpr char kWidth[] = "width_elements";
inline constexpr char kRowStride[] = "row_stride_elements";  // from row to row in a page; a chunk if several segments
inline constexpr char kSegments[] = "segments";              // a row's pieces of at most one chunk
inline constexpr char kReadsAgain[] = "reads_again";         // 1: L1 holds no whole row, so each pass reads it anew
inline constexpr char kRowsPerBatch[] = "rows_per_batch";    // normalised together on the SFPU
inline constexpr char kRowsPerBlock[] = "rows_per_block";    // computed in one zone of DEST, or streamed through
inline constexpr char kBufferPageElements[] = "buffer_page_elements";   // of a page of a row buffer
inline constexpr char kInputPages[] = "input_pages";                    // of kInput, and of kResidual
inline constexpr char kStepsInFlight[] = "steps_in_flight";             // reads under way at a time, one step each
inline constexpr char kCentring[] = "centring";                         // contract::Centring
inline constexpr char kGammaIsZeroCentred[] = "gamma_is_zero_centred";  // 1: gamma + 1 is the factor
inline constexpr char kReturnsStatistics[] = "returns_statistics";
inline constexpr char kSharesVectors[] = "shares_vectors";  // 1: one core reads gamma and beta and multicasts them
inline constexpr char kOneCore[] = "one_core";              // 1: the program runs on one core only
// fp32 constants as bits. 2^k is the least power of two >= W and c = W / 2^k (sfpu/steps.hpp says what for).
inline constexpr char kNegativeSumScaleBits[] = "negative_sum_scale_bits";                 // -2^-k
inline constexpr char kCentreScaleBits[] = "centre_scale_bits";                            // c
inline constexpr char kNegativeMeanSquareScaleBits[] = "negative_mean_square_scale_bits";  // -1 / (W c^2)
inline constexpr char kRstdScaleBits[] = "rstd_scale_bits";                                // 1 / c
}  // namespace argument

// Compile-time arguments of a tensor of rows, a row a page. A tensor that the call does not have is all zeros.
struct RowTensorArguments {
    const char* element_bytes;
    const char* page_bytes;  // aligned size of a row in device memory
    const char* in_dram;     // 1: DRAM, 0: L1
    const char* banks;
};
inline constexpr RowTensorArguments kInputArguments = {"input_element_bytes", "input_page_bytes", "input_in_dram",
                                                       "input_banks"};
inline constexpr RowTensorArguments kResidualArguments = {"residual_element_bytes", "residual_page_bytes",
                                                          "residual_in_dram", "residual_banks"};
inline constexpr RowTensorArguments kOutputArguments = {"output_element_bytes", "output_page_bytes", "output_in_dram",
                                                        "output_banks"};
inline constexpr RowTensorArguments kSumArguments = {"sum_element_bytes", "sum_page_bytes", "sum_in_dram", "sum_banks"};
// Mean and 1 / deviation alike: rows of one float32 element.
inline constexpr RowTensorArguments kStatisticsArguments = {"statistics_element_bytes", "statistics_page_bytes",
                                                            "statistics_in_dram", "statistics_banks"};

// Compile-time arguments of gamma or beta: a vector cut into pieces of consecutive elements, some to a page.
struct VectorArguments {
    const char* element_bytes;
    const char* page_bytes;  // aligned
    const char* in_dram;
    const char* banks;
    const char* piece_elements;
    const char* pieces_per_page;
    const char* piece_stride_bytes;  // from piece to piece within a page
};
inline constexpr VectorArguments kGammaArguments = {
    "gamma_element_bytes",  "gamma_page_bytes",      "gamma_in_dram",           "gamma_banks",
    "gamma_piece_elements", "gamma_pieces_per_page", "gamma_piece_stride_bytes"};
inline constexpr VectorArguments kBetaArguments = {
    "beta_element_bytes",  "beta_page_bytes",      "beta_in_dram",           "beta_banks",
    "beta_piece_elements", "beta_pieces_per_page", "beta_piece_stride_bytes"};

// The order in which the kernels are given the values; without the names, since ttnn copies all that a kernel is given
// at every launch.
inline constexpr const char* kArgumentNames[] = {argument::kWidth,
                                                 argument::kRowStride,
                                                 argument::kSegments,
                                                 argument::kReadsAgain,
                                                 argument::kRowsPerBatch,
                                                 argument::kRowsPerBlock,
                                                 argument::kBufferPageElements,
                                                 argument::kInputPages,
                                                 argument::kStepsInFlight,
                                                 argument::kCentring,
                                                 argument::kGammaIsZeroCentred,
                                                 argument::kReturnsStatistics,
                                                 argument::kSharesVectors,
                                                 argument::kOneCore,
                                                 kInputArguments.element_bytes,
                                                 kInputArguments.page_bytes,
                                                 kInputArguments.in_dram,
                                                 kInputArguments.banks,
                                                 kResidualArguments.element_bytes,
                                                 kResidualArguments.page_bytes,
                                                 kResidualArguments.in_dram,
                                                 kResidualArguments.banks,
                                                 kOutputArguments.element_bytes,
                                                 kOutputArguments.page_bytes,
                                                 kOutputArguments.in_dram,
                                                 kOutputArguments.banks,
                                                 kSumArguments.element_bytes,
                                                 kSumArguments.page_bytes,
                                                 kSumArguments.in_dram,
                                                 kSumArguments.banks,
                                                 kStatisticsArguments.element_bytes,
                                                 kStatisticsArguments.page_bytes,
                                                 kStatisticsArguments.in_dram,
                                                 kStatisticsArguments.banks,
                                                 kGammaArguments.element_bytes,
                                                 kGammaArguments.page_bytes,
                                                 kGammaArguments.in_dram,
                                                 kGammaArguments.banks,
                                                 kGammaArguments.piece_elements,
                                                 kGammaArguments.pieces_per_page,
                                                 kGammaArguments.piece_stride_bytes,
                                                 kBetaArguments.element_bytes,
                                                 kBetaArguments.page_bytes,
                                                 kBetaArguments.in_dram,
                                                 kBetaArguments.banks,
                                                 kBetaArguments.piece_elements,
                                                 kBetaArguments.pieces_per_page,
                                                 kBetaArguments.piece_stride_bytes,
                                                 argument::kNegativeSumScaleBits,
                                                 argument::kCentreScaleBits,
                                                 argument::kNegativeMeanSquareScaleBits,
                                                 argument::kRstdScaleBits};

[[nodiscard]] constexpr bool is_same_name(const char* a, const char* b) {
    while (*a != 0 && *a == *b) {
        ++a;
        ++b;
    }
    return *a == *b;
}

// Of an argument in that order; behind the last for a name that is none.
[[nodiscard]] constexpr uint32_t position_of(const char* name) {
    uint32_t position = 0;
    for (const char* const known : kArgumentNames) {
        if (is_same_name(known, name)) {
            break;
        }
        ++position;
    }
    return position;
}

// Runtime arguments of one core, the same for all three kernels: whether it is the core that shares gamma and beta out,
// how many runs it has, then the runs, padded with empty ones to the same length on every core. A run is `rows` pages
// of one input bank, side by side; its row i is tensor row bank + (first_page + i) * input_banks. A program of one core
// has them behind the common arguments instead, so that the host has one block of arguments to send to each kernel.
enum class CoreArgument : uint32_t { kIsVectorSource, kRuns, kFirstRun };
enum class RunArgument : uint32_t { kBank, kFirstPage, kRows, kCount };

// Where a word of a run stands among the arguments of its core.
[[nodiscard]] constexpr uint32_t run_slot(uint32_t run, RunArgument word) {
    return static_cast<uint32_t>(CoreArgument::kFirstRun) + run * static_cast<uint32_t>(RunArgument::kCount) +
           static_cast<uint32_t>(word);
}

// Runtime arguments common to all cores of one kernel; addresses of tensors that the call does not have are 0. NoC
// places are those that ttnn gives for logical cores; the rectangle is that of all cores of the program, of which
// kReceivers is all but the source.
// -epsilon is an fp32 number's bits: a new epsilon is no new kernel.
enum class ComputeArgument : uint32_t { kNegativeEpsilonBits, kCount };
enum class ReaderArgument : uint32_t { kInputAddress, kResidualAddress, kCount };
enum class WriterArgument : uint32_t {
    kOutputAddress,
    kSumAddress,
    kMeanAddress,
    kRstdAddress,
    kGammaAddress,
    kBetaAddress,
    kInputAddress,  // for rows that are redone
    kResidualAddress,
    kSourceX,
    kSourceY,
    kFirstX,
    kFirstY,
    kLastX,
    kLastY,
    kReceivers,
    kCount
};

// Semaphores, on every core, 0 at the start and at the end. Used where vectors are shared.
enum class Semaphore : uint32_t {
    kReceiversReady,  // at the source: receivers that have room for gamma and beta
    kVectorsArrived,  // at every receiver: 1 once gamma and beta are there
    kCount
};

}  // namespace layernorm_fused_rm::contract
