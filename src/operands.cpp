#include "operands.hpp"

#include <algorithm>

#include "device.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

// ttnn's tile: 32 x 32 elements in four faces of 16 x 16, row-major. A vector is row 0 of its tiles.
constexpr std::int64_t kTileWidth = 32;
constexpr std::int64_t kFaceWidth = 16;
constexpr std::int64_t kFaceElements = kFaceWidth * kFaceWidth;
constexpr std::int64_t kTileElements = 4 * kFaceElements;

[[nodiscard]] RowTensor make_row_tensor(std::int64_t width, DataType dtype, Memory memory, const Device& device) {
    return {.element_bytes = element_bytes(dtype),
            .page_bytes = round_up(width * element_bytes(dtype), page_alignment(device, memory)),
            .in_dram = memory == Memory::kDram,
            .banks = bank_count(device, memory)};
}

[[nodiscard]] Vector make_vector(std::int64_t width, const TensorSpec& spec, const Device& device) {
    const std::int64_t bytes = element_bytes(spec.dtype);
    Vector vector{
        .element_bytes = bytes, .in_dram = spec.memory == Memory::kDram, .banks = bank_count(device, spec.memory)};
    const std::int64_t alignment = page_alignment(device, spec.memory);
    if (spec.layout == Layout::kTile) {
        vector.page_bytes = round_up(kTileElements * bytes, alignment);
        vector.piece_elements = kFaceWidth;
        vector.pieces_per_page = kTileWidth / kFaceWidth;
        vector.piece_stride_bytes = kFaceElements * bytes;
    } else if (spec.shape.back() != width) {  // [.., W / 32, 32]
        vector.page_bytes = round_up(kTileWidth * bytes, alignment);
        vector.piece_elements = kTileWidth;
    } else {
        vector.page_bytes = round_up(width * bytes, alignment);
        vector.piece_elements = contract::kElementsPerChunk;
        vector.pieces_per_page = divide_up(width, contract::kElementsPerChunk);
        vector.piece_stride_bytes = contract::kElementsPerChunk * bytes;
    }
    return vector;
}

// Sums of bfloat16 elements are exact in fp32, or nearly; sums of anything else are not.
[[nodiscard]] contract::Centring choose_centring(const Problem& problem) {
    if (problem.norm == Norm::kRms) {
        return contract::Centring::kNone;
    }
    const bool is_bfloat16 = problem.input.dtype == DataType::kBfloat16 && !problem.residual;
    return is_bfloat16 ? contract::Centring::kScaled : contract::Centring::kShifted;
}

}  // namespace

Operands describe_operands(const Problem& problem, std::int64_t width) {
    const Device& device = problem.device;
    Operands operands{.width = width,
                      .centring = choose_centring(problem),
                      .input = make_row_tensor(width, problem.input.dtype, problem.input.memory, device),
                      .output = make_row_tensor(width, problem.output_dtype, problem.output_memory, device)};
    if (problem.residual) {
        operands.residual = make_row_tensor(width, problem.residual->dtype, problem.residual->memory, device);
    }
    if (problem.sum_dtype) {
        operands.sum = make_row_tensor(width, *problem.sum_dtype, problem.output_memory, device);
    }
    if (problem.returns_statistics) {
        operands.statistics = make_row_tensor(1, DataType::kFloat32, problem.output_memory, device);
    }
    if (problem.gamma) {
        operands.gamma = make_vector(width, *problem.gamma, device);
    }
    if (problem.beta) {
        operands.beta = make_vector(width, *problem.beta, device);
    }
    return operands;
}

}  // namespace layernorm_fused_rm
