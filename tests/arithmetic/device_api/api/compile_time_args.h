// Stands in for the header of ttnn by this name. get_named_compile_time_arg_val is defined by each generated configuration,
// before it includes the kernel.
#pragma once
