#include "call.hpp"

#include <algorithm>
#include <optional>

#include "device.hpp"
#include "numbers.hpp"

namespace layernorm_fused_rm {
namespace {

using contract::Tensor;
using contract::TensorLayout;

struct Page {
    std::int64_t elements = 0;  // its padding included
    std::int64_t piece_elements = 0;
    std::int64_t pieces = 1;
    std::int64_t piece_stride = 0;  // elements
};

[[nodiscard]] TensorLayout make_layout(const Page& page, DataType dtype, Memory memory, const Device& device) {
    const std::int64_t bytes = element_bytes(dtype);
    return {.element_bytes = to_word(bytes),
            .page_bytes = to_word(round_up(page.elements * bytes, page_alignment(device, memory))),
            .piece_elements = to_word(page.piece_elements),
            .pieces_per_page = to_word(page.pieces),
            .piece_stride_bytes = to_word(page.piece_stride * bytes),
            .in_dram = memory == Memory::kDram ? 1U : 0U,
            .banks = to_word(bank_count(device, memory))};
}

// Of a row of `width` elements, stored as `stored`, cut into chunks.
[[nodiscard]] Page page_of_row(std::int64_t width, std::int64_t stored) {
    return {.elements = stored,
            .piece_elements = contract::kElementsPerChunk,
            .pieces = divide_up(width, contract::kElementsPerChunk),
            .piece_stride = contract::kElementsPerChunk};
}

[[nodiscard]] TensorLayout layout_of_rows(std::int64_t width, const TensorSpec& spec, const Device& device) {
    return make_layout(page_of_row(width, stored_width(spec)), spec.dtype, spec.memory, device);
}

[[nodiscard]] TensorLayout layout_of_new_rows(std::int64_t width, DataType dtype, const Problem& problem) {
    return make_layout(page_of_row(width, width), dtype, problem.output_memory, problem.device);
}

[[nodiscard]] TensorLayout layout_of_affine(std::int64_t width, const TensorSpec& spec, const Device& device) {
    Page page = page_of_row(width, width);  // one page, of which the padding is never read
    if (spec.layout == Layout::kTile) {     // row 0 of each tile, whose faces lie one behind the other
        page = {.elements = spec.tile.height * spec.tile.width,
                .piece_elements = kFaceSide,
                .pieces = spec.tile.width / kFaceSide,
                .piece_stride = std::min(spec.tile.height, kFaceSide) * kFaceSide};
    } else if (spec.shape.back() != width) {  // [.., W / 32, 32]
        page = {.elements = stored_width(spec), .piece_elements = spec.shape.back()};
    }
    return make_layout(page, spec.dtype, spec.memory, device);
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

contract::Call describe_call(const Problem& problem, std::int64_t width) {
    const Device& device = problem.device;
    contract::Call call{.width_elements = to_word(width),
                        .centring = choose_centring(problem),
                        .gamma_is_zero_centred = problem.gamma_is_zero_centred ? 1U : 0U};
    call[Tensor::kInput] = layout_of_rows(width, problem.input, device);
    if (problem.residual) {
        call[Tensor::kResidual] = layout_of_rows(width, *problem.residual, device);
    }
    if (problem.gamma) {
        call[Tensor::kGamma] = layout_of_affine(width, *problem.gamma, device);
    }
    if (problem.beta) {
        call[Tensor::kBeta] = layout_of_affine(width, *problem.beta, device);
    }
    call[Tensor::kOutput] = problem.output ? layout_of_rows(width, *problem.output, device)
                                           : layout_of_new_rows(width, problem.output_dtype, problem);
    if (problem.sum_dtype) {
        call[Tensor::kSum] = layout_of_new_rows(width, *problem.sum_dtype, problem);
    }
    if (problem.returns_statistics) {
        call[Tensor::kRstd] = layout_of_new_rows(1, DataType::kFloat32, problem);
        call[Tensor::kMean] = problem.norm == Norm::kRms ? TensorLayout{} : call[Tensor::kRstd];
    }
    return call;
}

}  // namespace layernorm_fused_rm
