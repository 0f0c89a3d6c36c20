// SPDX-License-Identifier: Apache-2.0
// What data movement and compute kernels have in common: runtime arguments, and circular buffers as the thread sees
// them.
#pragma once

#include "recorder.hpp"

#define tt_l1_ptr
#define tt_reg_ptr
#define FORCE_INLINE inline __attribute__((always_inline))
#define ALWI inline __attribute__((always_inline))

// The last parameters of a call that is recorded: where the kernel makes it.
#define PROTOCOL_PLACE \
    [[maybe_unused]] const char *file = __builtin_FILE(), [[maybe_unused]] uint32_t line = __builtin_LINE()

template <typename Word>
inline Word get_arg_val(int index, uint32_t line = __builtin_LINE()) {
    static_assert(sizeof(Word) == 4, "runtime arguments are 32-bit words");
    const protocol::Recorder& recorder = *protocol_recorder;
    return static_cast<Word>(
        protocol::argument_at(recorder.arguments, recorder.argument_count, static_cast<uint32_t>(index), line));
}

template <typename Word>
inline Word get_common_arg_val(int index, uint32_t line = __builtin_LINE()) {
    static_assert(sizeof(Word) == 4, "runtime arguments are 32-bit words");
    const protocol::Recorder& recorder = *protocol_recorder;
    return static_cast<Word>(protocol::argument_at(recorder.common_arguments, recorder.common_argument_count,
                                                   static_cast<uint32_t>(index), line));
}

inline protocol::LocalBuffer& get_local_cb_interface(uint32_t buffer, uint32_t line = __builtin_LINE()) {
    if (buffer >= protocol::kMaxBuffers || protocol_recorder->buffers[buffer].fifo_num_pages == 0) {
        protocol::fault("uses a circular buffer that the plan does not have", line);
        return protocol_recorder->buffers[0];
    }
    return protocol_recorder->buffers[buffer];
}

namespace protocol {

// Moves fifo_rd_ptr or fifo_wr_ptr on, as the device does at once on the RISC-V.
inline void move_pointer(uint32_t& pointer, const LocalBuffer& buffer, uint32_t pages, uint32_t line) {
    pointer += pages * buffer.fifo_page_size;
    if (pointer > buffer.fifo_limit) {
        fault("moves a buffer's pointer beyond its end", line);
    }
    if (pointer >= buffer.fifo_limit) {
        pointer -= buffer.fifo_size;
    }
}

// A call on circular buffer `buffer` and `pages` of it.
inline void record_pages(EventKind kind, uint32_t buffer, uint32_t pages, const char* file, uint32_t line) {
    record(Event{kind, 0, static_cast<uint16_t>(buffer), pages, 0, 0, 0, {file, line}});
}

}  // namespace protocol
