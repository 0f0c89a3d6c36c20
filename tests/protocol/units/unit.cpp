// SPDX-License-Identifier: Apache-2.0
// One kernel thread of one configuration, as a shared object. The build gives PROTOCOL_KERNEL, the kernel source; its
// thread, as TRISC_UNPACK, TRISC_MATH, TRISC_PACK or none; its NoC; KERNEL_COMPILE_TIME_ARGS, its arguments.
#include "recorder.hpp"

protocol::Recorder* protocol_recorder = nullptr;

#include PROTOCOL_KERNEL

extern "C" __attribute__((visibility("default"))) void run_unit(protocol::Recorder* recorder) {
    protocol_recorder = recorder;
#ifdef TRISC_UNPACK
    unp_cfg_context = 0;
#endif
    kernel_main();
}
