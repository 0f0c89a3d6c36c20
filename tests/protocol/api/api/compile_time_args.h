// Compile-time arguments by name, from the same macro that tt-metal's build passes (api/compile_time_args.h of the
// wheel).
#pragma once

#include <stdint.h>

namespace protocol {

struct NamedArgument {
    const char* name;
    uint32_t value;
};

inline constexpr NamedArgument kNamedArguments[] = {KERNEL_COMPILE_TIME_ARG_MAP};

constexpr bool is_same_name(const char* a, const char* b) {
    while (*a != 0 && *a == *b) {
        ++a;
        ++b;
    }
    return *a == *b;
}

// Not constexpr: a name that the plan does not give ends the compilation.
uint32_t unknown_compile_time_argument(const char* name);

}  // namespace protocol

constexpr uint32_t get_named_compile_time_arg_val(const char* name) {
    for (const protocol::NamedArgument& argument : protocol::kNamedArguments) {
        if (protocol::is_same_name(argument.name, name)) {
            return argument.value;
        }
    }
    return protocol::unknown_compile_time_argument(name);
}
