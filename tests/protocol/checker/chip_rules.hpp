// SPDX-License-Identifier: Apache-2.0
// What the checker has to know of a chip.
#pragma once

#include <cstdint>
#include <string>

namespace protocol {

struct ChipRules {
    // The ADDR_MOD slot of an SFPLOAD or SFPSTORE (ckernel_ops.h, TT_OP_SFPLOAD).
    std::uint32_t address_mode_shift = 14;
    std::uint32_t address_modes = 4;
    bool wants_srca_behind_dest = true;  // an UNPACR to SrcA behind one to DEST (cunpack_common.h, TEN-3868)
};

// By the name that plans have it by.
[[nodiscard]] inline ChipRules rules_of(const std::string& chip) {
    if (chip == "blackhole") {
        return {.address_mode_shift = 13, .address_modes = 8, .wants_srca_behind_dest = false};
    }
    return {};
}

}  // namespace protocol
