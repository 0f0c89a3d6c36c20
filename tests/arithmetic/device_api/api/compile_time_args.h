// SPDX-License-Identifier: Apache-2.0
// Stands in for the header of ttnn by this name. kernel_compile_time_args is defined by each generated configuration,
// before it includes the kernel.
#pragma once
