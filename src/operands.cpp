#include "operands.hpp"

#include <algorithm>

#include "device.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

// `width` counts the padding of a row too.
[[nodiscard]] RowTensor make_row_tensor(std::int64_t width, DataType dtype, Memory memory, const Device& device) {
    return {.element_bytes = element_bytes(dtype),
            .page_bytes = round_up(width * element_bytes(dtype), page_alignment(device, memory)),
            .in_dram = memory == Memory::kDram,
            .banks = bank_count(device, memory)};
}

[[nodiscard]] RowTensor make_row_tensor(const TensorSpec& spec, const Device& device) {
    return make_row_tensor(stored_width(spec), spec.dtype, spec.memory, device);
}

[[nodiscard]] Vector make_vector(std::int64_t width, const TensorSpec& spec, const Device& device) {
    const std::int64_t bytes = element_bytes(spec.dtype);
    Vector vector{
        .element_bytes = bytes, .in_dram = spec.memory == Memory::kDram, .banks = bank_count(device, spec.memory)};
    const std::int64_t alignment = page_alignment(device, spec.memory);
    if (spec.layout == Layout::kTile) {  // row 0 of each tile, whose faces lie one behind the other
        vector.page_bytes = round_up(spec.tile.height * spec.tile.width * bytes, alignment);
        vector.piece_elements = kFaceSide;
        vector.pieces_per_page = spec.tile.width / kFaceSide;
        vector.piece_stride_bytes = std::min(spec.tile.height, kFaceSide) * kFaceSide * bytes;
    } else if (spec.shape.back() != width) {  // [.., W / 32, 32]
        vector.page_bytes = round_up(stored_width(spec) * bytes, alignment);
        vector.piece_elements = spec.shape.back();
    } else {  // one page, of which the padding is never read
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
                      .input = make_row_tensor(problem.input, device),
                      .output = problem.output
                                    ? make_row_tensor(*problem.output, device)
                                    : make_row_tensor(width, problem.output_dtype, problem.output_memory, device)};
    if (problem.residual) {
        operands.residual = make_row_tensor(*problem.residual, device);
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
