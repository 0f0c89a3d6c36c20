// What host and device must agree on: circular buffers, argument names and slots, the sizes of the Tensix tile
// registers.
//
// Included by the planner (host C++20) and by every kernel (device C++17 and newer), so it needs <stdint.h> only.
// Nothing in it is typed a second time anywhere: src/ writes what kernels/ read, both through these names.
#pragma once

#include <stdint.h>

namespace layernorm_fused_rm::contract {

// One circular buffer each; the value is its index on the core (0..31). A page of rows is a whole block where a row is
// one segment, and one segment of one row where it is several; a page of gamma and beta is the whole vector.
enum class Buffer : uint32_t {
    kInput = 0,    // reader -> compute: input rows
    kGamma = 1,    // reader -> compute: gamma, pushed once, never popped before the end
    kBeta = 2,     // reader -> compute: beta, likewise
    kOutput = 16,  // compute -> writer: output rows
};

// DEST in 32-bit mode: 512 rows of 16 elements (ISA documents, "Dst"; DST_ACCESS_STRIDED is off). A chunk is 1,024
// consecutive elements, the most that one UNPACR can place in SrcA (64 rows of 16; ISA documents, "SrcA SrcB").
inline constexpr uint32_t kElementsPerDestRow = 16;
inline constexpr uint32_t kElementsPerChunk = 1024;
inline constexpr uint32_t kChunksInDest = 8;
inline constexpr uint32_t kBytesPerBfloat16 = 2;

// Two SFPU vectors (even columns, odd columns) cover four DEST rows: 64 consecutive elements (ISA documents,
// "SFPLOAD"). A row starts at a multiple of this in L1 and in DEST.
inline constexpr uint32_t kElementsPerVectorPair = 64;

// DEST is shared out in two zones, one computed while the other is packed. Rows of one segment (width <= 1,024):
// zones of three chunks, gamma and beta resident in the last two chunks. Wider rows: zones of four chunks, two for x
// and one each for the segment's gamma and beta.
inline constexpr uint32_t kZones = 2;
inline constexpr uint32_t kChunksPerResidentZone = 3;
inline constexpr uint32_t kChunksPerStreamedZone = 4;
inline constexpr uint32_t kMaxRowsPerBatch = 4;          // one LREG a row in the all-lane reduction
inline constexpr uint32_t kMaxStreamedRowsPerBatch = 2;  // mean and rstd of two rows, gamma, beta, two values: 8 LREGs

// Compile-time arguments, the same set for all three kernels, by name (get_named_compile_time_arg_val).
namespace argument {
inline constexpr char kWidth[] = "width_elements";
inline constexpr char kRowStride[] = "row_stride_elements";  // from row to row in a page; a chunk if several segments
inline constexpr char kSegments[] = "segments";              // a row's pieces of at most one chunk
inline constexpr char kRowsPerBatch[] = "rows_per_batch";    // normalised together on the SFPU
inline constexpr char kRowsPerBlock[] = "rows_per_block";    // computed in one zone of DEST, or streamed through
inline constexpr char kBufferPageBytes[] = "buffer_page_bytes";  // page size of kInput and kOutput
inline constexpr char kInputPages[] = "input_pages";             // of kInput
inline constexpr char kStepsInFlight[] = "steps_in_flight";      // reads under way at a time, one step each
inline constexpr char kInputPageBytes[] = "input_page_bytes";    // aligned size of a row in device memory
inline constexpr char kInputInDram[] = "input_in_dram";          // 1: DRAM, 0: L1
inline constexpr char kInputBanks[] = "input_banks";
inline constexpr char kOutputPageBytes[] = "output_page_bytes";
inline constexpr char kOutputInDram[] = "output_in_dram";
inline constexpr char kOutputBanks[] = "output_banks";
inline constexpr char kGammaInDram[] = "gamma_in_dram";
inline constexpr char kBetaInDram[] = "beta_in_dram";
inline constexpr char kSharesVectors[] = "shares_vectors";  // 1: one core reads gamma and beta and multicasts them
// fp32 constants as bits. 2^k is the least power of two >= W and c = W / 2^k (sfpu/sequences.hpp says what for).
inline constexpr char kNegativeSumScaleBits[] = "negative_sum_scale_bits";                 // -2^-k
inline constexpr char kCentreScaleBits[] = "centre_scale_bits";                            // c
inline constexpr char kNegativeMeanSquareScaleBits[] = "negative_mean_square_scale_bits";  // -1 / (W c^2)
inline constexpr char kRstdScaleBits[] = "rstd_scale_bits";                                // 1 / c
inline constexpr char kNegativeEpsilonBits[] = "negative_epsilon_bits";                    // -epsilon
}  // namespace argument

// Runtime arguments of one core, the same for all three kernels: whether it is the core that shares gamma and beta out,
// how many runs it has, then the runs, padded with empty ones to the same length on every core. A run is `rows` pages
// of one input bank, side by side; its row i is tensor row bank + (first_page + i) * input_banks.
enum class CoreArgument : uint32_t { kIsVectorSource, kRuns, kFirstRun };
enum class RunArgument : uint32_t { kBank, kFirstPage, kRows, kCount };

// Where a word of a run stands among the arguments of its core.
[[nodiscard]] constexpr uint32_t run_slot(uint32_t run, RunArgument word) {
    return static_cast<uint32_t>(CoreArgument::kFirstRun) + run * static_cast<uint32_t>(RunArgument::kCount) +
           static_cast<uint32_t>(word);
}

// Runtime arguments common to all cores of one kernel. NoC places are those that ttnn gives for logical cores; the
// rectangle is that of all cores of the program, of which kReceivers is all but the source.
enum class ReaderArgument : uint32_t {
    kInputAddress,
    kGammaAddress,
    kBetaAddress,
    kSourceX,
    kSourceY,
    kFirstX,
    kFirstY,
    kLastX,
    kLastY,
    kReceivers,
    kCount
};
enum class WriterArgument : uint32_t { kOutputAddress, kCount };

// Semaphores, on every core, 0 at the start and at the end. Used where vectors are shared.
enum class Semaphore : uint32_t {
    kReceiversReady,  // at the source: receivers that have room for gamma and beta
    kVectorsArrived,  // at every receiver: 1 once gamma and beta are there
    kCount
};

}  // namespace layernorm_fused_rm::contract
