// SPDX-License-Identifier: Apache-2.0
// What compute unpacks: its operands' buffers and formats, and filling DEST from their pages. An operand that the call
// does not have is nowhere waited for, filled or popped.
#pragma once

#include <stdint.h>

#include "api/compute/common.h"
#include "arguments.hpp"
#include "contract.hpp"
#include "tensix/circular_buffers.hpp"
#include "tensix/fill.hpp"

namespace layernorm_fused_rm {

inline constexpr tensix::Operand kInputOperand = {kInput, kInputTensor.element_bytes};
inline constexpr tensix::Operand kResidualOperand = {kResidual, kResidualTensor.element_bytes};
inline constexpr tensix::Operand kGammaOperand = {kGamma, kGammaTensor.element_bytes};
inline constexpr tensix::Operand kBetaOperand = {kBeta, kBetaTensor.element_bytes};

constexpr bool is_there(const tensix::Operand& operand) { return operand.element_bytes != 0; }
constexpr bool is_bfloat16(const tensix::Operand& operand) {
    return operand.element_bytes == contract::kBytesPerBfloat16;
}

// What FPU and unpacker are set up for at first: a bfloat16 operand where there is one, since only these go through the
// FPU.
inline constexpr tensix::Operand kFirstOperand =
    is_bfloat16(kInputOperand)
        ? kInputOperand
        : (is_bfloat16(kResidualOperand)
               ? kResidualOperand
               : (is_bfloat16(kGammaOperand) ? kGammaOperand
                                             : (is_bfloat16(kBetaOperand) ? kBetaOperand : kInputOperand)));

// And the packer.
inline constexpr tensix::Operand kFirstPacked = kTellsStats ? tensix::Operand{kStatistics, contract::kBytesPerFloat32}
                                                            : tensix::Operand{kOutput, kOutputTensor.element_bytes};

// The formats that unpacker and packer are set to. They change only where operands, or outputs, differ.
class Formats {
public:
    template <const tensix::Operand& operand>
    void unpack_from() {
        if (unpacked_bytes_ != operand.element_bytes) {
            reconfig_data_format_srca(operand.buffer);
            unpacked_bytes_ = operand.element_bytes;
        }
    }
    void pack_to(uint32_t buffer, uint32_t element_bytes) {
        if (packed_bytes_ != element_bytes) {
            pack_reconfig_data_format(buffer);
            packed_bytes_ = element_bytes;
        }
    }

private:
    uint32_t unpacked_bytes_ = kFirstOperand.element_bytes;
    uint32_t packed_bytes_ = kFirstPacked.element_bytes;
};

// L1 address of an element of a buffer's front page, or of one behind it. Unpack thread.
template <const tensix::Operand& operand>
inline uint32_t element_address(uint32_t element) {
    return tensix::front_address(operand.buffer) + element * operand.element_bytes;
}

// `elements` elements of a buffer, from element `offset` of its front page -> DEST.
template <const tensix::Operand& operand>
inline __attribute__((always_inline)) void fill_from_element(uint32_t offset, uint32_t dest_row, uint32_t elements,
                                                             Formats& formats) {
    if constexpr (is_there(operand)) {
        formats.template unpack_from<operand>();
        tensix::fill<operand>(element_address<operand>(offset), dest_row, elements);
    }
}

// The same from the page that is `page` pages behind the front.
template <const tensix::Operand& operand>
inline __attribute__((always_inline)) void fill_from_page(uint32_t page, uint32_t dest_row, uint32_t elements,
                                                          Formats& formats) {
    fill_from_element<operand>(page * kPageElements, dest_row, elements, formats);
}

// One whole page: waited for, moved to DEST, popped.
template <const tensix::Operand& operand>
inline void fill_page(uint32_t dest_row, uint32_t elements, Formats& formats) {
    if constexpr (is_there(operand)) {
        cb_wait_front(operand.buffer, 1);
        fill_from_page<operand>(0, dest_row, elements, formats);
        cb_pop_front(operand.buffer, 1);
    }
}

// A page of gamma or beta, and of both.
template <const tensix::Operand& operand>
inline void wait_for_affine() {
    if constexpr (is_there(operand)) {
        cb_wait_front(operand.buffer, 1);
    }
}
template <const tensix::Operand& operand>
inline void pop_affine() {
    if constexpr (is_there(operand)) {
        cb_pop_front(operand.buffer, 1);
    }
}

inline void wait_for_affine() {
    wait_for_affine<kGammaOperand>();
    wait_for_affine<kBetaOperand>();
}
inline void pop_affine() {
    pop_affine<kGammaOperand>();
    pop_affine<kBetaOperand>();
}

// Pages of kInput, and of kResidual with them.
inline void wait_for_rows(uint32_t pages) {
    cb_wait_front(kInput, pages);
    if constexpr (is_there(kResidualOperand)) {
        cb_wait_front(kResidual, pages);
    }
}
inline void pop_rows(uint32_t pages) {
    cb_pop_front(kInput, pages);
    if constexpr (is_there(kResidualOperand)) {
        cb_pop_front(kResidual, pages);
    }
}

}  // namespace layernorm_fused_rm
