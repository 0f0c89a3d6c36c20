// A call's tensors as the device sees them: formats, pages, banks, and how the mean is taken out of a row.
#pragma once

#include <cstdint>

#include "contract.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

[[nodiscard]] constexpr std::int64_t element_bytes(DataType dtype) {
    return dtype == DataType::kFloat32 ? contract::kBytesPerFloat32 : contract::kBytesPerBfloat16;
}

// Of ttnn's tiles, whose faces have at most 16 rows of 16 elements.
inline constexpr std::int64_t kFaceSide = 16;

// Elements of a row as it is stored, its padding included.
[[nodiscard]] inline std::int64_t stored_width(const TensorSpec& spec) {
    return spec.padded_shape.empty() ? spec.shape.back() : spec.padded_shape.back();
}

// Rows, a row a page.
struct RowTensor {
    std::int64_t element_bytes = 0;  // 0: the call has no such tensor
    std::int64_t page_bytes = 0;     // a row's padding included, aligned
    bool in_dram = false;
    std::int64_t banks = 0;
};

// gamma or beta: pieces of consecutive elements, some to a page.
struct Vector {
    std::int64_t element_bytes = 0;  // 0: the call has no such vector
    std::int64_t page_bytes = 0;     // aligned
    bool in_dram = false;
    std::int64_t banks = 0;
    std::int64_t piece_elements = 1;
    std::int64_t pieces_per_page = 1;
    std::int64_t piece_stride_bytes = 0;
};

struct Operands {
    std::int64_t width = 0;
    contract::Centring centring = contract::Centring::kScaled;
    RowTensor input{};
    RowTensor residual{};
    RowTensor output{};
    RowTensor sum{};
    RowTensor statistics{};
    Vector gamma{};
    Vector beta{};
};

// Of a problem that validate() has accepted, with rows of `width` elements.
[[nodiscard]] Operands describe_operands(const Problem& problem, std::int64_t width);

}  // namespace layernorm_fused_rm
