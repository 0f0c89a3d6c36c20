// SPDX-License-Identifier: Apache-2.0
// What of the vector unit (SFPU) is Wormhole's own. C++17, <stdint.h> only, no Tensix header.
#pragma once

#include <stdint.h>

namespace layernorm_fused_rm::chip {

// Where SFPLOAD and SFPSTORE name an ADDR_MOD slot (ckernel_ops.h, TT_OP_SFPLOAD).
inline constexpr uint32_t kAddressModeShift = 14;

}  // namespace layernorm_fused_rm::chip
