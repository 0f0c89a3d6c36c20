// SPDX-License-Identifier: Apache-2.0
// Compile-time arguments, from the same macro that tt-metal's build passes (api/compile_time_args.h of the wheel).
#pragma once

#include <stdint.h>

inline constexpr uint32_t kernel_compile_time_args[] = {KERNEL_COMPILE_TIME_ARGS};
