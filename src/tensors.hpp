// The tensors of a call, those that it is given and those that it makes.
#pragma once

#include "layernorm_fused_rm/plan.hpp"
#include "layernorm_fused_rm/problem.hpp"

namespace layernorm_fused_rm {

// Outputs that are new are as the options ask for them, else as the input, and without padding.
[[nodiscard]] Tensors tensors_of(const Problem& problem);

}  // namespace layernorm_fused_rm
