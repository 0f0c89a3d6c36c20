// SPDX-License-Identifier: Apache-2.0
// The math thread's part of the norm that an activation adds: a pass over rows that have been normalised.
#pragma once

#include "norm/activation.hpp"
#include "norm/normalise.hpp"

#ifdef TRISC_MATH

namespace layernorm_fused_rm {

// clang-format off
struct SetActivationConstants {
    static constexpr sfpu::Sequence value = sfpu::set_activation_constants(kActivation);
};
struct Activate { static constexpr sfpu::Sequence value = sfpu::activation_step(kActivation); };
struct SaveRegisters { static constexpr sfpu::Sequence value = sfpu::save_registers(); };
struct RestoreRegisters { static constexpr sfpu::Sequence value = sfpu::restore_registers(); };
// clang-format on

// Takes the SFPU's registers. What streamed rows need of them for their next segment is kept from `saved_row` on.
inline void begin_activation(uint32_t saved_row) {
    if constexpr (!kIsResident) {
        point_sfpu_at(saved_row);
        sfpu::issue<SaveRegisters>();
    }
    sfpu::issue<SetActivationConstants>();
}

// Gives them back; resident rows have left nothing there but constants.
inline void end_activation(uint32_t saved_row) {
    if constexpr (kIsResident) {
        sfpu::issue<SetConstants>();
    } else {
        point_sfpu_at(saved_row);
        sfpu::issue<RestoreRegisters>();
    }
}

// f(y) for y, `vectors` vectors from `dest_row` on.
inline void activate(uint32_t dest_row, uint32_t vectors) {
    constexpr uint32_t kVectors = sfpu::vectors_per_activation_step(kActivation);
    for (uint32_t vector = 0; vector < vectors; vector += kVectors) {
        point_sfpu_at(dest_row + vector * sfpu::kDestRowsPerVector);
        sfpu::issue_turn<Activate>(vector == 0);
    }
}

}  // namespace layernorm_fused_rm

#endif
