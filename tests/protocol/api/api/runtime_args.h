// Runtime arguments, for data movement and compute threads alike.
#pragma once

#include "recorder.hpp"

#define tt_l1_ptr
#define tt_reg_ptr
#define FORCE_INLINE inline __attribute__((always_inline))
#define ALWI inline __attribute__((always_inline))

template <typename Word>
inline Word get_arg_val(int index, uint32_t line = __builtin_LINE()) {
    static_assert(sizeof(Word) == 4, "runtime arguments are 32-bit words");
    const protocol::Recorder& recorder = *protocol_recorder;
    return static_cast<Word>(protocol::argument_at(recorder.arguments, recorder.argument_count,
                                                   static_cast<uint32_t>(index), line));
}

template <typename Word>
inline Word get_common_arg_val(int index, uint32_t line = __builtin_LINE()) {
    static_assert(sizeof(Word) == 4, "runtime arguments are 32-bit words");
    const protocol::Recorder& recorder = *protocol_recorder;
    return static_cast<Word>(protocol::argument_at(recorder.common_arguments, recorder.common_argument_count,
                                                   static_cast<uint32_t>(index), line));
}
